"""What every part of a request's form is made of: strict models, and texts of a known length."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Words = Annotated[str, Field(max_length=20_000)]
Slug = Annotated[str, Field(max_length=30)]
Organisation = Annotated[str, Field(max_length=200)]


class FormPart(BaseModel):
    """Base of every part: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


def same_words(one: str, other: str) -> bool:
    """Tell whether two texts typed by hand say the same: case and spaces make no difference."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
