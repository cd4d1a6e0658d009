"""What is wrong with the fields of a form or a file, in both languages: pydantic speaks English only."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from project_spaces.text import Text

#: pydantic's kinds of error that have sentences of their own.
_WHY: Mapping[str, Text] = {
    "missing": Text("il est obligatoire", "it is required"),
    "extra_forbidden": Text("ce champ n'existe pas", "there is no such field"),
    "string_too_long": Text("trop long", "too long"),
    "string_too_short": Text("trop court", "too short"),
    "too_long": Text("trop d'éléments", "too many items"),
    "too_short": Text("trop peu d'éléments", "too few items"),
    "string_type": Text("un texte est attendu", "text is expected"),
    "int_parsing": Text("un nombre entier est attendu", "a whole number is expected"),
    "float_parsing": Text("un nombre est attendu", "a number is expected"),
    "greater_than_equal": Text("trop petit", "too small"),
    "less_than_equal": Text("trop grand", "too large"),
    "enum": Text("choix inconnu", "unknown choice"),
    "timezone_aware": Text("une date avec son fuseau est attendue", "a time with its zone is expected"),
    "time_range": Text("cette date n'existe pas", "there is no such date"),
    "datetime_from_date_parsing": Text("une date est attendue", "a date is expected"),
    "date_from_datetime_parsing": Text("une date est attendue", "a date is expected"),
}


def wrong_fields(error: ValidationError) -> list[Text]:
    """Return one sentence for each field that is not right; values are not repeated."""
    return [_said(each) for each in error.errors(include_url=False, include_context=False)]


def of_field(where: Sequence[object], why: Text) -> Text:
    """Say *why* the field at *where* is refused."""
    name = ".".join(str(part) for part in where) or "–"
    return Text(f"Champ « {name} » : {why.fr}.", f"Field “{name}”: {why.en}.")


def _said(error: Any) -> Text:
    """What a rule of ours said is English and stays readable: it names what it wants."""
    message = str(error["msg"]).removeprefix("Value error, ")
    return of_field(error["loc"], _WHY.get(error["type"], Text(f"valeur refusée ({message})", message)))
