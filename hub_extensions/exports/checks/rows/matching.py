"""Recognises rows of the project's data in what is about to leave, whatever was done to hide them.

Names of columns stripped, columns shuffled, numbers rounded to two digits, dates moved by a day: a row keeps its
combination of values. Columns of the export are read as columns of the project (:mod:`.joining`); what counts is how
many of its rows then fit a few project rows, and whether an honest aggregate could (:mod:`.chance`).

Not found: rows with added noise, rescaled or recoded values, and rows of which every combination is common.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.rows.chance import weigh
from hub_extensions.exports.checks.rows.joining import mappings
from hub_extensions.exports.checks.rows.lonevalues import lone_values
from hub_extensions.exports.checks.rows.pairing import FOUND, pairings_of
from hub_extensions.exports.checks.rows.projectdata import ProjectTable
from hub_extensions.exports.checks.rows.rowvalues import columns_of, day_of, sampled

__all__ = ["Match", "check_against", "day_of", "lone_values", "match_rows"]

#: Rows of the export that are looked for; a larger export is sampled evenly.
SAMPLE = 12
#: Fewest rows that can be told from chance.
FEWEST = 3
#: Share of the rows that must single people out.
SHARE = 0.6
#: Ways to read the columns that are weighed before the search gives up.
WEIGHED = 6


@dataclass(frozen=True)
class Match:
    """What was recognised: the project's table, how many columns, the share of rows, and the evidence in nats."""

    table: str
    columns: int
    share: float
    evidence: float


def match_rows(rows: Sequence[Sequence[str]], table: ProjectTable, threshold: int) -> Match | None:
    """Return the match of an export's rows with one table of the project, or ``None``.

    Args:
        rows: the rows of the export, without its header.
        table: an indexed table of the project.
        threshold: persons from which a combination no longer singles out.
    """
    sample = sampled(rows, SAMPLE)
    if len(sample) < FEWEST:
        return None
    readings = [reading for reading in pairings_of(columns_of(sample), table) if reading.found >= FOUND]
    seen: set[frozenset[tuple[int, str]]] = set()
    for mapping in mappings(readings, len(sample)):
        key = frozenset((reading.values.index, reading.column.name) for reading in mapping)
        if len(mapping) < 2 or key in seen:
            continue
        seen.add(key)
        weighed = weigh(mapping, len(sample), readings, threshold)
        if weighed.alone >= SHARE and weighed.beyond_chance:
            return Match(table.name, len(mapping), weighed.found, weighed.evidence)
        if len(seen) >= WEIGHED:
            break
    return None


def check_against(
    rows: Sequence[Sequence[str]], header: Sequence[str], where: str, tables: Sequence[ProjectTable], threshold: int
) -> Iterator[Finding]:
    """Yield a block for rows, or columns of near-unique values, that are the project's own."""
    for table in tables:
        for column, _ in lone_values(rows, table, threshold):
            name = header[column] if column < len(header) else f"colonne {column + 1}"
            place = f"{where} · {name}" if where else name
            yield block(
                "data.values",
                place,
                f"Ces valeurs sont celles d'une colonne de « {table.name} » où chacune désigne une personne.",
                f"These values are those of a column of {table.name} in which each singles out a person.",
            )
            break
        match = match_rows(rows, table, threshold)
        if match is not None:
            yield block(
                "rows.matched",
                where or f"{len(rows)} lignes",
                f"{match.share:.0%} des lignes se retrouvent dans « {table.name} » ({match.columns} colonnes "
                f"reconnues), ce que le hasard n'explique pas : ce sont des personnes.",
                f"{match.share:.0%} of the rows are found in {table.name} ({match.columns} columns recognised), which "
                f"chance doesn't explain: these are persons.",
            )
            return
