"""Who may come in, from where, with what: attacks on the portal's own door."""

from typing import Any

import aiohttp
import pytest

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.portal.api.operations import OPERATIONS
from hub_extensions.portal.app import PAGES
from hub_extensions.portal.base import CONTENT_POLICY
from hub_extensions.portal.testing import ADA, ANA, AUD, NOW, OTHER, OUT, PAUL, PROJECT, SETUP, World
from project_spaces.people import disable_person

HOME_PAGES = (
    "",
    "habilitations",
    "onboarding",
    "why",
    "exports",
    "exports/new",
    "imports",
    "notifications",
    "sessions",
    "sessions/recovery",
)
AUDIT_PAGES = (
    "audit",
    "audit/sessions",
    "audit/verification",
    "audit/datasets",
    "audit/controls",
    "audit/egress",
    "audit/export",
    "trace",
    "trace/key",
    "openings",
)
REQUEST_PAGES = (
    "requests",
    "requests/new",
    "instruction",
    "instruction/stuck",
    "instruction/owners",
    "instruction/embargoes",
)
ADMIN_PAGES = (
    "admin",
    "admin/projects",
    f"admin/projects/{PROJECT}",
    "admin/datasets",
    "admin/datasets/omop-1001",
    f"admin/people/{ANA}",
    "admin/charters",
    "admin/trainings",
    "admin/stops",
    "admin/hubs",
    "admin/orphans",
    "admin/reviews",
    "admin/recalls",
    "admin/exports",
)
ALL_PAGES = (*HOME_PAGES, *REQUEST_PAGES, "review", "import-review", *ADMIN_PAGES, *AUDIT_PAGES)


def token(name: str) -> dict[str, str]:
    return {"Authorization": f"token token-{name}"}


async def sign_in(world: World, client: aiohttp.ClientSession, name: str) -> str:
    """Sign in as a browser does and return the page's own token."""
    async with client.get(f"{world.hub.url}/become/{name}"):
        pass
    async with client.get(world.address) as page:
        assert page.status == 200
    return next(cookie.value for cookie in client.cookie_jar if cookie.key == "_xsrf")


def path_of(pattern: str) -> str:
    return (
        pattern.replace("{project}", PROJECT)
        .replace("{request}", "0" * 32)
        .replace("{workspace}", "0" * 32)
        .replace("{step}", "0" * 32)
        .replace("{index}", "0")
        .replace("{scope}", PROJECT)
        .replace("{period}", "2026-10")
        .replace("{dataset}", "omop-1001")
        .replace("{campaign}", "0" * 32)
        .replace("{charter}", "cgu")
        .replace("{person}", OUT)
    )


async def test_without_signing_in_pages_lead_to_the_hub(world: World, client: aiohttp.ClientSession) -> None:
    for path in ALL_PAGES:
        async with client.get(world.address + path, allow_redirects=False) as answer:
            assert answer.status == 302, path
            assert answer.headers["Location"].startswith(f"{world.hub.url}/hub/api/oauth2/authorize")
            assert "code_challenge=" in answer.headers["Location"]


async def test_without_signing_in_every_call_answers_401(world: World, client: aiohttp.ClientSession) -> None:
    assert {each.tag for each in OPERATIONS if each.public} == {"catalogue", "register", "request_delays"}
    for operation in OPERATIONS:
        if operation.public:
            continue
        async with client.request(operation.method, world.api + path_of(operation.path), json={}) as answer:
            assert answer.status == 401, operation.path
            assert answer.content_type == "application/problem+json"
            problem = await answer.json(content_type=None)
            assert problem["text"]["fr"]
            assert problem["text"]["en"]


@pytest.mark.parametrize("who", ["worker", "unscoped"])
async def test_services_and_tokens_without_the_scope_are_refused(
    world: World, client: aiohttp.ClientSession, who: str
) -> None:
    async with client.get(f"{world.api}/projects", headers=token(who)) as answer:
        assert answer.status == 403


