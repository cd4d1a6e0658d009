"""A session as a drawing: lanes, marks and ticks as plain numbers, which the template turns into SVG.

Time runs from left to right. A kernel has a lane of its own: what was sent to it stands up (the taller, the larger the
sealed message), what it showed hangs down (the longer, the more bytes); both on a logarithmic scale. Marks that would
lie on one another are one mark that says how many it stands for and leads to a closer look, so a drawing stays readable
and small however long the session was.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from audit.events import Kind
from hub_extensions.portal.audit_words import kind_label
from hub_extensions.portal.language import written_size
from project_spaces.text import Language, Text

#: Entries that are read for one drawing.
MOST_DRAWN: Final = 4000
WIDTH, LEFT, RIGHT, TOP = 1000, 132, 16, 30
#: Units of width that one mark covers.
BIN: Final = 4
LANE, KERNEL_LANE = 34, 62
#: Kernels with a lane of their own.
MOST_KERNELS: Final = 6
_TICKS = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400)

LIFE, DATA, TERMINAL, FILES, ALERTS, EXPORTS, OTHER = "life", "data", "terminal", "files", "alerts", "exports", "other"
LABELS: Mapping[str, Text] = {
    LIFE: Text("Bureau", "Workspace"),
    DATA: Text("Données", "Data"),
    TERMINAL: Text("Terminal", "Terminal"),
    FILES: Text("Fichiers", "Files"),
    ALERTS: Text("Refus, alertes", "Refusals, hits"),
    EXPORTS: Text("Exports", "Exports"),
    OTHER: Text("Autres", "Others"),
}
_BY_FIRST_WORD = {
    "workspace": LIFE,
    "mount": DATA,
    "terminal": TERMINAL,
    "file": FILES,
    "contents": FILES,
    "refusal": ALERTS,
    "egress": ALERTS,
    "export": EXPORTS,
}
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Mark:
    """One mark: *up* and *down* from the lane's line, in units; *index* of its entry, or the times of a closer look."""

    x: float
    up: float
    down: float
    look: str
    label: Text
    index: int | None
    since: str
    until: str
    hit: bool


@dataclass(frozen=True)
class Lane:
    """One row of the drawing; *line* is where its marks stand."""

    label: Text
    top: float
    height: float
    line: float
    marks: tuple[Mark, ...]
    begin: float = LEFT
    end: float = WIDTH - RIGHT


@dataclass(frozen=True)
class Tick:
    """A moment on the axis."""

    x: float
    label: str


@dataclass(frozen=True)
class Drawing:
    """Everything that is drawn."""

    width: int
    height: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    left: int = LEFT
    right: int = WIDTH - RIGHT


@dataclass(frozen=True)
class Scale:
    """From moments to places."""

    begin: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        """Where a moment stands."""
        span = max((self.end - self.begin).total_seconds(), 0.001)
        share = min(1.0, max(0.0, (moment - self.begin).total_seconds() / span))
        return round(LEFT + share * (WIDTH - RIGHT - LEFT), 1)


def draw(
    entries: Sequence[Entry], begin: datetime, end: datetime, *, alive: tuple[datetime, datetime], zone: tzinfo
) -> Drawing:
    """Lay out *entries* (oldest first, as the API gives them) between two moments.

    Parameters
    ----------
    alive
        when the workspace started and ended (or was last heard of): the bar of its lane.
    zone
        whose clocks the marks and the scale show.
    """
    scale = Scale(begin.astimezone(zone), end.astimezone(zone))
    by_lane = _lanes_of(entries)
    lanes, top = [], float(TOP)
    for key in _order(by_lane):
        height = KERNEL_LANE if key.startswith("kernel:") else LANE
        line = top + (height * 0.56 if height == KERNEL_LANE else height / 2)
        marks = tuple(_marks(by_lane.get(key, []), scale, key))
        span = (scale.x(alive[0]), scale.x(alive[1])) if key == LIFE else (LEFT, WIDTH - RIGHT)
        lanes.append(Lane(_lane_label(key, by_lane), top, height, round(line, 1), marks, *span))
        top += height
    return Drawing(WIDTH, top + 26, tuple(lanes), tuple(_ticks(scale)))


def closer(begin: datetime, end: datetime, factor: float, shift: float = 0.0) -> tuple[datetime, datetime]:
    """Return a range *factor* as wide around the same middle, moved by *shift* of its width; one second at least."""
    half = max((end - begin) * factor / 2, timedelta(seconds=0.5))
    middle = begin + (end - begin) / 2 + (end - begin) * shift
    return middle - half, middle + half


def gaps(entries: Sequence[Entry]) -> list[float | None]:
    """Seconds since the entry before in the same lane, None for the first of each."""
    last: dict[str, datetime] = {}
    found: list[float | None] = []
    lanes = _labels(entries)
    for each in entries:
        key, at = _lane(each, lanes), _at(each)
        found.append((at - last[key]).total_seconds() if key in last else None)
        last[key] = at
    return found


