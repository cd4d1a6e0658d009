"""My file: what I must have in order before I work, what I sign, and the trainings that I show certificates of."""

import base64
import binascii
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing, Start
from hub_extensions.portal.verbs.habilitations import STATE_LABELS, state_of
from hub_extensions.portal.words import both, iso
from project_spaces.charters.versions import (
    CharterSignature,
    charter_versions,
    latest,
    sign_charter,
    signatures,
    to_sign,
)
from project_spaces.errors import Invalid, NotFound
from project_spaces.organisations import affiliation
from project_spaces.people import get_organisation, get_person, roles_of
from project_spaces.records import rules_of
from project_spaces.records.trainings import Training
from project_spaces.text import Text
from project_spaces.trainings.claims import ClaimState, TrainingClaim, claim_training, claims
from project_spaces.trainings.kinds import TrainingKind, training_kinds
from project_spaces.trainings.records import trainings

Slug = Annotated[str, Field(min_length=1, max_length=30)]

CLAIM_LABELS: dict[ClaimState, Text] = {
    ClaimState.WAITING: Text("À l'examen", "Being looked at"),
    ClaimState.CONFIRMED: Text("Confirmée", "Confirmed"),
    ClaimState.REFUSED: Text("Refusée", "Refused"),
}


class Signature(Input):
    """The text that is signed, by the hash of what was shown."""

    sha256: Annotated[str, Field(min_length=64, max_length=64)]


class Claim(Input):
    """A training that was taken: its kind, day, and certificate; the file (PDF, PNG, JPEG) in base64."""

    kind: Slug
    taken_at: Start
    certificate: Annotated[str, Field(min_length=1, max_length=200)]
    file: str | None = None


def checklist(call: Call, _body: Nothing) -> Page:
    """What I must have in order, and where each stands."""
    with call.portal.store.read() as session:
        return file_of(session, call, call.actor)


def file_of(session: Session, call: Call, username: str) -> Page:
    """Return the file of a person: identity, organisation, charters, trainings, second factor."""
    person, now = get_person(session, username), call.now
    body = affiliation(session, username)
    kinds = {each.slug: each for each in training_kinds(session)}
    held = trainings(session, username)
    signed = {(each.charter, each.number): each for each in signatures(session, username)}
    unsigned = {each.charter for each in to_sign(session, username)}
    rows = [_charter(session, slug, unsigned, signed) for slug in _charters(session)]
    rules = rules_of(session)
    duties = rules.duties.trainings if roles_of(session, username) else frozenset()
    needed = sorted(rules.needed("trainings") | duties | set(kinds))
    steps = {
        "identity": body is not None and body.reviewed_at is not None,
        "organisation": body is not None,
        "charters": not unsigned,
        "trainings": all(any(t.kind == slug and t.window.holds(now) for t in held) for slug in needed),
        "second_factor": person.enrolled_at is not None,
    }
    return {
        "username": username,
        "display_name": person.display_name,
        "active": person.disabled_at is None,
        "steps": steps,
        "done": sum(steps.values()),
        "organisation": None if body is None else get_organisation(session, body.organisation).name,
        "organisation_slug": None if body is None else body.organisation,
        "reviewed_at": None if body is None else iso(body.reviewed_at),
        "reviewed_by": None if body is None else body.reviewed_by,
        "document": None if body is None else body.document,
        "second_factor": person.enrolled_at is not None,
        "charters": rows,
        "trainings": [_training(slug, kinds.get(slug), held, call) for slug in needed],
        "records": [training_row(each, kinds, call) for each in reversed(held)],
        "claims": [claim_row(each, kinds) for each in claims(session, person=username)],
        "kinds": [kind_row(each) for each in kinds.values()],
    }


def charter(call: Call, _body: Nothing) -> Page:
    """A charter's latest version: its full text, its hash, and whether I signed it."""
    with call.portal.store.read() as session:
        version = latest(session, call["charter"])
        if version is None:
            raise NotFound(Text("Il n'y a pas de telle charte.", "There is no such charter."))
        mine = [each for each in signatures(session, call.actor) if each.charter == version.charter]
        signed = {(each.charter, each.number): each for each in mine}
        unsigned = {each.charter for each in to_sign(session, call.actor)}
        return {
            **_charter(session, version.charter, unsigned, signed),
            "text": both(version.text),
            "earlier": [{"number": each.number, "signed_at": iso(each.signed_at)} for each in mine],
        }


