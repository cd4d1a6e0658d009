"""A table's dictionary as Frictionless Table Schema, so that any program that knows the format can read it.

Specification: datapackage.org, Table Schema. What it has no word for (units, whether a column points at a person) is
kept under names of our own, which the specification allows.
"""

from typing import Any, Final

from project_spaces.catalogue.cards import Bilingual, ColumnCard, TableCard
from project_spaces.text import Language

SPECIFICATION: Final = "https://datapackage.org/profiles/2.0/tableschema.json"
#: Beginnings of Arrow's names of types, and the specification's.
_TYPES: Final = (
    ("int", "integer"),
    ("uint", "integer"),
    ("float", "number"),
    ("double", "number"),
    ("halffloat", "number"),
    ("decimal", "number"),
    ("date", "date"),
    ("timestamp", "datetime"),
    ("time", "time"),
    ("bool", "boolean"),
    ("list", "array"),
    ("struct", "object"),
)


def table_schema(table: TableCard, language: Language) -> dict[str, Any]:
    """Return the schema of *table* with its words in *language*."""
    schema: dict[str, Any] = {"$schema": SPECIFICATION, "name": table.name}
    if table.title is not None:
        schema["title"] = _in(table.title, language)
    schema["fields"] = [_field(column, language) for column in table.columns]
    schema["missingValues"] = [""]
    return schema


def field_type(arrow: str) -> str:
    """Return the specification's name of an Arrow type; what it has none for is ``string`` or ``any``."""
    for beginning, name in _TYPES:
        if arrow.startswith(beginning):
            return name
    return "string" if "string" in arrow or "utf8" in arrow else "any"


def _field(column: ColumnCard, language: Language) -> dict[str, Any]:
    described: dict[str, Any] = {"name": column.name, "type": field_type(column.type)}
    if column.label is not None:
        described["title"] = _in(column.label, language)
    if column.values:
        labels = [{"value": value, "label": _in(label, language)} for value, label in column.values.items()]
        described["categories"] = labels
    if column.unit is not None:
        described["unit"] = column.unit
    if column.identifying:
        described["identifying"] = True
    if column.linkable:
        described["linkable"] = True
    return described


def _in(text: Bilingual, language: Language) -> str:
    return text.text.in_(language)
