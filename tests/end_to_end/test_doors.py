"""Ways round the doors, on the real installation: forged tokens, servers of one's own, links, other ports."""

import asyncio
import json
from datetime import UTC, datetime

import aiohttp
import pytest

from hub_extensions.clients.kernel import Kernel
from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo.cast import ANALYST, OTHER_ANALYST
from hub_extensions.demo.scenery import OPEN_DATA, OTHER_PROJECT, PROJECT, habilitate
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.workspaces.book import WorkspaceBook
from project_spaces.errors import BureauError
from tests.end_to_end.world import World, leaves, project_folder

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def hub_api(client: WorkbenchClient, world: World, method: str, path: str, body: object = None) -> int:
    """Call the Hub's API as the signed-in person would from a page of the Hub."""
    headers = {"X-XSRFToken": client.cookie("_xsrf", "/hub/"), "Origin": world.settings.public_url}
    url = f"{world.settings.public_url}/hub/api{path}"
    async with client.session.request(method, url, json=body, headers=headers) as got:
        return got.status


def refusals_of_the_hub(world: World) -> int:
    """How many entries tell that the Hub refused the analyst something."""
    actor = ledger_keys(world.settings).pseudonym(ANALYST.username)
    told = (json.loads(leaf) for leaf in leaves(world))
    return sum(each["actor"] == actor and each["subject"].get("door") == "hub" for each in told)


async def until_closed(kernel: Kernel) -> None:
    """Receive until the connection ends."""
    async with asyncio.timeout(10):
        while True:
            await kernel.receive()


async def until_stopped(client: WorkbenchClient) -> None:
    """Wait until the home page no longer shows the workspace as open."""
    async with asyncio.timeout(20):
        # The end is another process's act: there is nothing to await but the page itself.
        while (await client.api("GET", f"/workspaces/{PROJECT}"))["state"] in {"running", "stopping"}:
            await asyncio.sleep(0.1)


async def test_people_start_no_servers_by_themselves(world: World, ana: WorkbenchClient) -> None:
    """B4: any name, the unnamed server, options stored without a start. B9: each try is an entry of the person."""
    before = refusals_of_the_hub(world)
    for path in (f"/users/{ANALYST.username}/server", f"/users/{ANALYST.username}/servers/mine"):
        assert await hub_api(ana, world, "POST", path, {}) in {403, 404}
    options = {"user_options": {"image": "evil"}}
    assert await hub_api(ana, world, "PATCH", f"/users/{ANALYST.username}/servers/{PROJECT}", options) in {
        403,
        404,
        405,
    }
    assert await hub_api(ana, world, "POST", f"/users/{OTHER_ANALYST.username}/servers/{PROJECT}", {}) in {403, 404}
    async with asyncio.timeout(10):
        while refusals_of_the_hub(world) < before + 4:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("token", ["forged", "eyJhbGciOiJub25lIn0.eyJuYW1lIjoiYW5hIn0.", "a" * 64])
async def test_a_forged_token_opens_nothing(world: World, ana: WorkbenchClient, token: str) -> None:
    headers = {"Authorization": f"token {token}", "Accept": "application/json"}
    async with aiohttp.ClientSession(connector=ana.session.connector, connector_owner=False) as stranger:
        async with stranger.get(ana.server(PROJECT) + "api/status", headers=headers, allow_redirects=False) as got:
            assert got.status in {302, 403}
        async with stranger.post(ana.server(PROJECT) + "api/kernels", json={}, headers=headers) as got:
            assert got.status == 403
        url = f"{world.settings.public_url}/services/bureau/api/v1/projects"
        async with stranger.get(url, headers=headers) as got:
            assert got.status in {401, 403}


