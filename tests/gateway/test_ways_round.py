"""Ways round the gateway that worked once: bytes in an opening, narrow tokens, answers without end, a late decision."""

import asyncio
import json

import aiohttp
import pytest
from yarl import URL

from audit.events import Kind
from project_spaces.decisions import Decision
from tests.gateway.conftest import ORIGIN, PREFIX, REVOKED, Bench
from tests.gateway.test_gateway import answer, frame

SMUGGLED = "SECRET-CODE-IN-A-SESSION-ID"


async def test_what_an_opening_carries_is_recorded_before_it_reaches_the_workspace(gateway: Bench) -> None:
    """The server inside is its user's: address, session and kernel of a WebSocket are bytes from outside too."""
    async with gateway.channels(query=f"?session_id={SMUGGLED}") as socket:
        await socket.send_str(str(frame()))
        await answer(socket)
    (opening,) = gateway.workspace.openings
    assert SMUGGLED in opening.what
    assert opening.entries == 1
    (event,) = gateway.ledger.of(Kind.REQUEST)
    assert event.content is not None
    assert json.loads(event.content)["target"] == opening.what


@pytest.mark.parametrize(
    ("place", "query"),
    [
        ("api/kernels/0b9f7a1c-1111-2222-3333-444455556666/channels", "?session_id=s&more=1"),
        ("api/kernels/0b9f7a1c-1111-2222-3333-444455556666/channels", "?session_id=s&session_id=t"),
        ("api/kernels/0b9f7a1c-1111-2222-3333-444455556666/channels", "?session_id=import%20os"),
        ("terminals/websocket/1", f"?say={SMUGGLED}"),
        ("terminals/websocket/1", "?session_id=s"),
        ("api/events/subscribe", f"?say={SMUGGLED}"),
        ("api/events/subscribe", "?say=%ff"),
    ],
)
async def test_an_upgrade_whose_address_carries_more_is_refused_and_recorded(
    gateway: Bench, place: str, query: str
) -> None:
    """One could be told from the others without a trace, in a close frame and in English."""
    headers = {"X-Signed-In-As": "ana", "Origin": ORIGIN, "Upgrade": "websocket", "Connection": "Upgrade"}
    headers |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    address = URL(f"{gateway.url}{PREFIX}/{place}{query}", encoded=True)
    async with gateway.session.get(address, headers=headers) as got:
        assert got.status == 422
        told = (await got.json())["detail"]
    assert told["fr"].startswith("Param")
    assert told["fr"] != told["en"]
    (refusal,) = gateway.ledger.of(Kind.REFUSAL)
    assert (refusal.actor, refusal.private["reason"]) == ("ana", told["en"])
    assert gateway.workspace.openings == []


async def test_without_a_ledger_no_connection_is_opened(gateway: Bench) -> None:
    gateway.ledger.stop()
    terminal = f"{gateway.url}{PREFIX}/terminals/websocket/import_os"
    signed_in = {"X-Signed-In-As": "ana", "Origin": ORIGIN}
    for opened in (gateway.channels, lambda: gateway.session.ws_connect(terminal, headers=signed_in)):
        async with opened() as socket:
            closed = await answer(socket)
            assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 4503)
    assert gateway.workspace.openings == []


async def test_a_token_for_something_else_opens_no_workspace(gateway: Bench) -> None:
    """Its owner's name is not enough: a token that may only read a name runs no code."""
    for scopes in ("read:users:name!user=ana", "access:services!service=bureau", "access:servers!server=ana/autre"):
        headers = {"X-Scopes": scopes, "Authorization": "token t"}
        async with gateway.request("POST", f"{PREFIX}/api/kernels", json={}, headers=headers) as got:
            assert got.status == 403
    assert gateway.workspace.effects == []


async def test_a_revocation_cuts_an_answer_that_has_no_end(gateway: Bench) -> None:
    async with gateway.request("GET", f"{PREFIX}/lab/tree/endless") as got:
        await got.content.readexactly(1)
        gateway.domain.change(REVOKED)
        await gateway.seats.refresh()
        ended = ""
        try:
            async with asyncio.timeout(5):
                await got.content.read()
        except aiohttp.ClientPayloadError:
            ended = "broken off"
        assert ended == "broken off", "an answer that was cut is no complete answer"


