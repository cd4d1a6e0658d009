"""What stands between a request and its submission, field by field and all at once, and what is only worth a remark.

Each gap names its field, so that a page can say it where it is to be mended, in one sentence.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.datasets import Dataset
from project_spaces.errors import Invalid
from project_spaces.facts import Classification, PlatformRole
from project_spaces.people import Person, roles_of
from project_spaces.projects import Project
from project_spaces.requests.forms import FORBIDDEN_LABELS, IDENTIFIER_LABELS, DatasetAsked, Forbidden, RequestForm
from project_spaces.requests.records import AccessRequest, RequestState
from project_spaces.slugs import is_slug
from project_spaces.text import Text

#: Names of the columns that each data set has; a data set that is not delivered yet has no entry, and its owner judges.
Dictionary = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing or wrong; *about* is the data set or person, where the field has several."""

    field: str
    text: Text
    about: str = ""


def missing(form: RequestForm) -> list[Gap]:
    """Return everything that the form itself still lacks, in its order; empty when it is whole."""
    return [*_about_the_project(form), *_about_the_data(form), *_about_the_means(form)]


def obstacles(
    session: Session, form: RequestForm, *, request_id: str, applicant: str, dictionary: Dictionary
) -> list[Gap]:
    """Return ``missing``, and what does not fit the people, projects and data sets that there are."""
    return [
        *missing(form),
        *_name_taken(session, form, request_id),
        *_wrong_people(session, form, applicant),
        *_wrong_data(session, form, dictionary),
    ]


def remarks(form: RequestForm) -> list[Gap]:
    """Return what is allowed and rarely granted: more than one potential identifier at a time."""
    asked = {identifier for each in form.datasets for identifier in each.identifiers}
    if len(asked) < 2:
        return []
    names = sorted(asked, key=list(IDENTIFIER_LABELS).index)
    return [
        Gap(
            "identifiers",
            Text(
                f"Vous demandez {len(names)} identifiants potentiels : "
                f"{', '.join(IDENTIFIER_LABELS[each].fr for each in names)}. "
                "L'usage est d'un seul à la fois ; attendez-vous à des questions.",
                f"You ask for {len(names)} potential identifiers: "
                f"{', '.join(IDENTIFIER_LABELS[each].en for each in names)}. "
                "One at a time is usual; expect questions.",
            ),
        )
    ]


def barred(session: Session, named: Iterable[str]) -> list[Gap]:
    """Return who of the committee is named in a request and so gives no opinion on it: whoever names him, bars him."""
    return [
        Gap(
            "people",
            Text(
                f"{name} est membre du comité : nommée dans cette demande, cette personne n'y rend pas d'avis. "
                "Vérifiez qu'elle participe vraiment au projet.",
                f"{name} sits on the committee: being named in this request, this person gives no opinion on it. "
                "Make sure that she really takes part in the project.",
            ),
            name,
        )
        for name in dict.fromkeys(named)
        if PlatformRole.COMMITTEE in roles_of(session, name)
    ]


def _about_the_project(form: RequestForm) -> Iterator[Gap]:
    if not is_slug(form.slug):
        slug = Text(
            "Choisissez un identifiant de projet (a-z, 0-9, tirets).", "Choose a project slug (a-z, 0-9, hyphens)."
        )
        yield Gap("slug", slug)
    wanted = {
        "title": Text("Donnez un titre.", "Give a title."),
        "organisation": Text("Indiquez votre organisme.", "Say which organisation you belong to."),
        "summary": Text("Résumez le projet.", "Sum up the project."),
        "public_interest": Text("Dites en quoi il sert l'intérêt public.", "Say how it serves the public interest."),
        "outputs": Text("Décrivez les résultats prévus.", "Describe the outputs planned."),
    }
    for name, sentence in wanted.items():
        if not getattr(form, name).strip():
            yield Gap(name, sentence)
    if form.purpose is None:
        yield Gap("purpose", Text("Choisissez une finalité parmi les six.", "Choose one of the six purposes."))
    for each in Forbidden:
        if each not in form.disclaimed:
            label = FORBIDDEN_LABELS[each]
            yield Gap("disclaimed", Text(f"Excluez {label.fr}.", f"Rule out {label.en}."))
    for name in _twice(form.usernames):
        yield Gap("people", Text("Une personne est nommée deux fois.", "Somebody is named twice."), name)


