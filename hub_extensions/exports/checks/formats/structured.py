"""JSON: any nesting of lists and objects, read as the tables that it spells out.

Pandas alone writes a table in six ways; each is a pattern of the same few shapes (list of objects, object of lists,
object
of objects, list of lists), so shapes are read and not dialects. Scalars are a table of one row.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.delimited import decode
from hub_extensions.exports.checks.formats.figures import check_spec, figure_notice
from hub_extensions.exports.checks.inspection import Inspected, Normal, Unreadable
from hub_extensions.exports.checks.models.dumps.recognising import check_json_dump
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.sentences import check_sentences
from hub_extensions.exports.checks.rows.embedded import check_visible
from hub_extensions.exports.checks.tables.cells import plain
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix
from hub_extensions.exports.checks.tables.implied import OUTLIER_WORDS
from hub_extensions.exports.checks.tables.words import Role, role_of_header

DEEPEST = 40
#: Items of a list that is a value (a pair of coordinates) and no column.
SHORT = 3
_SCALAR = (str, int, float, bool, type(None))
_EFFECTS = frozenset({Role.COEFFICIENT, Role.RATIO, Role.P_VALUE, Role.ERROR})


def depth_of(text: str) -> int:
    """Return how deep brackets nest, without recursion: what a parser would fall over must be refused before it."""
    depth = deepest = 0
    quoted = escaped = False
    for c in text:
        if quoted:
            quoted = escaped or c != '"'
            escaped = c == "\\" and not escaped
        elif c == '"':
            quoted, escaped = True, False
        elif c in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif c in "]}":
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = {key for key, _ in pairs}
    if len(keys) != len(pairs):
        raise Unreadable(
            "Une clé JSON est écrite deux fois : deux lecteurs liraient deux choses.",
            "A JSON key is written twice: two readers would read two things.",
        )
    return dict(pairs)


def load_json(text: str) -> Any:
    """Return the value of *text*. Raises ``Unreadable`` for what is no JSON, too deep, or ambiguous."""
    if depth_of(text) > DEEPEST:
        raise Unreadable(
            f"Le JSON est imbriqué sur plus de {DEEPEST} niveaux.", f"The JSON nests deeper than {DEEPEST} levels."
        )
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unreadable("Ce n'est pas du JSON.", "This is not JSON.") from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else json.dumps(value)


def _scalars(value: Any) -> bool:
    return isinstance(value, _SCALAR)


def tables_in(value: Any, where: str = "") -> Iterator[Grid]:
    """Yield the tables that *value* spells out, at every depth."""
    if isinstance(value, Mapping):
        yield from _object(value, where)
    elif isinstance(value, list) and value:
        yield from _list(value, where)


def _object(value: Mapping[str, Any], where: str) -> Iterator[Grid]:
    values = list(value.values())
    rest: Mapping[str, Any] = value
    if (
        {"columns", "data"} <= set(value)
        and isinstance(value["data"], list)
        and all(isinstance(row, list) for row in value["data"])
    ):
        index = value.get("index") or [""] * len(value["data"])
        header = [_text(name) for name in value["columns"]]
        yield from grids_from_matrix(
            where,
            [
                ["", *header],
                *[[_text(name), *map(_text, row)] for name, row in zip(index, value["data"], strict=False)],
            ],
        )
        return
    lists = {
        key: item
        for key, item in value.items()
        if isinstance(item, list) and len(item) > 1 and all(map(_scalars, item))
    }
    lengths = {len(item) for item in lists.values()}
    if len(lists) >= 2 and len(lengths) < len(lists):
        for length in lengths:
            same = {key: item for key, item in lists.items() if len(item) == length}
            if len(same) >= 2:
                yield from grids_from_matrix(
                    where, [list(same), *[[_text(cell) for cell in row] for row in zip(*same.values(), strict=True)]]
                )
                rest = {key: item for key, item in rest.items() if key not in same}
    yield from _counted({key: item for key, item in lists.items() if key in rest}, where)
    if (
        len(values) >= 2
        and all(isinstance(item, Mapping) and item and all(map(_scalars, item.values())) for item in values)
        and len({frozenset(item) for item in values}) <= 2
    ):
        yield from _object_of_objects(value, where)
        return
    scalars = {key: item for key, item in rest.items() if _scalars(item)}
    if scalars:
        yield from _facts(scalars, where)
    for key, item in rest.items():
        if not _scalars(item):
            yield from tables_in(item, f"{where}.{key}" if where else str(key))


def _object_of_objects(value: Mapping[str, Mapping[str, Any]], where: str) -> Iterator[Grid]:
    inner = list(dict.fromkeys(key for item in value.values() for key in item))
    named = sum(role_of_header(key) is not None for key in inner)
    if named >= sum(role_of_header(key) is not None for key in value) and named:
        yield from grids_from_matrix(
            where,
            [["index", *inner], *[[key, *[_text(item.get(name)) for name in inner]] for key, item in value.items()]],
        )
    else:
        yield from grids_from_matrix(
            where, [["index", *value], *[[name, *[_text(item.get(name)) for item in value.values()]] for name in inner]]
        )


def _facts(scalars: Mapping[str, Any], where: str) -> Iterator[Grid]:
    """Yield scalars as a table: one column under the parent's name when that says what they are, else one row."""
    parent = where.rsplit(".", 1)[-1]
    role = role_of_header(parent)
    if role is not None and role not in {Role.DIMENSION, Role.VALUE} and len(scalars) > 1:
        yield from grids_from_matrix(
            where, [["variable", parent], *[[key, _text(item)] for key, item in scalars.items()]]
        )
    else:
        yield Grid(where, tuple(scalars), (tuple(_text(item) for item in scalars.values()),))


