"""Values that no form sends, in every field of every call: each is taken or refused with a sentence, none breaks."""

import inspect
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from pydantic import BaseModel

from hub_extensions.portal.api.operations import OPERATIONS, Operation
from hub_extensions.portal.context import Call
from hub_extensions.portal.inputs import parse
from hub_extensions.portal.testing import NOW, OUT, PAUL, PROJECT, World
from project_spaces.errors import BureauError, Invalid
from tests.portal.test_access import BODY

#: Kept from the eyes, or read otherwise than it is.
UNSEEN = ("a\x00b", "\u202egnp.exe", "a\u2066b", "x\x1b[2J", "x\x85y", "\ud800")
HOSTILE: tuple[Any, ...] = (
    "x\r\nBcc: all@example.org",
    "%_%' OR 1=1 --",
    "9999-12-31",
    "9999-12-31T23:59:59-14:00",
    10**30,
    None,
    [[["x"]]],
    "A" * 30_000,
)
PATH = {
    "project": PROJECT,
    "dataset": "omop-1001",
    "index": "0",
    "scope": PROJECT,
    "period": "2026-10",
    "charter": "cgu",
    "person": OUT,
    "table": "T",
    **dict.fromkeys(("request", "workspace", "step", "campaign"), "0" * 32),
}


def bodies(model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    """A body that could be right, with one wrong value in it."""
    right = {name: value for name, value in BODY.items() if name in model.model_fields}
    for name in model.model_fields:
        for value in HOSTILE:
            yield {**right, name: value}


async def tried(world: World, operation: Operation, raw: dict[str, Any]) -> None:
    """Do *operation* as an administrator, whom most is asked of; to be refused is right too."""
    call = Call(world.portal, PAUL, NOW, PATH)
    with suppress(BureauError):
        result = operation.verb(call, parse(operation.body, raw))
        if inspect.isawaitable(result):
            await result


async def test_no_value_breaks_a_call(world: World) -> None:
    broken = []
    for operation in OPERATIONS:
        for raw in bodies(operation.body):
            try:
                await tried(world, operation, raw)
            except Exception as error:  # noqa: BLE001 - whatever it is, it would have been answered with 500
                broken.append(f"{operation.method} {operation.path} {str(raw)[:200]}: {error!r:.200}")
    assert "\n".join(broken) == ""


@pytest.mark.parametrize("value", UNSEEN)
def test_what_no_eye_sees_is_refused_in_every_text_of_every_call(value: str) -> None:
    for model in {operation.body for operation in OPERATIONS}:
        for name in model.model_fields:
            for raw in ({name: value}, {name: [value]}, {name: {"a": value}}, {name: {value: "a"}}):
                with pytest.raises(Invalid) as refused:
                    parse(model, raw)
                assert any(
                    reason.en.endswith("an invisible or control character is refused.")
                    for reason in refused.value.reasons
                )
                assert value not in str(refused.value.reasons)
