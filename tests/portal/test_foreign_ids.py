"""Every call of the API with a name or an id of somebody else's: whoever has nothing to do with it learns nothing.

One walk over the table of operations, so that a call that is added is walked too. Names (of a project, a person) can be
guessed, so what there is and what there is not must be answered alike, word for word. An id can't be guessed; whoever
was given one learns no word of what it stands for, and changes nothing.
"""

import re
from typing import Any

import pytest

from hub_extensions.portal.api.operations import OPERATIONS, Operation
from hub_extensions.portal.testing import ADA, ANA, BEN, NOW, OTHER, OUT, PAUL, PROJECT, World
from project_spaces.facts import StopScope
from project_spaces.kill_switches import set_switch
from tests.portal.conftest import in_the_room
from tests.portal.request_people import CARL, FORM, staff
from tests.portal.test_api import Caller, call
from tests.portal.test_every_act_is_recorded import MEANT, example

__all__ = ["call"]

NOTHING = "f" * 32
#: What can be guessed, and what is named in its place when nothing is.
NONE = {"project": "nothing-here", "scope": "nothing-here", "person": "nobody-here"}
GUESSED, IDS = frozenset(NONE), frozenset({"request", "step", "campaign"})
SECRET = "Étude confidentielle"
#: What everybody may know of: the catalogue, the register and what is asked of each person.
OPEN = frozenset({"catalogue", "register"})


@in_the_room
async def foreign(world: World, call: Caller) -> dict[str, str]:
    """One thing of each kind, of Ana's project or about Ben; by the first part of the address and the id's name."""
    staff(world)
    request = (await call(ANA, "POST", "/requests", {}, 201))["id"]
    await call(ANA, "PUT", f"/requests/{request}", {**FORM, "title": SECRET})
    await call(ANA, "POST", f"/requests/{request}/submit", {})
    step = (await call(ANA, "GET", f"/requests/{request}"))["steps"][0]["id"]
    export = (await call(ANA, "POST", "/exports", {"project": PROJECT, "title": SECRET, "purpose": "p"}, 201))["id"]
    imported = (await call(ANA, "POST", "/imports", {"project": PROJECT, "title": SECRET}, 201))["id"]
    due = {"occasion": "yearly", "due_at": "2027-06-01"}
    campaign = (await call(PAUL, "POST", "/admin/reviews", due, 201))["id"]
    return {
        "request": export,
        "requests/request": request,
        "imports/request": imported,
        "import-review/request": imported,
        "step": step,
        "campaign": campaign,
        "workspace": NOTHING,
        "project": PROJECT,
        "scope": PROJECT,
        "person": BEN,
    }


def named(operation: Operation) -> list[str]:
    return re.findall(r"{(\w+)}", operation.path)


def address(operation: Operation, found: dict[str, str]) -> str:
    room = operation.path.split("/")[1]
    return re.sub(
        r"{(\w+)}",
        lambda each: found.get(f"{room}/{each[1]}") or found.get(each[1]) or {"period": "2026-10"}.get(each[1], "0"),
        operation.path,
    )


async def answered(world: World, call: Caller, operation: Operation, who: str, found: dict[str, str]) -> str:
    """What *who* is told, with the names of the address left out."""
    schema = operation.body.model_json_schema()
    body: dict[str, Any] = example(schema, schema.get("$defs", {})) if schema.get("required") else {}
    body |= MEANT.get(f"{operation.tag}.{operation.verb.__name__}", {})
    where = address(operation, found)
    sent = {"params": body} if operation.method == "GET" else {"json": body}
    headers = {"Authorization": f"token token-{who}"}
    async with call.client.request(operation.method, world.api + where, headers=headers, **sent) as answer:
        text = f"{answer.status} {await answer.text()}"
    for value in {*found.values()}:
        text = text.replace(value, "–")
    return text


def walked(names: frozenset[str]) -> list[Operation]:
    return [each for each in OPERATIONS if each.tag not in OPEN and names.intersection(named(each))]


@pytest.mark.parametrize("who", [OUT, CARL])
async def test_a_name_that_was_guessed_is_answered_like_one_that_is_none(
    world: World, call: Caller, foreign: dict[str, str], who: str
) -> None:
    told = []
    for operation in walked(GUESSED):
        theirs = await answered(world, call, operation, who, foreign)
        none = await answered(world, call, operation, who, foreign | NONE)
        if theirs != none:
            told.append(f"{operation.method} {operation.path}\n   {theirs[:300]}\n   {none[:300]}")
    assert "\n".join(told) == ""


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/why?action=open_workspace&project={}"),
        ("GET", "/why?action=mount_dataset&dataset=pmsi-mco&project={}"),
        ("GET", "/why?action=review_export&project={}"),
        ("POST", "/exports"),
        ("POST", "/imports"),
    ],
)
async def test_nor_does_a_question_tell_it(world: World, call: Caller, method: str, path: str) -> None:
    """With the project stopped and ended, whatever it is would be said in other words."""
    set_switch(world.portal.store, StopScope.PROJECT, PROJECT, reason="r", actor=PAUL, now=NOW)
    texts = set()
    for project in (PROJECT, OTHER, "nothing-here"):
        body = (
            {"project": project, "title": "t", "purpose": "p"}
            if path == "/exports"
            else {"project": project, "title": "t"}
        )
        sent = {} if method == "GET" else {"json": body}
        headers = {"Authorization": f"token token-{OUT}"}
        async with call.client.request(method, world.api + path.format(project), headers=headers, **sent) as answer:
            texts.add(f"{answer.status} {await answer.text()}".replace(project, "–"))
    assert len(texts) == 1, texts


@pytest.mark.parametrize("who", [OUT, ADA])
async def test_an_id_of_others_tells_and_changes_nothing(
    world: World, call: Caller, foreign: dict[str, str], who: str
) -> None:
    """Ada is a reviewer, and nothing of Ana's is to be reviewed yet."""
    for operation in walked(IDS):
        before = world.portal.store.revision()
        text = await answered(world, call, operation, who, foreign)
        assert text[:3] in {"403", "404", "409", "422"}, (operation.path, text)
        assert SECRET not in text, operation.path
        assert world.portal.store.revision() == before, operation.path


async def test_of_an_id_of_others_and_of_one_that_is_none_the_same_is_told(
    world: World, call: Caller, foreign: dict[str, str]
) -> None:
    """Whoever found an id in a screenshot or a log learns not even that it stands for something."""
    none = {name: NOTHING if name.rpartition("/")[2] in IDS else value for name, value in foreign.items()}
    told = []
    for operation in walked(IDS):
        theirs = await answered(world, call, operation, OUT, foreign)
        nothing = await answered(world, call, operation, OUT, none)
        if theirs != nothing:
            told.append(f"{operation.method} {operation.path}\n   {theirs[:200]}\n   {nothing[:200]}")
    assert "\n".join(told) == ""
