"""Who is left when nearly all are counted: ``patients, traites`` gives the untreated, ``58 (100.0)`` that none is."""

import re
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import plain
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.shares import small_complements, unanimous, value_at
from hub_extensions.exports.checks.tables.words import STATE_WORDS, Role

#: Columns of all persons of a row, beside which a state is a part.
_WHOLES = frozenset(
    """
    n effectif patients n_patients nb_patients effectif_total total population inclus included sujets subjects personnes
    persons beneficiaires individus denominateur denominator
    """.split()
)


def check_complements(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield rows in which all but a few of the persons are in a state: ``patients, traites`` gives who is not."""
    if table.of(Role.AT_RISK, Role.SURVIVAL, Role.TIME):
        return
    counts = table.of(Role.COUNT)
    for whole in (column for column in counts if column.name in _WHOLES):
        for part in counts:
            states = set(part.name.split("_")) & STATE_WORDS
            if part is whole or not states or part.name in _WHOLES or part.unit == "stays":
                continue
            pairs = [(value_at(table, row, part), value_at(table, row, whole)) for row in range(len(table.grid.rows))]
            known = [(a, b) for a, b in pairs if a is not None and b is not None]
            if known and all(a <= b for a, b in known):
                yield from small_complements(table, (part, whole), policy)


#: A count and the share that it is of its group, in one cell: ``58 (100.0)``.
_ALL = re.compile(r"\s*\d[\d\s\u00a0\u202f]{0,12}\(\s*100(?:[.,]0{1,3})?\s*%?\s*\)\s*")


def check_unanimous_cells(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield cells that give a count as the whole of its group, lines of totals and columns that say so everywhere
    apart."""
    for column in table.columns:
        texts = [row[column.index] if column.index < len(row) else "" for row in table.grid.rows]
        whole = [row for row, text in enumerate(texts) if _ALL.fullmatch(text) and not _says_all(table, row)]
        shared = [text for text in texts if re.search(r"\d\s*\(\s*\d", text)]
        if whole and len(whole) < max(2, len(shared)):
            yield unanimous(table.grid.place(whole[0], column.index), policy)
            return


def _says_all(table: Table, row: int) -> bool:
    """Whether a row is one of totals, or of the size of the groups."""
    labels = {plain(text) for text in (*table.labels(row), table.grid.rows[row][0])}
    return table.is_total_row(row) or any(
        label in {"n", "n_%", "effectif", "effectif_%", "patients"} for label in labels
    )
