"""The rules of one data source: thresholds are the producer's, so no constant in the checks is global.

Presets carry the address or the name of the text that they follow, because a researcher who is refused must be able to
read the rule. The default is the practice of CASD and ATIH for hospital data (11 persons); no law gives a number for
the SNDS, so the page says « règle par défaut : 11 (CASD, ATIH) ».
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import yaml

from hub_extensions.exports.checks.findings import Severity
from project_spaces.errors import Invalid
from project_spaces.text import Text

#: Bounds accepted for the numbers of a policy: (lowest, highest).
BOUNDS: Mapping[str, tuple[float, float]] = {
    "min_persons": (2, 10_000),
    "min_persons_denominator": (2, 100_000),
    "dominance": (0.5, 1.0),
    "dominance_two": (0.5, 1.0),
    "min_dof": (1, 10_000),
    "membership_auc": (0.5, 1.0),
    "rounding": (2, 1_000),
    "max_file_mb": (1, 2_048),
    "max_rows": (10, 10_000_000),
    "max_files": (1, 10_000),
    "max_week_files": (1, 100_000),
    "max_week_cells": (1, 100_000_000),
}


#: Those of them that are shares of 1.
SHARES = frozenset({"dominance", "dominance_two", "membership_auc"})


@dataclass(frozen=True)
class Policy:
    """What a data source asks of what leaves. Units: persons, shares of 1, MiB, rows.

    Source of the defaults: DESIGN section 9; CASD guide to outputs 06/2022 (PMSI, 11), ATIH ScanSanté (11); for two
    contributors of a sum the NK rule (2, 90 %) of ACRO's defaults. Texts ask for accumulation to be watched and give no
    number: a week's files are those that one request may hold, its cells four of the largest tables of one column.
    """

    name: str = "casd-atih-11"
    source: str = "CASD, guide des sorties (PMSI : aucune case < 11) ; ATIH ScanSanté (effectifs < 11 masqués)"
    min_persons: int = 11
    #: Persons that a share, a mean or a quantile is computed on; without a number of its own as many as a cell.
    min_persons_denominator: int | None = None
    person_column: str | None = None
    zero: Severity = Severity.FLAG
    unanimous: Severity = Severity.FLAG
    dominance: float = 0.85
    dominance_two: float = 0.90
    min_dof: int = 10
    membership_auc: float = 0.6
    min_max: Severity = Severity.BLOCK
    secondary: bool = True
    rounding: int | None = None
    max_file_mb: int = 16
    max_rows: int = 5000
    max_files: int = 50
    max_week_files: int = 50
    max_week_cells: int = 20_000

    @property
    def least_base(self) -> int:
        """The persons that a share, a mean or a quantile must be computed on: never fewer than in a cell."""
        return max(self.min_persons, self.min_persons_denominator or 0)

    def least_behind(self, measure: str) -> int:
        """The persons that must stand behind a cell of a declared *measure*."""
        return self.least_base if measure.startswith("mean") else self.min_persons


DEFAULT = Policy()

PRESETS: Mapping[str, Policy] = {
    policy.name: policy
    for policy in (
        DEFAULT,
        replace(
            DEFAULT,
            name="insee-3-85",
            source="Insee, guide du secret statistique (loi 51-711) : 3 unités, aucune au-dessus de 85 %",
            min_persons=3,
            dominance=0.85,
            dominance_two=1.0,
        ),
        replace(
            DEFAULT,
            name="opensafely-7-5",
            source="OpenSAFELY, Statistical disclosure control : masquer jusqu'à 7, puis arrondir à 5",
            min_persons=8,
            rounding=5,
        ),
        replace(
            DEFAULT,
            name="uk-10",
            source="UK SDC Handbook (2019), ONS : 10 personnes, 10 degrés de liberté",
            min_persons=10,
            dominance=0.9,
        ),
    )
}


def _refuse(where: str, fr: str, en: str) -> Invalid:
    return Invalid(Text(f"Règles « {where} » : {fr}", f"Policy {where}: {en}"))


def _severity(where: str, key: str, value: Any) -> Severity:
    if value in {"block", "flag", "info"}:
        return Severity(value)
    raise _refuse(
        where,
        f"{key} vaut {value!r} ; accepté : block, flag, info.",
        f"{key} is {value!r}; accepted: block, flag, info.",
    )


def _number(where: str, key: str, value: Any) -> Any:
    low, high = BOUNDS[key]
    whole = key not in SHARES
    wrong_type = isinstance(value, bool) or not isinstance(value, int if whole else int | float)
    if wrong_type or not low <= value <= high:
        raise _refuse(
            where,
            f"{key} vaut {value!r} ; accepté : de {low:g} à {high:g}.",
            f"{key} is {value!r}; accepted: {low:g} to {high:g}.",
        )
    return value


def _checked(where: str, key: str, value: Any) -> Any:
    """Return the typed value of one key, or refuse it with the key, the value and what is accepted."""
    if key in {"zero", "unanimous", "min_max"}:
        return _severity(where, key, value)
    if value is None and key in {"rounding", "min_persons_denominator"}:
        return None
    if key in BOUNDS:
        return _number(where, key, value)
    if key == "secondary":
        if isinstance(value, bool):
            return value
        raise _refuse(
            where,
            f"secondary vaut {value!r} ; accepté : true, false.",
            f"secondary is {value!r}; accepted: true, false.",
        )
    if value is None and key == "person_column":
        return None
    if isinstance(value, str) and value:
        return value
    raise _refuse(where, f"{key} vaut {value!r} ; accepté : un texte.", f"{key} is {value!r}; accepted: a text.")


def policy_from_mapping(raw: Mapping[str, Any], where: str = "policy") -> Policy:
    """Return the policy that *raw* describes, on top of its ``preset`` or the default.

    Raises:
        Invalid: an unknown key or a value out of range; the sentence names both.
    """
    preset = raw.get("preset", DEFAULT.name)
    if preset not in PRESETS:
        raise _refuse(
            where,
            f"preset {preset!r} inconnu ; connus : {', '.join(PRESETS)}.",
            f"unknown preset {preset!r}; known: {', '.join(PRESETS)}.",
        )
    known = {field.name for field in fields(Policy)}
    given = {key: value for key, value in raw.items() if key != "preset"}
    unknown = sorted(str(key) for key in given if key not in known)
    if unknown:
        accepted = ", ".join(["preset", *sorted(known)])
        raise _refuse(
            where,
            f"clé inconnue {unknown[0]!r} ; connues : {accepted}.",
            f"unknown key {unknown[0]!r}; known: {accepted}.",
        )
    return replace(PRESETS[preset], **{key: _checked(where, key, value) for key, value in given.items()})


def load_policy(source: Path | str | None) -> Policy:
    """Read a YAML file, or take a preset by its name; ``None`` gives the default.

    Raises:
        Invalid: no such file or preset, not YAML, an unknown key, a value out of range.
    """
    if source is None:
        return DEFAULT
    if str(source) in PRESETS:
        return PRESETS[str(source)]
    path = Path(source)
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise _refuse(
            str(source), "le fichier est illisible.", f"the file can't be read ({error.strerror})."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _refuse(str(source), "ce n'est pas du YAML.", "this is not YAML.") from error
    if raw is None:
        return DEFAULT
    if not isinstance(raw, dict):
        raise _refuse(str(source), "il faut des lignes « clé: valeur ».", "it must hold `key: value` lines.")
    return policy_from_mapping(raw, path.name)
