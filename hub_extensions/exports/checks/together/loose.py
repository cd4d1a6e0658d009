"""Comparison of tables that declare no population: by the names of their dimensions and their labels.

A new table that is nowhere larger than an old one of the same shape is taken for a part of it (one filter more), and a
small gap blocks. One that is nowhere smaller may be the same query on refreshed data, and a person decides; where the
data are the same it is not, and a small gap blocks as soon as the tables are sure to be of one thing: their names say
so, a number is the same in both, or no cell moved by more than a few. Tables whose cells go both ways are taken for
different things, unless most of their cells hardly moved.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.rows.rowshape import check_row_level
from hub_extensions.exports.checks.tables.cells import Kind, plain
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.checks.tables.words import Role, is_total
from hub_extensions.exports.checks.together.nested import called, renamed, told
from hub_extensions.exports.checks.together.tidy import HEADER_DIMENSION, tidy
from project_spaces.text import Text

Key = frozenset[tuple[str, str]]
#: Cells that two tables must share before they are compared: fewer agree by chance.
FEWEST_COMMON = 2
#: Cells that two tables of one file must share before a small gap between them blocks.
FEWEST_ALIKE = 3
_YEARS = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_SEXES = {"F": frozenset({"femme", "femmes", "women", "female"}), "H": frozenset({"homme", "hommes", "men", "male"})}
_LEFT_OUT = frozenset("hors sauf sans excluant exclus exclusion seulement excluding except without only".split())
#: Tables of one file that are compared with others.
MOST_TABLES = 100
#: Dimensions summed over at most: a table has 2 to the power of them sets of margins.
MOST_DIMENSIONS = 6


#: Names of a count that say nothing of what is counted.
_BARE = frozenset("n nb nbre nombre eff effectif effectifs count counts cnt freq frequency frequence size".split())


def _measure(table: Table) -> str:
    counts = table.of(Role.COUNT)
    named = [column.name for column in counts if not column.guessed and not is_total(column.header)]
    measure = named[0] if len(named) == 1 else ""
    return "n" if measure in _BARE else measure


def _inner(grid: Grid) -> dict[Key, float | None]:
    """Return the cells of a table that are no margins, ``None`` where masked."""
    cells = [cell for cell in tidy(table_of(grid)) if all(label is not None for _, label in cell.labels)]
    return {
        frozenset((name, label) for name, label in cell.labels if label is not None): (
            cell.cell.value if cell.shown else None
        )
        for cell in cells
        if cell.cell.kind is not Kind.EMPTY
    }


def numbers_of(grid: Grid) -> tuple[str, Mapping[Key, float]]:
    """Return what a table counts, and its shown cells with every sum over its dimensions that a reader can make."""
    table = table_of(grid)
    if not table.of(Role.COUNT) or any(check_row_level(table)):
        return "", {}
    cells = tidy(table)
    inner = [cell for cell in cells if all(label is not None for _, label in cell.labels)]
    shown: dict[Key, float] = {
        frozenset((name, label) for name, label in cell.labels if label is not None): cell.cell.value
        for cell in cells
        if cell.shown
    }
    names = [name for name, _ in inner[0].labels] if inner else []
    for count in range(1, len(names) + 1 if len(names) <= MOST_DIMENSIONS else 1):
        for summed in combinations(names, count):
            groups: dict[Key, list[float | None]] = {}
            for cell in inner:
                key = frozenset(
                    (name, label) for name, label in cell.labels if name not in summed and label is not None
                )
                groups.setdefault(key, []).append(cell.cell.value if cell.shown else None)
            for key, values in groups.items():
                if None not in values:
                    shown.setdefault(key, sum(value for value in values if value is not None))
    return _measure(table), shown


@dataclass(frozen=True)
class _Laid:
    """A table among those that others are compared with."""

    name: Text
    declared: bool
    measure: str
    cells: Mapping[Key, float]
    #: Its cells that are no margins, ``None`` where masked.
    inner: Mapping[Key, float | None]
    #: Years and sexes that its sheet, its titles and its file name.
    about: frozenset[str]
    #: Whether these say that something is left out: one sex only, or « hors … ».
    narrowed: bool
    #: Whether it was computed on the data that the project has now.
    same_data: bool = True


class Beside:
    """Tables laid side by side, in the order in which they leave: each is compared with those before it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._before: list[_Laid] = []

    def lay(
        self, name: str, grids: Sequence[Grid], *, declared: bool, waiting: bool = False, same_data: bool = False
    ) -> None:
        """Add the tables of a file that is out, or that another request asks for (*waiting*).

        Args:
            name: the file's name.
            grids: its tables.
            declared: whether the first of them has a declaration.
            waiting: whether it is not out yet.
            same_data: whether it was asked for since the project's data are what they are.
        """
        called = Text(f"{name} (demande en attente)", f"{name} (waiting request)") if waiting else Text(name, name)
        self._before += [replace(each, same_data=same_data) for each in _laid(called, grids, declared=declared)]

    def judge(self, name: str, grids: Sequence[Grid], *, declared: bool) -> Iterator[Finding]:
        """Yield what the tables of a file give away beside what was laid, then lay them.

        Args:
            name: the file's name.
            grids: its tables.
            declared: whether the file has a declaration: it is about the first table, which is then compared exactly
                with other first tables of that kind.
        """
        mine = list(_laid(Text(name, name), grids, declared=declared))
        for table in mine:
            for other in self._before:
                if not (table.declared and other.declared):
                    yield from _compare(table, other, self._policy)
        self._before += mine
        if len(grids) > MOST_TABLES:
            yield flag(
                "difference.unread",
                str(len(grids)),
                f"Seuls les {MOST_TABLES} premiers tableaux de ce fichier ont été comparés aux autres.",
                f"Only the first {MOST_TABLES} tables of this file were compared with others.",
            )


