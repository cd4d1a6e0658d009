"""Everything published of one data set, taken together: the small groups that the tables give away only side by side.

First what follows by adding and subtracting (exact, for published and unpublished regions alike), then cells pinned
because people can't be negative. Each finding is charged to the first table with which it could be worked out. What
can't
be solved or not in time is flagged, never passed.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.together.derivation import (
    ZERO,
    Contradiction,
    Equation,
    System,
    TooLarge,
    equations_of,
    open_within_classes,
    system_of,
)
from hub_extensions.exports.checks.together.derived import Derived, Ground, Key, key_of, small_regions
from hub_extensions.exports.checks.together.labels import OTHER
from hub_extensions.exports.checks.together.partition import Partition, partition_of
from hub_extensions.exports.checks.together.pinned import pinned
from hub_extensions.exports.checks.together.population import MISSING
from hub_extensions.exports.checks.together.published import Region, Release, Statement

#: Seconds that the bounds of cells may take in one request; what is left goes to a person.
LP_SECONDS = 25.0
_SPOKEN = {OTHER: "autres", MISSING: "non renseigné"}
#: Regions named one by one for one table.
SHOWN = 200


def check_combined(releases: Sequence[Release], ground: Ground) -> Iterator[tuple[int, Finding]]:
    """Yield (file, finding) for small groups that the tables together give away.

    Args:
        releases: tables of one data set, version and measure in base labels, released ones first; those of the request
            have an order of 0 or more.
        ground: what they are judged on; with the data at hand, only groups that are small in truth are looked for.
    """
    population, policy, told = ground.population, ground.policy, ground.told
    latest = max(release.order for release in releases)
    if latest < 0:
        return
    counts = releases[0].sidecar.measure == "count"
    partition = partition_of(releases, ground.columns, population)
    try:
        if partition is None:
            raise TooLarge
        system = system_of(partition, equations_of(releases), counts=counts)
        found = list(small_regions(system, releases, population, policy.min_persons))
    except TooLarge:
        yield latest, _unsolved("trop de cases / too many cells")
        return
    except Contradiction:
        yield latest, _contradiction()
        return
    masked = _masked(releases, partition)
    new = [each for each in found if each.key in masked or each.key not in told]
    for order, each in _charged(new, releases, partition, counts=counts):
        yield from ((order, said) for said in _findings(each, masked.get(each.key, ()), policy))
    told.update(each.key for each in found)
    if counts:
        yield from _pinned(system, policy, told)


def _masked(releases: Sequence[Release], partition: Partition) -> dict[Key, list[tuple[Release, Statement]]]:
    """Return the masked cells by their region."""
    found: dict[Key, list[tuple[Release, Statement]]] = {}
    for release in releases:
        for said in release.statements:
            if said.own and said.value is None:
                found.setdefault(key_of(said.region, partition), []).append((release, said))
    return found


def _charged(
    found: Sequence[Derived], releases: Sequence[Release], partition: Partition, *, counts: bool
) -> Iterator[tuple[int, Derived]]:
    """Yield each region with the first table that makes it follow; what is out already is no one's."""
    left = {each.key: each for each in found}
    for order in sorted({release.order for release in releases}):
        if not left:
            return
        known = _known([release for release in releases if release.order <= order], partition, left, counts=counts)
        yield from ((order, left[key]) for key in known[:SHOWN] if order >= 0)
        for key in known:
            del left[key]


def _known(releases: Sequence[Release], partition: Partition, asked: dict[Key, Derived], *, counts: bool) -> list[Key]:
    """Return which of the regions *asked* about these tables determine."""
    import numpy as np

    try:
        system = system_of(partition, equations_of(releases), counts=counts)
    except (Contradiction, TooLarge):
        return []
    probed, cut = system.over_atoms(system.probes), open_within_classes(system)
    known = []
    for key, each in asked.items():
        place = partition.place(each.region)
        sums = [table[place].reshape(-1, table.shape[-1]).sum(axis=0) for table in (probed, cut)]
        if max(np.abs(sums[0]).max(), np.abs(sums[1]).max()) < ZERO:
            known.append(key)
    return known


