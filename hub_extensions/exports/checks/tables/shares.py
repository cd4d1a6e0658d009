"""Percentages: a share of a known whole is a count in disguise.

0,25 % of 1 204 persons is 3 persons. So the whole is looked for: a pair of count columns that explains the share, a
column or a note that names the denominator. With none, a reviewer must ask for it; a share alone is never a small
count.
"""

import math
import re
from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.findings import Finding, Severity, block, flag, graded
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.noted import persons_said
from hub_extensions.exports.checks.tables.cells import Cell, Kind, parse_cell
from hub_extensions.exports.checks.tables.roles import Column, Table
from hub_extensions.exports.checks.tables.words import DENOMINATOR_WORDS, Role

_N_TEXT = re.compile(
    r"\b(?:n|N|[nN]_\w+|nobs|effectif(?: total)?|population|total|d[ée]nominateur|patients?|(?:[Nn]umber of|[Nn]o\.?|[Nn]ombre d.)\s*[Oo]bs\w*\.?)\s*(?:=|:|≈)\s*((?:\d|[^\S\n]|,(?=\d{3}\b)){1,14})"  # noqa: E501
)


def numbers_in_notes(texts: Sequence[str]) -> list[float]:
    """Return the totals that titles, notes or headers give as ``n = 1 204``."""
    found = [match.group(1) for text in texts for match in _N_TEXT.finditer(text)]
    cells = [parse_cell(text.replace(",", "").strip()) for text in found]
    return [cell.value for cell in cells if cell.kind is Kind.NUMBER and cell.value >= 1]


def _fits(share: Cell, column: Column, part: float, whole: float) -> bool:
    """Whether *share*, as rounded for display, is ``part / whole``."""
    if whole <= 0:
        return False
    return abs(part / whole * column.whole - share.value) <= 0.51 * 10**-share.decimals + 1e-9


def value_at(table: Table, row: int, column: Column) -> float | None:
    """Return the number of a cell, if it shows one."""
    cell = table.grid.cells[row][column.index]
    return cell.value if cell.kind is Kind.NUMBER else None


def _rows_with(table: Table, share: Column) -> list[int]:
    return [row for row in range(len(table.grid.rows)) if table.grid.cells[row][share.index].kind is Kind.NUMBER]


def explained_by_pair(table: Table, share: Column) -> tuple[Column, Column] | None:
    """Return the two count columns whose quotient the share is, when every row agrees."""
    counts, rows = table.of(Role.COUNT), _rows_with(table, share)
    for part in counts:
        for whole in counts:
            pairs = [(row, value_at(table, row, part), value_at(table, row, whole)) for row in rows]
            known = [(row, a, b) for row, a, b in pairs if a is not None and b is not None]
            if (
                part is not whole
                and known
                and all(_fits(table.grid.cells[row][share.index], share, a, b) for row, a, b in known)
            ):
                return part, whole
    return None


def whole_of(table: Table, row: int, share: Column) -> float | None:
    """Return what the share of a row is a share of, as far as the table tells."""
    pair = explained_by_pair(table, share)
    if pair is not None:
        return value_at(table, row, pair[1])
    if explained_by_total(table, share):
        return max(_totals(table, share, table.of(Role.COUNT)[0]))
    own = numbers_in_notes([share.header])
    return own[0] if own else _denominator(table, row)


def _totals(table: Table, share: Column, part: Column) -> set[float]:
    """Return what a column of counts adds up to in the rows that show a share, and its margins."""
    rows = [row for row in _rows_with(table, share) if not table.is_total_row(row)]
    margins = [row for row in range(len(table.grid.rows)) if table.is_total_row(row)]
    added = sum(value for row in rows if (value := value_at(table, row, part)) is not None)
    cumulated = "cum" in part.name
    last = {value for row in rows[-1:] if cumulated and (value := value_at(table, row, part)) is not None}
    return {added, *last, *(value for row in margins if (value := value_at(table, row, part)) is not None)}


def explained_by_total(table: Table, share: Column) -> bool:
    """Whether the share is that of each row in the column's own total, or of its group."""
    rows = [row for row in _rows_with(table, share) if not table.is_total_row(row)]
    for part in table.of(Role.COUNT):
        values = [(row, value) for row in rows if (value := value_at(table, row, part)) is not None]
        if values and any(
            sum(_fits(table.grid.cells[row][share.index], share, value, whole) for row, value in values)
            >= 0.9 * len(values)
            for whole in _totals(table, share, part)
        ):
            return True
        if values and (_groups_explain(table, share, values) or _sections_explain(table, share, values)):
            return True
    return False