def flattened(item: Mapping[str, Any], prefix: str = "", depth: int = 3) -> dict[str, Any]:
    """Return the scalars of an object, of the objects inside it, and of short lists (coordinates), under joined
    names."""
    found: dict[str, Any] = {}
    for key, inner in item.items():
        name = f"{prefix}{key}"
        if _scalars(inner):
            found[name] = inner
        elif isinstance(inner, Mapping) and depth:
            found |= flattened(inner, f"{name} ", depth - 1)
        elif isinstance(inner, list) and 0 < len(inner) <= SHORT and all(map(_scalars, inner)):
            found |= {f"{name} {place}": value for place, value in enumerate(inner)}
    return found


def _counted(lists: Mapping[str, list[Any]], where: str) -> Iterator[Grid]:
    """Yield lone lists whose name says that they count, or lie outside of whiskers, one table each."""
    for key, item in lists.items():
        if role_of_header(key) is Role.COUNT or set(plain(key).split("_")) & OUTLIER_WORDS:
            yield from grids_from_matrix(where, [["rang", key], *[[str(n), _text(v)] for n, v in enumerate(item)]])


def _list(value: list[Any], where: str) -> Iterator[Grid]:
    if all(isinstance(item, Mapping) for item in value):
        flat = [flattened(item) for item in value]
        header = list(dict.fromkeys(key for item in flat for key in item))
        if header:
            matrix = [header, *[[_text(item.get(key)) for key in header] for item in flat]]
            yield from grids_from_matrix(where, matrix)
        for number, item in enumerate(value):
            for key, inner in item.items():
                if not _scalars(inner) and not (isinstance(inner, Mapping) and flattened(inner)):
                    yield from tables_in(inner, f"{where}[{number}].{key}")
    elif all(isinstance(item, list) for item in value) and all(_scalars(cell) for item in value for cell in item):
        yield from grids_from_matrix(where, [[_text(cell) for cell in item] for item in value])
    else:
        for number, item in enumerate(value):
            if not _scalars(item):
                yield from tables_in(item, f"{where}[{number}]")