def _findings(each: Derived, masked: Sequence[tuple[Release, Statement]], policy: Policy) -> list[Finding]:
    """Return a block for each masked cell that the region is, or one for a region that nobody published."""
    return [_recovered(*cell) for cell in masked] or [_unpublished(each, policy)]


def _unpublished(each: Derived, policy: Policy) -> Finding:
    where = region_text(each.region)
    return block(
        "difference.derived",
        where,
        f"Un groupe de moins de {policy.min_persons} personnes ({where}) se calcule en combinant les tableaux "
        f"publiés : masquez davantage, ou ne publiez pas ce tableau.",
        f"A group of fewer than {policy.min_persons} persons ({where}) can be worked out by combining the published "
        f"tables: mask more, or don't publish this table.",
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


def region_text(region: Region) -> str:
    """Return a region as a person reads it: each column with its labels, at most four of them."""
    parts = []
    for name in sorted(region):
        labels = sorted(
            label.replace("\0other", "autres").replace("\0missing", "non renseigné") for label in region[name] or ()
        )
        more = " …" if len(labels) > 4 else ""
        parts.append(f"{name} = {', '.join(labels[:4])}{more}")
    return " ; ".join(parts)


def _pinned(system: System, policy: Policy, told: set[Key]) -> Iterator[tuple[int, Finding]]:
    """Yield masked cells that people can't be negative leaves one small value, and a flag when time was too short."""
    import numpy as np

    partition = system.partition
    masked = [
        (number, equation)
        for number, equation in enumerate(system.equations)
        if equation.said.value is None and key_of(equation.said.region, partition) not in told
    ]
    truth = None
    if partition.rows is not None:
        inside = system.classes >= 0
        truth = np.bincount(system.classes[inside], weights=partition.rows[inside], minlength=len(system.sizes))
        truth = truth if _fits(system, truth) else None
        held = {
            number: float(partition.rows[partition.place(equation.said.region)].sum()) for number, equation in masked
        }
        masked = [(number, equation) for number, equation in masked if 0 < held[number] < policy.min_persons]
    latest = max(equation.release.order for equation in system.equations)
    late = 0
    for at, value in pinned(system, [system.matrix[number] for number, _ in masked], truth, LP_SECONDS):
        equation = masked[at][1]
        if value is None:
            late += 1
        elif 0 < value < policy.min_persons:
            told.add(key_of(equation.said.region, partition))
            yield latest, _recovered(equation.release, equation.said)
    if late:
        yield latest, _unsolved(str(late))


def _is_small(equation: Equation, partition: Partition, policy: Policy) -> bool:
    return bool(0 < partition.rows[partition.place(equation.said.region)].sum() < policy.min_persons)


def _fits(system: System, truth: Any) -> bool:
    """Whether the data agree with what is published: persons may have changed since, or be counted otherwise."""
    import numpy as np

    exact = [number for number, equation in enumerate(system.equations) if equation.exact]
    values = np.array([system.equations[number].said.value for number in exact], dtype=float)
    return bool(np.abs(system.matrix[exact] @ truth - values).max(initial=0) < 0.5)


def _unsolved(where: str) -> Finding:
    return flag(
        "difference.unbounded",
        where,
        "Trop de cases pour vérifier à temps que les tableaux ensemble ne désignent pas un petit groupe.",
        "Too many cells to verify in time that the tables together don't single out a small group.",
    )


def _contradiction() -> Finding:
    return flag(
        "difference.contradiction",
        "fiches / sidecars",
        "Les tableaux publiés sur ce jeu de données se contredisent : une fiche est inexacte, et leurs différences ne "
        "peuvent être vérifiées.",
        "The tables published of this data set contradict one another: a sidecar is wrong, and their differences can't "
        "be verified.",
    )
