"""Decides what each column of a table is, from its header first and its values second.

A guess is marked as one (``guessed``): a rule may block on a column that its author named ``n``, and must be more
careful with one that only looks like counts.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from hub_extensions.exports.checks.tables.cells import Cell, Kind, masked_range, plain
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.parts import parts_of_counts
from hub_extensions.exports.checks.tables.roles import COUNT_AND_SHARE, COUNTS, EXTREMES, Column, Table, row_role
from hub_extensions.exports.checks.tables.unsaid import settle_flags, settle_flows, settle_mirrored, settle_repeated
from hub_extensions.exports.checks.tables.words import (
    ATTRIBUTE_WORDS,
    COUNTING_WORDS,
    DENOMINATOR_WORDS,
    DIMENSION_WORDS,
    HELD_WORDS,
    PERSON_WORDS,
    STAY_WORDS,
    Role,
    is_total,
    role_of_header,
)

#: Words before the number or the kind of a label, not of a group.
_NUMBERED = frozenset(
    "code codes num numero no id rang rank ordre annee year an mois month jour day date heure borne nom name".split()
)
_PER = re.compile(
    r"(?:^|_)(?:pour|per|p|/)_?(100_?000|10_?000|1_?000|100|mille|cent_mille|million)(?:_|$|hab)|/(100_?000|1_?000|10_?000)"
)
_PER_WORDS = {"mille": 1000.0, "cent_mille": 100_000.0, "million": 1_000_000.0}


def _whole(name: str, values: Sequence[Cell], role: Role) -> float:
    """Return what a share is a share of: 1 for proportions, 100 for percentages, the rate's own base otherwise."""
    per = _PER.search(name)
    if per:
        word = per.group(1) or per.group(2)
        return _PER_WORDS.get(word) or float(word.replace("_", ""))
    if "‰" in name:
        return 1000.0
    if "%" in name or any(cell.percent for cell in values):
        return 100.0
    numbers = [abs(cell.value) for cell in values]
    fractions = bool(numbers) and max(numbers) <= 1.0 and any(cell.decimals for cell in values)
    return 1.0 if fractions or role is not Role.PERCENT else 100.0


def _unit(name: str) -> str:
    tokens = set(name.split("_"))
    if tokens & PERSON_WORDS:
        return "persons"
    return "stays" if tokens & STAY_WORDS else ""


def _named(index: int, header: str, cells: Sequence[Cell]) -> Column | None:
    """Return the column when its header decides, checked against its values."""
    role = role_of_header(header)
    if role is None:
        return None
    name = plain(header)
    counted = re.match(r"(?:n|nb|nombre|effectifs?|patients?|count)_(?:et_)?%$", name) or COUNT_AND_SHARE.search(name)
    if role is Role.PERCENT and counted:
        role = Role.COUNT
    numbers = [cell for cell in cells if cell.kind is Kind.NUMBER]
    filled = [cell for cell in cells if cell.kind is not Kind.EMPTY]
    labels = sum(cell.kind is Kind.LABEL or (cell.kind is Kind.DATE and role not in EXTREMES) for cell in filled)
    ranges = role is Role.COUNT and any(masked_range(cell.text) for cell in filled)
    if filled and labels * 2 > len(filled) and not ranges:
        return Column(index, header, Role.DIMENSION)
    fractional = (
        bool(numbers) and any(cell.decimals for cell in numbers) and all(0 <= cell.value <= 1 for cell in numbers)
    )
    if role is Role.COUNT and (fractional or (numbers and all(cell.percent for cell in numbers))):
        role = Role.PERCENT
    if role is Role.COUNT and not set(name.split("_")) & COUNTING_WORDS and _measured(numbers):
        return Column(index, header, Role.VALUE, guessed=True)
    column = Column(index, header, role, unit=_unit(name))
    if role is Role.PERCENT:
        return replace(column, whole=_whole(name, numbers, role))
    return replace(
        column, is_total=role is Role.COUNT and (is_total(header) or bool(set(name.split("_")) & DENOMINATOR_WORDS))
    )


def _measured(numbers: Sequence[Cell]) -> bool:
    """Whether most numbers are no whole ones: the men of a pyramid in percent, patients a day."""
    return len(numbers) > 1 and sum(not cell.is_whole for cell in numbers) * 2 > len(numbers)


