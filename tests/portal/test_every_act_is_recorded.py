"""Every act of the API and every look at the ledger leaves an entry: done or refused, whoever adds one to the table.

A person without any role or project tries each. What such a person may do is done and recorded as done; anything else
is recorded as refused, also where the answer is that there is no such thing. That what succeeds leaves an entry is
asserted in every other test of the portal as well (``nothing_is_done_unrecorded``).
"""

import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from audit.events import Kind
from audit.keystore import KeyStore
from audit.testing import MemoryLedger
from hub_extensions.portal.api.operations import OPERATIONS, Operation
from hub_extensions.portal.testing import OUT, PROJECT, World
from project_spaces.own_trace import OwnTrace
from tests.portal.conftest import ELSEWHERE

#: Rooms of which reading alone is an act: what they show is in the ledger, or about somebody.
LOOKS = frozenset({"audit", "sessions", "readers", "controls", "ledger_state", "trace", "openings"})
#: Looks that show no entry.
NO_LOOK = frozenset({"trace.key"})
#: What the address names, by its name there.
NAMED = {"project": PROJECT, "dataset": "omop-1001", "scope": PROJECT, "period": "2026-10", "charter": "cgu",
         "person": OUT, "index": "0", "table": "person"}  # fmt: skip
#: Values that only a person would find, by the field's name.
KNOWN: dict[str, Any] = {
    "scope": "all",
    "confirm": "tout",
    "taken_at": "2026-10-01",
    "name": PROJECT,
    "slug": "x",
    "mail": "x@example.org",
    "months": 12,
    "entries": ["0"],
    "username": OUT,
    "email": "x@example.org",
    "code": "000000",
}

#: Fields that may be left out, but not all of them.
MEANT = {"imports.create": {"project": PROJECT}}


def acts() -> list[Operation]:
    """What the walk goes through."""
    return [each for each in OPERATIONS if not each.public and (each.method != "GET" or each.tag in LOOKS)]


def example(schema: dict[str, Any], definitions: dict[str, Any], name: str = "") -> Any:
    """The plainest value that a field takes."""
    if "$ref" in schema:
        return example(definitions[schema["$ref"].rpartition("/")[2]], definitions, name)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], definitions, name)
    if "enum" in schema or name in KNOWN:
        accepted = schema.get("enum", (KNOWN.get(name),))
        return KNOWN[name] if KNOWN.get(name) in accepted else accepted[0]
    fields = schema.get("properties", {})
    plain: dict[str, Any] = {
        "object": {one: example(fields[one], definitions, one) for one in schema.get("required", ())},
        "integer": schema.get("minimum", 1),
        "number": schema.get("minimum", 1.0),
        "boolean": True,
        "string": "0" * 32 if "32" in schema.get("pattern", "") else "x" * max(12, schema.get("minLength", 1)),
    }
    if "date" in schema.get("format", ""):
        return "2027-01-01"
    return [example(schema["items"], definitions, name)] if "items" in schema else plain[schema.get("type", "string")]


def path_of(operation: Operation) -> str:
    return re.sub(r"{(\w+)}", lambda found: NAMED.get(found[1], "0" * 32), operation.path)


async def attempt(world: World, client: aiohttp.ClientSession, operation: Operation, who: str) -> tuple[int, str]:
    schema = operation.body.model_json_schema()
    body = example(schema, schema.get("$defs", {})) if schema.get("required") else {}
    body |= MEANT.get(f"{operation.tag}.{operation.verb.__name__}", {})
    named: dict[str, Any] = {"params": body} if operation.method == "GET" else {"json": body}
    headers = {"Authorization": f"token token-{who}"}
    async with client.request(operation.method, world.api + path_of(operation), headers=headers, **named) as answer:
        return answer.status, await answer.text()


async def test_whatever_is_tried_leaves_an_entry(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("audit.passphrase.MEMORY_KIB", 64)  # this is not about the cost of a guess
    own = OwnTrace(world.portal.store, KeyStore(tmp_path / "keys"))
    object.__setattr__(world.portal, "own", own)
    silent = {}
    for operation in acts():
        before = len(ledger.events)
        status, text = await attempt(world, client, operation, OUT)
        name = f"{operation.tag}.{operation.verb.__name__}"
        left = ledger.events[before:]
        assert status < 500, (name, text)
        refused = [each for each in left if each.kind is Kind.REFUSAL]
        if status in {403, 404}:
            assert len(refused) == 1, name
            assert refused[0].actor == OUT
            assert refused[0].private["reason"], name
            assert refused[0].subject["what"] == f"verbs.{name}", name
        elif not left:
            silent[name] = (status, text)
    found = [f"{name}: {what}" for name, what in silent.items() if name not in {*ELSEWHERE, *NO_LOOK}]
    assert not found, "\n".join(found)
