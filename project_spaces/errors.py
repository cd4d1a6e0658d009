"""The one exception tree: every error carries the sentence its reader will see, and a status."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from project_spaces.text import Text


class BureauError(Exception):
    """Something that a person must be told; ``status`` is the HTTP status that pages and API answer."""

    status: ClassVar[int] = 500
    #: Whether the ledger holds it already: a refusal passes several rooms on its way to its reader and is written once.
    recorded = False

    def __init__(self, text: Text, reasons: Sequence[Text] = (), codes: Iterable[str] = ()) -> None:
        super().__init__(text.en)
        self.text = text
        self.reasons = tuple(reasons)
        #: Which conditions failed, by their codes.
        self.codes = frozenset(codes)


class Illegible(BureauError):
    """A request that can't be taken apart."""

    status = 400


class WrongMethod(BureauError):
    """The address is open, but not for this method."""

    status = 405


class Invalid(BureauError):
    """The input can't be used: what, where, and the accepted range are in the text."""

    status = 422


class NotFound(BureauError):
    """No such thing, or none that this person may know of."""

    status = 404


class Refused(BureauError):
    """A decision said no; ``reasons`` holds each condition that failed."""

    status = 403


class Conflict(BureauError):
    """The thing is not in a state that allows this."""

    status = 409


class TooLarge(BureauError):
    """More bytes than the setting allows."""

    status = 413


class Locked(BureauError):
    """Too many attempts; the text says until when."""

    status = 429


class Unavailable(BureauError):
    """A part that must answer (ledger, engine, hub) does not: nothing was done."""

    status = 503