async def test_the_gateways_own_ports_ask_the_same_questions(world: World, ana: WorkbenchClient) -> None:
    """Hers refuses a stranger; the other one refuses her too: what is remembered of a person is in one place."""
    address, origin = f"/user/{ANALYST.username}/{PROJECT}/api/kernels", world.settings.workspace_origin("ana")
    hers = world.settings.gateway_url(ANALYST.username)
    (other,) = {f"http://127.0.0.1:{port}" for port in world.settings.gateway_ports} - {hers}
    assert world.settings.gateway_url(OTHER_ANALYST.username) == other, "both gateways serve somebody here"
    async with aiohttp.ClientSession() as stranger:
        async with stranger.post(hers + address, json={}) as got:
            assert got.status == 403
        async with stranger.post(other + address, json={}, headers={**ana.headers, "Origin": origin}) as got:
            assert got.status == 503


async def test_a_link_out_of_the_home_shows_nothing_of_the_host(world: World, ana: WorkbenchClient) -> None:
    """C3: the contents API follows the link inside the container, where the target is not."""
    secret = world.settings.secrets_dir / "hub_cookie"
    async with ana.kernel(PROJECT) as kernel:
        await kernel.execute(
            f"import os; os.symlink({str(secret)!r}, '/project/link'); os.symlink('/', '/project/root')"
        )
    try:
        for path in ("projet/link", f"projet/root{secret}"):
            with pytest.raises(BureauError):
                await ana.get_file(PROJECT, path)
        with pytest.raises(BureauError) as refused:
            await ana.api("POST", f"/projects/{PROJECT}/checks", {"paths": ["link"]})
        assert refused.value.status in {403, 404, 422}
    finally:
        for name in ("link", "root"):
            (project_folder(world.settings, PROJECT) / name).unlink()


