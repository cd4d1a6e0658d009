"""What the catalogue says of a data set: words of its owner in both languages, and the dictionary of its tables.

A card describes a version; it never holds data. Everything in it may become public, so there is no place in it for a
person: contacts are services. Addresses are web addresses without blanks or brackets, because they end up as
links of a page and as names in linked data.
"""

import hashlib
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from project_spaces.errors import Invalid
from project_spaces.text import Text
from project_spaces.wrong_fields import wrong_fields

Words = Annotated[str, Field(min_length=1, max_length=5000)]
Phrase = Annotated[str, Field(min_length=1, max_length=300)]
Keyword = Annotated[str, Field(min_length=1, max_length=80)]
#: An address that is safe as a link and as an IRI (RFC 3987 forbids what is left out).
WEB_ADDRESS, LONGEST_ADDRESS = r"^https?://[^\s<>\"{}|\\^`]+$", 500
Link = Annotated[str, Field(max_length=LONGEST_ADDRESS, pattern=WEB_ADDRESS)]
Age = Annotated[int, Field(ge=0, le=130)]


class Theme(StrEnum):
    """What a data set is about."""

    CLAIMS = "claims"
    HOSPITAL = "hospital"
    PRIMARY_CARE = "primary_care"
    MEDICINES = "medicines"
    DEATHS = "deaths"
    DISEASES = "diseases"
    COHORT = "cohort"
    BIOLOGY = "biology"
    IMAGING = "imaging"
    SOCIAL = "social"
    METHODS = "methods"


THEME_LABELS: dict[Theme, Text] = {
    Theme.CLAIMS: Text("Remboursements", "Reimbursed claims"),
    Theme.HOSPITAL: Text("Hôpital", "Hospital"),
    Theme.PRIMARY_CARE: Text("Soins de ville", "Primary care"),
    Theme.MEDICINES: Text("Médicaments et produits de santé", "Medicines and health products"),
    Theme.DEATHS: Text("Décès", "Deaths"),
    Theme.DISEASES: Text("Maladies et registres", "Diseases and registries"),
    Theme.COHORT: Text("Cohortes et enquêtes", "Cohorts and surveys"),
    Theme.BIOLOGY: Text("Biologie et génétique", "Biology and genetics"),
    Theme.IMAGING: Text("Imagerie", "Imaging"),
    Theme.SOCIAL: Text("Social et handicap", "Social care and disability"),
    Theme.METHODS: Text("Méthodes et formation", "Methods and training"),
}


class Refresh(StrEnum):
    """How often a new version is delivered; names of the European frequency list."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    ANNUAL = "ANNUAL"
    IRREGULAR = "IRREG"
    NEVER = "NEVER"


REFRESH_LABELS: dict[Refresh, Text] = {
    Refresh.DAILY: Text("chaque jour", "every day"),
    Refresh.WEEKLY: Text("chaque semaine", "every week"),
    Refresh.MONTHLY: Text("chaque mois", "every month"),
    Refresh.QUARTERLY: Text("chaque trimestre", "every quarter"),
    Refresh.ANNUAL: Text("chaque année", "every year"),
    Refresh.IRREGULAR: Text("irrégulière", "irregular"),
    Refresh.NEVER: Text("jamais : le jeu est figé", "never: the data set is frozen"),
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(_Part):
    """A text in both languages."""

    fr: Words
    en: Words

    @property
    def text(self) -> Text:
        """As the domain's sentence."""
        return Text(self.fr, self.en)


class Keywords(_Part):
    """Words that people search for, by language."""

    fr: tuple[Keyword, ...] = Field(default=(), max_length=40)
    en: tuple[Keyword, ...] = Field(default=(), max_length=40)


class Coverage(_Part):
    """Where and when: *start* and *end* are the history depth; without an end it goes on."""

    place: Bilingual | None = None
    place_uris: tuple[Link, ...] = Field(default=(), max_length=50)
    start: date | None = None
    end: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Coverage":
        if self.start and self.end and self.end < self.start:
            msg = "the end is before the start"
            raise ValueError(msg)
        return self


