"""Optimal secondary suppression by τ-ARGUS's solver (pytauargus): the fewest other counts go with the small ones.

What it proposes is a proposal: the attacker's linear programme audits the table afterwards as it audits any other, and
masks more where the solver's protection is too thin. The solver has no time limit of its own and holds global state, so
that it runs in a child that is killed.
"""

import contextlib
import multiprocessing
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection

from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.together.tidy import Published, tidy
from hub_extensions.exports.mends.tables import Cells

#: Seconds that the solver may take; it was seen to need 0.1 to 0.7 on tables of up to 400 cells.
PATIENCE_S = 15.0
#: What it is asked for at most: cells, dimensions, persons (each is a line of its input).
MOST_CELLS, MOST_DIMENSIONS, MOST_PERSONS = 1500, 3, 200_000
#: How far, in percent of a small count, its bounds must at least lie from it.
RANGE = 10


def optimal(table: Table, policy: Policy) -> Cells:
    """Return the cells to mask beside the small ones; none where the table is not one for the solver, or it fails."""
    cells = {tuple(label for _, label in cell.labels): cell for cell in tidy(table)}
    inner = {labels: cell for labels, cell in cells.items() if None not in labels}
    dimensions = {len(labels) for labels in cells}
    fits = len(dimensions) == 1 and dimensions <= set(range(2, MOST_DIMENSIONS + 1)) and len(cells) <= MOST_CELLS
    whole = all(cell.shown and cell.cell.value == int(cell.cell.value) for cell in inner.values())
    if not fits or not whole or len(inner) == len(cells):
        return set()
    if sum(cell.cell.value for cell in inner.values()) > MOST_PERSONS:
        return set()
    names = [[str(label) for label in labels] for labels in inner]
    found = _solved(names, [int(cell.cell.value) for cell in inner.values()], policy.min_persons)
    return {
        (cell.row, cell.column) for labels in found if (cell := _shown(cells, labels, policy.min_persons)) is not None
    }


def _shown(
    cells: dict[tuple[str | None, ...], Published], labels: Sequence[str | None], least: int
) -> Published | None:
    """Return the published cell that is to be masked for another's sake, None for a small one or one not published."""
    cell = cells.get(tuple(labels))
    return cell if cell is not None and cell.shown and cell.cell.value >= least else None


def _solved(labels: list[list[str]], counts: list[int], least: int) -> list[list[str | None]]:
    """Have a child solve it; nothing when it is too slow or dies."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    # The solver writes the counts where it works: the folder is ours, so that it goes when the child is killed too.
    with tempfile.TemporaryDirectory(prefix="bv-tau-") as folder:
        child = context.Process(target=_solve, args=(theirs, folder, labels, counts, least), daemon=True)
        child.start()
        theirs.close()
        try:
            return list(ours.recv()) if ours.poll(PATIENCE_S) else []
        except EOFError:
            return []
        finally:
            child.kill()
            child.join()
            ours.close()


def _solve(answer: Connection, folder: str, labels: list[list[str]], counts: list[int], least: int) -> None:
    """Send the labels of the cells that the solver masks besides; ``None`` is all labels of a dimension."""
    import pandas as pd
    import pytauargus

    columns = [f"d{number}" for number in range(len(labels[0]))]
    coded = [
        {label: f"c{code}" for code, label in enumerate(dict.fromkeys(column))} for column in zip(*labels, strict=True)
    ]
    frame = pd.DataFrame(
        [[codes[label] for codes, label in zip(coded, row, strict=True)] for row in labels], columns=columns
    )
    people = frame.loc[frame.index.repeat(counts)].assign(person=1)
    # Its linear programme, which holds the counts, is written where the process stands.
    with contextlib.chdir(folder):
        done = pytauargus.protect(
            people, columns, "person", safety_rules=f"FREQ({least},{RANGE})", suppress="OPT(1)", workdir=folder
        )
        table = done.tables[0].dataframe()
    back = [{code: label for label, code in codes.items()} for codes in coded]
    masked = table[table["status"] == "M"][columns].astype(str).to_numpy().tolist()
    answer.send([[labels_of.get(code) for labels_of, code in zip(back, row, strict=True)] for row in masked])