async def test_a_right_withdrawn_while_the_seat_is_taken_is_seen(
    gateway: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look at the revision falls between the decision and its being kept."""
    loop = asyncio.get_running_loop()

    def decide_late(*_: object) -> Decision:
        before = gateway.domain.decision
        monkeypatch.undo()
        gateway.domain.change(REVOKED)
        asyncio.run_coroutine_threadsafe(gateway.seats.refresh(), loop).result(5)
        return before

    monkeypatch.setattr(gateway.domain, "decide", decide_late)
    await gateway.seats.find("ana", "etude")
    await gateway.seats.refresh()
    async with gateway.request("GET", f"{PREFIX}/api/status") as got:
        assert got.status == 403
    assert gateway.workspace.effects == []


@pytest.mark.parametrize("path", ["%25ff", "a%2520b"])
async def test_a_path_is_decoded_once(gateway: Bench, path: str) -> None:
    """Twice would open another file than the one that was named."""
    url = URL(f"{gateway.url}{PREFIX}/api/contents/{path}", encoded=True)
    async with gateway.session.get(url, headers={"X-Signed-In-As": "ana", "Origin": ORIGIN}) as got:
        assert got.status == 200
    (effect,) = gateway.workspace.effects
    assert effect.what.endswith("/" + path)


async def test_a_path_that_is_no_text_is_refused(gateway: Bench) -> None:
    url = URL(f"{gateway.url}{PREFIX}/api/contents/%ff", encoded=True)
    async with gateway.session.get(url, headers={"X-Signed-In-As": "ana", "Origin": ORIGIN}) as got:
        assert got.status == 400
    assert gateway.workspace.effects == []


async def test_no_word_that_a_client_chooses_is_in_a_leaf(gateway: Bench) -> None:
    """Leaves are public: a message's id was a way out of 96 bytes, past every reviewer."""
    async with gateway.channels() as socket:
        for number in (184017512345, 184017512346):
            await socket.send_str(str(frame(number)))
            await answer(socket)
    terminal = f"{gateway.url}{PREFIX}/terminals/websocket/NIR-184017512345"
    async with gateway.session.ws_connect(terminal, headers={"X-Signed-In-As": "ana", "Origin": ORIGIN}) as socket:
        await socket.send_str('["stdin","x"]')
        await answer(socket)
    said = [str(event.subject) for event in gateway.ledger.events]
    assert not [each for each in said if "1840175" in each or "444455556666" in each]
    messages = gateway.ledger.of(Kind.KERNEL_MESSAGE)
    assert len({event.subject["kernel"] for event in messages}) == 1
    opening = gateway.ledger.of(Kind.REQUEST)[0]
    assert opening.subject["label"] == messages[0].subject["kernel"], "the sealed address tells whose label it is"


async def test_signing_out_ends_an_open_connection(gateway: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tab left open on a shared computer went on running cells."""
    monkeypatch.setattr("hub_extensions.gateway.channels.LOOK_EVERY_S", 0.02)
    async with gateway.channels() as socket:
        await socket.send_str(str(frame()))
        await answer(socket)
        (await gateway.seats.find("ana", "etude")).hub_auth.signed_out = True  # type: ignore[attr-defined]
        closed = await answer(socket)
        assert (closed.data, "reconnectez-vous" in str(closed.extra)) == (4403, True)


async def test_what_a_terminal_shows_is_counted_too(gateway: Bench) -> None:
    """Printing in a terminal was a way to look without being counted."""
    url = f"{gateway.url}{PREFIX}/terminals/websocket/1"
    async with gateway.session.ws_connect(url, headers={"X-Signed-In-As": "ana", "Origin": ORIGIN}) as socket:
        await socket.send_str('["stdin","x"]')
        shown = await answer(socket)
    async with asyncio.timeout(5):
        while not (counts := gateway.ledger.of(Kind.OUTPUT_COUNT)):
            await asyncio.sleep(0.01)
    assert counts[0].private == {"frames": "1", "bytes": str(len(shown.data) + 2)}, "with the frame's header"
    assert counts[0].subject["bytes"] == 256, "code chooses how much it shows: the public leaf holds a size class"


async def test_what_a_kernel_claims_is_no_entry(gateway: Bench) -> None:
    """Answers come from the user's own process: a forged one, or a request it makes up, is shown and counted."""
    claims = [json.dumps({"msg_type": kind, "content": "CLAIMED"}) for kind in ("execute_reply", "execute_request")]
    async with gateway.channels() as socket:
        await socket.send_str(str(frame()))
        await answer(socket)
        for claim in claims:
            await gateway.workspace.sockets[0].send_str(claim)
            assert (await answer(socket)).data == claim
    async with asyncio.timeout(5):
        while not gateway.ledger.of(Kind.OUTPUT_COUNT):
            await asyncio.sleep(0.01)
    assert len(gateway.ledger.of(Kind.KERNEL_MESSAGE)) == 1
    assert not [event for event in gateway.ledger.events if "CLAIMED" in str(event) + str(event.content)]


@pytest.mark.parametrize("headers", [{"Service-Worker": "script"}, {"Sec-Fetch-Dest": "serviceworker"}])
async def test_no_script_settles_in_the_browser(gateway: Bench, headers: dict[str, str]) -> None:
    """One that a colleague planted would outlive the workspace, and act under its person's name in every later one."""
    async with gateway.request("GET", f"{PREFIX}/lab", headers=headers) as got:
        assert got.status == 403
    assert gateway.workspace.effects == []
    assert len(gateway.ledger.of(Kind.REFUSAL)) == 1
