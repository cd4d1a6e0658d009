"""Conditions on the person who acts: account, second factor, this sign-in and its place, charters, trainings."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from project_spaces.conditions.states import Condition, Named, Reason, States, Who, earliest, held, no, yes
from project_spaces.facts import CharterFacts, PlatformRole, Resource, Subject
from project_spaces.requirements import Network, Requirement, within
from project_spaces.text import Text
from project_spaces.windows import moment

#: What a new sign-in of the same person changes.
SIGN_IN_AGAIN = frozenset({"sign_in_missing", "sign_in_weak", "sign_in_too_old", "place_refused"})
#: Why somebody who signed in from an accepted place does nothing from elsewhere.
PLACE_LEFT = Reason(
    "place_left",
    Text(
        "Vous n'êtes plus sur le réseau depuis lequel vous vous êtes connecté : revenez sur le réseau prévu.",
        "You are no longer on the network from which you signed in: go back to the network that is foreseen.",
    ),
    Who.PERSON,
)
Places = tuple[tuple[Network, ...], ...]
#: How far ahead of ours another machine's clock may be; a sign-in from further in the future counts for nothing.
SKEW = timedelta(minutes=5)


def asked(subject: Subject, resource: Resource) -> Iterator[Requirement]:
    """Everything that this act is asked for: as everybody, and for each data set concerned, in files too."""
    yield subject.asks
    for dataset in (*resource.datasets, *resource.in_files):
        yield dataset.asks


def person_active(subject: Subject, _resource: Resource, _now: datetime) -> States:
    """The person is known and has not been disabled."""
    if subject.active:
        return yes("person", "Votre compte est actif.", "Your account is active.", Who.ADMINISTRATOR)
    return no(
        "person_inactive",
        "Votre compte n'est pas actif : adressez-vous à l'autorité d'enregistrement.",
        "Your account is not active: ask the registration authority.",
        Who.ADMINISTRATOR,
    )


def second_factor_enrolled(subject: Subject, _resource: Resource, _now: datetime) -> States:
    """Never an account without a second factor (S-66, SATRE 2.2.07)."""
    if subject.second_factor:
        return yes(
            "second_factor", "Votre double authentification est activée.", "Your second factor is set up.", Who.PERSON
        )
    return no(
        "second_factor_missing",
        "Votre double authentification n'est pas activée : terminez votre inscription.",
        "Your second factor is not set up: finish your enrolment.",
        Who.PERSON,
    )


def signed_in_lately(subject: Subject, resource: Resource, now: datetime) -> States:
    """The sign-in behind this act was with two factors and is young enough, where that is asked (référentiel 5.3)."""
    ages = [each.sign_in_max_age for each in asked(subject, resource) if each.sign_in_max_age is not None]
    if not ages:
        return ()
    found = subject.sign_in
    if found is None or found.at > now + SKEW:
        return no(
            "sign_in_missing",
            "Aucune connexion récente n'est connue : reconnectez-vous.",
            "No recent sign-in is known: sign in again.",
            Who.PERSON,
        )
    if not found.strong:
        return no(
            "sign_in_weak",
            "Vous vous êtes connecté avec un seul facteur : reconnectez-vous avec la double authentification.",
            "You signed in with one factor only: sign in again with two.",
            Who.PERSON,
        )
    ends, at = found.at + min(ages), moment(found.at)
    if ends <= now:
        return no(
            "sign_in_too_old",
            f"Votre double authentification du {at.fr} est trop ancienne : reconnectez-vous.",
            f"Your sign-in of {at.en} is too old: sign in again.",
            Who.PERSON,
        )
    end = moment(ends)
    return yes(
        "sign_in",
        f"Votre double authentification est valable jusqu'au {end.fr}.",
        f"Your sign-in is valid until {end.en}.",
        Who.PERSON,
        until=ends,
    )


def places(subject: Subject, resource: Resource) -> Places:
    """Return the address ranges that this act is asked to come from: one of each of these."""
    return tuple(dict.fromkeys(each.networks for each in asked(subject, resource) if each.networks))


def comes_from(address: str | None, ranges: Places) -> bool:
    """Tell whether *address* is in one of each of *ranges*."""
    return all(within(address, each) for each in ranges)


def place_allowed(subject: Subject, resource: Resource, _now: datetime) -> States:
    """The sign-in behind this act, and the act itself, come from a range that is accepted, where ranges are asked."""
    ranges = places(subject, resource)
    if not ranges:
        return ()
    if not comes_from(subject.sign_in.address if subject.sign_in is not None else None, ranges):
        return no(
            "place_refused",
            "Vous n'êtes pas connecté depuis un lieu autorisé : reconnectez-vous depuis le réseau prévu.",
            "You did not sign in from an accepted place: sign in again from the network that is foreseen.",
            Who.PERSON,
        )
    if subject.connected_from is not None and not comes_from(subject.connected_from, ranges):
        return no(PLACE_LEFT.code, PLACE_LEFT.text.fr, PLACE_LEFT.text.en, PLACE_LEFT.who)
    return yes(
        "place", "Vous êtes connecté depuis un lieu autorisé.", "You signed in from an accepted place.", Who.PERSON
    )


def charters_signed(subject: Subject, _resource: Resource, now: datetime) -> States:
    """Every charter is signed in a version that still counts (S-58, référentiel 5.1)."""
    return tuple(state for charter in subject.charters for state in _signed(charter, now))


def trained(subject: Subject, resource: Resource, now: datetime) -> States:
    """Every training that is asked for is valid now (référentiel 3.5, TRAPS A8)."""
    return _trained(subject, {kind for each in asked(subject, resource) for kind in each.trainings}, now)


def trained_for_role(subject: Subject, _resource: Resource, now: datetime) -> States:
    """Every training is valid now that is asked of whoever acts by a role (TRAPS A8)."""
    return _trained(subject, subject.duties.trainings, now)


def _trained(subject: Subject, kinds: AbstractSet[str], now: datetime) -> States:
    return tuple(
        state
        for kind in sorted(kinds)
        for state in held(
            [training.window for training in subject.trainings if training.kind == kind],
            now,
            Named(
                "training",
                Text(f"votre formation « {kind} »", f"your training “{kind}”"),
                Text(f"Il vous manque la formation « {kind} ».", f"You lack the training “{kind}”."),
                Who.PERSON,
                kind,
            ),
        )
    )


def identified(subject: Subject, resource: Resource, _now: datetime) -> States:
    """Somebody reviewed who the person is and for whom the person works, where that is asked (SEC-HAB-3)."""
    return _identified(subject) if any(each.identity for each in asked(subject, resource)) else ()


def identified_for_role(subject: Subject, _resource: Resource, _now: datetime) -> States:
    """The same, where it is asked of whoever acts by a role."""
    return _identified(subject) if subject.duties.identity else ()


def _identified(subject: Subject) -> States:
    if subject.identity_reviewed:
        return yes("identity", "Votre identité a été vérifiée.", "Your identity was reviewed.", Who.ADMINISTRATOR)
    return no(
        "identity_unreviewed",
        "Votre identité et votre organisme n'ont pas été vérifiés par l'autorité d'enregistrement.",
        "Your identity and your organisation were not reviewed by the registration authority.",
        Who.ADMINISTRATOR,
    )


def holds_role(role: PlatformRole, *others: PlatformRole) -> Condition:
    """The person holds one of these roles on the platform."""
    roles = (role, *others)
    fr = " ou ".join(_ROLE_WORDS[each].fr for each in roles)
    en = " or ".join(_ROLE_WORDS[each].en for each in roles)

    def condition(subject: Subject, _resource: Resource, _now: datetime) -> States:
        if subject.roles.intersection(roles):
            return yes("role", f"Vous avez le rôle {fr}.", f"You hold the role of {en}.", Who.ADMINISTRATOR)
        return no(
            "role_missing", f"Vous n'avez pas le rôle {fr}.", f"You do not hold the role of {en}.", Who.ADMINISTRATOR
        )

    condition.__name__ = "holds_role_" + "_or_".join(roles)
    return condition


_ROLE_WORDS = {
    PlatformRole.ADMINISTRATOR: Text("d'administrateur", "administrator"),
    PlatformRole.REVIEWER: Text("de vérificateur", "reviewer"),
    PlatformRole.AUDITOR: Text("d'auditeur", "auditor"),
    PlatformRole.COMMITTEE: Text("de membre du comité", "committee member"),
    PlatformRole.STEWARD: Text("de gestionnaire de données", "data steward"),
    PlatformRole.TRAINING_MANAGER: Text("de responsable des formations", "training manager"),
}


def _signed(charter: CharterFacts, now: datetime) -> States:
    """A signature counts until the first deadline of a later version; whoever came after a version signs it first."""
    newest = charter.versions[-1]
    best = max((each.number for each in charter.versions if _by(each.signed_at, now)), default=0)
    due = earliest(
        [
            each.sign_by if best or charter.known_since <= each.published_at else each.published_at
            for each in charter.versions
            if each.number > best
        ]
    )
    title, number = charter.title, newest.number
    if due is not None and due <= now:
        code = "charter_outdated" if best else "charter_unsigned"
        fr = f"Vous devez signer « {title.fr} », version {number}."
        return no(code, fr, f"You must sign “{title.en}”, version {number}.", Who.PERSON, about=charter.slug)
    if due is None:
        fr, en = f"Vous avez signé « {title.fr} », version {best}.", f"You signed “{title.en}”, version {best}."
        return yes("charter", fr, en, Who.PERSON, about=charter.slug)
    at = moment(due)
    fr = f"« {title.fr} », version {number}, est à signer avant le {at.fr}."
    en = f"“{title.en}”, version {number}, must be signed by {at.en}."
    return yes("charter", fr, en, Who.PERSON, until=due, about=charter.slug)


def _by(moment_: datetime | None, now: datetime) -> bool:
    return moment_ is not None and moment_ <= now
