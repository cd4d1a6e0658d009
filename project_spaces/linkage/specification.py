"""The YAML file that states a linkage, read strictly: an unknown key or a level that makes no sense is one sentence.

The file says what is wished; whether it may be done is decided in :mod:`project_spaces.linkage.tables`.
"""

from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from project_spaces.errors import Invalid
from project_spaces.text import Text

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z](?:-?[a-z0-9])*$", max_length=30)]
ColumnName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_ .\-]*$", max_length=128)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Source(_Strict):
    """One side: which table, which column names its records, which columns go to the project."""

    dataset: Slug
    table: ColumnName
    version: str | None = None
    record: ColumnName | None = None
    keep: list[ColumnName]


class Rule(_Strict):
    """What makes two records the same person."""

    kind: Literal["exact", "indirect"]
    compare: list[Annotated[tuple[ColumnName, ColumnName], Field(strict=False)]] = Field(min_length=1, max_length=12)
    at_least: int | None = Field(None, ge=2, description="Indirect: fewest criteria that must agree.")
    required_share: float = Field(0.0, ge=0, le=1, description="Share of the left side to find, else no delivery.")
    never_match: list[str] = []

    def compared(self, place: int) -> tuple[str, ...]:
        """Columns compared on one side (0 is left)."""
        return tuple(pair[place] for pair in self.compare)

    def keys(self, place: int) -> tuple[str, ...]:
        """The column that names the person on one side; an indirect linkage has none, only traits."""
        return self.compared(place)[:1] if self.kind == "exact" else ()

    @model_validator(mode="after")
    def _levels_make_sense(self) -> Self:
        if self.kind == "exact" and self.at_least is not None:
            msg = "at_least belongs to an indirect linkage"
            raise ValueError(msg)
        if self.kind == "indirect" and not (self.at_least and self.at_least <= len(self.compare)):
            msg = f"an indirect linkage needs at_least between 2 and the number of criteria ({len(self.compare)})"
            raise ValueError(msg)
        return self


class Truth(_Strict):
    """A table of known pairs of records, for measuring precision and recall; it never serves to link."""

    dataset: Slug
    table: ColumnName
    left: ColumnName
    right: ColumnName


class Title(_Strict):
    """A title in both languages."""

    fr: str
    en: str


class Output(_Strict):
    """The data set that the project receives."""

    dataset: Slug
    title: Title
    pseudonym: ColumnName = "ID_PROJET"


class LinkageSpec(_Strict):
    """A linkage as its YAML file states it."""

    linkage: Slug
    project: Slug
    left: Source
    right: Source
    rule: Rule
    output: Output
    truth: Truth | None = None

    @model_validator(mode="after")
    def _records_are_named_where_needed(self) -> Self:
        named = self.left.record and self.right.record
        if (self.rule.kind == "indirect" or self.truth) and not named:
            msg = "an indirect linkage, or one measured against a truth, needs left.record and right.record"
            raise ValueError(msg)
        if self.left.table == self.right.table:
            msg = "left and right must be two different tables"
            raise ValueError(msg)
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """Slugs of the data sets that are read, each once."""
        slugs = [self.left.dataset, self.right.dataset, *([self.truth.dataset] if self.truth else [])]
        return tuple(dict.fromkeys(slugs))


def parse_spec(text: str) -> LinkageSpec:
    """Read a linkage from YAML.

    Raises
    ------
    Invalid
        one sentence that names the key, what it was given and what is accepted.
    """
    try:
        return LinkageSpec.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        problem = str(getattr(error, "problem", None) or error)
        raise Invalid(
            Text(f"L'appariement n'est pas du YAML : {problem}.", f"The linkage is not YAML: {problem}.")
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "linkage"
        why = "unknown key" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
        raise Invalid(Text(f"Appariement refusé, {where} : {why}.", f"Linkage refused, {where}: {why}.")) from None
