"""On which log a control of traces is signed: one that was verified whole, with its index, a short while ago.

What an auditor goes through comes out of the search index, which whoever rules the server can edit: a hit that is in no
list is simply absent. So the signature names the log that was verified, by size and root. Whoever holds a copy of it
can go through every entry and see whether the list was complete.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from project_spaces.control_periods import END, Period
from project_spaces.errors import Conflict
from project_spaces.text import Text

#: A verification counts for so long: the index may be edited after it.
FRESH: Final = timedelta(days=1)
NOT_VERIFIED = Text(
    "Vérifiez d'abord le journal (« Intégrité ») : il doit être intègre, et la vérification commencée après la fin "
    "de la période, depuis un jour au plus.",
    "Verify the ledger first (“Integrity”): it must be whole, and the verification begun after the period's end, "
    "at most a day ago.",
)


@dataclass(frozen=True, slots=True)
class Verified:
    """A log that was found whole."""

    size: int
    #: Hexadecimal.
    root: str
    #: When the verification began.
    at: datetime

    def document(self) -> dict[str, int | str]:
        """Return it as a signed document has it."""
        return {"size": self.size, "root": self.root, "at": self.at.isoformat()}


def covering(verified: Verified | None, period: Period, now: datetime) -> Verified:
    """Return *verified* where it counts for a control of *period* now; a project's whole period may last until now.

    Raises
    ------
    Conflict
        there is none, it is too old, or it began before the period was over.
    """
    since = now - FRESH if period.name == END else max(now - FRESH, period.until)
    if verified is None or not since <= verified.at <= now:
        raise Conflict(NOT_VERIFIED)
    return verified
