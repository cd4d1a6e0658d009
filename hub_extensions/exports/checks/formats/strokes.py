"""Straight strokes side by side in a PDF: a rug has one for each person, an axis or a grid stands at equal steps."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

#: Strokes side by side above which they are a rug and no axis, as in an SVG.
MOST_STROKES = 40
#: Unlike steps that a grid or an axis has.
MOST_STEPS = 4
#: Width of a rectangle that is drawn as a stroke, in points.
THIN = 1.5


@dataclass
class Strokes:
    """The strokes of a document, by what those side by side have in common."""

    _begun: tuple[float, float] | None = None
    _last: tuple[tuple[str, float, float], float] | None = None
    _sides: dict[tuple[str, float, float], list[float]] = field(default_factory=lambda: defaultdict(list))

    def move(self, x: float, y: float) -> None:
        """Begin a path."""
        self._keep()
        self._begun = (x, y)

    def line(self, x: float, y: float) -> None:
        """Go on in a straight line; a second one makes the path more than a stroke."""
        begun, self._begun = self._begun, None
        if begun is None:
            self._last = None
        elif begun[0] == x:
            self._last = (("upright", begun[1], y), x)
        elif begun[1] == y:
            self._last = (("level", begun[0], x), y)

    def rectangle(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a rectangle, which may be as thin as a stroke."""
        self._keep()
        if abs(width) <= THIN < abs(height):
            self._sides["upright", y, y + height].append(x)
        elif abs(height) <= THIN < abs(width):
            self._sides["level", x, x + width].append(y)

    def _keep(self) -> None:
        if self._last is not None:
            key, at = self._last
            self._sides[key].append(at)
        self._begun = self._last = None

    @property
    def most(self) -> int:
        """The strokes of the largest rug; 0 when there is none."""
        self._keep()
        return max((len(places) for places in self._sides.values() if _is_rug(places)), default=0)


def _is_rug(places: list[float]) -> bool:
    steps = {round(after - before, 1) for before, after in pairwise(sorted(places))}
    return len(places) > MOST_STROKES and (len(steps) > MOST_STEPS or steps == {0.0})
