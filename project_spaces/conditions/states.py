"""What a condition answers: a state for each thing it looked at, and the sentence that a person reads about it.

The same states make the decision and the page "why can't I?": there is no second copy of the rules. A state that does
not hold is the reason of a refusal; it says what is missing, since when, and who can change it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from project_spaces.facts import Resource, Subject
from project_spaces.text import Text
from project_spaces.windows import Window, covered_until, moment, next_start


class Who(StrEnum):
    """Who can change the state of a condition."""

    PERSON = "person"
    LEAD = "lead"
    STEWARD = "steward"
    ADMINISTRATOR = "administrator"
    NOBODY = "nobody"


#: What people read for ``Who``.
WHO_LABELS: dict[Who, Text] = {
    Who.PERSON: Text("vous-même", "yourself"),
    Who.LEAD: Text("le porteur de projet", "the project lead"),
    Who.STEWARD: Text("le producteur des données", "the owner of the data"),
    Who.ADMINISTRATOR: Text("un administrateur", "an administrator"),
    Who.NOBODY: Text("personne", "nobody"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is refused: *code* for programs, *text* for the person, and who can change it."""

    code: str
    text: Text
    who: Who = Who.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class ConditionState:
    """One condition about one thing, now.

    Parameters
    ----------
    code
        which condition (``habilitation``), and when it does not hold how (``habilitation_ended``).
    text
        the state in words, whether it holds or not.
    until
        when it stops holding by itself; None when it does not hold, or when nothing ends it.
    about
        the data set, charter, training or approval that it is about.
    """

    code: str
    holds: bool
    text: Text
    who: Who
    until: datetime | None = None
    about: str | None = None

    @property
    def reason(self) -> Reason:
        """The state as the reason of a refusal."""
        return Reason(self.code, self.text, self.who)


#: A condition answers nothing when there is nothing to look at: nothing is asked, or no data set is concerned.
States = tuple[ConditionState, ...]
Condition = Callable[[Subject, Resource, datetime], States]


@dataclass(frozen=True, slots=True)
class Named:
    """What a condition is about, for codes and sentences.

    ``name`` begins the sentences "… is valid until", "… ended on"; ``none`` is said when there is nothing at all.
    """

    code: str
    name: Text
    none: Text
    who: Who
    about: str | None = None


def yes(code: str, fr: str, en: str, who: Who, *, until: datetime | None = None, about: str | None = None) -> States:
    """Answer that a condition holds."""
    return (ConditionState(code, True, Text(fr, en), who, until, about),)


def no(code: str, fr: str, en: str, who: Who, *, about: str | None = None) -> States:
    """Answer that a condition does not hold, and why."""
    return (ConditionState(code, False, Text(fr, en), who, None, about),)


def earliest(moments: Sequence[datetime | None]) -> datetime | None:
    """Return the first of *moments*; None stands for never."""
    return min((each for each in moments if each is not None), default=None)


def held(windows: Sequence[Window], now: datetime, what: Named) -> States:
    """One of *windows* holds, until all that follow each other have ended; otherwise say which way none does."""
    if any(window.holds(now) for window in windows):
        until = covered_until(windows, now)
        return (_state(what, what.code, holds=True, rest=_valid(until), until=until),)
    past = [window for window in windows if window.over(now)]
    if past:
        latest = max(past, key=lambda window: window.last or now)
        at = moment(latest.last or now)
        if latest.withdrawn(now):
            return (
                _state(what, f"{what.code}_revoked", Text(f"a été retirée le {at.fr}", f"was withdrawn on {at.en}")),
            )
        return (_state(what, f"{what.code}_ended", Text(f"a pris fin le {at.fr}", f"ended on {at.en}")),)
    start = next_start(windows, now)
    if start is not None:
        at = moment(start)
        return (_state(what, f"{what.code}_not_started", Text(f"commence le {at.fr}", f"begins on {at.en}")),)
    return no(f"{what.code}_missing", what.none.fr, what.none.en, what.who, about=what.about)


def _valid(until: datetime | None) -> Text:
    if until is None:
        return Text("est valable sans limite de durée", "is valid without an end")
    at = moment(until)
    return Text(f"est valable jusqu'au {at.fr}", f"is valid until {at.en}")


def _state(what: Named, code: str, rest: Text, *, holds: bool = False, until: datetime | None = None) -> ConditionState:
    text = Text(_sentence(what.name.fr, rest.fr), _sentence(what.name.en, rest.en))
    return ConditionState(code, holds, text, what.who, until, what.about)


def _sentence(subject: str, rest: str) -> str:
    return f"{capital(subject)} {rest}."


def capital(words: str) -> str:
    """Return *words* as a sentence begins."""
    return f"{words[0].upper()}{words[1:]}"
