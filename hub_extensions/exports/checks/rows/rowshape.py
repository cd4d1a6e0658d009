"""Says, without the project's data, whether the rows of a table look like persons instead of groups.

A second opinion beside the match against the data (:mod:`.matching`): names of attributes, dates to the day, values
that
differ in nearly every row, and no column that counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.tables.cells import Cell, Kind, plain
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.words import ATTRIBUTE_WORDS, Role

#: Below this many rows, shape says nothing; the match against the data still does.
FEWEST_ROWS = 5
#: Rows up to which a constant count may be that of equal classes (deciles, ventiles).
CLASSES = 20
_AGGREGATE = frozenset(
    {
        Role.MEAN,
        Role.SUM,
        Role.QUANTILE,
        Role.STD,
        Role.COEFFICIENT,
        Role.RATIO,
        Role.PERCENT,
        Role.SURVIVAL,
        Role.AT_RISK,
        Role.P_VALUE,
        Role.MIN,
        Role.MAX,
        Role.ERROR,
        Role.INTERVAL,
    }
)
_PREDICTED = frozenset(
    """
    y_true y_pred y_score y_proba pred predicted prediction predictions proba probability residual residuals
    residu resid fitted y_test y_hat predit prediction_proba score_predit risque_predit proba_predite observe
    observed
    """.split()
)


@dataclass(frozen=True)
class Shape:
    """What speaks for rows of persons: named attributes, columns of days, share of rows that no other row equals."""

    attributes: int
    days: int
    distinct: float
    varied: int
    predictions: int
    keys: int
    counted: bool
    aggregated: bool
    numeric: bool


def _counts_believed(table: Table, *, recorded: bool) -> bool:
    """Whether a column of counts is more than a decoration: it varies, and its dimensions are not day by day."""
    for column in table.of(Role.COUNT):
        values = [cell.value for cell in table.grid.column(column.index) if cell.kind is Kind.NUMBER]
        masked = any(cell.kind is Kind.MASKED for cell in table.grid.column(column.index))
        repeated = len(values) > CLASSES and len(set(values)) * 4 <= len(values)
        if column.guessed and not masked and (recorded or not table.dimensions or repeated):
            continue
        if masked or len(set(values)) > 1 or len(values) <= CLASSES:
            return True
    return False


def _is_day(cells: tuple[Cell, ...]) -> bool:
    filled = [cell for cell in cells if cell.kind is not Kind.EMPTY]
    days = [
        cell.text[:10]
        for cell in filled
        if cell.kind is Kind.DATE or re.fullmatch(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", cell.text)
    ]
    first_of_month = all(re.search(r"-01$|^01[/.-]|01$", day) for day in days)
    return len(days) * 2 > max(1, len(filled)) and len(days) >= 3 and not first_of_month


def _is_key(cells: tuple[Cell, ...]) -> bool:
    """Whether a column holds long codes, all different: what numbers a record."""
    texts = [cell.text for cell in cells if cell.kind is not Kind.EMPTY]
    coded = all(re.fullmatch(r"[A-Za-z]{0,4}[-_]?\d{6,20}", text) for text in texts)
    return coded and len(texts) > 0.9 * len(cells) and len(set(texts)) == len(texts)


_SCORES = frozenset(
    """
    fpr tpr precision recall sensibilite specificite sensitivity specificity seuil seuils threshold thresholds
    """.split()
)
_RATES = re.compile(r"(?:^|_)(?:faux|vrais|false|true)_(?:positi|negati)")
#: Points up to which a curve of scores is a drawing; above, each step may be a person.
DRAWN = 110
_LOSSES = frozenset(["loss", "accuracy", "acc", "auc", "rmse", "mae", "mse", "logloss", "perte", "lr"])


def _on_grid(table: Table) -> bool:
    """Whether a table draws a model's curve: scores read off a grid of a hundred steps, or a loss by epoch."""
    names = [set(plain(column.header).split("_")) for column in table.columns]
    if all(tokens & _SCORES or _RATES.search(plain(c.header)) for tokens, c in zip(names, table.columns, strict=True)):
        exact = any(cell.decimals > 2 for row in table.grid.cells for cell in row)
        return not exact or len(table.grid.rows) <= DRAWN
    steps = [cell.value for cell in table.grid.column(0)]
    counted = all(after - before == steps[1] - steps[0] > 0 for before, after in pairwise(steps))
    return (
        bool(names[0] & {"epoch", "epochs", "step", "iteration", "iter", "epoque"})
        and counted
        and all(tokens & _LOSSES for tokens in names[1:])
    )


