"""Two clean tables, one subtraction, three persons: what tables give away side by side.

Three ways, from the certain to the likely:

* nested cells of declared populations: the difference of two published numbers is a third one (and, with the data, the
  persons behind it are counted);
* linear algebra over everything published of one data set: a masked cell is out when it is a combination of numbers
that
  are out, and bounds by linear programming when it is not quite;
* without declared populations, tables of the same dimensions: a smaller new table is taken for a part of the old one, a
  larger one for the same query on refreshed data.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.population import Population
from hub_extensions.exports.checks.published import Release, Statement, narrower, same

#: Seconds that the bounds of masked cells may take in one request; what is left goes to a person.
LP_SECONDS = 6.0
MOST_CLASSES = 4000
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
    for one in new.statements:
        for two in other.statements:
            if one.value is None or two.value is None or same(one.region, two.region):
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
    if population is None:
        return shown
    if counted and shown > 60 * policy.min_persons:
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


def check_nested(
    new: Release, others: Sequence[Release], population: Population | None, policy: Policy
) -> Iterator[Finding]:
    """Yield a block for each small difference between *new* and what is or will be out."""
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


@dataclass
class _System:
    """Everything published of one data set as equations over classes of people."""

    matrix: Any
    values: Any
    targets: list[tuple[Release, Statement, Any]]
    sizes: Any


def _blocks(releases: Sequence[Release], population: Population | None) -> dict[str, list[str]]:
    """Return for each dimension the labels that anything published tells apart, and one for all the others."""
    names: dict[str, set[str]] = {}
    for release in releases:
        for said in release.statements:
            for name, allowed in said.region.items():
                names.setdefault(name, set()).update(allowed or ())
    for name, labels in names.items():
        if population is not None and name in population.labels:
            if set(population.labels[name]) - labels:
                labels.add("\0other")
        elif not any(name in release.sidecar.dimensions for release in releases):
            labels.add("\0other")
    return {name: sorted(labels) for name, labels in names.items() if labels}


def _rows(
    releases: Sequence[Release], blocks: dict[str, list[str]], atoms: Any
) -> list[tuple[Release, Statement, Any]]:
    import numpy as np

    names = list(blocks)
    position = {name: {label: number for number, label in enumerate(labels)} for name, labels in blocks.items()}
    found = []
    for release in releases:
        for said in release.statements:
            if not said.own:
                continue
            kept = np.ones(len(atoms), dtype=bool)
            for column, name in enumerate(names):
                allowed = said.region.get(name)
                if allowed is not None:
                    kept &= np.isin(
                        atoms[:, column], [position[name][label] for label in allowed if label in position[name]]
                    )
            found.append((release, said, kept))
    return found


def _system(releases: Sequence[Release], population: Population | None) -> _System | None:
    """Return the equations, people whom nothing published tells apart being one unknown; ``None`` when too large."""
    import numpy as np

    blocks = _blocks(releases, population)
    size = 1
    for labels in blocks.values():
        size *= max(1, len(labels))
    if not blocks or size > 400_000:
        return None
    atoms = np.stack(
        [axis.ravel() for axis in np.meshgrid(*(np.arange(len(labels)) for labels in blocks.values()), indexing="ij")],
        axis=1,
    )
    rows = _rows(releases, blocks, atoms)
    if not rows:
        return None
    membership = np.stack([kept for _, _, kept in rows])
    _, first, times = np.unique(np.packbits(membership, axis=0), axis=1, return_index=True, return_counts=True)
    if len(first) > MOST_CLASSES:
        return None
    classes = membership[:, first]
    known = [number for number, (_, said, _) in enumerate(rows) if said.value is not None]
    targets = [
        (release, said, classes[number].astype(float))
        for number, (release, said, _) in enumerate(rows)
        if said.value is None
    ]
    return _System(classes[known].astype(float), np.array([rows[number][1].value for number in known]), targets, times)


def check_system(
    releases: Sequence[Release], population: Population | None, policy: Policy, known: set[tuple[str, int, int]]
) -> Iterator[tuple[int, Finding]]:
    """Yield (file, finding) for masked cells that everything published together gives back.

    A cell counts against the last of the new tables, without which it could not be worked out.

    Args:
        releases: tables of one data set, version and measure, the last one being judged.
        population: the data, when they are at hand: then only cells that are small in truth are looked for.
        policy: the threshold.
        known: cells that earlier tables already gave away (name, row, column); added to.
    """
    import numpy as np

    if any(release.rounding.base > 1 for release in releases) or len(releases) < 2:
        return
    system = _system(releases, population)
    if system is None or not system.targets:
        return
    order = max(release.order for release in releases)
    solution, *_ = np.linalg.lstsq(system.matrix, system.values, rcond=None)
    if np.abs(system.matrix @ solution - system.values).max(initial=0) > 0.5:
        return
    _, singular, basis = np.linalg.svd(system.matrix, full_matrices=False)
    basis = basis[singular > 1e-8 * max(1.0, singular.max(initial=0))]
    deadline = time.monotonic() + LP_SECONDS
    late = 0
    for release, said, row in system.targets:
        key = (release.name, said.row, said.column)
        if key in known or (population is not None and not _is_small(said, population, policy)):
            continue
        inside = np.abs(row - basis.T @ (basis @ row)).max(initial=0) < 1e-7
        if not inside and time.monotonic() > deadline:
            late += 1
            continue
        value = float(row @ solution) if inside else _only_value(system, row)
        if value is not None and 0 < round(value) < policy.min_persons:
            known.add(key)
            yield order, _recovered(release, said)
    if late:
        yield (
            order,
            flag(
                "difference.unbounded",
                str(late),
                "Trop de cases masquées pour vérifier à temps que les tableaux ensemble ne les rendent pas.",
                "Too many masked cells to verify in time that the tables together don't give them back.",
            ),
        )


def _recovered(release: Release, said: Statement) -> Finding:
    where = f"{release.name} · {release.table.grid.place(said.row, said.column)}"
    return block(
        "difference.recovered",
        where,
        "Cette case masquée se retrouve en combinant les tableaux publiés : masquez-en d'autres ou ne publiez pas "
        "ce tableau.",
        "This masked cell is recovered by combining the published tables: mask more, or don't publish this table.",
    )


def _is_small(said: Statement, population: Population, policy: Policy) -> bool:
    mask = population.mask(said.region)
    return mask is None or 0 < population.persons_in(mask) < policy.min_persons


def _only_value(system: _System, row: Any) -> float | None:
    """Return the value of a cell when people can't be negative leaves one only; ``None`` otherwise."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    masks = [(target, other) for _, other, target in system.targets if other.high is not None]
    upper = csr_matrix(np.stack([target for target, _ in masks])) if masks else None
    limits = np.array([other.high for _, other in masks]) if masks else None
    matrix = csr_matrix(system.matrix)
    ends = []
    for sign in (1.0, -1.0):
        result = linprog(
            sign * row,
            A_eq=matrix,
            b_eq=system.values,
            A_ub=upper,
            b_ub=limits,
            bounds=(0, None),
            method="highs",
            options={"time_limit": 5.0},
        )
        if result.status != 0:
            return None
        ends.append(sign * result.fun)
    low, high = np.ceil(ends[0] - 1e-6), np.floor(ends[1] + 1e-6)
    return float(low) if high - low < 1 else None