def _about_the_data(form: RequestForm) -> Iterator[Gap]:
    if not form.datasets:
        yield Gap("datasets", Text("Demandez au moins un jeu de données.", "Ask for at least one data set."))
    for slug in _twice(form.slugs):
        yield Gap("datasets", Text("Un jeu de données est demandé deux fois.", "A data set is asked for twice."), slug)
    for asked in form.datasets:
        if not asked.columns:
            names = Text(f"Nommez les variables de {asked.dataset}.", f"Name the columns of {asked.dataset}.")
            yield Gap("columns", names, asked.dataset)
        yield from _unjustified(asked)


def _unjustified(asked: DatasetAsked) -> Iterator[Gap]:
    for identifier, why in asked.identifiers.items():
        if not why.strip():
            label = IDENTIFIER_LABELS[identifier]
            sentence = Text(
                f"Justifiez l'identifiant potentiel « {label.fr} » de {asked.dataset}.",
                f"Justify the potential identifier “{label.en}” of {asked.dataset}.",
            )
            yield Gap("identifiers", sentence, asked.dataset)


def _about_the_means(form: RequestForm) -> Iterator[Gap]:
    try:
        _ = form.resources.quota
    except Invalid as error:
        yield Gap("resources", error.text)


def _twice(names: tuple[str, ...]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _name_taken(session: Session, form: RequestForm, request_id: str) -> Iterator[Gap]:
    """The project's name is held by a project, or by a request that is being looked at."""
    if not form.slug:
        return
    running = session.scalars(select(AccessRequest).where(AccessRequest.state == RequestState.SUBMITTED))
    held = any(each.id != request_id and each.form.get("slug") == form.slug for each in running)
    if held or session.get(Project, form.slug) is not None:
        yield Gap("slug", Text(f"L'identifiant « {form.slug} » est pris.", f"The slug “{form.slug}” is taken."))


def _wrong_people(session: Session, form: RequestForm, applicant: str) -> Iterator[Gap]:
    if applicant in form.usernames:
        own = Text("Vous êtes déjà le porteur du projet.", "You are the project's lead already.")
        yield Gap("people", own, applicant)
    for name in (applicant, *form.usernames):
        person = session.get(Person, name)
        if person is None:
            unknown = Text(
                f"Il n'y a personne d'identifiant « {name} » : demandez-lui le sien, ou son inscription.",
                f"Nobody has the username “{name}”: ask the person for it, or to register.",
            )
            yield Gap("people", unknown, name)
        elif person.disabled_at is not None:
            yield Gap("people", Text(f"Le compte {name} n'est pas actif.", f"Account {name} is not active."), name)


def _wrong_data(session: Session, form: RequestForm, dictionary: Dictionary) -> Iterator[Gap]:
    for asked in form.datasets:
        slug = asked.dataset
        dataset = session.get(Dataset, slug)
        if dataset is None:
            yield Gap("datasets", Text(f"Il n'y a pas de jeu « {slug} ».", f"There is no data set “{slug}”."), slug)
        elif dataset.withdrawn_at is not None or dataset.classification is Classification.IDENTIFYING:
            yield Gap("datasets", Text(f"{slug} ne peut pas être demandé.", f"{slug} can't be asked for."), slug)
        unknown = sorted(set(asked.columns) - dictionary[slug]) if slug in dictionary else []
        if unknown:
            named = ", ".join(each[:80] for each in unknown[:5]) + (" …" if len(unknown) > 5 else "")
            sentence = Text(f"{slug} n'a pas de variable {named}.", f"{slug} has no column {named}.")
            yield Gap("columns", sentence, slug)
