"""What an applicant asks for: a purpose, data sets and columns, people, outputs, a duration, resources.

The fields are those of the French register forms (models of the arrêté of 6 April 2017) and of the SNDS decree: the
controller, six lawful purposes, two forbidden ones that are disclaimed by name, five potential identifiers and the
number of health professionals, each justified. The forms' four families of data are the data sets themselves; their
access profile is each person's part in the project. It is designed for those texts; the wording is ours. A form may be
kept half-filled; ``gaps`` says what stands between it and a submission, all at once.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from project_spaces.errors import Invalid
from project_spaces.facts import MemberRole
from project_spaces.quotas import Quota
from project_spaces.requests.form_parts import FormPart, Organisation, Slug, Words, same_words
from project_spaces.requests.linkage_asked import LinkageAsked, no_more_than
from project_spaces.text import Text
from project_spaces.wrong_fields import wrong_fields

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


class DatasetAsked(FormPart):
    """One data set that is asked for: its columns, and why each potential identifier is needed.

    *professionals* says why the number of health professionals is needed; None when it is not asked for.
    """

    dataset: Slug
    columns: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field((), max_length=5000)
    identifiers: dict[Identifier, Words] = Field(default_factory=dict)
    professionals: Words | None = None


def _named(value: Any) -> Any:
    """A username alone stands for an analyst."""
    return {"username": value} if isinstance(value, str) else value


class PersonAsked(FormPart):
    """Somebody who is to work in the project: identifier, part in it, and the organisation the person belongs to."""

    username: Slug
    role: MemberRole = MemberRole.ANALYST
    organisation: Organisation = ""


class Resources(FormPart):
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


class RequestForm(FormPart):
    """Everything that the applicant fills in.

    *slug* names the future project, *organisation* is the applicant's, and *controller* is the body that determines why
    and how the data are processed (GDPR, article 4): it often is the same. *linkage* is None where none is asked for.
    """

    slug: Slug = ""
    title: Annotated[str, Field(max_length=200)] = ""
    organisation: Organisation = ""
    controller: Organisation = ""
    purpose: Purpose | None = None
    summary: Words = ""
    public_interest: Words = ""
    disclaimed: frozenset[Forbidden] = frozenset()
    datasets: tuple[DatasetAsked, ...] = Field((), max_length=50)
    linkage: LinkageAsked | None = None
    people: tuple[Annotated[PersonAsked, BeforeValidator(_named)], ...] = Field((), max_length=200)
    outputs: Words = ""
    months: int = Field(12, ge=1, le=LONGEST_MONTHS)
    resources: Resources = Resources()

    @property
    def slugs(self) -> tuple[str, ...]:
        """The data sets asked for, in the order of the form."""
        return tuple(each.dataset for each in self.datasets)

    @property
    def usernames(self) -> tuple[str, ...]:
        """The people named beside the applicant, in the order of the form."""
        return tuple(each.username for each in self.people)

    def asked(self, slug: str) -> DatasetAsked | None:
        """What is asked of one data set."""
        return next((each for each in self.datasets if each.dataset == slug), None)


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
        raise Invalid(wrong_fields(error)[0]) from None


def close_to(form: RequestForm, accepted: RequestForm) -> bool:
    """Tell whether *form* asks for no more than *accepted*: same purpose and controller, no data nor linkage more."""
    before = {each.dataset: each for each in accepted.datasets}
    return (
        form.purpose is accepted.purpose
        and same_words(form.controller, accepted.controller)
        and no_more_than(form.linkage, accepted.linkage)
        and form.months <= accepted.months
        and bool(form.datasets)
        and all(each.dataset in before and _within(each, before[each.dataset]) for each in form.datasets)
    )


def _within(asked: DatasetAsked, before: DatasetAsked) -> bool:
    return (
        set(asked.columns) <= set(before.columns)
        and set(asked.identifiers) <= set(before.identifiers)
        and (asked.professionals is None or before.professionals is not None)
    )