def sign(call: Call, body: Signature) -> Page:
    """Sign the latest version of a charter, as it was shown."""
    number = sign_charter(call.portal.store, call.actor, call["charter"], sha256=body.sha256, now=call.now)
    return {"charter": call["charter"], "number": number}


def claim(call: Call, body: Claim) -> Page:
    """Say that I took a training, and show the certificate; somebody else confirms it."""
    number = claim_training(
        call.portal.store,
        call.actor,
        body.kind,
        taken_at=body.taken_at,
        certificate=body.certificate,
        file=None if body.file is None else _decoded(body.file),
        now=call.now,
    )
    return {"id": number}


def _decoded(file: str) -> bytes:
    try:
        return base64.b64decode(file, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid(Text("Le fichier n'est pas en base64.", "The file is not base64.")) from None


def _charters(session: Session) -> list[str]:
    return sorted({each.charter for each in charter_versions(session)})


def _charter(session: Session, slug: str, unsigned: set[str], signed: dict[tuple[str, int], CharterSignature]) -> Page:
    version = latest(session, slug)
    assert version is not None  # noqa: S101 - the slug comes from a version
    mine = signed.get((slug, version.number))
    return {
        "slug": slug,
        "title": both(version.title),
        "number": version.number,
        "sha256": version.sha256,
        "published_at": iso(version.published_at),
        "sign_by": iso(version.sign_by),
        "signed": slug not in unsigned,
        "signed_at": None if mine is None else iso(mine.signed_at),
        "earlier_signed": any(name == slug and number < version.number for name, number in signed),
    }


def _training(slug: str, kind: TrainingKind | None, held: list[Training], call: Call) -> Page:
    """Where one kind stands: the latest record of it counts for what is said."""
    mine = [each for each in held if each.kind == slug]
    last = max(mine, key=lambda each: each.ends_at, default=None)
    state = None if last is None else state_of(last.window, call.now)
    return {
        "kind": slug,
        "title": both(kind.title) if kind is not None else {"fr": slug, "en": slug},
        "organiser": None if kind is None else kind.organiser,
        "address": None if kind is None else kind.address,
        "state": state,
        "state_label": None if state is None else both(STATE_LABELS[state]),
        "ends_at": None if last is None else iso(last.window.last),
    }


def training_row(each: Training, kinds: dict[str, TrainingKind], call: Call) -> Page:
    """One record for a list."""
    state, kind = state_of(each.window, call.now), kinds.get(each.kind)
    return {
        "id": each.id,
        "kind": each.kind,
        "title": both(kind.title) if kind is not None else {"fr": each.kind, "en": each.kind},
        "starts_at": iso(each.starts_at),
        "ends_at": iso(each.ends_at),
        "certificate": each.certificate,
        "sha256": each.certificate_sha256,
        "recorded_by": each.recorded_by,
        "state": state,
        "state_label": both(STATE_LABELS[state]),
    }


def claim_row(each: TrainingClaim, kinds: dict[str, TrainingKind]) -> Page:
    """One claim for a list."""
    return {
        "id": each.id,
        "username": each.person,
        "kind": each.kind,
        "title": both(kinds[each.kind].title),
        "months": kinds[each.kind].months,
        "taken_at": iso(each.taken_at),
        "claimed_at": iso(each.claimed_at),
        "certificate": each.certificate,
        "sha256": each.sha256,
        "state": each.state.value,
        "state_label": both(CLAIM_LABELS[each.state]),
        "reason": each.reason,
        "decided_by": each.decided_by,
    }


def kind_row(each: TrainingKind) -> Page:
    """One kind for a list."""
    return {
        "slug": each.slug,
        "title": both(each.title),
        "months": each.months,
        "organiser": each.organiser,
        "address": each.address,
    }
