"""The rules of an export in sentences, with the text they follow: what authors and reviewers read on their pages."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub_extensions.exports.checks.policy import Policy
from project_spaces.text import Text

_SEVERE = {
    "block": Text("bloqué", "blocked"),
    "flag": Text("à examiner", "to be looked at"),
    "info": Text("signalé", "mentioned"),
}


def criteria_of(policy: Policy) -> dict[str, str | int | bool | None]:
    """Return the rules as a request keeps them and its package tells them; numbers with a fraction as text."""
    said = {**vars(policy), "min_persons_denominator": policy.least_base}
    return {key: value if isinstance(value, int | bool | None) else str(value) for key, value in said.items()}


def rules_page(criteria: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows of rules: their name, the text that they follow, and each of them."""
    said = [sentence._asdict() for sentence in in_words(criteria)]
    return {"name": criteria.get("name"), "source": criteria.get("source"), "sentences": said}


def in_words(rules: Mapping[str, Any]) -> list[Text]:
    """Say *rules*, as a request keeps them, one sentence each; what an older request does not hold is left out."""
    return [
        sentence for name, say in _SENTENCES.items() if rules.get(name) is not None for sentence in say(rules[name])
    ]


def _fr(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _persons(least: int) -> Iterator[Text]:
    yield Text(f"Au moins {least} personnes par case.", f"At least {least} persons in a cell.")


def _base(least: int) -> Iterator[Text]:
    yield Text(
        f"Au moins {least} personnes au dénominateur d'un pourcentage, derrière une moyenne ou un quantile.",
        f"At least {least} persons in the denominator of a share, behind a mean or a quantile.",
    )


def _column(name: str) -> Iterator[Text]:
    yield Text(f"Une personne est une valeur de « {name} ».", f"A person is a value of “{name}”.")


def _severity(fr: str, en: str, found: str) -> Iterator[Text]:
    said = _SEVERE[str(found)]
    yield Text(f"{fr} : {said.fr}.", f"{en}: {said.en}.")


def _dominance(share: Any) -> Iterator[Text]:
    percent = round(100 * float(share))
    yield Text(
        f"Aucun contributeur au-dessus de {percent} % d'une somme.", f"No contributor above {percent} % of a sum."
    )


def _two(share: Any) -> Iterator[Text]:
    percent = round(100 * float(share))
    if percent < 100:
        yield Text(
            f"Pas deux contributeurs au-dessus de {percent} % d'une somme.",
            f"No two contributors above {percent} % of a sum.",
        )


def _freedom(least: int) -> Iterator[Text]:
    yield Text(f"Au moins {least} degrés de liberté.", f"At least {least} degrees of freedom.")


def _membership(most: Any) -> Iterator[Text]:
    yield Text(
        f"Modèle signalé quand une attaque reconnaît ses personnes (AUC au-dessus de {float(most):.2f}).",
        f"A model is marked when an attack recognises its persons (AUC above {float(most):.2f}).",
    )


def _secondary(asked: Any) -> Iterator[Text]:
    if asked in {True, "True"}:
        yield Text(
            "Une case masquée ne doit pas se retrouver par soustraction.",
            "A suppressed cell must not follow by subtraction.",
        )


def _rounding(base: int) -> Iterator[Text]:
    yield Text(f"Effectifs arrondis à {base}.", f"Counts rounded to {base}.")


def _rows(most: int) -> Iterator[Text]:
    yield Text(f"Au plus {_fr(most)} lignes par tableau.", f"At most {most:,} lines in a table.")


def _size(most: int) -> Iterator[Text]:
    yield Text(f"Au plus {most} Mio par fichier.", f"At most {most} MiB a file.")


def _week(fr: str, en: str, most: int) -> Iterator[Text]:
    yield Text(
        f"Au-delà de {_fr(most)} {fr} demandés en 7 jours, un vérificateur juge l'ensemble.",
        f"Beyond {most:,} {en} asked for in 7 days, a reviewer judges them together.",
    )


_SENTENCES = {
    "min_persons": _persons,
    "min_persons_denominator": _base,
    "person_column": _column,
    "zero": lambda found: _severity("Effectif nul", "A count of zero", found),
    "unanimous": lambda found: _severity("Groupe unanime (100 %)", "A unanimous group (100 %)", found),
    "min_max": lambda found: _severity("Minimum ou maximum", "A minimum or maximum", found),
    "dominance": _dominance,
    "dominance_two": _two,
    "min_dof": _freedom,
    "membership_auc": _membership,
    "secondary": _secondary,
    "rounding": _rounding,
    "max_rows": _rows,
    "max_file_mb": _size,
    "max_week_files": lambda most: _week("fichiers", "files", most),
    "max_week_cells": lambda most: _week("nombres", "numbers", most),
}
