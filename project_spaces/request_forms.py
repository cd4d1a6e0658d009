"""What an applicant asks for: a purpose, data sets and columns, people, outputs, a duration, resources.

The fields are those of the French register forms (models of the arrêté of 6 April 2017) and of the SNDS decree: six
lawful purposes, two forbidden ones that are disclaimed by name, and five potential identifiers, each justified. It is
designed for those texts; the wording is ours. A form may be kept half-filled; ``missing`` says what stands between it
and a submission, all at once.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from project_spaces.errors import Invalid
from project_spaces.quotas import Quota
from project_spaces.slugs import is_slug
from project_spaces.text import Text

Words = Annotated[str, Field(max_length=20_000)]
Slug = Annotated[str, Field(max_length=30)]
#: Months that a project may ask for; it may be prolonged.
LONGEST_MONTHS = 120


class Purpose(StrEnum):
    """The lawful purposes (CSP L.1461-1, III), numbered as there."""

    INFORMATION = "information"
    POLICY = "policy"
    SPENDING = "spending"
    PROFESSIONALS = "professionals"
    SURVEILLANCE = "surveillance"
    RESEARCH = "research"


class Forbidden(StrEnum):
    """The purposes that nobody may pursue (CSP L.1461-1, V)."""

    PROMOTION = "promotion"
    INSURANCE = "insurance"


class Identifier(StrEnum):
    """The five variables that may point at a person together with others (« identifiants potentiels »)."""

    BIRTH_MONTH = "birth_month"
    COMMUNE = "commune"
    CARE_DATES = "care_dates"
    DEATH_DATE = "death_date"
    DEATH_COMMUNE = "death_commune"


PURPOSE_LABELS: dict[Purpose, Text] = {
    Purpose.INFORMATION: Text("Information sur la santé et l'offre de soins", "Information on health and care"),
    Purpose.POLICY: Text("Politiques de santé et de protection sociale", "Health and social protection policies"),
    Purpose.SPENDING: Text("Connaissance des dépenses de santé", "Knowledge of health spending"),
    Purpose.PROFESSIONALS: Text(
        "Information des professionnels et établissements sur leur activité",
        "Information of professionals and hospitals on their activity",
    ),
    Purpose.SURVEILLANCE: Text("Surveillance, veille et sécurité sanitaires", "Health surveillance and safety"),
    Purpose.RESEARCH: Text("Recherche, études, évaluation et innovation", "Research, studies, evaluation, innovation"),
}
FORBIDDEN_LABELS: dict[Forbidden, Text] = {
    Forbidden.PROMOTION: Text(
        "la promotion de produits de santé auprès des professionnels ou des établissements",
        "promoting health products to professionals or hospitals",
    ),
    Forbidden.INSURANCE: Text(
        "l'exclusion de garanties d'assurance ou la modification de cotisations",
        "excluding people from insurance cover or changing premiums",
    ),
}
IDENTIFIER_LABELS: dict[Identifier, Text] = {
    Identifier.BIRTH_MONTH: Text("mois et année de naissance", "month and year of birth"),
    Identifier.COMMUNE: Text("commune de résidence", "municipality of residence"),
    Identifier.CARE_DATES: Text("dates de soins", "dates of care"),
    Identifier.DEATH_DATE: Text("date de décès", "date of death"),
    Identifier.DEATH_COMMUNE: Text("commune de décès", "municipality of death"),
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class DatasetAsked(_Part):
    """One data set that is asked for: its columns, and why each potential identifier is needed."""

    dataset: Slug
    columns: tuple[Annotated[str, Field(min_length=1, max_length=128)], ...] = Field((), max_length=2000)
    identifiers: dict[Identifier, Words] = Field(default_factory=dict)


class Resources(_Part):
    """The limits that are wanted; see ``Quota``."""

    cpu_milli: int = 1000
    memory_mb: int = 2048
    storage_gb: int = 10
    gpu_count: int = 0

    @property
    def quota(self) -> Quota:
        """As the project's quota."""
        return Quota(
            cpu=self.cpu_milli / 1000,
            memory_mb=self.memory_mb,
            storage_gb=self.storage_gb,
            gpu_count=self.gpu_count,
        )


