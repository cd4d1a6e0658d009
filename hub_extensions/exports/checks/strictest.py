"""One set of rules from several: of each rule, the strictest that any of them asks.

Results rest on several data sets at once, each with an owner who may have rules of his own; whoever keeps to the
strictest of each keeps to all. An owner states his in the data set's sheet (``export_policy``): they are part of the
version's manifest, so that they are registered, hashed and versioned with the data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from math import lcm
from typing import Any

from hub_extensions.exports.checks.findings import Severity
from hub_extensions.exports.checks.policy import BOUNDS, DEFAULT, Policy, policy_from_mapping
from project_spaces.errors import Invalid
from project_spaces.text import Text

#: What an owner's rules don't hold: the sheet says these itself, or they are the installation's.
ELSEWHERE = frozenset({"min_persons", "person_column", "max_file_mb", "max_files"})
_SEVERITIES = (Severity.INFO, Severity.FLAG, Severity.BLOCK)
_WHERE = "export_policy"


def owners_policy(raw: Mapping[str, Any], *, min_persons: int, person_column: str | None) -> Policy:
    """Return the rules that an owner states in a sheet, with the sheet's own threshold.

    Raises
    ------
    Invalid
        an unknown rule, one that stands elsewhere, or a preset that asks for more persons than the sheet does.
    """
    if elsewhere := sorted(ELSEWHERE & {str(key) for key in raw}):
        raise Invalid(
            Text(
                f"« {_WHERE} » ne contient pas {elsewhere[0]} : le seuil et la colonne des personnes sont des champs "
                "de la fiche, les tailles un réglage de l'installation.",
                f"“{_WHERE}” does not hold {elsewhere[0]}: threshold and person column are fields of the sheet, sizes "
                "a setting of the installation.",
            )
        )
    policy = policy_from_mapping(raw, _WHERE)
    if "preset" in raw and policy.min_persons > min_persons:
        raise Invalid(
            Text(
                f"Le modèle de règles {policy.name} demande {policy.min_persons} personnes, la fiche {min_persons}.",
                f"The preset {policy.name} asks for {policy.min_persons} persons, the sheet for {min_persons}.",
            )
        )
    return replace(policy, min_persons=min_persons, person_column=person_column)


def owners_mapping(policy: Policy) -> dict[str, Any]:
    """Return *policy* as an owner would have stated it; ``owners_policy`` reads it again."""
    kept = [each.name for each in fields(Policy) if each.name not in ELSEWHERE]
    said = {name: getattr(policy, name) for name in kept}
    return {name: getattr(value, "value", value) for name, value in said.items() if value != getattr(DEFAULT, name)}


def strictest(policies: Sequence[Policy]) -> Policy:
    """Return the rules that keep to all of *policies*; their names and sources are said one after another.

    The person column is the one that all that name one agree on; without agreement there is none.
    """
    bases = [each.min_persons_denominator for each in policies if each.min_persons_denominator]
    columns = {each.person_column for each in policies if each.person_column}
    rounding = [each.rounding for each in policies if each.rounding]
    return Policy(
        name=" + ".join(dict.fromkeys(each.name for each in policies)),
        source=" ; ".join(dict.fromkeys(each.source for each in policies)),
        min_persons=max(each.min_persons for each in policies),
        min_persons_denominator=max(bases) if bases else None,
        person_column=columns.pop() if len(columns) == 1 else None,
        zero=_severest([each.zero for each in policies]),
        unanimous=_severest([each.unanimous for each in policies]),
        dominance=min(each.dominance for each in policies),
        dominance_two=min(each.dominance_two for each in policies),
        min_dof=max(each.min_dof for each in policies),
        membership_auc=min(each.membership_auc for each in policies),
        min_max=_severest([each.min_max for each in policies]),
        secondary=any(each.secondary for each in policies),
        rounding=min(lcm(*rounding), int(BOUNDS["rounding"][1])) if rounding else None,
        max_file_mb=min(each.max_file_mb for each in policies),
        max_rows=min(each.max_rows for each in policies),
        max_files=min(each.max_files for each in policies),
        max_week_files=min(each.max_week_files for each in policies),
        max_week_cells=min(each.max_week_cells for each in policies),
    )


def _severest(found: Sequence[Severity]) -> Severity:
    return max(found, key=_SEVERITIES.index)
