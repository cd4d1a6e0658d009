"""The persons behind each cell as the author's own helper counted them: read to find fault, never to acquit.

Where the desk has the data it counts again (``population.py``); elsewhere this is all there is. Evidence that speaks
for a cell changes nothing, evidence that speaks against one stops it.
"""

from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.dominance import dominant, dominated
from hub_extensions.exports.checks.together.published import Release, Statement


def check_contributed(release: Release, policy: Policy) -> Iterator[Finding]:
    """Yield a block for each shown cell that the declaration gives to few persons or to one above all."""
    declared = {each.labels: each for each in release.sidecar.contributors}
    least = policy.least_behind(release.sidecar.measure)
    for said in release.statements if declared else ():
        labels = _labels(said, release.sidecar.dimensions)
        cell = declared.get(labels) if labels is not None and said.own and said.value else None
        if cell is None:
            continue
        where = release.table.grid.place(said.row, said.column)
        if 0 < cell.persons < least:
            yield block(
                "evidence.few_persons",
                where,
                f"La fiche déclare moins de {least} personnes derrière cette case, quel que soit le nombre de lignes.",
                f"The sidecar declares fewer than {least} persons behind this cell, however many rows.",
            )
        who = dominant(cell.largest, cell.largest_two, policy)
        if who is not None:
            yield dominated(who, where, policy, fr=", dit la fiche", en=", says the sidecar")


def _labels(said: Statement, dimensions: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the one label of each dimension, None for a margin or a merged class."""
    allowed = [said.region.get(name) for name in dimensions]
    if any(labels is None or len(labels) != 1 for labels in allowed):
        return None
    return tuple(next(iter(labels)) for labels in allowed if labels)
