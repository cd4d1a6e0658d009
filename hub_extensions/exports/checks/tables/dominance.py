"""How much of a sum one or two contributors make: it can't be seen in the sum, so what stands beside it is read.

One above the policy's ``dominance`` is given away by the sum; so is the largest by the second where the two make more
than ``dominance_two`` of it (the NK rule, n = 2).
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.largest import Wanting, share_of, uncovered
from hub_extensions.exports.checks.tables.magnitudes import cells_of
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.words import Role


class Dominant(IntEnum):
    """How many contributors make too much of a sum."""

    ONE = 1
    TWO = 2


def dominant(one: float, two: float, policy: Policy) -> Dominant | None:
    """Return who dominates a sum of which the largest contributor makes *one* and the two largest *two*, shares of 1.

    Zero for what isn't known; two make at least as much as one.
    """
    if one > policy.dominance:
        return Dominant.ONE
    return Dominant.TWO if max(one, two) > policy.dominance_two else None


def dominated(who: Dominant, where: str, policy: Policy, *, fr: str = "", en: str = "") -> Finding:
    """Return the block for a sum that *who* dominates; *fr* and *en* say what shows it."""
    if who is Dominant.ONE:
        share = f"{policy.dominance:.0%}"
        return block(
            "table.dominance",
            where,
            f"Un seul contributeur dépasse {share} de cette somme{fr} : masquez-la ou regroupez.",
            f"One contributor makes up more than {share} of this sum{en}: suppress it or merge classes.",
        )
    share = f"{policy.dominance_two:.0%}"
    return block(
        "table.dominance",
        where,
        f"Deux contributeurs dépassent {share} de cette somme (règle NK){fr} : masquez-la ou regroupez.",
        f"Two contributors make up more than {share} of this sum (NK rule){en}: suppress it or merge classes.",
    )


def dominated_cells(table: Table, policy: Policy) -> Iterator[tuple[str, Dominant]]:
    """Yield (where, who) for what the columns of shares and of largest amounts of *table* show of its sums."""
    for row, column, cell in cells_of(table, Role.MAX_SHARE, Role.TOP_TWO_SHARE):
        share = share_of(cell)
        alone = table.role_at(row, column) is Role.MAX_SHARE
        who = dominant(share, 0.0, policy) if alone else dominant(0.0, share if share <= 1 else 0.0, policy)
        if who is not None:
            yield table.grid.place(row, column.index), who
    for total in table.of(Role.SUM):
        for column in table.of(Role.MAX, Role.TOP_TWO):
            for row, cells in enumerate(table.grid.cells):
                top, whole = cells[column.index], cells[total.index]
                if top.kind is not Kind.NUMBER or whole.kind is not Kind.NUMBER or whole.value <= 0:
                    continue
                share = top.value / whole.value
                who = dominant(share, 0.0, policy) if column.role is Role.MAX else dominant(0.0, share, policy)
                if who is not None:
                    yield table.grid.place(row, total.index), who


def check_dominance(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield sums that one or two contributors dominate, as a column beside them shows."""
    for where, who in dominated_cells(table, policy):
        yield dominated(who, where, policy)


def check_sums_have_control(table: Table, controls: Sequence[Table], policy: Policy) -> Iterator[Finding]:
    """Yield sums of which neither the table nor its control files show what the rules ask: the first of each kind."""
    sums, told = table.of(Role.SUM), set[Wanting]()
    for row, wanting in uncovered(table, controls, policy):
        if wanting in told:
            continue
        told.add(wanting)
        where = table.grid.place(row, sums[0].index)
        yield _without_largest(where) if wanting is Wanting.LARGEST else _without_second(where, policy)


def _without_largest(where: str) -> Finding:
    return flag(
        "table.no_dominance_control",
        where,
        "Somme sans contrôle de dominance : joignez, pour chaque ligne, la part du plus gros contributeur (fichier "
        "de contrôle).",
        "A sum without a dominance control: join, for each row, the largest contributor's share (control file).",
    )


def _without_second(where: str, policy: Policy) -> Finding:
    share = f"{policy.dominance_two:.0%}"
    return flag(
        "table.no_dominance_control",
        where,
        f"Deux contributeurs peuvent dépasser {share} de cette somme (règle NK) : joignez leur part (« part_top2 »).",
        f"Two contributors may make up more than {share} of this sum (NK rule): join their share (`part_top2`).",
    )