def _places(table: Table) -> bool:
    """Whether each row stands at a place of its own, given to ten metres or so."""
    found = [
        [cell for cell in table.grid.column(column.index) if cell.kind is Kind.NUMBER]
        for column in table.columns
        if set(plain(column.header).split("_")) & {"lat", "latitude", "lon", "lng", "long", "longitude"}
        or re.search(r"(?:^|_)coordinates_[01]$", plain(column.header))
    ]
    fine = [cells for cells in found if cells and sum(cell.decimals >= 4 for cell in cells) * 2 > len(cells)]
    return len(fine) >= 2 and len({cell.value for cell in fine[0]}) > len(fine[0]) / 2


def shape_of(table: Table) -> Shape:
    """Measure *table*."""
    grid = table.grid
    rows = len(grid.rows)
    attributes = days = varied = predictions = keys = 0
    for column in table.columns:
        cells = grid.column(column.index)
        tokens = set(plain(column.header).split("_"))
        name = plain(column.header)
        day = _is_day(cells)
        days += day
        attributes += (bool(tokens & ATTRIBUTE_WORDS) and column.role in {Role.DIMENSION, Role.VALUE}) or day
        predictions += name in _PREDICTED
        keys += rows >= 10 and _is_key(cells)
        varied += rows > 0 and len({cell.text for cell in cells}) > 0.5 * rows and column.role is not Role.COUNT
    distinct = len(set(grid.rows)) / rows if rows else 0.0
    aggregated = any(column.role in _AGGREGATE for column in table.columns) or bool(table.row_roles) or _on_grid(table)
    return Shape(
        attributes,
        days,
        distinct,
        varied,
        predictions,
        keys,
        _counts_believed(table, recorded=bool(days or keys)),
        aggregated,
        any(cell.kind in {Kind.NUMBER, Kind.MASKED} for row in grid.cells for cell in row),
    )


def check_row_level(table: Table) -> Iterator[Finding]:
    """Yield a finding when the rows look like persons."""
    rows = len(table.grid.rows)
    if rows < FEWEST_ROWS or len(table.columns) < 2:
        return
    shape = shape_of(table)
    where = table.grid.where or f"{rows} lignes"
    strong = _strong(shape, rows) or (_places(table) and not shape.counted)
    if strong:
        yield block(
            "rows.individual",
            where,
            "Chaque ligne semble décrire une personne : n'exportez que des agrégats.",
            "Each row seems to describe one person: export aggregates only.",
        )
    elif _weak(shape, rows):
        yield flag(
            "rows.shape",
            where,
            "Ces lignes peuvent décrire des personnes : un vérificateur doit regarder.",
            "These rows may describe persons: a reviewer must look.",
        )


def _strong(shape: Shape, rows: int) -> bool:
    if shape.predictions >= 2 and rows >= 10 and not shape.counted:
        return True
    enough = (shape.attributes >= 2 and rows >= 10) or rows >= 30
    if shape.predictions >= 1 and enough and not shape.counted:
        return True
    continuous = shape.days >= 1 and shape.distinct > 0.8 and shape.varied >= 1
    if shape.aggregated or shape.counted:
        return continuous and shape.days >= 2 and not shape.aggregated
    if continuous and (shape.varied >= 3 or shape.keys):
        return True
    if shape.keys and rows >= 10 and shape.varied >= 2:
        return True
    return (shape.attributes >= 3 and shape.distinct > 0.5 and rows >= FEWEST_ROWS) or (
        continuous and shape.attributes >= 2
    )


def _weak(shape: Shape, rows: int) -> bool:
    if shape.counted or shape.aggregated:
        return shape.days >= 1 and shape.distinct > 0.8 and shape.varied >= 2 and not shape.aggregated
    enough = rows >= 20
    if enough and shape.days and shape.distinct > 0.8 and not shape.numeric:
        return True
    return (
        (shape.attributes >= 2 and shape.distinct > 0.3 and rows >= 10)
        or (enough and shape.varied >= 2 and shape.distinct > 0.5)
        or shape.predictions >= 1
    )
