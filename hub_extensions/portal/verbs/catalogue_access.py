"""What a card says about access: the owner's rule, what the installation asks, the steps, the delays, the exports."""

from hub_extensions.portal.catalogue_live import Snapshot
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.words import both
from project_spaces.catalogue.search import Described
from project_spaces.requests.steps import ACTOR_LABELS, SILENCE_LABELS, STEP_LABELS, StepRule
from project_spaces.requirements import Requirement
from project_spaces.text import Text

_OPEN = Text("Une habilitation suffit.", "A habilitation is enough.")
_IDENTIFYING = Text(
    "Ces données n'entrent jamais dans un bureau : elles ne servent qu'à un appariement, dans un espace cloisonné.",
    "These data never enter a workspace: they serve linkages only, in a partitioned space.",
)


def access_of(call: Call, now_public: Snapshot, each: Described) -> Page:
    """Return everything that somebody needs to know before asking for *each*."""
    standing, card = each.standing, each.described.card
    circuit = now_public.circuits[standing.owner]
    return {
        "rule": None if card.access is None else both(card.access.text),
        "asked": [both(text) for text in _asked(each, now_public.asked[standing.classification])],
        "steps": [_step(now_public, rule) for rule in circuit],
        "days": sum(rule.days for rule in circuit),
        "checks": _checks(call, standing.min_persons),
    }


def _step(now_public: Snapshot, rule: StepRule) -> Page:
    delay = now_public.delays[rule.step]
    return {
        "step": rule.step.value,
        "label": both(STEP_LABELS[rule.step]),
        "actor": both(ACTOR_LABELS[rule.actor]),
        "days": rule.days,
        "silence": both(SILENCE_LABELS[rule.silence]),
        "median_days": delay.median_days,
    }


def _checks(call: Call, stated: int) -> Page:
    """The threshold of every export that rests on the data set, and who set it: the stricter of both."""
    general = call.portal.desk.rules.min_persons
    source = (
        Text("fixé par le producteur", "set by the owner")
        if stated >= general
        else Text("réglage de l'installation", "the installation's setting")
    )
    return {
        "min_persons": max(stated, general),
        "source": both(source),
        "reviewers": call.portal.desk.rules.reviewers_required,
    }


def _asked(each: Described, asked: Requirement) -> list[Text]:
    if each.standing.classification == "identifying":
        return [_IDENTIFYING]
    found, approvals, trainings = [_OPEN], sorted(asked.approvals), sorted(asked.trainings)
    if asked.agreement or each.standing.agreement_required:
        found.append(Text("Une convention signée avec le producteur.", "An agreement signed with the owner."))
    found += [Text(f"L'autorisation « {kind} » du projet.", f"The project's approval “{kind}”.") for kind in approvals]
    found += [
        Text(f"La formation « {kind} » de chaque personne.", f"Each person's training “{kind}”.") for kind in trainings
    ]
    if asked.sign_in_max_age is not None:
        hours = round(asked.sign_in_max_age.total_seconds() / 3600, 1)
        found.append(
            Text(
                f"Une double authentification de moins de {hours:g} h.",
                f"Strong authentication less than {hours:g} h ago.",
            )
        )
    if asked.networks:
        found.append(Text("Une connexion depuis un réseau autorisé.", "A connection from an authorised network."))
    return found if len(found) == 1 else found[1:]
