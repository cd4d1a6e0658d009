"""A table against its dictionary (Frictionless Table Schema): one clear sentence for each thing that is not as said.

Run in the confined worker, on DuckDB: columns are read as text and tried one by one, so that a file of millions of rows
needs no memory and the sentence can name the first line. A sentence never repeats a value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from hub_extensions.exports.checks.findings import Finding, block
from project_spaces.text import Text

#: Type of the specification → a DuckDB expression that is NULL where ``{}`` (text) is none, and its name for people.
TYPES: Mapping[str, tuple[str, Text]] = {
    "string": ("{}", Text("un texte", "text")),
    "any": ("{}", Text("un texte", "text")),
    "integer": ("TRY_CAST(regexp_extract({}, '^[+-]?[0-9]+$') AS HUGEINT)", Text("un entier", "a whole number")),
    "number": ("TRY_CAST(replace({}, ',', '.') AS DOUBLE)", Text("un nombre", "a number")),
    "year": ("TRY_CAST(regexp_extract({}, '^[0-9]{{4}}$') AS INTEGER)", Text("une année", "a year")),
    "date": ("TRY_CAST(regexp_extract({}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$') AS DATE)", Text("une date", "a date")),
    "datetime": ("TRY_CAST({} AS TIMESTAMP)", Text("une date avec l'heure", "a date and time")),
    "time": ("TRY_CAST({} AS TIME)", Text("une heure", "a time")),
    "boolean": (
        "CASE WHEN lower({0}) IN ('true','1','false','0') THEN lower({0}) IN ('true','1') END",
        Text("un booléen", "a boolean"),
    ),
}
#: Kinds that ``minimum`` and ``maximum`` compare.
ORDERED = frozenset({"integer", "number", "year", "date", "datetime", "time"})
#: A schema is a page of text; more columns than that are no dictionary.
MOST_FIELDS = 5_000


@dataclass(frozen=True)
class Table:
    """A relation of text columns that DuckDB can read, and where it stands (for sentences)."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    columns: tuple[str, ...]
    where: str
    first_line: int = 2


def check_schema(table: Table, schema: Any) -> Iterator[Finding]:
    """Yield what in *table* is not as *schema* says: columns first, then the values of those that are there."""
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not _sound(fields):
        yield block(
            "schema.unreadable",
            table.where,
            "Le dictionnaire n'est pas un Table Schema : « fields » doit donner un nom et un type à chaque colonne.",
            "The dictionary is no Table Schema: “fields” must give each column a name and a type.",
        )
        return
    assert isinstance(fields, list)  # noqa: S101 - _sound saw to it
    yield from _columns(table, fields)
    missing = [str(value) for value in schema.get("missingValues") or [""]]
    for each in fields:
        if each["name"] in table.columns:
            yield from _values(table, each, missing)


def _sound(fields: Any) -> bool:
    return (
        isinstance(fields, list)
        and 0 < len(fields) <= MOST_FIELDS
        and all(isinstance(each, dict) and isinstance(each.get("name"), str) for each in fields)
        and all(each.get("type", "string") in TYPES for each in fields)
        and all(isinstance(each.get("constraints", {}), dict) for each in fields)
    )