def _sections_explain(table: Table, share: Column, values: list[tuple[int, float]]) -> bool:
    """Whether each share is that of its count in the section that it stands in: a line with a label alone begins one,
    or a note gives the size of all."""
    begins = [row for row, cells in enumerate(table.grid.cells) if _is_heading(cells)]
    sections: list[list[tuple[int, float]]] = [[] for _ in range(len(begins) + 1)]
    for each in values:
        sections[sum(at <= each[0] for at in begins)].append(each)
    sums = [(section, sum(value for _, value in section)) for section in sections if section]
    noted = numbers_in_notes((*table.grid.notes, *table.grid.header))
    wholes = [(section, total) for section, total in sums if begins] or [(values, total) for total in noted]

    def fits(section: list[tuple[int, float]], total: float) -> bool:
        cells = table.grid.cells
        return all(_fits(cells[row][share.index], share, value, total) for row, value in section)

    return bool(wholes) and all(
        fits(section, total) or any(fits(section, whole) for whole in noted) for section, total in wholes
    )


def _is_heading(cells: Sequence[Cell]) -> bool:
    """Whether a row has a label and nothing else: the heading of those below it."""
    return cells[0].kind is Kind.LABEL and all(cell.kind is Kind.EMPTY for cell in cells[1:])


def _groups_explain(table: Table, share: Column, values: list[tuple[int, float]]) -> bool:
    for dimension in table.dimensions:
        sums: dict[str, float] = {}
        for row, value in values:
            key = table.grid.cells[row][dimension.index].text
            sums[key] = sums.get(key, 0.0) + value
        if len(sums) < len(values) and all(
            _fits(table.grid.cells[row][share.index], share, value, sums[table.grid.cells[row][dimension.index].text])
            for row, value in values
        ):
            return True
    return False


def _denominator(table: Table, row: int) -> float | None:
    """Return the whole that a row names: the column of a denominator, else its largest count."""
    counts = [(column, value) for column in table.of(Role.COUNT) if (value := value_at(table, row, column)) is not None]
    named = [value for column, value in counts if set(column.name.split("_")) & DENOMINATOR_WORDS]
    if named:
        return max(named)
    return max((value for _, value in counts), default=None)


def implied_counts(share: Cell, column: Column, whole: float) -> range:
    """Return the whole numbers of units that *share* of *whole* may stand for, given the digits shown."""
    half = 0.5 * 10**-share.decimals
    low = max(0.0, (share.value - half) / column.whole * whole)
    high = max(0.0, (share.value + half) / column.whole * whole)
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    if last < first:
        first = last = round(share.value / column.whole * whole)
    return range(first, last + 1)


#: Shares of these are none of persons.
_MONEY = frozenset("cout couts cost costs depense depenses montant montants charges recettes budget".split())


def check_shares(table: Table, policy: Policy, context: str = "") -> Iterator[Finding]:
    """Yield shares that give away small numerators, whole groups, or that no denominator explains.

    Args:
        table: the table with its roles.
        policy: gives the threshold.
        context: text of the same file, which may say how many persons it is about.
    """
    noted = [*numbers_in_notes((*table.grid.notes, *table.grid.header)), *persons_said(table.grid.notes)]
    noted = noted or [*numbers_in_notes([context]), *persons_said([context])]
    for share in table.of(Role.PERCENT):
        rows = _rows_with(table, share)
        if set(share.name.split("_")) & _MONEY:
            continue
        if not rows or (
            share.whole > 100 and not table.of(Role.COUNT) and not noted and len(rows) > 0 and _is_context_free(table)
        ):
            continue
        pair = explained_by_pair(table, share)
        if pair is not None:
            yield from small_complements(table, pair, policy)
        elif not explained_by_total(table, share):
            yield from _implied(table, share, rows, noted, policy)
        yield from _unanimous_share(table, share, rows, policy)


def _is_context_free(table: Table) -> bool:
    return bool(table.of(Role.COEFFICIENT, Role.RATIO))


def _implied(table: Table, share: Column, rows: list[int], noted: list[float], policy: Policy) -> Iterator[Finding]:
    missing = False
    own = numbers_in_notes([share.header])
    for row in rows:
        cell = table.grid.cells[row][share.index]
        whole = own[0] if own else _denominator(table, row) or (max(noted) if noted else None)
        if whole is None:
            missing = True
            continue
        yield from small_numerator(
            table.grid.place(row, share.index), implied_counts(cell, share, whole), whole, policy
        )
    if missing:
        yield flag(
            "table.no_denominator",
            table.grid.place(rows[0], share.index),
            "Pourcentage sans dénominateur : ajoutez l'effectif sur lequel il est calculé.",
            "A share without its denominator: add the count that it is computed on.",
        )


