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
from project_spaces.records.places import Affiliation, Organisation
from project_spaces.requests.forms import FORBIDDEN_LABELS, IDENTIFIER_LABELS, PURPOSE_LABELS, DatasetAsked, RequestForm
from project_spaces.requests.linkage_asked import WAY_LABELS, LinkageAsked
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
    homes = _homes(session, names)
    parts: list[str] = []
    languages: tuple[Language, Language] = ("fr", "en")
    for language in languages:
        parts += [*_heading(request, form, owner, language), *_people(request, form, people, homes, language)]
        parts += [*_data(asked, language), *_linkage(titles, form.linkage, language), *_commitments(language), ""]
    return "\n".join(parts)


def document_hash(document: str) -> str:
    """Return the SHA-256 of a text as a file of UTF-8."""
    return hashlib.sha256(document.encode()).hexdigest()


def _heading(request: AccessRequest, form: RequestForm, owner: str, language: Language) -> Iterator[str]:
    disclaimed = "; ".join(FORBIDDEN_LABELS[each].in_(language) for each in FORBIDDEN_LABELS)
    purpose = "" if form.purpose is None else PURPOSE_LABELS[form.purpose].in_(language)
    title, controller = _line(form.title), _line(form.controller) or "–"
    words = Text(
        f"CONVENTION D'ACCÈS AUX DONNÉES\n\nProducteur : {owner}\nDemande : {request.id}\n"
        f"Espace projet : {form.slug} — {title}\n"
        f"Responsable de traitement : {controller}\nDurée : {form.months} mois à compter de l'ouverture\n"
        f"Finalité : {purpose}\nSont exclues : {disclaimed}\n",
        f"DATA ACCESS AGREEMENT\n\nOwner: {owner}\nRequest: {request.id}\n"
        f"Project space: {form.slug} — {title}\n"
        f"Controller: {controller}\nDuration: {form.months} months from its opening\n"
        f"Purpose: {purpose}\nRuled out: {disclaimed}\n",
    )
    yield words.in_(language)


def _line(words: str) -> str:
    """What the applicant typed, on one line: no field writes a line of the agreement beside its own."""
    return " ".join(words.split())


def _homes(session: Session, names: Sequence[str]) -> dict[str, str]:
    """For whom each person is registered: what stands where the form names no organisation."""
    working = select(Affiliation.person, Organisation.name).join(
        Organisation, Organisation.slug == Affiliation.organisation
    )
    return {row[0]: row[1] for row in session.execute(working.where(Affiliation.person.in_(names)))}


def _people(
    request: AccessRequest, form: RequestForm, people: dict[str, Person], homes: dict[str, str], language: Language
) -> Iterator[str]:
    yield Text("Personnes", "People").in_(language)
    lead = (request.applicant, MemberRole.LEAD, form.organisation)
    for name, role, organisation in (lead, *((each.username, each.role, each.organisation) for each in form.people)):
        shown = people[name].display_name if name in people else name
        home = _line(organisation) or homes.get(name, "–")
        yield f"- {shown} ({name}), {home}, {_ROLES[role].in_(language)}"
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
        yield _professionals(each).in_(language)
    yield ""


def _professionals(asked: DatasetAsked) -> Text:
    why = asked.professionals
    return Text(
        "  Numéro de professionnel de santé : " + ("non" if why is None else f"oui — {why.strip()}"),
        "  Number of health professionals: " + ("no" if why is None else f"yes — {why.strip()}"),
    )


def _linkage(titles: dict[str, Dataset], asked: LinkageAsked | None, language: Language) -> Iterator[str]:
    if asked is None:
        yield Text("Appariement : aucun\n", "Linkage: none\n").in_(language)
        return
    way = WAY_LABELS[asked.way]
    yield Text(f"Appariement : {way.fr}", f"Linkage: {way.en}").in_(language)
    for slug in asked.datasets:
        yield f"- {titles[slug].title.in_(language)} ({slug})"
    if asked.cohort.strip():
        yield Text("- cohorte du demandeur : ", "- the applicant's cohort: ").in_(language) + asked.cohort.strip()
    yield Text("  Critères : ", "  Criteria: ").in_(language) + asked.criteria.strip()
    yield Text("  Justification : ", "  Justification: ").in_(language) + asked.why.strip()
    yield Text(
        "  Il se fait dans l'espace cloisonné ; l'espace projet n'en reçoit que le résultat pseudonymisé.\n",
        "  It is done in the partitioned space; the project space receives its pseudonymised result only.\n",
    ).in_(language)


def _commitments(language: Language) -> Iterator[str]:
    yield Text("Engagements", "Commitments").in_(language)
    for number, sentence in enumerate(_COMMITMENTS, start=1):
        yield f"{number}. {sentence.in_(language)}"
