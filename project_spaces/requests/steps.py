"""The steps that a request goes through, as data: who must act, by when, and what silence means.

Each owner of data states a circuit. A request for data of several owners runs as one: what they share (completeness,
the committee, the authority) is done once, under the strictest of their rules; the agreement of each owner and its
signature are done by each. Steps of the same rank run side by side; the next rank opens when all are done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from project_spaces.errors import Invalid
from project_spaces.text import Text

#: Days that a step may take, both ends included.
LEAST_DAYS, MOST_DAYS = 1, 365
#: People are reminded of a step when so much of its time is left, and every week once it is late.
REMINDERS = (timedelta(days=7), timedelta(days=1))


class Step(StrEnum):
    """What is done, in this order."""

    COMPLETENESS = "completeness"
    COMMITTEE = "committee"
    AUTHORITY = "authority"
    OWNER = "owner"
    SIGNATURE = "signature"


#: Steps that each owner does; the others are done once for all owners.
BY_OWNER = frozenset({Step.OWNER, Step.SIGNATURE})
#: Under which kind an opinion is kept with the project; rules ask for it by this name.
APPROVAL_KINDS = {Step.COMMITTEE: "cesrees", Step.AUTHORITY: "cnil"}
#: What the short way leaves out.
LEFT_OUT = frozenset(APPROVAL_KINDS)


class Actor(StrEnum):
    """Who must act. Decisions of bodies outside are entered by an administrator, with their reference."""

    ADMINISTRATOR = "administrator"
    COMMITTEE = "committee"
    STEWARD = "steward"


class Silence(StrEnum):
    """What it means that nobody answered in time."""

    FAVOURABLE = "favourable"
    NOTHING = "nothing"
    REFUSAL = "refusal"


class Outcome(StrEnum):
    """How a step ended."""

    FAVOURABLE = "favourable"
    RECOMMENDATIONS = "recommendations"
    RETURNED = "returned"
    UNFAVOURABLE = "unfavourable"


#: Outcomes that owe the applicant a reason.
OWES_REASON = frozenset({Outcome.RECOMMENDATIONS, Outcome.RETURNED, Outcome.UNFAVOURABLE})
#: Outcomes after which the request goes on.
GOES_ON = frozenset({Outcome.FAVOURABLE, Outcome.RECOMMENDATIONS})

STEP_LABELS: dict[Step, Text] = {
    Step.COMPLETENESS: Text("Dossier complet", "Complete file"),
    Step.COMMITTEE: Text("Avis du comité", "Committee's opinion"),
    Step.AUTHORITY: Text("Décision de l'autorité", "Authority's decision"),
    Step.OWNER: Text("Accord du producteur", "Owner's agreement"),
    Step.SIGNATURE: Text("Signature de la convention", "Signature of the agreement"),
}
SILENCE_LABELS: dict[Silence, Text] = {
    Silence.FAVOURABLE: Text("Le silence vaut accord.", "Silence means consent."),
    Silence.NOTHING: Text("Le silence ne vaut rien : la demande attend.", "Silence means nothing: the request waits."),
    Silence.REFUSAL: Text("Le silence vaut refus.", "Silence means refusal."),
}
ACTOR_LABELS: dict[Actor, Text] = {
    Actor.ADMINISTRATOR: Text("Administrateur", "Administrator"),
    Actor.COMMITTEE: Text("Membre du comité", "Committee member"),
    Actor.STEWARD: Text("Gestionnaire des données du producteur", "Steward of the owner's data"),
}
OUTCOME_LABELS: dict[Outcome, Text] = {
    Outcome.FAVOURABLE: Text("Favorable", "Favourable"),
    Outcome.RECOMMENDATIONS: Text("Favorable avec recommandations", "Favourable, with recommendations"),
    Outcome.RETURNED: Text("À compléter", "To be completed"),
    Outcome.UNFAVOURABLE: Text("Défavorable", "Unfavourable"),
}
_STRICTNESS = (Silence.FAVOURABLE, Silence.NOTHING, Silence.REFUSAL)


@dataclass(frozen=True, slots=True)
class StepRule:
    """One step of a circuit.

    Raises
    ------
    Invalid
        *days* is out of its range, or silence would sign an agreement: nobody signs by saying nothing.
    """

    step: Step
    actor: Actor
    days: int
    silence: Silence = Silence.NOTHING

    def __post_init__(self) -> None:
        if not LEAST_DAYS <= self.days <= MOST_DAYS:
            raise Invalid(
                Text(
                    f"Délai de {self.days} jours refusé : de {LEAST_DAYS} à {MOST_DAYS}.",
                    f"A delay of {self.days} days is refused: {LEAST_DAYS} to {MOST_DAYS}.",
                )
            )
        if self.step is Step.SIGNATURE and self.silence is Silence.FAVOURABLE:
            raise Invalid(Text("Le silence ne signe pas une convention.", "Silence signs no agreement."))


Circuit = tuple[StepRule, ...]

#: What holds for an owner who stated nothing: every step, and silence means nothing.
DEFAULT_CIRCUIT: Circuit = (
    StepRule(Step.COMPLETENESS, Actor.ADMINISTRATOR, 7),
    StepRule(Step.COMMITTEE, Actor.COMMITTEE, 30),
    StepRule(Step.AUTHORITY, Actor.ADMINISTRATOR, 60),
    StepRule(Step.OWNER, Actor.STEWARD, 30),
    StepRule(Step.SIGNATURE, Actor.STEWARD, 30),
)


_AUTHORITY = next(rule for rule in DEFAULT_CIRCUIT if rule.step is Step.AUTHORITY)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of one request; *owner* is None for what is done once for all."""

    rank: int
    rule: StepRule
    owner: str | None = None