def check_within(grids: Sequence[Grid], policy: Policy) -> Iterator[Finding]:
    """Yield what the tables and sheets of one file give away beside one another."""
    laid = list(_laid(Text("", ""), grids, declared=False)) if len(grids) > 1 else []
    for old, new in combinations(laid, 2):
        yield from _compare(new, old, policy, one_file=True)


def _laid(name: Text, grids: Sequence[Grid], *, declared: bool) -> Iterator[_Laid]:
    for number, grid in enumerate(grids[:MOST_TABLES]):
        measure, cells = numbers_of(grid)
        if cells:
            place = grid.where or (f"n° {number + 1}" if len(grids) > 1 else "")
            called = Text(*(" · ".join(filter(None, (each, place))) for each in name))
            title = " ".join((name.fr, grid.where, *grid.notes))
            sexes = _about(title) & frozenset(_SEXES)
            narrowed = len(sexes) == 1 or bool(_LEFT_OUT & set(plain(title).split("_")))
            yield _Laid(called, declared and number == 0, measure, cells, _inner(grid), _about(title), narrowed)


def _about(title: str) -> frozenset[str]:
    return frozenset(_YEARS.findall(title)) | {
        sex for sex, words in _SEXES.items() if words & set(plain(title).split("_"))
    }


def _compare(new: _Laid, old: _Laid, policy: Policy, *, one_file: bool = False) -> Iterator[Finding]:
    """Yield what the shown cells of two tables give away by subtraction: *new* would leave, *old* stands before it.

    Tables of *one_file* are often about other years or diseases, so there a person decides where titles say so, and
    where two cells are all that they share.
    """
    new = _called_alike(new, old)
    what, cells, other, before = new.measure, new.cells, old.measure, old.cells
    if what and other and what != other:
        return
    yield from _nested(new, old, policy, one_file=one_file)
    moves = {key: cells[key] - before[key] for key in cells if key in before}
    deepest = max((len(key) for key in moves), default=0)
    fine = [key for key in moves if len(key) == deepest]
    smaller = min(_fine(cells, deepest), _fine(before, deepest))
    small = [key for key, move in moves.items() if 0 < abs(move) < policy.min_persons]
    alike = deepest == max(map(len, cells), default=0) == max(map(len, before), default=0)
    fewest = FEWEST_COMMON if alike else FEWEST_COMMON + 1
    if not small or deepest == 0 or len(fine) < max(fewest, 0.6 * smaller):
        return
    where = _place(small[0])
    t = policy.min_persons
    unsure = one_file and (len(fine) < FEWEST_ALIKE or bool(new.about and old.about and not new.about & old.about))
    if all(move <= 0 for move in moves.values()):
        yield (flag if unsure else block)(
            "difference.subset",
            where,
            f"« {old.name.fr} » moins ce tableau = moins de {t} personnes.",
            f"{old.name.en} minus this table = fewer than {t} persons.",
        )
    elif all(move >= 0 for move in moves.values()) and old.same_data and not unsure and _is_whole(new, old, fine, t):
        yield block(
            "difference.superset",
            where,
            f"Ce tableau moins « {old.name.fr} » = moins de {t} personnes, sur les mêmes données.",
            f"This table minus {old.name.en} = fewer than {t} persons, on the same data.",
        )
    elif all(move >= 0 for move in moves.values()) or len(small) * 2 >= len(moves):
        yield flag(
            "difference.repeated",
            where,
            f"La même case est publiée dans « {old.name.fr} », à moins de {t} près.",
            f"The same cell is published in {old.name.en}, fewer than {t} apart.",
        )