def _unnamed(index: int, header: str, cells: Sequence[Cell]) -> Column:
    """Return a guess from the values of a column whose header says nothing."""
    filled = [cell for cell in cells if cell.kind is not Kind.EMPTY]
    numbers = [cell for cell in filled if cell.kind in {Kind.NUMBER, Kind.MASKED} or masked_range(cell.text)]
    level = index == 1 and not header and any(cell.kind is Kind.LABEL for cell in filled)
    if level or not filled or len(numbers) * 2 < len(filled) + (index == 0):  # « 25% » is the label of a line, too
        return Column(index, header, Role.DIMENSION, guessed=True)
    seen = [cell for cell in numbers if cell.kind is Kind.NUMBER]
    if any(cell.percent for cell in seen):
        return Column(index, header, Role.PERCENT, guessed=True, whole=100.0)
    tokens = set(plain(header).split("_"))
    whole = all(cell.is_whole and cell.value >= 0 for cell in seen)
    if whole and not tokens & ATTRIBUTE_WORDS and not tokens <= HELD_WORDS and not _PER.search(plain(header)):
        return Column(index, header, Role.COUNT, guessed=True, is_total=is_total(header))
    return Column(index, header, Role.VALUE, guessed=True)


def _is_code(cells: Sequence[Cell]) -> bool:
    """Whether numbers look like labels: years, or codes padded with zeros."""
    texts = [cell.text for cell in cells if cell.kind is not Kind.EMPTY]
    padded = any(re.fullmatch(r"0\d+", text) for text in texts)
    years = bool(texts) and all(re.fullmatch(r"(?:19|20)\d{2}", text) for text in texts)
    return padded or years


def _settle_left(columns: list[Column], grid: Grid) -> list[Column]:
    """Take the leftmost guessed columns for labels: a table of counts starts with what it counts by."""
    named = any(column.role in COUNTS and not column.guessed and not column.is_total for column in columns)
    parts, sums = parts_of_counts(columns, grid)
    settled = []
    leading = True
    for column in columns:
        cells = grid.column(column.index)
        if column.index in parts | sums and not _is_code(cells):
            counted = column if column.role is Role.COUNT else replace(column, role=Role.COUNT, guessed=True)
            settled.append(replace(counted, is_total=column.is_total or column.index in sums))
            leading = False
            continue
        numeric_label = column.guessed and column.role is Role.COUNT and (named or column.index == 0)
        if _is_code(cells) and column.guessed:
            settled.append(replace(column, role=Role.DIMENSION))
            continue
        if leading and numeric_label and len(columns) > 1:
            settled.append(replace(column, role=Role.DIMENSION))
            continue
        leading = leading and column.role is Role.DIMENSION
        settled.append(column)
    return settled


def _settle_shares(columns: list[Column], grid: Grid) -> list[Column]:
    """Read guessed fractional columns as shares when each row of them adds up to 1 or 100."""
    loose = [column for column in columns if column.guessed and column.role is Role.VALUE]
    if len(loose) < 2 or not grid.rows:
        return columns
    sums = [
        sum(row[column.index].value for column in loose)
        for row in grid.cells
        if all(row[column.index].kind is Kind.NUMBER for column in loose)
    ]
    for whole, slack in ((1.0, 0.02), (100.0, 1.0)):
        if sums and all(abs(total - whole) <= slack for total in sums):
            return [
                replace(column, role=Role.PERCENT, whole=whole) if column in loose else column for column in columns
            ]
    return columns


def _settle_curve(columns: list[Column]) -> list[Column]:
    """Beside a survival column, ``t`` is time and not a test statistic."""
    if not any(column.role in {Role.SURVIVAL, Role.AT_RISK} for column in columns):
        return columns
    times = {
        "t",
        "time",
        "temps",
        "jour",
        "jours",
        "mois",
        "delai",
        "duree",
        "day",
        "days",
        "month",
        "months",
        "annee",
        "timeline",
    }
    return [
        replace(column, role=Role.TIME)
        if set(column.name.split("_")) & times and column.role is not Role.AT_RISK
        else column
        for column in columns
    ]


def table_of(grid: Grid) -> Table:
    """Return *grid* with a role for each column."""
    columns = []
    for index, header in enumerate(grid.header):
        cells = grid.column(index)
        named = _named(index, header, cells) if grid.has_header else None
        columns.append(named or _unnamed(index, header if grid.has_header else "", cells))
    for settle in (
        settle_flags,
        settle_repeated,
        settle_flows,
        _settle_deciles,
        settle_mirrored,
        _settle_sizes,
        _settle_groups,
    ):
        columns = settle(columns, grid)
    return Table(
        grid,
        tuple(
            _settle_curve(
                _settle_shares(
                    _settle_left(
                        _settle_labels(_settle_classes(_settle_attributes(columns, grid), grid)),
                        grid,
                    ),
                    grid,
                )
            )
        ),
    )


