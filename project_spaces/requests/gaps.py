"""What stands between a request and its submission, field by field and all at once, and what is only worth a remark.

Each gap names its field, so that a page can say it where it is to be mended, in one sentence.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.datasets import Dataset
from project_spaces.errors import Invalid
from project_spaces.facts import Classification, PlatformRole
from project_spaces.memberships import Membership
from project_spaces.people import roles_of
from project_spaces.register import in_register
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
    return [
        *_about_the_project(form),
        *_about_the_data(form),
        *_about_the_linkage(form),
        *_about_the_means(form),
    ]


def obstacles(
    session: Session, form: RequestForm, *, request_id: str, applicant: str, dictionary: Dictionary, now: datetime
) -> list[Gap]:
    """Return ``missing``, and what does not fit the projects and data sets that the applicant may know of.

    Whether the people are there, and whether a project's name is free, is nothing that an applicant is told while
    typing: see ``vetting``.
    """
    return [
        *missing(form),
        *_openly_taken(session, form, request_id, applicant, now),
        *_own_name(form, applicant),
        *_wrong_data(session, form, dictionary),
    ]


def is_askable(dataset: Dataset | None) -> bool:
    """Tell whether anybody may ask for *dataset*: it is there, and does not hold identities."""
    held = dataset is not None and dataset.withdrawn_at is None
    return held and dataset is not None and dataset.classification is not Classification.IDENTIFYING


def remarks(form: RequestForm) -> list[Gap]:
    """Return what the applicant had better know: a linkage has to be authorised, identifiers come one at a time."""
    return [*_to_be_authorised(form), *_several_identifiers(form)]


def _to_be_authorised(form: RequestForm) -> Iterator[Gap]:
    if form.linkage is not None:
        yield Gap(
            "linkage",
            Text(
                "Un appariement passe par l'autorité : autorisation de la CNIL, ou méthodologie de référence. "
                "L'étape « Décision de l'autorité » en demandera la référence.",
                "A linkage goes through the authority: an authorisation of the CNIL, or a reference methodology. "
                "The step “Authority's decision” will ask for its reference.",
            ),
        )


def _several_identifiers(form: RequestForm) -> list[Gap]:
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
                "Vérifiez que cette personne participe vraiment au projet.",
                f"{name} sits on the committee and, being named in this request, gives no opinion on it. "
                "Make sure that this person really takes part in the project.",
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
        "controller": Text("Indiquez le responsable de traitement.", "Say who the controller is."),
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
    for name in dict.fromkeys(form.usernames):
        if not is_slug(name):
            sentence = Text(
                f"« {name} » n'est pas un identifiant : a-z, chiffres et tirets, comme à la connexion.",
                f"“{name}” is no username: a-z, digits and hyphens, as typed to sign in.",
            )
            yield Gap("people", sentence, name)
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
    if asked.professionals is not None and not asked.professionals.strip():
        sentence = Text(
            f"Justifiez la demande du numéro de professionnel de santé de {asked.dataset}.",
            f"Justify asking for the number of health professionals of {asked.dataset}.",
        )
        yield Gap("professionals", sentence, asked.dataset)


def _about_the_linkage(form: RequestForm) -> Iterator[Gap]:
    if form.linkage is not None:
        for sentence, about in form.linkage.lacking(form.slugs):
            yield Gap("linkage", sentence, about)


def _about_the_means(form: RequestForm) -> Iterator[Gap]:
    try:
        _ = form.resources.quota
    except Invalid as error:
        yield Gap("resources", error.text)


def _twice(names: tuple[str, ...]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def taken(slug: str) -> Gap:
    """Somebody else holds the name of the project."""
    return Gap("slug", Text(f"L'identifiant « {slug} » est pris.", f"The slug “{slug}” is taken."))


def _openly_taken(session: Session, form: RequestForm, request_id: str, applicant: str, now: datetime) -> Iterator[Gap]:
    """The project's name is held by what the applicant knows: an own request or project, or the public register."""
    running = select(AccessRequest).where(AccessRequest.state == RequestState.SUBMITTED)
    own = session.scalars(running.where(AccessRequest.applicant == applicant, AccessRequest.id != request_id))
    mine = select(Membership.id).where(Membership.person == applicant, Membership.project == form.slug)
    held = any(each.form.get("slug") == form.slug for each in own) or session.scalars(mine).first() is not None
    if form.slug and (held or in_register(session, form.slug, now=now)):
        yield taken(form.slug)


def _own_name(form: RequestForm, applicant: str) -> Iterator[Gap]:
    if applicant in form.usernames:
        own = Text("Vous êtes déjà le porteur du projet.", "You are the project's lead already.")
        yield Gap("people", own, applicant)


def _wrong_data(session: Session, form: RequestForm, dictionary: Dictionary) -> Iterator[Gap]:
    """A data set that may not be asked for is answered like one that there is not."""
    for asked in form.datasets:
        slug = asked.dataset
        if not is_askable(session.get(Dataset, slug)):
            sentence = Text(
                f"« {slug} » ne peut pas être demandé : choisissez dans la liste des jeux de données.",
                f"“{slug}” can't be asked for: choose from the list of data sets.",
            )
            yield Gap("datasets", sentence, slug)
            continue
        unknown = sorted(set(asked.columns) - dictionary[slug]) if slug in dictionary else []
        if unknown:
            named = ", ".join(each[:80] for each in unknown[:5]) + (" …" if len(unknown) > 5 else "")
            sentence = Text(f"{slug} n'a pas de variable {named}.", f"{slug} has no column {named}.")
            yield Gap("columns", sentence, slug)
