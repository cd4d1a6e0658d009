"""Where a request came from, as far as it can be known: from which sign-in, and from which address."""

from collections.abc import Callable
from dataclasses import dataclass

from tornado.httputil import HTTPServerRequest

#: Instead of a browser's sign-in: a token that a person made for a program.
PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Origin:
    """Of one request or connection; empty where it is not known.

    Parameters
    ----------
    sign_in
        what stands for the session in leaves, or ``program``.
    address
        as our proxy saw it: a private fact.
    """

    sign_in: str = ""
    address: str = ""


NOWHERE = Origin()


def sign_in_label(pseudonym: Callable[[str], str], session: str | None) -> str:
    """Return what stands for a session in leaves: the same at its sign-in and in every workspace; keyed."""
    return PROGRAM if session is None else pseudonym(f"session {session}")[1:17]


def address_of(request: HTTPServerRequest) -> str:
    """Return where *request* came from as our proxy saw it.

    The proxy adds the peer at the end of ``X-Forwarded-For``; what stands before, and ``X-Real-Ip``, which Tornado
    would believe, are the client's own words.
    """
    return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or str(request.remote_ip or "")
