"""Tables with a declared population, judged together: against the data, in pairs, and all at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub_extensions.exports.checks.findings import Finding, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.together.combined import check_combined
from hub_extensions.exports.checks.together.derived import Ground, Key
from hub_extensions.exports.checks.together.differencing import check_nested
from hub_extensions.exports.checks.together.labels import columns_of, in_base_labels
from hub_extensions.exports.checks.together.population import Population, check_population, load_population
from hub_extensions.exports.checks.together.published import Release, with_margins


@dataclass
class Judged:
    """Findings by file (its place in the request), and the groups that the tables give away, by their base labels."""

    findings: list[tuple[int, Finding]] = field(default_factory=list)
    groups: set[Key] = field(default_factory=set)


def judge_declared(releases: Sequence[Release], data: Sequence[Path], policy: Policy) -> Judged:
    """Return what *releases* give away: those of one data set together.

    Args:
        releases: what was released before (order −1) and the tables of the request, in the author's order.
        data: the project's own tables, or nothing.
        policy: the thresholds.
    """
    judged = Judged()
    by_set: dict[str, list[Release]] = {}
    for release in releases:
        by_set.setdefault(release.sidecar.dataset, []).append(release)
    for dataset, together in by_set.items():
        population = load_population(dataset, together, data, policy) if data else None
        _judge_one(together, population, policy, judged, missing=bool(data) and population is None)
    return judged


def _judge_one(
    releases: Sequence[Release], population: Population | None, policy: Policy, judged: Judged, *, missing: bool
) -> None:
    columns = columns_of(releases, population)
    ground = Ground(columns, population, policy, judged.groups)
    based = [in_base_labels(release, columns) for release in releases]
    full = [with_margins(release) for release in based]
    for number, release in enumerate(based):
        if release.order < 0:
            continue
        found = list(check_population(release, population, policy)) if population is not None else []
        found += [_missing(release)] if missing else []
        found += check_nested(full[number], full[:number], ground)
        judged.findings += [(release.order, said) for said in found]
    for group in _comparable(based):
        judged.findings += check_combined(group, ground)


def _comparable(releases: Sequence[Release]) -> list[list[Release]]:
    """Return the tables that count or sum the same in the same version, which one system of equations holds."""
    groups: dict[tuple[str, str, str], list[Release]] = {}
    for release in releases:
        sidecar = release.sidecar
        if not sidecar.measure.startswith("mean"):
            groups.setdefault((sidecar.measure, sidecar.version, sidecar.person_column or ""), []).append(release)
    return list(groups.values())


def _missing(release: Release) -> Finding:
    return flag(
        "population.missing",
        release.sidecar.dataset,
        "Le jeu de données de la fiche n'est pas parmi les données fournies.",
        "The sidecar's data set is not among the data given.",
    )