class RequestForm(_Part):
    """Everything that the applicant fills in. *slug* names the future project; *people* are usernames."""

    slug: Slug = ""
    title: Annotated[str, Field(max_length=200)] = ""
    purpose: Purpose | None = None
    summary: Words = ""
    public_interest: Words = ""
    disclaimed: frozenset[Forbidden] = frozenset()
    datasets: tuple[DatasetAsked, ...] = Field((), max_length=50)
    people: tuple[Slug, ...] = Field((), max_length=200)
    outputs: Words = ""
    months: int = Field(12, ge=1, le=LONGEST_MONTHS)
    resources: Resources = Resources()

    @property
    def slugs(self) -> tuple[str, ...]:
        """The data sets asked for, in the order of the form."""
        return tuple(each.dataset for each in self.datasets)


def read_form(value: object) -> RequestForm:
    """Read a form from data, strictly: unknown fields are refused.

    Raises
    ------
    Invalid
        with the first field that can't be right, and why.
    """
    try:
        return RequestForm.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid(
            Text(f"Champ {where} refusé : {first['msg']}.", f"Field {where} refused: {first['msg']}.")
        ) from None


def missing(form: RequestForm) -> list[Text]:
    """Return everything that a submission still needs, in the order of the form; empty when it may be submitted."""
    return [*_about_the_project(form), *_about_the_data(form)]


def _about_the_project(form: RequestForm) -> Iterator[Text]:
    if not is_slug(form.slug):
        yield Text(
            "Choisissez un identifiant de projet (a-z, 0-9, tirets).", "Choose a project slug (a-z, 0-9, hyphens)."
        )
    if form.purpose is None:
        yield Text("Choisissez une finalité parmi les six.", "Choose one of the six purposes.")
    wanted = {
        "title": Text("Donnez un titre.", "Give a title."),
        "summary": Text("Résumez le projet.", "Sum up the project."),
        "public_interest": Text("Dites en quoi il sert l'intérêt public.", "Say how it serves the public interest."),
        "outputs": Text("Décrivez les résultats prévus.", "Describe the outputs planned."),
    }
    for name, sentence in wanted.items():
        if not getattr(form, name).strip():
            yield sentence
    for each in Forbidden:
        if each not in form.disclaimed:
            label = FORBIDDEN_LABELS[each]
            yield Text(f"Excluez {label.fr}.", f"Rule out {label.en}.")
    if len(set(form.people)) != len(form.people):
        yield Text("Une personne est nommée deux fois.", "Somebody is named twice.")


def _about_the_data(form: RequestForm) -> Iterator[Text]:
    if not form.datasets:
        yield Text("Demandez au moins un jeu de données.", "Ask for at least one data set.")
    if len(set(form.slugs)) != len(form.slugs):
        yield Text("Un jeu de données est demandé deux fois.", "A data set is asked for twice.")
    for asked in form.datasets:
        if not asked.columns:
            yield Text(f"Nommez les variables de {asked.dataset}.", f"Name the columns of {asked.dataset}.")
        for identifier, why in asked.identifiers.items():
            if not why.strip():
                label = IDENTIFIER_LABELS[identifier]
                yield Text(
                    f"Justifiez l'identifiant potentiel « {label.fr} » de {asked.dataset}.",
                    f"Justify the potential identifier “{label.en}” of {asked.dataset}.",
                )


def close_to(form: RequestForm, accepted: RequestForm) -> bool:
    """Tell whether *form* asks for no more than *accepted* did: same purpose, no data, column or identifier beyond it.

    Such a request may take the short way: the committee and the authority have answered this question before.
    """
    before = {each.dataset: each for each in accepted.datasets}
    return (
        form.purpose is accepted.purpose
        and form.months <= accepted.months
        and bool(form.datasets)
        and all(each.dataset in before and _within(each, before[each.dataset]) for each in form.datasets)
    )


def _within(asked: DatasetAsked, before: DatasetAsked) -> bool:
    return set(asked.columns) <= set(before.columns) and set(asked.identifiers) <= set(before.identifiers)
