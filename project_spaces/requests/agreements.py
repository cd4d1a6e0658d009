"""The agreement between a project and an owner of data: a text made from the request, fixed when its signature opens.

Both sides sign the same bytes: the applicant first, the owner's steward after him, each stating the SHA-256 of what was
shown. The text holds both languages, French first; whoever keeps the file can compute the hash with any program.
"""

import hashlib
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.datasets import Dataset
from project_spaces.facts import MemberRole
from project_spaces.people import Person
from project_spaces.requests.forms import FORBIDDEN_LABELS, IDENTIFIER_LABELS, PURPOSE_LABELS, DatasetAsked, RequestForm
from project_spaces.requests.records import AccessRequest
from project_spaces.text import Language, Text

_ROLES = {MemberRole.LEAD: Text("porteur", "lead"), MemberRole.ANALYST: Text("analyste", "analyst")}
_COMMITMENTS = (
    Text(
        "Les données restent dans l'espace projet ; seuls des résultats anonymes et vérifiés en sortent.",
        "The data stay in the project space; only anonymous, reviewed results leave it.",
    ),
    Text(
        "Personne ne cherche à retrouver l'identité de qui que ce soit.",
        "Nobody tries to find out who anybody is.",
    ),
    Text(
        "Seules les personnes nommées ici y accèdent, en leur propre nom et jusqu'au terme.",
        "Only the people named here have access, in their own name and until the end.",
    ),
    Text(
        "Le producteur peut suspendre l'accès à ses données à tout moment, avec un motif.",
        "The owner may suspend access to the data at any time, with a reason.",
    ),
)


def agreement_text(session: Session, request: AccessRequest, form: RequestForm, owner: str) -> str:
    """Return the text that the applicant and *owner* sign, in French, then in English."""
    titles = {each.slug: each for each in session.scalars(select(Dataset).where(Dataset.slug.in_(form.slugs)))}
    asked = [(titles[each.dataset], each) for each in form.datasets if titles[each.dataset].owner == owner]
    names = (request.applicant, *form.usernames)
    people = {each.username: each for each in session.scalars(select(Person).where(Person.username.in_(names)))}
    parts: list[str] = []
    languages: tuple[Language, Language] = ("fr", "en")
    for language in languages:
        parts += [*_heading(request, form, owner, language), *_people(request, form, people, language)]
        parts += [*_data(asked, language), *_commitments(language), ""]
    return "\n".join(parts)


def document_hash(document: str) -> str:
    """Return the SHA-256 of a text as a file of UTF-8."""
    return hashlib.sha256(document.encode()).hexdigest()


def _heading(request: AccessRequest, form: RequestForm, owner: str, language: Language) -> Iterator[str]:
    disclaimed = "; ".join(FORBIDDEN_LABELS[each].in_(language) for each in FORBIDDEN_LABELS)
    purpose = "" if form.purpose is None else PURPOSE_LABELS[form.purpose].in_(language)
    words = Text(
        f"CONVENTION D'ACCÈS AUX DONNÉES\n\nProducteur : {owner}\nDemande : {request.id}\n"
        f"Espace projet : {form.slug} — {form.title.strip()}\nDurée : {form.months} mois à compter de l'ouverture\n"
        f"Finalité : {purpose}\nSont exclues : {disclaimed}\n",
        f"DATA ACCESS AGREEMENT\n\nOwner: {owner}\nRequest: {request.id}\n"
        f"Project space: {form.slug} — {form.title.strip()}\nDuration: {form.months} months from its opening\n"
        f"Purpose: {purpose}\nRuled out: {disclaimed}\n",
    )
    yield words.in_(language)


def _people(request: AccessRequest, form: RequestForm, people: dict[str, Person], language: Language) -> Iterator[str]:
    yield Text("Personnes", "People").in_(language)
    lead = (request.applicant, MemberRole.LEAD, form.organisation)
    for name, role, organisation in (lead, *((each.username, each.role, each.organisation) for each in form.people)):
        shown = people[name].display_name if name in people else name
        yield f"- {shown} ({name}), {organisation.strip() or '–'}, {_ROLES[role].in_(language)}"
    yield ""


def _data(asked: Sequence[tuple[Dataset, DatasetAsked]], language: Language) -> Iterator[str]:
    yield Text("Données", "Data").in_(language)
    for dataset, each in asked:
        yield f"- {dataset.title.in_(language)} ({dataset.slug})"
        yield Text("  Variables : ", "  Columns: ").in_(language) + ", ".join(each.columns)
        for identifier, why in each.identifiers.items():
            label = IDENTIFIER_LABELS[identifier].in_(language)
            yield (
                Text("  Identifiant potentiel : ", "  Potential identifier: ").in_(language)
                + f"{label} — {why.strip()}"
            )
    yield ""


def _commitments(language: Language) -> Iterator[str]:
    yield Text("Engagements", "Commitments").in_(language)
    for number, sentence in enumerate(_COMMITMENTS, start=1):
        yield f"{number}. {sentence.in_(language)}"
