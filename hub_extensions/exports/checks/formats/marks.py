"""The marks of a drawing, counted: as many as a table has rows, and each is a row.

Axes, grids and legends draw marks, too: they are known by their names, which anybody may write, so only as many as an
axis has are let be.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block

#: Equal marks above which each may be a person, and points of one line above which it is no summary.
MOST_MARKS = 20
MOST_VERTICES = 100
#: Straight strokes that end at the same height, or at the same side, above which they are a rug and no axis.
MOST_STROKES = 40
#: Strokes of any kind above which each may be a person's time.
MOST_LINES = 120
#: Marks that axes, grids and legends draw; more of them draw something else.
MOST_QUIET = 120
_GLYPHS = re.compile(r"glyph|DejaVu|font|Vera|STIX|cmr|Helvetica|Arial|Liberation|-[0-9a-f]{2,4}$", re.IGNORECASE)
_VERTEX = re.compile(r"[MLHVCSQTAmlhvcsqta]")
_LOCAL = "{http://www.w3.org/1999/xlink}href"
_ROUND_OR_SQUARE = {"circle": "circle", "ellipse": "circle", "rect": "rect"}
_AT = r"([-\d.e]+)[\s,]+([-\d.e]+)"
#: A path or a polyline of two points.
_STROKE = re.compile(rf"\s*M\s*{_AT}\s*L\s*{_AT}\s*|\s*{_AT}[\s,]+{_AT}\s*")
#: Characters of its longest form.
_LONGEST_STROKE = 200


def name_of(element: Any) -> str:
    """Return the name of an element, in lower case and without its namespace."""
    return str(element.tag).rsplit("}", 1)[-1].lower()


@dataclass(frozen=True)
class _Mark:
    """A shape that is drawn: its kind, its vertices, where a stroke ends, whether an axis or a legend draws it."""

    kind: str
    vertices: int = 1
    ends: tuple[str, ...] = ()
    quiet: bool = False


def _stroke(numbers: Sequence[str]) -> tuple[str, ...]:
    """Return what strokes side by side have in common: both heights of an upright one, both sides of a level one."""
    x1, y1, x2, y2 = numbers
    if x1 == x2:
        return "upright", y1, y2
    return ("level", x1, x2) if y1 == y2 else ()


def _shape(element: Any, tag: str, *, quiet: bool) -> _Mark | None:
    """Return the mark that an element draws, glyphs apart."""
    if tag == "use":
        target = element.get(_LOCAL) or element.get("href") or ""
        return None if _GLYPHS.search(target) else _Mark(f"use {target}", quiet=quiet)
    if tag in _ROUND_OR_SQUARE:
        return _Mark(_ROUND_OR_SQUARE[tag], quiet=quiet)
    if tag == "line":
        return _Mark("line", 2, _stroke([element.get(name, "0") for name in ("x1", "y1", "x2", "y2")]), quiet)
    if tag in {"path", "polyline", "polygon"}:
        drawn = element.get("d") or re.sub(r"\s+", " L ", element.get("points", ""))
        points = element.get("d") or element.get("points") or ""
        if len(points) < _LONGEST_STROKE and (straight := _STROKE.fullmatch(points)):
            return _Mark("line", 2, _stroke([part for part in straight.groups() if part is not None]), quiet)
        return _Mark("path", len(_VERTEX.findall(drawn)), quiet=quiet)
    return None


def _marks(element: Any, *, quiet: bool = False) -> Iterator[_Mark]:
    """Yield every shape drawn, definitions and glyphs apart."""
    tag = name_of(element)
    if tag in {"defs", "clippath", "symbol", "pattern", "marker"}:
        return
    own = f"{element.get('id', '')} {element.get('class', '')}"
    quiet = quiet or bool(re.search(r"tick|axis|grid|legend|\btext_\d", own))
    mark = _shape(element, tag, quiet=quiet)
    if mark is not None:
        yield mark
    for child in element:
        yield from _marks(child, quiet=quiet)


def _strokes(marks: Sequence[_Mark]) -> int:
    """Return the number of strokes when they are too many to be an axis, else 0."""
    lines = [mark for mark in marks if mark.kind == "line"]
    alike = max(Counter(mark.ends for mark in lines if mark.ends).values(), default=0)
    return len(lines) if alike > MOST_STROKES or len(lines) > MOST_LINES else 0


def check_marks(root: Any, where: str) -> Iterator[Finding]:
    """Yield a block when the drawing has as many marks or points as a table has rows."""
    drawn = list(_marks(root))
    marks = [mark for mark in drawn if not mark.quiet]
    kinds = Counter(mark.kind for mark in marks if mark.kind not in {"path", "line"})
    most = max((times for kind, times in kinds.items() if kind != "rect"), default=0)
    small = Counter(mark.vertices for mark in marks if mark.kind == "path" and mark.vertices > 2)
    vertices = max((mark.vertices for mark in drawn if mark.kind == "path"), default=0)
    alike = max(small.values(), default=0)
    quiet = Counter(mark.kind for mark in drawn if mark.quiet)
    count = max(
        most,
        alike if alike > 2 * MOST_MARKS else 0,
        vertices if vertices > MOST_VERTICES else 0,
        kinds["rect"] if kinds["rect"] > 200 else 0,
        _strokes(marks),
        quiet["circle"],
        max((times for times in quiet.values() if times > MOST_QUIET), default=0),
    )
    if count > MOST_MARKS:
        yield block(
            "vector.points",
            where,
            f"Le dessin vectoriel contient {count} points : chacun se relit exactement. Exportez une image (PNG).",
            f"The vector drawing holds {count} points: each can be read back exactly. Export a picture (PNG).",
        )
