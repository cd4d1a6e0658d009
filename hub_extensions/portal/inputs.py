"""What people and programs may send: strict models, and one readable sentence for each field that is not right."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from hub_extensions.outside.access import Outsider
from project_spaces.errors import Invalid
from project_spaces.text import Text
from project_spaces.wrong_fields import of_field, wrong_fields

Model = TypeVar("Model", bound=BaseModel)

NOT_RIGHT = Text("La demande n'est pas complète ou pas juste.", "The request is not complete or not right.")
#: What no keyboard types and what makes a text read otherwise than it is: control characters, halves of characters,
#: and those that turn the direction of what follows (``\u202e``). Databases refuse some of them, eyes miss all.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_HIDDEN = Text("caractère invisible ou de contrôle refusé", "an invisible or control character is refused")


class Input(BaseModel):
    """Base of every body: unknown fields are refused, blanks around text are not kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Nothing(Input):
    """A body without fields."""


def parse(model: type[Model], raw: Any, zone: tzinfo = UTC) -> Model:
    """Read *raw* as *model*; a day without an hour is one of *zone*.

    Raises
    ------
    Invalid
        with one reason for each field that is not right; values are not repeated.
    """
    if hidden := [of_field(where, _HIDDEN) for where in _unseen(raw, ())]:
        raise Invalid(NOT_RIGHT, hidden)
    try:
        return model.model_validate(raw, context={"zone": zone})
    except ValidationError as error:
        raise Invalid(NOT_RIGHT, wrong_fields(error)) from None


def _unseen(value: Any, where: tuple[object, ...]) -> Iterator[tuple[object, ...]]:
    """Say in which fields a text holds what nobody sees; names of fields are texts too."""
    if isinstance(value, str) and _UNSEEN.search(value):
        yield where
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from [(*where, "–")] if _UNSEEN.search(str(name)) else _unseen(each, (*where, name))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _unseen(each, (*where, index))


def _start(value: Any, info: ValidationInfo) -> Any:
    """A day alone begins at its first moment where people work."""
    return _day(value, 0, info)


def _end(value: Any, info: ValidationInfo) -> Any:
    """A day alone is the last one included: it ends when the next begins where people work."""
    return _day(value, 1, info)


def _day(value: Any, days: int, info: ValidationInfo) -> Any:
    if isinstance(value, str) and len(value) == 10:
        try:
            first = date.fromisoformat(value) + timedelta(days=days)
            zone = (info.context or {}).get("zone", UTC)
            return datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):  # the last day of all has no next one
            return value
    return value


def _in_utc(value: datetime) -> datetime:
    """Refuse what is no moment in UTC: the first and the last hours of the calendar in other zones."""
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("time_range", "out of range") from None
    return value


Start = Annotated[AwareDatetime, BeforeValidator(_start), AfterValidator(_in_utc)]
End = Annotated[AwareDatetime, BeforeValidator(_end), AfterValidator(_in_utc)]


def _lines(value: Any) -> Any:
    """A form sends a list as one text, separated by commas, blanks or lines."""
    if isinstance(value, str):
        return [part for part in value.replace(",", " ").split() if part]
    return value


def _people(value: Any) -> Any:
    """A form sends people as lines of name, organisation and mail address, separated by semicolons."""
    if not isinstance(value, str):
        return value
    lines = [[part.strip() for part in line.split(";")] for line in value.splitlines() if line.strip()]
    return [dict(zip(("name", "organisation", "mail"), parts, strict=False)) for parts in lines]


Words = Annotated[tuple[str, ...], BeforeValidator(_lines)]


class Person(Input):
    """A named person without an account."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    organisation: Annotated[str, Field(min_length=1, max_length=200)]
    mail: Annotated[str, Field(min_length=3, max_length=255)]

    def outsider(self) -> Outsider:
        """For the desks."""
        return Outsider(self.name, self.organisation, self.mail)


People = Annotated[tuple[Person, ...], Field(max_length=50), BeforeValidator(_people)]