def long_lists(value: Any, policy: Policy, where: str = "") -> Iterator[Finding]:
    """Yield lone lists of numbers too long for classes: one value for each person."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from long_lists(item, policy, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list):
        numbers = sum(1 for item in value if isinstance(item, int | float) and not isinstance(item, bool))
        coefficients = role_of_header(where.rsplit(".", 1)[-1]) in _EFFECTS
        if numbers > 10 * policy.min_persons and not coefficients:
            yield block(
                "json.values",
                where,
                f"Liste de {numbers} valeurs : exportez des agrégats.",
                f"A list of {numbers} values: export aggregates.",
            )
        elif numbers > 3 * policy.min_persons:
            yield flag(
                "json.values",
                where,
                f"Liste de {numbers} valeurs : est-ce une par personne ?",
                f"A list of {numbers} values: one for each person?",
            )
        for number, item in enumerate(value):
            if not _scalars(item):
                yield from long_lists(item, policy, f"{where}[{number}]")


def _spoken(value: Any) -> Iterator[str]:
    """Yield every string and ``key = number`` of *value*, as text rules read them."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield f"{key} = {item}" if isinstance(item, int | float) else str(key)
            yield from _spoken(item)
    elif isinstance(value, list):
        for item in value:
            yield from _spoken(item)
    elif isinstance(value, str):
        yield value


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings of *value*, names apart."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(item)


def _map(value: Any, policy: Policy, where: str) -> Iterator[Finding]:
    """Yield what a map shows: a point may be a person, an area may be small."""
    if not isinstance(value, Mapping) or value.get("type") not in {
        "FeatureCollection",
        "Feature",
        "GeometryCollection",
    }:
        return
    points = json.dumps(value).count('"Point"')
    if points >= policy.min_persons:
        yield block(
            "figure.map_points",
            where,
            f"La carte porte {points} points : un point peut être une personne.",
            f"The map carries {points} points: a point may be a person.",
        )
    else:
        yield flag(
            "figure.map",
            where,
            "Carte : un vérificateur doit juger de la finesse des zones.",
            "A map: a reviewer must judge how fine its areas are.",
        )


def _declaration(value: Any, result: Inspected, policy: Policy, name: str) -> bool:
    """Take *value* as evidence of an ACRO session if it is some; return whether it holds nothing else."""
    if not isinstance(value, Mapping) or not {"results", "safe_threshold", "outputs"} & set(value):
        return False
    from hub_extensions.exports.checks import acro, federated

    result.interims = federated.interims_of(value)
    if result.interims:
        result.findings.append(acro.evidence_declared(name))
        return False
    if acro.is_settings(value):
        result.findings.append(acro.settings_declared(name, value, policy.min_persons))
        return True
    if not acro.is_session(value):
        return False
    result.findings += acro.declared(name, value)
    result.statements = tuple(acro.statements_of(value))
    if not acro.is_in_form(value):
        return False
    for uid, output in value["results"].items():
        result.grids += tables_in(output.get("outcome", {}), f"{uid}.outcome")
    said = "\n".join(_strings(value))
    result.findings += [*check_sentences(said, policy, name), *check_visible(said, name)]
    return True


def inspect_json(path: Path, policy: Policy) -> Inspected:
    """Read a JSON file. Raises ``Unreadable`` for what is no JSON, too deep, or ambiguous."""
    value = load_json(decode(path.read_bytes()))
    result = Inspected(
        text="\n".join(_spoken(value)),
        normal=Normal(".json", (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")),
    )
    if _declaration(value, result, policy, path.name):
        return result
    if dumps := list(check_json_dump(value, path.name)):
        result.findings += dumps
        return result
    known, said = check_spec(value, path.name)
    for item in said:
        result.grids.append(item) if isinstance(item, Grid) else result.findings.append(item)
    if known:
        result.findings.append(figure_notice(path.name))
        return result
    result.grids = list(tables_in(value))
    result.findings += check_sentences("\n".join(_strings(value)), policy, path.name)
    result.findings += _map(value, policy, path.name)
    result.findings += long_lists(value, policy)
    return result
