"""JSON written in a text that people read: records one a line, or a list of them in a paragraph.

Brackets make no table of it for a reader, and one line of Python makes rows of it again.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from hub_extensions.exports.checks.findings import Finding, flag
from hub_extensions.exports.checks.formats.structured import tables_in
from hub_extensions.exports.checks.rows.embedded import individual

#: Beginnings that are tried, and characters that may be read for nothing: what is no JSON must not cost much.
MOST_TRIED, MOST_WASTED = 4_000, 4 << 20
#: What brackets cost that nest too deep, and what is yielded for the rest of a text that costs too much.
DEEP, UNREAD = 1000, object()
_BEGINS = re.compile(r"[\[{]\s*[\[{\"'\d-]")
_PYTHONIC = re.compile(r"[\[{,]\s*'")
#: What Python writes otherwise than JSON.
_PYTHON = (("'", '"'), ("None", "null"), ("True", "true"), ("False", "false"), ("nan", "null"))


def check_spelled(text: str, where: str) -> Iterator[Finding]:
    """Yield rows of persons that *text* spells as JSON, or as Python prints it."""
    records: dict[frozenset[str], list[Any]] = {}
    for value in (*values_in(text), *(values_in(_as_json(text)) if _PYTHONIC.search(text) else ())):
        if value is UNREAD:
            yield _unread(where)
        elif isinstance(value, dict):
            records.setdefault(frozenset(value), []).append(value)
        elif isinstance(value, list) and value and not any(isinstance(each, dict | list) for each in value):
            records.setdefault(frozenset({str(len(value))}), []).append(value)
        else:
            yield from (said for grid in tables_in(value, where) for said in individual(grid))
    for alike in records.values():
        yield from (said for grid in tables_in(alike, where) for said in individual(grid))


def _as_json(text: str) -> str:
    for python, written in _PYTHON:
        text = text.replace(python, written)
    return text


def values_in(text: str) -> Iterator[Any]:
    """Yield the objects and lists that stand in *text*, the outermost of each; UNREAD when the end was not reached."""
    decoder, at, tried, wasted = json.JSONDecoder(), 0, 0, 0
    while found := _BEGINS.search(text, at):
        if tried >= MOST_TRIED or wasted >= MOST_WASTED:
            yield UNREAD
            return
        try:
            value, at = decoder.raw_decode(text, found.start())
        except json.JSONDecodeError as error:
            tried, wasted, at = tried + 1, wasted + error.pos - found.start(), found.start() + 1
        except RecursionError:
            tried, wasted, at = tried + 1, wasted + DEEP, found.start() + 1
        else:
            yield value


def _unread(where: str) -> Finding:
    return flag(
        "text.unread",
        where,
        "Trop de crochets qui n'ouvrent rien : le texte n'a pas été lu en entier, un vérificateur doit le lire.",
        "Too many brackets that open nothing: the text was not read to its end, a reviewer must read it.",
    )