def require_circuit(circuit: Circuit) -> Circuit:
    """Return *circuit*, or raise ``Invalid``: each step at most once, and never without the owner's agreement."""
    steps = [rule.step for rule in circuit]
    if len(set(steps)) != len(steps) or not {Step.COMPLETENESS, Step.OWNER} <= set(steps):
        raise Invalid(
            Text(
                "Un circuit a chaque étape une fois au plus, dont le dossier complet et l'accord du producteur.",
                "A circuit has each step at most once, the complete file and the owner's agreement among them.",
            )
        )
    return tuple(sorted(circuit, key=lambda rule: list(Step).index(rule.step)))


def plan_steps(circuits: Mapping[str, Circuit], *, short: bool, linked: bool = False) -> list[PlannedStep]:
    """Return the steps of a request for the data of these owners, in order; *short* leaves the opinions out.

    Parameters
    ----------
    circuits
        the circuit of each owner concerned.
    linked
        a linkage is asked for, which no owner's circuit exempts from the authority.
    """
    planned: list[PlannedStep] = []
    for rank, step in enumerate(Step):
        if short and step in LEFT_OUT:
            continue
        rules = {owner: rule for owner, circuit in circuits.items() for rule in circuit if rule.step is step}
        if linked and step is Step.AUTHORITY and not rules:
            rules = dict.fromkeys(circuits, _AUTHORITY)
        if step in BY_OWNER:
            planned += [PlannedStep(rank, rule, owner) for owner, rule in sorted(rules.items())]
        elif rules:
            planned.append(PlannedStep(rank, _strictest(list(rules.values()))))
    return planned


def _strictest(rules: Sequence[StepRule]) -> StepRule:
    """The longest time anybody allows, and the meaning of silence that lets least through."""
    silence = max((rule.silence for rule in rules), key=_STRICTNESS.index)
    return replace(rules[0], days=max(rule.days for rule in rules), silence=silence)


def reminders_due(due_at: datetime, last_reminder: datetime | None, now: datetime) -> bool:
    """Tell whether whoever must act is reminded now: 7 days and 1 day before, then every week while it is late."""
    moments = [due_at - ahead for ahead in REMINDERS]
    if now >= due_at:
        weeks = (now - due_at) // timedelta(weeks=1)
        moments.append(due_at + weeks * timedelta(weeks=1))
    latest = max((moment for moment in moments if moment <= now), default=None)
    return latest is not None and (last_reminder is None or last_reminder < latest)
