"""Survival curves and other step functions: a step for each event is a line for each person.

A Kaplan–Meier table gives its risk set away even when the column is missing: each step is d/n, so that steps of one
person read 1/n, 1/(n−1), and so on.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.roles import Column, Table
from hub_extensions.exports.checks.tables.words import Role


def _runs(table: Table, column: Column) -> Iterator[list[tuple[int, float]]]:
    """Yield the values of a column, one run for each stratum (the labels that are no time)."""
    run: list[tuple[int, float]] = []
    previous: tuple[str, ...] | None = None
    for row, cells in enumerate(table.grid.cells):
        labels = tuple(cells[dimension.index].text for dimension in table.dimensions if not _is_step(table, dimension))
        if previous is not None and labels != previous and run:
            yield run
            run = []
        previous = labels
        if cells[column.index].kind is Kind.NUMBER:
            run.append((row, cells[column.index].value))
    if run:
        yield run


def _is_step(table: Table, dimension: Column) -> bool:
    texts = [row[dimension.index].text for row in table.grid.cells]
    return len(set(texts)) > max(2, len(texts) // 2)


def check_curves(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield risk sets and survival columns that move by fewer persons than the policy's threshold."""
    risk_sets = table.of(Role.AT_RISK)
    for column in risk_sets:
        for run in _runs(table, column):
            yield from _risk_set(table, column, run, policy)
    for column in table.of(Role.SURVIVAL):
        for run in _runs(table, column):
            yield from _survival(table, column, run, policy, known=bool(risk_sets))
    yield from _roc(table, policy)


def _risk_set(table: Table, column: Column, run: Sequence[tuple[int, float]], policy: Policy) -> Iterator[Finding]:
    drops = [(row, before - after) for (_, before), (row, after) in pairwise(run)]
    small = [(row, drop) for row, drop in drops if 0 < drop < policy.min_persons]
    if small:
        row = small[0][0]
        yield block(
            "curve.step",
            table.grid.place(row, column.index) + f" (+{len(small) - 1})",
            f"L'effectif à risque diminue de moins de {policy.min_persons} personnes : regroupez les temps.",
            f"The risk set falls by fewer than {policy.min_persons} persons: group the times.",
        )


def _survival(
    table: Table, column: Column, run: Sequence[tuple[int, float]], policy: Policy, *, known: bool
) -> Iterator[Finding]:
    scale = 100.0 if max((value for _, value in run), default=0) > 1.0 else 1.0
    values = [(row, value / scale) for row, value in run]
    if set(column.name.split("_")) & {"cif", "inc", "incidence"}:
        values = [(row, 1 - value) for row, value in values]  # a cumulated incidence: those who are left
    hazards = [(row, 1 - after / before) for (_, before), (row, after) in pairwise(values) if 0 < after < before]
    implied = [1 / hazard for _, hazard in hazards if hazard > 0]
    falls = [before - after for before, after in pairwise(implied)]
    if len(falls) >= 5 and sum(1 for fall in falls if 0.5 <= fall < policy.min_persons) >= 0.8 * len(falls):
        row = hazards[0][0]
        yield block(
            "curve.step",
            table.grid.place(row, column.index),
            "La courbe descend d'une personne à la fois : regroupez les temps.",
            "The curve falls one person at a time: group the times.",
        )
    elif not known:
        yield flag(
            "curve.no_risk_set",
            table.grid.place(run[0][0], column.index),
            "Courbe de survie sans effectif à risque : ajoutez-le, temps groupés.",
            "A survival curve without its risk set: add it, with grouped times.",
        )


def _roc(table: Table, policy: Policy) -> Iterator[Finding]:
    names = {column.name for column in table.columns}
    if {"fpr", "tpr"} <= names and len(table.grid.rows) > 10 * policy.min_persons:
        yield flag(
            "curve.roc",
            table.grid.where or "fpr, tpr",
            "Courbe ROC complète : chaque marche est une personne ; réduisez-la à une centaine de points.",
            "A full ROC curve: each step is a person; thin it to about a hundred points.",
        )
