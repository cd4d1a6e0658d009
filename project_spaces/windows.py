"""From a moment to another: the one place that says when something begins, ends, and has been withdrawn.

A window contains its start and not its end, so that two that touch never overlap and ``until`` is the first moment at
which it no longer holds. What was withdrawn is withdrawn, whatever a clock says that was set back, or forward when it
happened.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from project_spaces.errors import Invalid
from project_spaces.text import Text

_FRENCH, _ENGLISH = "%d/%m/%Y à %H:%M", "%d %B %Y at %H:%M"
_WRITTEN = re.compile(r"\b(\d\d/\d\d/\d{4} à \d\d:\d\d|\d\d [A-Z][a-z]+ \d{4} at \d\d:\d\d) UTC\b")


@dataclass(frozen=True, slots=True)
class Window:
    """``starts_at`` ≤ now < ``ends_at``, and never again once withdrawn. Times are aware; no end means for ever."""

    starts_at: datetime
    ends_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def last(self) -> datetime | None:
        """The moment from which it no longer holds, whatever the cause."""
        ends = [moment for moment in (self.ends_at, self.revoked_at) if moment is not None]
        return min(ends) if ends else None

    def holds(self, now: datetime) -> bool:
        """Tell whether it holds at *now*."""
        return self.starts_at <= now and not self.over(now)

    def over(self, now: datetime) -> bool:
        """Tell whether it was withdrawn, or has ended by *now*."""
        return self.revoked_at is not None or (self.ends_at is not None and self.ends_at <= now)

    def began(self, now: datetime) -> bool:
        """Tell whether it held once, by *now*: what was withdrawn before its start never did."""
        return self.starts_at <= now if self.revoked_at is None else self.starts_at < self.revoked_at

    def withdrawn(self, now: datetime) -> bool:
        """Tell whether it was withdrawn, rather than ended by itself before, by *now*."""
        if self.revoked_at is None:
            return False
        return self.ends_at is None or self.revoked_at <= self.ends_at or now < self.ends_at


def covered_until(windows: Sequence[Window], now: datetime) -> datetime | None:
    """Return the first moment after *now* at which none of *windows* holds, None for never.

    Windows that touch or overlap carry on from each other: a right renewed in time does not lapse. The answer is *now*
    itself when none holds.
    """
    for window in windows:
        if window.holds(now):
            return None if window.last is None else covered_until(windows, window.last)
    return now


def lasting(windows: Sequence[Window], over: Window | None, now: datetime) -> Sequence[Window]:
    """Return *windows*, each that lasted until *over* began carried to its end, while *over* holds.

    A right that was withdrawn stays withdrawn, and so does one that had ended before.
    """
    if over is None or over.ends_at is None or not over.holds(now):
        return windows
    end, start = over.ends_at, over.starts_at
    return [
        replace(each, ends_at=max(each.ends_at, end)) if each.ends_at is not None and each.ends_at >= start else each
        for each in windows
    ]


def next_start(windows: Sequence[Window], now: datetime) -> datetime | None:
    """Return when the next of *windows* begins after *now*, None when none will."""
    coming = [window.starts_at for window in windows if now < window.starts_at and window.holds(window.starts_at)]
    return min(coming, default=None)


def require_order(starts_at: datetime, ends_at: datetime) -> None:
    """Raise ``Invalid`` unless the end is after the start."""
    if ends_at <= starts_at:
        raise Invalid(
            Text(
                f"La fin ({moment(ends_at).fr}) doit suivre le début ({moment(starts_at).fr}).",
                f"The end ({moment(ends_at).en}) must be after the start ({moment(starts_at).en}).",
            )
        )


def moment(at: datetime) -> Text:
    """Write a moment for a person, to the minute, in UTC: sentences are kept, and read in whatever zone people are."""
    utc = at.astimezone(UTC)
    return Text(f"{utc:{_FRENCH}} UTC", f"{utc:{_ENGLISH}} UTC")


def on_peoples_clocks(sentence: str, zone: ZoneInfo) -> str:
    """Return *sentence* with every moment that :func:`moment` wrote into it in *zone*, where people read it."""

    def local(found: re.Match[str]) -> str:
        form = _FRENCH if "/" in found[1] else _ENGLISH
        try:
            return f"{datetime.strptime(found[1], form).replace(tzinfo=UTC).astimezone(zone):{form}}"
        except (ValueError, OverflowError):  # somebody's own words that only look like one
            return found[0]

    return _WRITTEN.sub(local, sentence)