def _columns(table: Table, fields: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    expected = {str(each["name"]): TYPES[each.get("type", "string")][1] for each in fields}
    for name, kind in expected.items():
        if name not in table.columns:
            yield block(
                "schema.missing_column",
                table.where,
                f"Il manque la colonne « {name} » ({kind.fr}).",
                f"The column “{name}” ({kind.en}) is missing.",
            )
    for name in table.columns:
        if name not in expected:
            yield block(
                "schema.extra_column",
                f"{table.where} · {name}",
                f"La colonne « {name} » n'est pas dans le dictionnaire.",
                f"The column “{name}” is not in the dictionary.",
            )


def _values(table: Table, field: Mapping[str, Any], missing: Sequence[str]) -> Iterator[Finding]:
    """Ask one column everything its line of the dictionary says."""
    name, kind = str(field["name"]), str(field.get("type", "string"))
    column = _quoted(name)
    expression, label = TYPES[kind]
    value = expression.format("v")
    asked: list[tuple[str, Text, str]] = [("schema.type", _is_not(label), f"v IS NOT NULL AND ({value}) IS NULL")]
    asked += list(_constraints(field.get("constraints", {}), value, kind))
    asked += list(_categories(field))
    for rule, sentence, condition in asked:
        count, line = _broken(table, column, condition, missing)
        if count:
            where = f"{table.where} · {name}"
            at = Text(f" (première ligne {line})", f" (first on line {line})")
            yield block(
                rule,
                where,
                f"Colonne « {name} » : {count} valeur(s) {sentence.fr}{at.fr}.",
                f"Column “{name}”: {count} value(s) {sentence.en}{at.en}.",
            )
    if field.get("constraints", {}).get("unique") is True:
        yield from _unique(table, name, missing)


def _constraints(asked: Mapping[str, Any], value: str, kind: str) -> Iterator[tuple[str, Text, str]]:
    if asked.get("required") is True:
        yield "schema.required", Text("manque(nt)", "missing"), "v IS NULL"
    for key, sign, fr, en in (("minimum", "<", "inférieure", "below"), ("maximum", ">", "supérieure", "above")):
        bound = asked.get(key)
        if bound is not None and kind in ORDERED:
            limit = TYPES[kind][0].format(_literal(str(bound)))
            sentence = Text(f"{fr}(s) à {bound}", f"{en} {bound}")
            yield "schema.range", sentence, f"({value}) {sign} ({limit})"
    for key, sign, fr, en in (("minLength", "<", "courte", "short"), ("maxLength", ">", "longue", "long")):
        length = asked.get(key)
        if isinstance(length, int):
            yield "schema.length", Text(f"trop {fr}(s)", f"too {en}"), f"length(v) {sign} {length}"
    if isinstance(asked.get("pattern"), str):
        pattern = _literal(asked["pattern"])
        yield "schema.pattern", Text("hors du motif", "outside the pattern"), f"NOT regexp_full_match(v, {pattern})"
    if isinstance(asked.get("enum"), list):
        yield _listed(asked["enum"])


def _categories(field: Mapping[str, Any]) -> Iterator[tuple[str, Text, str]]:
    categories = field.get("categories")
    if isinstance(categories, list) and categories:
        yield _listed([each.get("value") if isinstance(each, dict) else each for each in categories])


def _listed(allowed: Sequence[Any]) -> tuple[str, Text, str]:
    listed = ", ".join(_literal(str(each)) for each in allowed)
    return (
        "schema.category",
        Text("hors de la liste des modalités", "outside the list of categories"),
        f"v NOT IN ({listed})",
    )


def _unique(table: Table, name: str, missing: Sequence[str]) -> Iterator[Finding]:
    inner = f"SELECT {_read(_quoted(name), missing)} AS v FROM {table.relation}"  # noqa: S608 - names are quoted
    query = f"SELECT count(*) FROM (SELECT v FROM ({inner}) WHERE v IS NOT NULL GROUP BY v HAVING count(*) > 1)"  # noqa: S608 - names are quoted
    (count,) = table.connection.execute(query).fetchone() or (0,)
    if count:
        yield block(
            "schema.unique",
            f"{table.where} · {name}",
            f"Colonne « {name} » : {count} valeur(s) reviennent plusieurs fois, chacune doit être unique.",
            f"Column “{name}”: {count} value(s) occur more than once, each must be unique.",
        )


def _broken(table: Table, column: str, condition: str, missing: Sequence[str]) -> tuple[int, int]:
    """How many rows break *condition*, and the line of the first."""
    inner = f"SELECT row_number() OVER () AS r, {_read(column, missing)} AS v FROM {table.relation}"  # noqa: S608 - names are quoted
    query = f"SELECT count(*), min(r) FROM ({inner}) WHERE {condition}"  # noqa: S608 - names are quoted
    count, row = table.connection.execute(query).fetchone() or (0, None)
    return int(count), int(row or 0) + table.first_line - 1


def _read(column: str, missing: Sequence[str]) -> str:
    """The column, its missing values as NULL."""
    listed = ", ".join(_literal(each) for each in missing) or "''"
    return f"CASE WHEN {column} IN ({listed}) THEN NULL ELSE {column} END"


def _is_not(kind: Text) -> Text:
    return Text(f"ne sont pas {kind.fr}", f"not {kind.en}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
