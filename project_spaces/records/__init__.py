"""The rows that a decision reads about the person who acts, beyond the person's own: read here, written elsewhere.

They are below ``people`` because every decision needs them, the one about who may write them included. Each concept's
acts are in the file of its name one level up: ``charters``, ``trainings``, ``kill_switches``, ``sign_ins``. What the
installation's rules don't ask for is not read: a decision stays a handful of queries.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from project_spaces.facts import CharterFacts, SignInFacts, StopFacts, TrainingFacts
from project_spaces.records.charters import charter_facts
from project_spaces.records.places import identity_reviewed
from project_spaces.records.sign_ins import sign_in_facts
from project_spaces.records.stops import stop_facts
from project_spaces.records.trainings import training_facts
from project_spaces.rules import Rules


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What a subject needs beyond name and roles."""

    sign_in: SignInFacts | None
    charters: tuple[CharterFacts, ...]
    trainings: tuple[TrainingFacts, ...]
    stops: tuple[StopFacts, ...]
    identity_reviewed: bool


def rules_of(session: Session) -> Rules:
    """Return the rules that the store was opened with."""
    rules: Rules = session.info["rules"]
    return rules


def acting_sign_in(session: Session, username: str) -> SignInFacts | None:
    """Read the sign-in behind what *username* does, where the rules ask for anything about it."""
    rules = rules_of(session)
    asked = rules.ask("sign_in_max_age") or rules.ask("networks")
    return sign_in_facts(session, username, rules) if asked else None


def person_facts(session: Session, username: str, known_since: datetime) -> PersonFacts:
    """Read what decisions need to know of *username*, registered at *known_since*."""
    rules = rules_of(session)
    return PersonFacts(
        sign_in=acting_sign_in(session, username),
        charters=tuple(charter_facts(session, username, known_since)),
        trainings=training_facts(session, username) if rules.ask("trainings") else (),
        stops=stop_facts(session, username),
        identity_reviewed=rules.ask("identity") and identity_reviewed(session, username),
    )
