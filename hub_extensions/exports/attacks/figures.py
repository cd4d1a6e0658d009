"""A report of attacks as findings for reviewers: figures, how far they go, and what could not be tried.

The report comes out of a container that loaded a stranger's model: names are ours, numbers are shares of 1, the rest is
refused. No figure makes a model pass; what failed is said as loudly as what was found.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hub_extensions.exports.checks.findings import Finding, flag, info
from hub_extensions.exports.checks.policy import Policy
from project_spaces.errors import Invalid
from project_spaces.text import Text

#: Share of rows for which a model fitted anew must answer as the submitted one, for the declared rows to be believed.
ALIKE = 0.9
#: Advantage (share at risk among the trained rows less that among others) from which an attribute can be guessed.
GUESSED = 0.1

_NAMES = {
    "qmia": Text("appartenance, régression quantile", "membership, quantile regression"),
    "worst_case": Text("appartenance, pire cas", "membership, worst case"),
    "lira": Text("appartenance, rapport de vraisemblance (LiRA)", "membership, likelihood ratio (LiRA)"),
    "attribute": Text("attributs devinés", "attributes guessed"),
    "structural": Text("structure", "structure"),
}
_RISKS = {
    "gen_error_risk": Text("surapprentissage", "overfitting"),
    "unnecessary_risk": Text("paramètres inutilement risqués", "needlessly risky parameters"),
    "dof_risk": Text("trop peu de degrés de liberté", "too few degrees of freedom"),
    "k_anonymity_risk": Text("réponses propres à peu de personnes", "answers that few persons share"),
    "class_disclosure_risk": Text("classe dévoilée", "class disclosed"),
    "smallgroup_risk": Text("petits groupes", "small groups"),
}
_FORGED = Text("Le rapport d'attaque est illisible.", "The report of the attacks can't be read.")
_ENDS = {
    "failed": Text("n'a pas abouti", "did not succeed"),
    "too_long": Text("a dépassé son temps", "took longer than its time"),
    "not_applicable": Text("ne s'applique pas à ce modèle", "does not apply to this model"),
}


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Invalid(_FORGED)
    return float(value)


def _advantage(value: Any) -> float:
    negative = isinstance(value, int | float) and not isinstance(value, bool) and -1 <= value < 0
    return 0.0 if negative else _share(value)


def findings_of(report: bytes, where: str, policy: Policy) -> list[Finding]:
    """Return what *report* says of the model *where*.

    Raises
    ------
    Invalid
        it is not the report of the attacking program.
    """
    try:
        raw = json.loads(report)
    except (ValueError, RecursionError):
        raise Invalid(_FORGED) from None
    attacks = raw.get("attacks") if isinstance(raw, dict) else None
    if not isinstance(attacks, Mapping) or set(attacks) - set(_NAMES) or not attacks:
        raise Invalid(_FORGED)
    return [
        *_refit(raw.get("same"), where),
        *(each for name in attacks for each in _one(name, attacks[name], where, policy)),
    ]


def _refit(same: Any, where: str) -> Iterator[Finding]:
    """Say whether the declared rows make this model: attacks with other rows would say nothing."""
    done = isinstance(same, Mapping) and same.get("status") == "done"
    share = _share(same.get("share")) if done else 0.0
    if share >= ALIKE:
        yield info(
            "model.attack.rows",
            where,
            f"Réentraîné sur les lignes déclarées, le modèle répond de même pour {share:.0%} d'entre elles.",
            f"Fitted anew on the declared rows, the model answers alike for {share:.0%} of them.",
        )
        return
    yield flag(
        "model.attack.rows",
        where,
        "Rien ne confirme que le modèle vient des lignes déclarées : réentraîné, il répond de même pour "
        f"{share:.0%} d'entre elles. Les chiffres d'attaque ne prouvent rien.",
        f"Nothing confirms that the model comes from the declared rows: fitted anew, it answers alike for {share:.0%} "
        "of them. The figures of the attacks prove nothing.",
    )


def _one(name: str, said: Any, where: str, policy: Policy) -> Iterator[Finding]:
    status = said.get("status") if isinstance(said, Mapping) else None
    title = _NAMES[name]
    if status in _ENDS:
        end = _ENDS[str(status)]
        yield flag(
            f"model.attack.{name}", where, f"Attaque « {title.fr} » : {end.fr}.", f"Attack “{title.en}”: {end.en}."
        )
    elif status != "done":
        raise Invalid(_FORGED)
    elif name == "structural":
        yield from _structural(said, where)
    elif name == "attribute":
        yield from _attribute(_advantage(said.get("advantage")), where)
    else:
        tpr = said.get("tpr")
        yield from _membership(name, _share(said.get("auc")), None if tpr is None else _share(tpr), where, policy)


def _membership(name: str, auc: float, tpr: float | None, where: str, policy: Policy) -> Iterator[Finding]:
    title, high = _NAMES[name], auc > policy.membership_auc
    fr = f"Attaque « {title.fr} » : AUC {auc:.2f} (seuil {policy.membership_auc:.2f})"
    en = f"Attack “{title.en}”: AUC {auc:.2f} (threshold {policy.membership_auc:.2f})"
    if tpr is not None:
        fr += f", {tpr:.0%} des personnes reconnues pour 0,1 % de fausses"
        en += f", {tpr:.0%} of the persons recognised at 0.1 % false ones"
    tell = flag if high else info
    fr, en = (
        (f"{fr} : on sait qui a servi à l'apprentissage", f"{en}: it shows who was trained on") if high else (fr, en)
    )
    yield tell(f"model.attack.{name}", where, f"{fr}.", f"{en}.")


def _attribute(advantage: float, where: str) -> Iterator[Finding]:
    tell = flag if advantage > GUESSED else info
    yield tell(
        "model.attack.attribute",
        where,
        f"Attaque « {_NAMES['attribute'].fr} » : au plus {advantage:.0%} de personnes de plus à risque parmi celles de "
        "l'apprentissage.",
        f"Attack “{_NAMES['attribute'].en}”: at most {advantage:.0%} more persons at risk among those trained on.",
    )


def _structural(said: Mapping[str, Any], where: str) -> Iterator[Finding]:
    risks = said.get("risks")
    if not isinstance(risks, list) or set(map(str, risks)) - set(_RISKS):
        raise Invalid(_FORGED)
    fr = ", ".join(_RISKS[str(risk)].fr for risk in risks) or "rien de signalé"
    en = ", ".join(_RISKS[str(risk)].en for risk in risks) or "nothing to tell"
    yield info("model.attack.structural", where, f"Structure du modèle : {fr}.", f"Structure of the model: {en}.")