class Quality(_Part):
    """One indicator of quality, as its owner measured it."""

    name: Bilingual
    value: Phrase
    note: Bilingual | None = None


class Coding(_Part):
    """A classification that codes of the data set come from."""

    name: Phrase
    uri: Link | None = None


class Contact(_Part):
    """The service that answers questions; never a person."""

    name: Phrase
    email: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$", max_length=200)] | None = None
    page: Link | None = None

    @model_validator(mode="after")
    def _reachable(self) -> "Contact":
        if self.email is None and self.page is None:
            msg = "give an email or a page"
            raise ValueError(msg)
        return self


class Sample(_Part):
    """A file that anybody may download: *marked* says why that is no harm. ``sha256`` is set when it is registered."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,80}\.(csv|parquet|json|zip)$")]
    marked: Literal["open", "synthetic"]
    title: Bilingual
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    bytes: int | None = None


class Card(_Part):
    """Everything that a steward writes about a data set for those who look for data."""

    description: Bilingual
    themes: tuple[Theme, ...] = Field(default=(), max_length=11)
    keywords: Keywords = Keywords()
    population: Bilingual | None = None
    persons: Annotated[int, Field(ge=0)] | None = None
    min_age: Age | None = None
    max_age: Age | None = None
    coverage: Coverage = Coverage()
    refresh: Refresh | None = None
    updated: date | None = None
    quality: tuple[Quality, ...] = Field(default=(), max_length=50)
    codings: tuple[Coding, ...] = Field(default=(), max_length=30)
    legislation: tuple[Link, ...] = Field(default=(), max_length=20)
    categories: tuple[Link, ...] = Field(default=(), max_length=20)
    contact: Contact | None = None
    access: Bilingual | None = None
    identifier: Link | None = None
    landing_page: Link | None = None
    twin: Annotated[str, Field(max_length=30)] | None = None
    sample: Sample | None = None


class ColumnWords(_Part):
    """What a sheet says of one column, beside its name."""

    fr: Words
    en: Words
    unit: Phrase | None = None
    values: dict[str, Bilingual] = Field(default_factory=dict, max_length=500)


class ColumnCard(_Part):
    """One column: what it means, its unit, its values where they are few."""

    name: str
    type: str
    identifying: bool = False
    linkable: bool = False
    label: Bilingual | None = None
    unit: Phrase | None = None
    values: dict[str, Bilingual] = Field(default_factory=dict)


class TableCard(_Part):
    """One table and its dictionary."""

    name: str
    rows: int
    title: Bilingual | None = None
    columns: tuple[ColumnCard, ...]


class VersionCard(_Part):
    """What is kept of one version: the card, its terms and its tables."""

    card: Card
    licence: str
    source: str
    citation: str
    tables: tuple[TableCard, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def sha256(self) -> str:
        """Hash of the whole: what the ledger holds about it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def first_problem(error: ValidationError) -> Text:
    """Return one sentence about the first field that is not right."""
    first = wrong_fields(error)[0]
    return Text(f"Fiche refusée. {first.fr}", f"Sheet refused. {first.en}")


def require_public_sample(card: Card, classification: str) -> None:
    """Raise ``Invalid`` when the sample could be rows of a data set that is neither open nor synthetic.

    A sample marked ``open`` is an extract of open data; for any other data set only made-up rows may be shown.
    """
    if card.sample is not None and card.sample.marked == "open" and classification != "open":
        raise Invalid(
            Text(
                "Fiche refusée, champ « catalogue.sample.marked » : un extrait ouvert n'existe que d'un jeu ouvert ; "
                "donnez des données de synthèse.",
                "Sheet refused, field 'catalogue.sample.marked': only an open data set has an open extract; "
                "give synthetic data.",
            )
        )