def _called_alike(new: _Laid, old: _Laid) -> _Laid:
    """Return *new* with the columns that its author renamed called as in *old*: their labels are the same."""
    names = renamed(new.inner, old.inner)
    if not names:
        return new
    cells = {called(key, names): value for key, value in new.cells.items()}
    return replace(new, cells=cells, inner={called(key, names): value for key, value in new.inner.items()})


def _nested(new: _Laid, old: _Laid, policy: Policy, *, one_file: bool) -> Iterator[Finding]:
    """Yield the first mask, or the first few persons, that two tables at two grains give away."""
    if new.about and old.about and not new.about & old.about:
        return
    for coarse, fine in ((old, new), (new, old)):
        for each in told(coarse.cells, fine.inner, policy.min_persons):
            if each.solved and not policy.secondary:
                continue
            sure = each.sure and (old.same_data or each.solved) and not (one_file and not each.solved)
            yield (block if sure else flag)(
                "difference.mask" if each.solved else "difference.classes",
                _place(each.key),
                f"Avec « {old.name.fr} », "
                + ("une case masquée se retrouve." if each.solved else "quelques personnes se déduisent."),
                f"With {old.name.en}, "
                + ("a masked cell is recovered." if each.solved else "a few persons can be worked out."),
            )
            return


def _place(key: Key) -> str:
    return (
        " ; ".join(
            f"{dimension} {label}" if dimension != HEADER_DIMENSION else label for dimension, label in sorted(key)
        )
        or "total"
    )


def _is_whole(new: _Laid, old: _Laid, fine: Sequence[Key], threshold: int) -> bool:
    """Whether a table that is nowhere smaller is surely about the same people as *old*, and some more."""
    if new.about and old.about and not new.about & old.about:
        return False
    if old.narrowed and not new.narrowed:
        return True
    equal = any(new.cells[key] == old.cells[key] >= threshold for key in fine)
    near = all(new.cells[key] - old.cells[key] < threshold for key in fine)
    return len(fine) >= FEWEST_ALIKE and (equal or near)


def _fine(cells: Mapping[Key, float], depth: int) -> int:
    """Return how many cells have *depth* labels."""
    return sum(1 for key in cells if len(key) == depth)