async def test_a_message_that_says_two_things_never_arrives(ana: WorkbenchClient) -> None:
    """C2: one parser would see B, another would run A."""
    async with ana.kernel(PROJECT) as kernel:
        url = f"{ana.server(PROJECT)}api/kernels/{kernel.id}/channels"
        text = json.dumps(
            {
                "channel": "shell",
                "parent_header": {},
                "metadata": {},
                "header": {
                    "msg_id": "m1",
                    "msg_type": "execute_request",
                    "session": "s1",
                    "username": "",
                    "version": "5.4",
                },
                "content": {"code": "planted = 1", "silent": False},
            }
        ).replace('"code": "planted = 1"', '"code": "planted = 1", "code": "planted = 2"')
        async with ana.session.ws_connect(url, headers=ana.headers) as socket:
            await socket.send_str(text)
            async with asyncio.timeout(10):
                while (answer := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    assert json.loads(answer.data)["parent_header"].get("msg_id") != "m1"
            assert (answer.type, answer.data) == (aiohttp.WSMsgType.CLOSE, 4400)
        result = await kernel.execute("print('planted' in globals())")
        assert result.text.strip() == "False"


async def test_a_start_without_habilitation_left_is_told_why(world: World, claire: WorkbenchClient) -> None:
    """An ended habilitation: no mount; a suspended project: no start, with the reason."""
    bruno = await world.client(OTHER_ANALYST.username)
    await claire.api("PATCH", "/admin/projects/cohorte", {"status": "suspended"})
    try:
        with pytest.raises(BureauError) as refused:
            await bruno.start_workspace("cohorte")
        assert "suspendu" in " ".join(text.fr for text in (refused.value.text, *refused.value.reasons))
    finally:
        await claire.api("PATCH", "/admin/projects/cohorte", {"status": "open"})


async def test_an_unknown_project_is_refused_as_one_of_others_is(ana: WorkbenchClient) -> None:
    said = []
    for project in ("nothing-here", OTHER_PROJECT):
        with pytest.raises(BureauError) as refused:
            await ana.api("POST", f"/workspaces/{project}/start", {})
        said.append((refused.value.status, refused.value.text))
    assert said[0] == said[1]
    assert said[0][0] == 403


async def test_a_quota_and_a_second_sign_in_do_not_undo_each_other(world: World, claire: WorkbenchClient) -> None:
    """A13: what the administrator set stands after the next sign-in."""
    limits = {"cpu": 2.0, "memory_mb": 1536, "pids": 200, "storage_gb": 5, "gpu_count": 0}
    await claire.api("PUT", f"/admin/projects/{PROJECT}/quota", limits)
    again = world.players.client(ANALYST.username)
    await again.sign_in()
    await again.session.close()
    page = await claire.api("GET", f"/admin/projects/{PROJECT}")
    assert page["quota"]["memory_mb"] == 1536


async def test_a_habilitation_that_ends_cuts_within_a_second_and_leaves_the_files(
    world: World, ana: WorkbenchClient, claire: WorkbenchClient
) -> None:
    """A1, A2: withdrawn while its person works; the connection closes, the container ends, what was saved is kept."""
    page = await claire.api("GET", f"/admin/projects/{PROJECT}")
    held = next(r["id"] for r in page["habilitations"] if r["dataset"] == OPEN_DATA and r["state"] == "current")
    async with ana.kernel(PROJECT) as kernel:
        await kernel.execute("open('/project/kept.txt', 'w').write('kept')")
        await claire.api(
            "DELETE", f"/admin/projects/{PROJECT}/habilitations", {"habilitation_id": held, "reason": "essai"}
        )
        with pytest.raises(BureauError) as closed:
            await until_closed(kernel)
        assert "pris fin" in closed.value.text.fr
    assert (project_folder(world.settings, PROJECT) / "kept.txt").read_text() == "kept"
    (project_folder(world.settings, PROJECT) / "kept.txt").unlink()
    await until_stopped(ana)
    with pytest.raises(BureauError) as refused:
        await ana.start_workspace(PROJECT)
    assert "dont des fichiers du projet" in refused.value.text.fr, "a new start is no way to what was made of the data"
    await habilitate(claire, PROJECT, ANALYST.username, OPEN_DATA)


async def test_what_people_did_is_in_the_log_under_pseudonyms(world: World) -> None:
    told = [json.loads(leaf) for leaf in leaves(world)]
    begun = {body["subject"].get("sign_in") for body in told if body["kind"] == "signin.success"}
    worked = {body["subject"]["sign_in"] for body in told if body["kind"] == "kernel.message"}
    assert worked - {"program"}, "who works in a browser has a session"
    assert worked - {"program"} <= begun, "each cell names the sign-in that it came from"
    bundles = world.settings.ledger_dir / "log" / "tile" / "entries"
    whole = b"".join(path.read_bytes() for path in bundles.rglob("*") if path.is_file())
    assert b"kernel.message" in whole
    for name in (ANALYST.username, "Moreau", "example.org", "import os"):
        assert f'"{name}"'.encode() not in whole


async def test_the_settings_of_this_start_are_recorded_once(world: World) -> None:
    """Seven processes read them; the first one wrote, whichever it was, and no other did."""
    told = [json.loads(leaf) for leaf in leaves(world) if b'"admin.act"' in leaf]
    (settings,) = [body["subject"] for body in told if body["subject"].get("what") == "settings"]
    assert settings["changed"] > 5


async def test_the_hubs_home_leads_to_the_portal(world: World, ana: WorkbenchClient) -> None:
    for path in ("/", "/hub/", "/hub/home"):
        async with ana.session.get(world.settings.public_url + path) as page:
            assert page.status == 200
            assert page.url.path == "/services/bureau/", path


async def test_the_gateway_reports_activity_with_the_servers_own_token(world: World, ana: WorkbenchClient) -> None:
    """The Hub would otherwise take a person at work for idle."""
    opened = WorkspaceBook.of(world.settings).open_workspace(ANALYST.username, PROJECT)
    assert opened is not None
    url = f"http://127.0.0.1:{world.settings.hub_port}/hub/api/users/{ANALYST.username}/activity"
    now = datetime.now(UTC).isoformat()
    body = {"last_activity": now, "servers": {PROJECT: {"last_activity": now}}}
    headers = {"Authorization": f"token {opened.hub_token}"}
    async with aiohttp.ClientSession() as gateway, gateway.post(url, json=body, headers=headers) as got:
        assert got.status == 200
    async with aiohttp.ClientSession() as gateway, gateway.get(url.rsplit("/", 2)[0], headers=headers) as got:
        assert got.status in {403, 404}, "the token of a server can do nothing else"