async def test_a_token_in_the_address_counts_for_nothing(world: World, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{world.api}/projects?token=token-{ANA}") as answer:
        assert answer.status == 401


async def test_a_stranger_to_the_domain_sees_the_reason_and_nothing_else(
    world: World, client: aiohttp.ClientSession
) -> None:
    async with client.get(f"{world.api}/projects", headers=token("mallory")) as answer:
        assert answer.status == 403
        assert (await answer.json(content_type=None))["reasons"]


async def test_a_person_who_was_disabled_is_out_at_the_next_request(
    world: World, client: aiohttp.ClientSession
) -> None:
    await sign_in(world, client, ANA)
    disable_person(world.portal.store, ANA, actor=SETUP, now=NOW, reason="départ")
    async with client.get(world.address) as page:
        assert page.status == 403
        text = await page.text()
    assert "n&#39;est pas actif" in text
    assert PROJECT not in text


async def test_a_cookie_alone_changes_nothing(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger
) -> None:
    """TRAPS C12: what runs in a workspace beside the portal has the person's browser, not the portal's page."""
    xsrf = {"X-XSRFToken": await sign_in(world, client, PAUL)}
    body = {"username": "eve", "display_name": "Eve", "email": "eve@example.org"}
    for headers in (
        {},
        {"X-XSRFToken": "forged"},
        {"Origin": "http://ana.bureau.localhost:8000", **xsrf},
        {"Origin": "null", **xsrf},
        {"Sec-Fetch-Site": "same-site", **xsrf},
        {"Sec-Fetch-Site": "cross-site", **xsrf},
    ):
        async with client.post(f"{world.api}/admin/people", json=body, headers=headers) as answer:
            assert answer.status in {401, 403}, headers
        async with client.post(f"{world.address}admin", data={"act": "create", **body}, headers=headers) as answer:
            assert answer.status == 403, headers
    assert {event.kind for event in ledger.events} == {Kind.REFUSAL}


async def test_the_same_with_the_pages_token_is_done(world: World, client: aiohttp.ClientSession) -> None:
    xsrf = await sign_in(world, client, PAUL)
    body = {"username": "eve", "display_name": "Eve", "email": "eve@example.org"}
    headers = {"X-XSRFToken": xsrf, "Origin": world.url, "Sec-Fetch-Site": "same-origin"}
    async with client.post(f"{world.api}/admin/people", json=body, headers=headers) as answer:
        assert answer.status == 201
        assert len((await answer.json())["activation_code"]) > 20


async def test_the_token_of_another_persons_page_is_refused(world: World, client: aiohttp.ClientSession) -> None:
    other = await sign_in(world, client, ANA)
    client.cookie_jar.clear()
    await sign_in(world, client, PAUL)
    async with client.post(f"{world.api}/admin/roles", json={}, headers={"X-XSRFToken": other}) as answer:
        assert answer.status in {401, 403}


async def test_reading_changes_nothing(world: World, client: aiohttp.ClientSession, ledger: MemoryLedger) -> None:
    before = world.portal.store.revision()
    reads = [world.api + path_of(each.path) for each in OPERATIONS if each.method == "GET"]
    for address in [*reads, *(world.address + path for path in ALL_PAGES)]:
        for who in (ANA, ADA, PAUL, AUD):
            async with client.get(address, headers=token(who)) as answer:
                assert answer.status < 500
    assert world.portal.store.revision() == before
    assert {event.kind.value for event in ledger.events} == {"audit.read", "output.count", "refusal"}
    assert world.hub.calls == []


#: A body that would be right, field by field.
BODY: dict[str, Any] = {
    "username": "eve",
    "display_name": "Eve",
    "public": True,
    "email": "eve@example.org",
    "reason": "r",
    "role": "analyst",
    "slug": "x",
    "title": "x",
    "purpose": "x",
    "starts_at": "2026-01-01",
    "ends_at": "2027-01-01",
    "dataset": "pmsi-mco",
    "membership_id": "0",
    "habilitation_id": "0",
    "cpu": 2.0,
    "months": 12,
    "hour_mb": 1,
    "day_mb": 1,
    "scope": "project",
    "name": PROJECT,
    "confirm": PROJECT,
    "kind": "membership",
    "right": "0",
    "reference": "x",
    "certificate": "x",
    "document": "x",
    "organisation": "chu",
    "title_fr": "x",
    "title_en": "x",
    "text_fr": "x",
    "text_en": "x",
    "charter": "cgu",
    "sign_by": "2027-01-01",
    "required": True,
    "decision": "keep",
    "evidence": "x",
    "project": PROJECT,
    **dict.fromkeys(("claim_id", "training_id", "approval_id", "agreement_id", "embargo_id"), "0"),
    **dict.fromkeys(("perimeter_id", "switch_id", "item_id"), "0"),
}


@pytest.mark.parametrize("who", [ANA, ADA, AUD, OUT])
async def test_only_administrators_administer(world: World, client: aiohttp.ClientSession, who: str) -> None:
    before = world.portal.store.revision()
    for operation in OPERATIONS:
        if not operation.path.startswith("/admin/") or (who == AUD and operation.method == "GET"):
            continue  # auditors look at people, reviews and stops
        body = {name: value for name, value in BODY.items() if name in operation.body.model_fields}
        if operation.verb.__name__.endswith("role"):
            body["role"] = "administrator"
        if operation.verb.__name__ not in {"create_person"} and "username" in body:
            body["username"] = OUT
        url = world.api + path_of(operation.path)
        async with client.request(operation.method, url, json=body or None, headers=token(who)) as answer:
            assert answer.status in {403, 404}, (operation.path, await answer.text())
            assert answer.content_type == "application/problem+json"
            problem = await answer.json(content_type=None)
            for text in (problem["text"], *problem["reasons"]):
                assert text["fr"].strip()
                assert text["en"].strip()
                assert text["fr"] != text["en"]
            assert answer.status == 404 or problem["reasons"], operation.path
            assert answer.status == 404 or problem["why"].startswith("/services/bureau/why?action="), operation.path
    assert world.portal.store.revision() == before


async def test_administrators_have_no_data_rights(world: World, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{world.api}/projects/{PROJECT}/files", headers=token(PAUL)) as answer:
        assert answer.status == 403
    for path in ("projects", "exports", "reviews", "habilitations"):
        async with client.get(f"{world.api}/{path}", headers=token(PAUL)) as answer:
            assert not any((await answer.json()).values()), path


async def test_only_auditors_audit(world: World, client: aiohttp.ClientSession, ledger: MemoryLedger) -> None:
    for who in (ANA, ADA, PAUL, OUT):
        for operation in OPERATIONS:
            if operation.path.startswith("/audit"):
                path = world.api + path_of(operation.path)
                async with client.request(operation.method, path, json={}, headers=token(who)) as answer:
                    assert answer.status in {403, 422}, (who, operation.path)
                    assert answer.status == 403 or operation.method != "GET", operation.path
    assert set(ledger.kinds()) == {Kind.REFUSAL}


async def test_an_administrator_grants_nothing_to_himself(world: World, client: aiohttp.ClientSession) -> None:
    body = {"username": PAUL, "dataset": "pmsi-mco", "ends_at": "2027-01-01"}
    url = f"{world.api}/admin/projects/{PROJECT}/habilitations"
    async with client.post(url, json=body, headers=token(PAUL)) as answer:
        assert answer.status == 403
        problem = await answer.json(content_type=None)
    assert "soi-même" in problem["text"]["fr"]


async def test_a_workspace_starts_only_where_the_domain_says_yes(world: World, client: aiohttp.ClientSession) -> None:
    for who, project in ((ANA, OTHER), (OUT, PROJECT), (ADA, PROJECT), (PAUL, PROJECT)):
        url = f"{world.api}/workspaces/{project}/start"
        async with client.post(url, json={}, headers=token(who)) as answer:
            assert answer.status == 403
            assert (await answer.json(content_type=None))["reasons"]
    assert world.hub.calls == []


async def test_security_headers_are_on_every_answer(world: World, client: aiohttp.ClientSession) -> None:
    await sign_in(world, client, PAUL)
    addresses = [world.address + path for path in (*ALL_PAGES, "nowhere", "static/bureau.css", "exports/" + "0" * 32)]
    addresses += [f"{world.api}/{path}" for path in ("projects", "openapi.json", "nowhere")]
    for address in addresses:
        async with client.get(address) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff", address
            assert "frame-ancestors 'none'" in policy, address
            assert "unsafe-inline" not in policy
            assert "unsafe-eval" not in policy
            if "static" not in address:
                assert answer.headers["Referrer-Policy"] == "same-origin"
                assert answer.headers["Cache-Control"] == "no-store"
                assert policy == CONTENT_POLICY
            assert "TornadoServer" not in answer.headers.get("Server", "") or "static" in address


async def test_every_page_of_the_table_is_among_those_tried_here() -> None:
    plain = {path for path, _ in PAGES if "(?P" not in path}
    assert plain <= set(ALL_PAGES)


async def test_when_the_hub_is_away_the_person_is_told(world: World, client: aiohttp.ClientSession) -> None:
    await sign_in(world, client, ANA)
    world.hub.down = True
    async with client.get(world.address) as page:
        assert page.status == 503
        assert "Hub ne répond pas" in await page.text()


async def test_when_the_ledger_is_away_nothing_is_done_and_it_is_said(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger
) -> None:
    ledger.stop()
    before = world.portal.store.revision()
    body = {"username": "eve", "display_name": "Eve", "email": "eve@example.org"}
    async with client.post(f"{world.api}/admin/people", json=body, headers=token(PAUL)) as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"]
    async with client.get(f"{world.api}/audit", headers=token(AUD)) as answer:
        assert answer.status == 503
    assert world.portal.store.revision() == before