def _lanes_of(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    by_lane: dict[str, list[Entry]] = {}
    labels = _labels(entries)
    for each in entries:
        by_lane.setdefault(_lane(each, labels), []).append(each)
    return by_lane


def _labels(entries: Iterable[Entry]) -> dict[str, str]:
    """Which lane each kernel and terminal has, by the label that stands for it."""
    lanes: dict[str, str] = {}
    for each in entries:
        subject = each["subject"]
        if isinstance(kernel := subject.get("kernel"), str) and kernel not in lanes:
            number = sum(lane.startswith("kernel:") for lane in lanes.values()) + 1
            lanes[kernel] = f"kernel:{min(number, MOST_KERNELS)}"
        elif isinstance(terminal := subject.get("terminal"), str):
            lanes[terminal] = TERMINAL
    return lanes


def _lane(each: Entry, labels: Mapping[str, str]) -> str:
    subject, kind = each["subject"], each["kind"]
    for name in ("kernel", "terminal", "label"):
        if isinstance(subject.get(name), str) and subject[name] in labels:
            return labels[subject[name]]
    return _BY_FIRST_WORD.get(kind.partition(".")[0], OTHER)


def _order(by_lane: Mapping[str, Any]) -> list[str]:
    kernels = sorted(key for key in by_lane if key.startswith("kernel:"))
    always = [LIFE, DATA, *kernels]
    return [*always, *(key for key in (TERMINAL, FILES, ALERTS, EXPORTS, OTHER) if key in by_lane)]


def _lane_label(key: str, by_lane: Mapping[str, Any]) -> Text:
    if not key.startswith("kernel:"):
        return LABELS[key]
    number = key.partition(":")[2]
    single = sum(each.startswith("kernel:") for each in by_lane) == 1
    return Text("Noyau", "Kernel") if single else Text(f"Noyau {number}", f"Kernel {number}")


def _marks(entries: Sequence[Entry], scale: Scale, lane: str) -> Iterable[Mark]:
    bins: dict[int, list[Entry]] = {}
    for each in entries:
        at = _at(each)
        if scale.begin <= at <= scale.end:
            bins.setdefault(int((scale.x(at) - LEFT) // BIN), []).append(each)
    for number, found in sorted(bins.items()):
        yield _mark(LEFT + number * BIN, found, scale.begin.tzinfo, tall=lane.startswith("kernel:"))


def _mark(x: float, found: Sequence[Entry], zone: tzinfo | None, *, tall: bool) -> Mark:
    sent = max((each["sealed_size"] or 0 for each in found if each["kind"] != Kind.OUTPUT_COUNT.value), default=0)
    shown = sum(_number(each["subject"].get("bytes")) for each in found if each["kind"] == Kind.OUTPUT_COUNT.value)
    room = KERNEL_LANE * 0.48 if tall else LANE * 0.36
    down_room = KERNEL_LANE * 0.36 if tall else LANE * 0.36
    single = found[0] if len(found) == 1 else None
    asked = any(each["kind"] != Kind.OUTPUT_COUNT.value for each in found)
    return Mark(
        x=round(x, 1),
        up=round(_height(sent, room), 1) if tall and asked else (round(room * 0.7, 1) if asked else 0.0),
        down=round(_height(shown, down_room), 1) if shown else 0.0,
        look=_look(found),
        label=_said(found, shown, zone),
        index=None if single is None else single["index"],
        since=(_at(found[0]) - timedelta(seconds=1)).isoformat(),
        until=(_at(found[-1]) + timedelta(seconds=1)).isoformat(),
        hit=any(each["rules"] for each in found),
    )


def _look(found: Sequence[Entry]) -> str:
    """The class that colours a mark: the gravest thing in it decides."""
    kinds = {each["kind"] for each in found}
    if kinds & {Kind.REFUSAL.value, Kind.WORKSPACE_CUT.value} or any(kind.startswith("egress.") for kind in kinds):
        return "bad"
    if "execute_request" in {each["subject"].get("type") for each in found}:
        return "cell"
    if any(kind.startswith("export.") for kind in kinds):
        return "info"
    strong = (Kind.MOUNT, Kind.WORKSPACE_STARTED, Kind.WORKSPACE_STOPPED, Kind.TERMINAL_INPUT, Kind.FILE_WRITE)
    return "cell" if kinds & {kind.value for kind in strong} else "faint"


def _said(found: Sequence[Entry], shown: int, zone: tzinfo | None) -> Text:
    begin, end = (f"{_at(each).astimezone(zone):%H:%M:%S}" for each in (found[0], found[-1]))
    when = begin if begin == end else f"{begin} – {end}"
    counts = Counter(each["kind"] for each in found)
    rules = sorted({rule for each in found for rule in each["rules"]})
    parts = []
    ways: tuple[tuple[Language, str], ...] = (("fr", " : "), ("en", ": "))
    for lang, joint in ways:
        kinds = ", ".join(
            kind_label(kind).in_(lang) if count == 1 else f"{kind_label(kind).in_(lang)} × {count}"
            for kind, count in counts.most_common(4)
        )
        text = f"{when}{joint}{kinds}"
        if shown:
            text += f" · {written_size(shown, lang)}"
        parts.append(text + (f" · {', '.join(rules)}" if rules else ""))
    return Text(*parts)


def _ticks(scale: Scale) -> Iterable[Tick]:
    span = (scale.end - scale.begin).total_seconds()
    step = next((each for each in _TICKS if span / each <= 8), _TICKS[-1])
    form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86_400 else "%d/%m"
    first = math.ceil(scale.begin.timestamp() / step) * step
    for number in range(12):
        moment = datetime.fromtimestamp(first + number * step, scale.begin.tzinfo)
        if moment > scale.end:
            return
        yield Tick(scale.x(moment), f"{moment:{form}}")


def _height(number: int, room: float) -> float:
    """Logarithmic: 1 byte is a fifth of the room, 64 MiB all of it."""
    return room * min(1.0, 0.2 + 0.8 * math.log2(max(number, 1)) / 26)


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _at(each: Entry) -> datetime:
    return datetime.fromisoformat(each["at"])