def small_numerator(where: str, counts: range, whole: float, policy: Policy) -> Iterator[Finding]:
    """Yield a share of *whole* that stands for few persons, or leaves few out."""
    t = policy.min_persons
    if whole < t:
        return
    if counts and counts[-1] < t and counts[-1] > 0:
        yield block(
            "table.implied_count",
            where,
            f"Pourcentage × dénominateur = moins de {t} personnes : masquez le pourcentage ou regroupez.",
            f"Share × denominator = fewer than {t} persons: suppress the share or merge classes.",
        )
    elif counts and 0 < counts[0] < t:
        yield flag(
            "table.implied_count",
            where,
            f"Pourcentage × dénominateur peut être inférieur à {t} personnes.",
            f"Share × denominator may be fewer than {t} persons.",
        )
    rest = (round(whole) - counts[-1], round(whole) - counts[0]) if counts else (0, 0)
    if 0 < rest[1] < t and rest[0] >= 0:
        yield block(
            "table.implied_complement",
            where,
            f"Le complément du pourcentage concerne moins de {t} personnes.",
            f"The complement of the share stands for fewer than {t} persons.",
        )


def small_complements(table: Table, pair: tuple[Column, Column], policy: Policy) -> Iterator[Finding]:
    """Yield rows in which the second count of a pair exceeds the first by a few persons."""
    part, whole = pair
    for row in range(len(table.grid.rows)):
        a, b = value_at(table, row, part), value_at(table, row, whole)
        if a is not None and b is not None and 0 < b - a < policy.min_persons:
            yield block(
                "table.implied_complement",
                table.grid.place(row, part.index),
                f"La différence entre « {whole.header} » et « {part.header} » concerne moins de {policy.min_persons} "
                f"personnes.",
                f"The difference between {whole.header} and {part.header} stands for fewer than {policy.min_persons} "
                f"persons.",
            )


def _unanimous_share(table: Table, share: Column, rows: list[int], policy: Policy) -> Iterator[Finding]:
    whole = [
        row
        for row in rows
        if abs(table.grid.cells[row][share.index].value - share.whole) < 1e-9 and not table.is_total_row(row)
    ]
    if share.whole in {1.0, 100.0} and whole and len(rows) > 1 and "cum" not in share.name:
        yield unanimous(table.grid.place(whole[0], share.index), policy)
    none = [row for row in rows if table.grid.cells[row][share.index].value == 0]
    if none and policy.zero is not Severity.INFO:
        yield graded(
            policy.zero,
            "table.zero",
            table.grid.place(none[0], share.index),
            "Pourcentage nul : renseigne-t-il sur tout un groupe ?",
            "A share of zero: does it tell something of a whole group?",
        )


def unanimous(where: str, policy: Policy) -> Finding:
    """Return the finding for a group of which every member shares the trait."""
    return graded(
        policy.unanimous,
        "table.unanimous",
        where,
        "Tout le groupe partage ce caractère : la case renseigne sur chacun de ses membres.",
        "The whole group shares this trait: the cell tells it of each member.",
    )


def check_unanimous_counts(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield rows where a part equals its whole (58 of 58), columns being a part and its denominator."""
    counts = table.of(Role.COUNT)
    wholes = [
        column
        for column in counts
        if set(column.name.split("_")) & DENOMINATOR_WORDS
        or column.name in {"n", "effectif", "patients", "n_patients", "nb_patients", "effectif_total"}
    ]
    parts = [column for column in counts if column not in wholes and not column.counts_missing]
    for whole in wholes:
        for part in parts:
            pairs = [
                (row, value_at(table, row, part), value_at(table, row, whole)) for row in range(len(table.grid.rows))
            ]
            known = [(row, a, b) for row, a, b in pairs if a is not None and b is not None]
            nested = bool(known) and all(a <= b for _, a, b in known)
            equal = [row for row, a, b in known if a == b and b > 0]
            if nested and equal and len(equal) < max(2, len(known)) and part.unit != "stays":
                yield unanimous(table.grid.place(equal[0], part.index), policy)
            if (nested and whole.is_total and len(counts) == 2 and part.unit == whole.unit) or (
                nested and whole.is_total and len(counts) == 2 and not (part.unit and whole.unit)
            ):
                yield from small_complements(table, (part, whole), policy)
