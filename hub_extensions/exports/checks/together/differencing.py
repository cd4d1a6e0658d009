"""Two clean tables, one subtraction, three persons: what tables give away side by side.

Nested cells of declared populations: the difference of two published numbers is a third one, and with the data at hand
the persons behind it are counted. What more than two tables give away together is worked out in ``combined.py``; tables
without a declared population are compared in ``loose.py``.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.together.derived import Ground, Key
from hub_extensions.exports.checks.together.labels import Column
from hub_extensions.exports.checks.together.population import Population
from hub_extensions.exports.checks.together.published import Release, Statement, narrower, same

#: Rows by which two cells may differ and still differ by few persons, in thresholds.
MOST_ROWS = 60
#: Cells named one by one for one table.
SHOWN = 200


@dataclass(frozen=True)
class Difference:
    """A small remainder between a cell of one table and a nested one of another."""

    outer: Statement
    inner: Statement
    outer_release: Release
    inner_release: Release
    persons: int


def nested_differences(
    new: Release, other: Release, population: Population | None, policy: Policy
) -> Iterator[Difference]:
    """Yield the small differences between nested cells of two tables of one data set and one measure."""
    if new.rounding.base > 1 or other.rounding.base > 1:
        return
    counted = new.sidecar.measure == "count"
    reach = policy.min_persons * (1 if population is None else MOST_ROWS) if counted else float("inf")
    shown = sorted((said for said in other.statements if said.value is not None), key=lambda said: said.value or 0)
    values = [said.value or 0 for said in shown]
    for one in new.statements:
        if one.value is None:
            continue
        near = shown[bisect_left(values, one.value - reach) : bisect_right(values, one.value + reach)]
        for two in near:
            if same(one.region, two.region):
                continue
            if narrower(one.region, two.region):
                outer, inner, pair = two, one, (other, new)
            elif narrower(two.region, one.region):
                outer, inner, pair = one, two, (new, other)
            else:
                continue
            persons = _between(outer, inner, population, new, policy)
            if 0 < persons < policy.min_persons:
                yield Difference(outer, inner, *pair, persons)


def _between(
    outer: Statement, inner: Statement, population: Population | None, release: Release, policy: Policy
) -> int:
    """Return the persons between two nested cells: the published difference, or the persons in the data."""
    counted = release.sidecar.measure == "count"
    shown = round((outer.value or 0) - (inner.value or 0)) if counted else 0
    if population is None or not (population.knows(outer.region) and population.knows(inner.region)):
        return shown
    wide, narrow = population.mask(outer.region), population.mask(inner.region)
    if wide is None or narrow is None:
        return shown
    real = population.persons_in(wide & ~narrow)
    return real if real or not 0 < shown < policy.min_persons else shown


def _described(difference: Difference) -> tuple[str, str]:
    parts = []
    for name in sorted({*difference.outer.region, *difference.inner.region}):
        inside, outside = difference.inner.region.get(name), difference.outer.region.get(name)
        if inside != outside and inside is not None:
            parts.append(
                f"{name} ≠ {', '.join(sorted(inside)[:4])}"
                + (f" ({', '.join(sorted(outside - inside)[:4])})" if outside else "")
            )
        elif inside is not None:
            parts.append(f"{name} = {', '.join(sorted(inside)[:4])}")
    where = " ; ".join(parts[:6])
    return where, f"{difference.outer_release.name} − {difference.inner_release.name}"


def _key(difference: Difference, columns: Mapping[str, Column]) -> Key | None:
    """Return the name of the group between two cells, when it is a product of labels."""
    outer, inner = difference.outer.region, difference.inner.region
    apart = [name for name in inner if inner[name] is not None and inner[name] != outer.get(name)]
    if len(apart) != 1:
        return None
    rest = (outer.get(apart[0]) or columns[apart[0]].base) - (inner[apart[0]] or frozenset())
    region = {**outer, apart[0]: rest}
    return frozenset((name, allowed) for name, allowed in region.items() if allowed and allowed != columns[name].base)


def check_nested(new: Release, others: Sequence[Release], ground: Ground) -> Iterator[Finding]:
    """Yield a block for each small difference between *new* and what is or will be out.

    Args:
        new: the table that would leave, in base labels, with its margins.
        others: what is out, or stands before it in the same request.
        ground: what they are judged on.
    """
    population, policy = ground.population, ground.policy
    seen: set[str] = set()
    for other in others:
        if (other.sidecar.dataset, other.sidecar.measure) != (new.sidecar.dataset, new.sidecar.measure):
            continue
        if other.sidecar.version != new.sidecar.version:
            yield from _refreshed(new, other, policy)
            continue
        for difference in nested_differences(new, other, population, policy):
            where, which = _described(difference)
            if where not in seen and len(seen) < SHOWN:
                seen.add(where)
                if (key := _key(difference, ground.columns)) is not None:
                    ground.told.add(key)
                yield block(
                    "difference.nested",
                    where,
                    f"{which} = moins de {policy.min_persons} personnes ({where}) : les deux tableaux ensemble "
                    f"désignent un petit groupe.",
                    f"{which} = fewer than {policy.min_persons} persons ({where}): the two tables together single out "
                    f"a small group.",
                )


def _refreshed(new: Release, other: Release, policy: Policy) -> Iterator[Finding]:
    """Yield a flag when the same cell moved a little between two versions of the data."""
    for one in new.statements:
        for two in other.statements:
            if (
                one.own
                and two.own
                and one.value is not None
                and two.value is not None
                and same(one.region, two.region)
                and 0 < abs(one.value - two.value) < policy.min_persons
            ):
                yield flag(
                    "difference.refreshed",
                    new.table.grid.place(one.row, one.column),
                    f"La même case a été publiée sur une autre version des données, à moins de {policy.min_persons} "
                    f"près.",
                    f"The same cell was released on another version of the data, fewer than {policy.min_persons} "
                    f"apart.",
                )
                return
