"""What a label of one table stands for in the labels of all: merged classes, ranges of numbers, « autres ».

Two tables may call the same people ``0-30`` and ``0-20 + 21-30``; compared as strings they have nothing in common, and
their difference is missed. Every label is therefore read as a set of base labels: those of the data when they are at
hand, else the finest that the tables themselves tell apart.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from hub_extensions.exports.checks.together.population import Population
from hub_extensions.exports.checks.together.published import Release, Statement

#: Base label of the people whom no label of any table names.
OTHER = "\0other"
_NUMBER = r"(-?\d+(?:[.,]\d+)?)"
_UNIT = r"(?:\s*(?:ans?|years?|yrs?|y|jours?|days?|mois|kg|cm|€))?"
_BOTH = re.compile(rf"^([\[\](]?)\s*{_NUMBER}{_UNIT}\s*(?:-|–|—|à|to|;|,)\s*{_NUMBER}\s*([\[\])]?){_UNIT}$")
_FROM = re.compile(
    rf"^(?:(≥|>=|>)\s*{_NUMBER}{_UNIT}|{_NUMBER}{_UNIT}\s*(?:\+|et plus|ou plus|and over|and more|plus))$"
)
_BELOW = re.compile(
    rf"^(?:(≤|<=|<|moins de|under)\s*{_NUMBER}{_UNIT}|{_NUMBER}{_UNIT}\s*(?:et moins|ou moins|or less))$"
)
_PARTS = re.compile(r"(?<!\s)\s*(?:\+|\||/|;|,|∪|\bou\b|\bet\b|\bor\b|\band\b|&)\s*")
_REST = frozenset({"autre", "autres", "other", "others", "reste", "le reste", "rest"})

Bound = tuple[float, int]
Span = tuple[Bound, Bound]


def _value(text: str) -> float:
    return float(text.replace(",", "."))


def span_of(label: str) -> Span | None:
    """Return the numbers that a label spans, as bounds (number, 0 just before it or 1 just after); ``None`` for words.

    Whole numbers stand for ages and counts: up to 39 is before 40.
    """
    if found := _BOTH.match(label):
        opened, low, high, closed = found.groups()
        ends = (_value(low), int(opened in {"(", "]"})), (_value(high), int(closed not in {"[", ")"}))
    elif found := _FROM.match(label):
        sign, low, other = found.groups()
        ends = (_value(low or other), int(sign == ">")), (float("inf"), 0)
    elif found := _BELOW.match(label):
        sign, high, other = found.groups()
        ends = (float("-inf"), 0), (_value(high or other), int(sign not in {"<", "moins de", "under"}))
    else:
        return None
    low_end, high_end = (_whole(end) for end in ends)
    return (low_end, high_end) if low_end < high_end else None


def _whole(end: Bound) -> Bound:
    number, after = end
    return (number + 1, 0) if after and number == int(number) else end


def _point(label: str) -> Bound | None:
    return (_value(label), 0) if re.fullmatch(_NUMBER, label) else None


@dataclass(frozen=True)
class Column:
    """One column as all tables and the data tell it apart. ``complete`` when its base labels are known to be all."""

    base: frozenset[str]
    spans: Mapping[str, Span]
    complete: bool

    def stands_for(self, label: str, beside: Iterable[str]) -> frozenset[str]:
        """Return the base labels that *label* stands for, in a table that also has the labels *beside* it."""
        if label in self.base:
            return frozenset({label})
        span = span_of(label)
        inside = frozenset(
            name for name, held in self.spans.items() if span and span[0] <= held[0] and held[1] <= span[1]
        )
        if inside:
            return inside
        parts = [part for part in _PARTS.split(label) if part]
        known = [self.stands_for(part, ()) for part in parts] if len(parts) > 1 else []
        if known and all(one <= self.base for one in known):
            return frozenset().union(*known)
        if label in _REST and beside:
            named = frozenset().union(*(self.stands_for(other, ()) for other in beside if other != label))
            return (self.base - named) or frozenset({label})
        return frozenset({label})


def _column(used: set[str], held: frozenset[str] | None, *, dimension: bool) -> Column:
    """Return how a column is told apart, from the labels *used* in tables and those *held* in the data."""
    if held is not None:
        labels = held
        points = {label: point for label in held if (point := _point(label)) is not None}
        spans = {label: span for label in held if (span := span_of(label)) is not None}
        return Column(labels, {**spans, **{label: (p, p) for label, p in points.items()}}, complete=True)
    used = used | {part for label in used for part in _span_parts(label)}
    spans = {label: span for label in used if (span := span_of(label)) is not None}
    points = {label: (point, _after(point)) for label in used if spans and (point := _point(label)) is not None}
    cuts = sorted({end for span in (*spans.values(), *points.values()) for end in span})
    pieces = {_named(low, high): (low, high) for low, high in pairwise(cuts)}
    covered = {
        name: piece
        for name, piece in pieces.items()
        if any(_holds(span, piece) for span in (*spans.values(), *points.values()))
    }
    words = {label for label in used if label not in spans and label not in points and label not in _REST}
    whole = {label for label in words if not _is_merged(label, words | set(spans) | set(points))}
    base = frozenset(covered) | whole | (set() if dimension else {OTHER})
    return Column(base, covered, complete=dimension)


def _named(low: Bound, high: Bound) -> str:
    """Return the name of a piece of the line, as people write a class of ages."""
    if low[1] == high[1] == 0 and abs(low[0]) != float("inf") and abs(high[0]) != float("inf"):
        return f"{low[0]:g}" if high[0] == low[0] + 1 else f"{low[0]:g}-{high[0] - 1:g}"
    ends = ["]" if low[1] else "[", f"{low[0]:g}", " ; ", f"{high[0]:g}", "]" if high[1] else "["]
    return "".join(ends).replace("-inf", "…").replace("inf", "…")


def _span_parts(label: str) -> list[str]:
    """Return the parts of ``0-20 + 21-30``: ranges joined by a plus are a merged class, known elsewhere or not."""
    parts = [part.strip() for part in label.split(" + ")]
    return parts if len(parts) > 1 and all(span_of(part) or _point(part) for part in parts) else []


def _holds(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _after(point: Bound) -> Bound:
    return (point[0] + 1, 0) if point[0] == int(point[0]) else (point[0], 1)


def _is_merged(label: str, others: set[str]) -> bool:
    parts = [part for part in _PARTS.split(label) if part]
    return len(parts) > 1 and all(part in others for part in parts)


def _used(releases: Sequence[Release]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for release in releases:
        declared = release.sidecar.classes
        regions = [release.sidecar.filter, *(said.region for said in release.statements)]
        for name, allowed in (item for region in regions for item in region.items()):
            labels = names.setdefault(name, set())
            for label in allowed or ():
                labels.update(declared.get(name, {}).get(label, {label}))
    return names


def columns_of(releases: Sequence[Release], population: Population | None) -> dict[str, Column]:
    """Return every column that *releases* speak of."""
    held = {} if population is None else {name: population.labels_of(name) for name in population.labels}
    shown = {name for release in releases for name in release.sidecar.dimensions if name not in release.sidecar.filter}
    return {
        name: _column(used, held.get(name), dimension=name in shown) for name, used in _used(releases).items() if used
    }


def in_base_labels(release: Release, columns: Mapping[str, Column]) -> Release:
    """Return *release* with every label replaced by the base labels that it stands for."""
    beside: dict[str, set[str]] = {}
    for said in release.statements:
        for name, allowed in said.region.items():
            beside.setdefault(name, set()).update(allowed or ())
    read: dict[tuple[str, str], frozenset[str]] = {}

    def base_of(name: str, label: str) -> frozenset[str]:
        key = (name, label)
        if key not in read:
            stated = release.sidecar.classes.get(name, {}).get(label, {label})
            others = beside.get(name, set())
            read[key] = frozenset().union(*(columns[name].stands_for(one, others) for one in stated))
        return read[key]

    def moved(said: Statement) -> Statement:
        region: dict[str, frozenset[str] | None] = {
            name: None if allowed is None else frozenset().union(*(base_of(name, label) for label in allowed))
            for name, allowed in said.region.items()
        }
        for name, allowed in release.sidecar.filter.items():
            kept = frozenset().union(*(base_of(name, label) for label in allowed))
            region[name] = (region[name] & kept if region[name] else kept) or region[name]
        return replace(said, region=region)

    return replace(release, statements=tuple(moved(said) for said in release.statements))
