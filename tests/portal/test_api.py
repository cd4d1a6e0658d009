"""The API: what its document says is what it does, errors are problem documents, bodies are strict."""

import json
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator

from audit.testing import MemoryLedger
from hub_extensions.portal.api.document import document
from hub_extensions.portal.api.operations import OPERATIONS
from hub_extensions.portal.testing import ADA, ANA, BEA, BEN, OUT, PAUL, PROJECT, World


def token(name: str) -> dict[str, str]:
    return {"Authorization": f"token token-{name}"}


class Caller:
    """Short words for what these tests do again and again."""

    def __init__(self, world: World, client: aiohttp.ClientSession) -> None:
        self.world, self.client = world, client

    async def __call__(self, who: str, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        async with self.client.request(method, self.world.api + path, json=body, headers=token(who)) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return json.loads(text)


@pytest.fixture
def call(world: World, client: aiohttp.ClientSession) -> Caller:
    """Calls the API as somebody."""
    return Caller(world, client)


async def test_the_document_describes_every_call(world: World, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{world.api}/openapi.json", headers=token(OUT)) as answer:
        served = await answer.json()
    assert served == json.loads(json.dumps(document()))
    assert served["openapi"].startswith("3.1")
    for operation in OPERATIONS:
        described = served["paths"][operation.path][operation.method.lower()]
        assert described["summary"]
        assert str(operation.status) in described["responses"]
    names = [each["operationId"] for path in served["paths"].values() for each in path.values()]
    assert len(names) == len(set(names))


def test_the_schemas_are_schemas_and_every_reference_leads_somewhere() -> None:
    text = json.dumps(document())
    schemas = document()["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    for piece in text.split('"#/components/schemas/')[1:]:
        assert piece.split('"')[0] in schemas


async def test_my_projects_come_with_reasons_in_both_languages(call: Caller) -> None:
    found = await call(ANA, "GET", "/projects")
    first, second = found["projects"]
    assert (first["slug"], first["opening"]["allowed"], first["workspace"]["state"]) == (PROJECT, True, "stopped")
    assert second["opening"]["reasons"][0]["code"] == "project_ended"
    by_slug = {each["slug"]: each for each in first["datasets"]}
    assert by_slug["omop-1001"]["allowed"]
    assert by_slug["snds-synth"]["soon"]
    assert "retirée" in by_slug["pmsi-mco"]["reasons"][0]["text"]["fr"]
    assert "withdrawn" in by_slug["pmsi-mco"]["reasons"][0]["text"]["en"]


async def test_a_start_answers_at_once_and_ends_in_an_address_on_the_workspaces_own_origin(call: Caller) -> None:
    state = await call(ANA, "POST", f"/workspaces/{PROJECT}/start", {}, 202)
    for _ in range(200):
        if state["state"] == "running":
            break
        state = await call(ANA, "GET", f"/workspaces/{PROJECT}")
    assert state["url"] == f"http://ana.bureau.localhost:8000/user/ana/{PROJECT}/lab"
    await call(ANA, "POST", f"/workspaces/{PROJECT}/stop", {})
    assert call.world.hub.calls == [f"start ana/{PROJECT}", f"stop ana/{PROJECT}"]


async def test_a_start_that_fails_tells_the_spawners_reason(call: Caller) -> None:
    call.world.hub.start_answer = (503, "Le moteur ne répond pas. — The engine does not answer.")
    state = await call(ANA, "POST", f"/workspaces/{PROJECT}/start", {}, 202)
    for _ in range(200):
        if state["state"] == "refused":
            break
        state = await call(ANA, "GET", f"/workspaces/{PROJECT}")
    assert state["reason"] == {"fr": "Le moteur ne répond pas.", "en": "The engine does not answer."}


async def test_asking_twice_starts_once(call: Caller) -> None:
    call.world.hub.start_answer = (202, "")
    await call(ANA, "POST", f"/workspaces/{PROJECT}/start", {}, 202)
    await call(ANA, "POST", f"/workspaces/{PROJECT}/start", {}, 202)
    state = await call(ANA, "GET", f"/workspaces/{PROJECT}")
    assert state["state"] == "starting"
    assert 0 < state["progress"] < 100


async def test_an_export_from_its_file_to_its_download(
    call: Caller, world: World, client: aiohttp.ClientSession
) -> None:
    world.write("rate.csv", b"age,n\r\n40,120\r\n")
    listed = await call(ANA, "GET", f"/projects/{PROJECT}/files")
    assert [file["path"] for file in listed["files"]] == ["rate.csv"]
    body = {"project": PROJECT, "title": "Taux", "purpose": "Article", "files": ["rate.csv"], "recipients": ["ben"]}
    request = (await call(ANA, "POST", "/exports", body, 201))["id"]
    assert (await call(ANA, "POST", f"/exports/{request}/submit", {}))["state"] == "submitted"
    for reviewer in (ADA, BEA):
        page = await call(reviewer, "GET", f"/exports/{request}")
        assert page["viewer_role"] == "reviewer"
        assert page["files"][0]["votes"] == []
        vote = {"file_id": page["files"][0]["id"], "verdict": "approve"}
        await call(reviewer, "POST", f"/exports/{request}/votes", vote)
    link = (await call(BEN, "GET", "/exports"))["received"][0]["id"]
    await call(ANA, "POST", f"/downloads/{link}", status=404)
    async with client.get(f"{world.api}/downloads/{link}", headers=token(BEN)) as answer:
        assert answer.status in {404, 405}
    assert (await call(BEN, "GET", "/exports"))["received"][0]["used"] == 0
    async with client.post(f"{world.api}/downloads/{link}", headers=token(BEN)) as answer:
        assert answer.status == 200
        data = await answer.read()
        assert answer.content_type == "application/zip"
        assert "attachment" in answer.headers["Content-Disposition"]
        assert len(data) == int(answer.headers["Content-Length"])
    assert data.startswith(b"PK")
    assert (await call(BEN, "GET", "/exports"))["received"][0]["used"] == 1
    await call(ANA, "POST", f"/exports/{request}/revoke", {"message": "erreur"})
    await call(BEN, "POST", f"/downloads/{link}", status=409)


async def test_a_blocked_file_stays_and_says_where(call: Caller) -> None:
    call.world.write("small.csv", b"BLOCK")
    body = {"project": PROJECT, "title": "Taux", "purpose": "Article", "files": ["small.csv"]}
    request = (await call(ANA, "POST", "/exports", body, 201))["id"]
    done = await call(ANA, "POST", f"/exports/{request}/submit", {})
    assert done["state"] == "draft"
    assert done["files"][0]["findings"][0]["where"] == "B3"
    checked = await call(ANA, "POST", f"/projects/{PROJECT}/checks", {"paths": ["small.csv"]})
    assert checked["files"] == done["files"]


async def test_outsiders_learn_nothing_of_a_request(call: Caller) -> None:
    body = {"project": PROJECT, "title": "Secret", "purpose": "Article"}
    request = (await call(ANA, "POST", "/exports", body, 201))["id"]
    for who in (OUT, PAUL, ADA):  # a draft is not yet a reviewer's either
        problem = await call(who, "GET", f"/exports/{request}", status=404)
        assert "Secret" not in json.dumps(problem)


@pytest.mark.parametrize(
    "body",
    [b'{"username":"a","username":"b"}', b'{"cpu":NaN}', b"[1]", b'"x"', b"\xff", b"{", b"[" * 100 + b"]" * 100],
)
async def test_what_is_not_strict_json_is_refused(world: World, client: aiohttp.ClientSession, body: bytes) -> None:
    async with client.post(f"{world.api}/admin/people", data=body, headers=token(PAUL)) as answer:
        assert answer.status == 422
        problem = await answer.json(content_type=None)
    assert problem["text"]["fr"] != problem["text"]["en"]


async def test_a_problem_speaks_the_language_asked_for(world: World, client: aiohttp.ClientSession) -> None:
    for language, word in (("fr", "Champ"), ("en", "Field")):
        headers = {**token(PAUL), "Accept-Language": language}
        async with client.post(f"{world.api}/admin/projects", json={}, headers=headers) as answer:
            problem = await answer.json(content_type=None)
        assert problem["detail"] == problem["text"][language]
        assert problem["status"] == answer.status == 422
        assert problem["reasons"][0][language].startswith(word)


async def test_unknown_addresses_and_methods(world: World, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{world.api}/nowhere", headers=token(ANA)) as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"
    async with client.delete(f"{world.api}/projects", headers=token(ANA)) as answer:
        assert answer.status in {404, 405}
        assert answer.content_type == "application/problem+json"


async def test_a_quota_is_set_as_data_and_a_bad_one_names_its_range(call: Caller, ledger: MemoryLedger) -> None:
    limits = {"cpu": 4.5, "memory_mb": 8192, "pids": 512, "storage_gb": 100, "gpu_count": 2}
    await call(PAUL, "PUT", f"/admin/projects/{PROJECT}/quota", limits)
    assert (await call(ANA, "GET", f"/projects/{PROJECT}"))["quota"] == limits
    assert ledger.kinds()[-1].value == "quota.changed"
    problem = await call(PAUL, "PUT", f"/admin/projects/{PROJECT}/quota", limits | {"cpu": 0}, 422)
    assert "0.1" in problem["detail"]


async def test_rights_are_granted_and_withdrawn_in_the_project_that_the_address_names(call: Caller) -> None:
    at = f"/admin/projects/{PROJECT}"
    body = {"username": BEN, "dataset": "omop-1001", "ends_at": "2027-01-01", "reason": "convention 12"}
    number = (await call(PAUL, "POST", f"{at}/habilitations", body, 201))["id"]
    held = (await call(BEN, "GET", "/habilitations"))["habilitations"]
    assert held[0]["dataset"]["allowed"]
    end = {"habilitation_id": number, "reason": "fin"}
    await call(PAUL, "DELETE", "/admin/projects/greffes-rein/habilitations", end, 404)
    await call(PAUL, "DELETE", f"{at}/habilitations", end)
    held = (await call(BEN, "GET", "/habilitations"))["habilitations"]
    assert not held[0]["dataset"]["allowed"]
    assert held[0]["periods"][0]["state"] == "revoked"