def _settle_groups(columns: list[Column], grid: Grid) -> list[Column]:
    """Take numbers under the names of groups (« Groupe A », « Stade II ») for what the rows say, or for counts."""
    labels = [row[0].text for row in grid.cells]
    roles = {role for text in labels if (role := row_role([text])) is not None}
    groups = [
        column
        for column in columns[1:]
        if column.role is Role.DIMENSION and "_" in column.name and _holds_numbers(grid.column(column.index))
    ]
    kinds = {column.name.split("_")[0] for column in groups}
    alike = len(groups) > 1 and len(kinds) == 1 and not kinds & _NUMBERED
    counted = any(column.role in COUNTS and not column.guessed for column in columns)
    if len(set(labels)) < len(labels) or not (roles or (alike and not counted)):
        return columns
    return [_unnamed(column.index, "", grid.column(column.index)) if column in groups else column for column in columns]


def _holds_numbers(cells: Sequence[Cell]) -> bool:
    numbers = sum(cell.kind in {Kind.NUMBER, Kind.MASKED} for cell in cells)
    return numbers * 2 > len(cells) and not _is_code(cells)


def _settle_classes(columns: list[Column], grid: Grid) -> list[Column]:
    """Take whole numbers for counts where rows and columns are the same classes: a confusion matrix."""
    words = {"pred", "predit", "predicted", "prediction", "classe", "class", "obs", "observe", "true", "actual", "reel"}
    square = [
        column
        for column in columns
        if column.role is Role.VALUE and column.guessed and set(column.name.split("_")) & words
    ]
    whole = all(cell.is_whole and cell.value >= 0 for column in square for cell in grid.column(column.index))
    if not 2 <= len(square) == len(grid.rows) <= 30 or not whole:
        return columns
    return [replace(column, role=Role.COUNT) if column in square else column for column in columns]


def _settle_deciles(columns: list[Column], grid: Grid) -> list[Column]:
    """Take ``d1``, ``d5``, ``d9`` for deciles where they rise beside a count; alone they may be places or days."""
    ranked = sorted((column for column in columns if re.fullmatch(r"d[1-9]", column.name)), key=lambda each: each.name)
    counted = any(column.role is Role.COUNT and column not in ranked for column in columns)
    values = [[cell.value for cell in grid.column(column.index)] for column in ranked]
    rising = all(low <= high for lows, highs in pairwise(values) for low, high in zip(lows, highs, strict=True))
    if len(ranked) < 3 or not counted or not rising:
        return columns
    return [replace(column, role=Role.QUANTILE) if column in ranked else column for column in columns]


def _settle_sizes(columns: list[Column], grid: Grid) -> list[Column]:
    """Take « taille » for a count beside the clusters whose size it is, not for a height."""
    groups = {"cluster", "clusters", "grappe", "segment", "profil", "groupe", "group"}
    if not any(set(column.name.split("_")) & groups for column in columns):
        return columns
    return [
        replace(column, role=Role.COUNT, guessed=False)
        if column.role is not Role.COUNT
        and column.name in {"taille", "size", "taille_groupe", "taille_cluster", "cluster_size", "group_size"}
        and all(cell.is_whole and cell.value >= 0 for cell in grid.column(column.index) if cell.kind is Kind.NUMBER)
        else column
        for column in columns
    ]


def _settle_attributes(columns: list[Column], grid: Grid) -> list[Column]:
    """Without any column of counts, numbers under the name of an attribute are values of persons, not labels."""
    if any(column.role in COUNTS and not column.guessed for column in columns):
        return columns
    settled = []
    for column in columns:
        tokens = set(column.name.split("_"))
        numeric = sum(1 for cell in grid.column(column.index) if cell.kind is Kind.NUMBER) * 2 > max(1, len(grid.rows))
        attribute = tokens & ATTRIBUTE_WORDS and not tokens & (DIMENSION_WORDS - ATTRIBUTE_WORDS)
        if (
            column.role is Role.DIMENSION
            and numeric
            and attribute
            and len({cell.text for cell in grid.column(column.index)}) > 2
        ):
            settled.append(replace(column, role=Role.VALUE, guessed=column.index == 0))
        else:
            settled.append(column)
    return settled


def _settle_labels(columns: list[Column]) -> list[Column]:
    """Take numbers named as classes (ages, years) for labels when a column of counts stands to their right."""
    counts = (column.index for column in columns if column.role in COUNTS and not column.guessed)
    last = max(counts, default=-1)
    return [
        replace(column, role=Role.DIMENSION)
        if column.role is Role.VALUE and column.index < last and set(column.name.split("_")) & DIMENSION_WORDS
        else column
        for column in columns
    ]
