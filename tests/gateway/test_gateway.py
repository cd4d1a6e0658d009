"""Nothing reaches a workspace that was not recorded first, allowed now, and asked for by its owner."""

import asyncio
import json
import os
import time
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from audit.events import Kind
from hub_extensions.gateway.messages import V1, Message, serialise
from hub_extensions.gateway.upstream import SOCKET_NAME, WorkspaceGone, open_socket
from project_spaces.decisions import Decision
from project_spaces.expiry_warnings import ExpiryWarning, Notice
from project_spaces.requirements import network
from tests.gateway.conftest import PREFIX, REVOKED, Bench

HEADER = {"msg_id": "m-1", "msg_type": "execute_request", "session": "s-1", "username": "someone-else"}


def frame(number: int = 1, protocol: str = "", **content: object) -> str | bytes:
    header = {**HEADER, "msg_id": f"m-{number}"}
    return serialise(Message("shell", header, {}, {}, {"code": f"{number}", **content}), protocol)


async def answer(socket: aiohttp.ClientWebSocketResponse) -> aiohttp.WSMessage:
    return await asyncio.wait_for(socket.receive(), 5)


# -- write-ahead ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["", V1])
async def test_a_message_is_in_the_ledger_before_it_is_in_the_workspace(gateway: Bench, protocol: str) -> None:
    async with gateway.channels(protocol=protocol) as socket:
        sent = frame(protocol=protocol)
        await (socket.send_str(sent) if isinstance(sent, str) else socket.send_bytes(sent))
        await answer(socket)
    (effect,) = gateway.workspace.effects
    (event,) = gateway.ledger.of(Kind.KERNEL_MESSAGE)
    assert effect.entries == 2, "the opening of the connection, then the message"
    received = effect.data if isinstance(effect.data, bytes) else effect.data.encode()
    assert event.content == received, "what is recorded is byte for byte what was forwarded"
    assert event.actor == "ana"
    assert b"someone-else" not in received


async def test_a_burst_keeps_its_order(gateway: Bench) -> None:
    async with gateway.channels() as socket:
        for number in range(300):
            await socket.send_str(str(frame(number)))
        for _ in range(300):
            await answer(socket)
    reached = [json.loads(effect.data)["content"]["code"] for effect in gateway.workspace.effects]
    assert reached == [str(number) for number in range(300)]


@pytest.mark.parametrize("fail", ["stop", "fill"])
async def test_without_a_ledger_nothing_reaches_the_kernel_and_the_person_is_told(gateway: Bench, fail: str) -> None:
    async with gateway.channels() as socket:
        getattr(gateway.ledger, fail)()
        await socket.send_str(str(frame()))
        kinds, texts = [], []
        for _ in range(4):
            message = json.loads((await answer(socket)).data)
            kinds.append((message["channel"], message["header"]["msg_type"]))
            texts.append(message["content"].get("evalue", ""))
        assert kinds == [("iopub", "status"), ("iopub", "error"), ("shell", "execute_reply"), ("iopub", "status")]
        assert any("journal" in text for text in texts)
        assert gateway.workspace.effects == []
        gateway.ledger.start()
        await socket.send_str(str(frame(2)))
        await answer(socket)
    assert len(gateway.workspace.effects) == 1


async def test_http_requests_are_recorded_before_they_are_forwarded(gateway: Bench) -> None:
    async with gateway.request(
        "PUT", f"{PREFIX}/api/contents/projet/a.txt", json={"content": "x", "type": "file"}
    ) as got:
        assert got.status == 200
    (effect,) = gateway.workspace.effects
    (event,) = gateway.ledger.of(Kind.FILE_WRITE)
    assert effect.entries == 1
    assert isinstance(effect.data, bytes)
    assert event.content is not None
    assert event.content.endswith(effect.data)


async def test_without_a_ledger_no_request_passes(gateway: Bench) -> None:
    gateway.ledger.stop()
    async with gateway.request("POST", f"{PREFIX}/api/kernels", json={}) as got:
        assert got.status == 503
        assert (await got.json(content_type=None))["detail"]["fr"].startswith("Le journal ne répond pas")
    assert gateway.workspace.effects == []


# -- who --------------------------------------------------------------------------------------------------------------


async def test_only_the_owner_enters_and_the_visitor_is_recorded(gateway: Bench) -> None:
    async with gateway.request("GET", f"{PREFIX}/lab", person="eve") as got:
        assert got.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await gateway.channels(person="eve")
    assert gateway.workspace.effects == []
    assert {event.actor for event in gateway.ledger.of(Kind.REFUSAL)} == {"eve"}, "as everywhere: found by name"


async def test_without_a_sign_in_a_program_is_refused(gateway: Bench) -> None:
    async with gateway.request("POST", f"{PREFIX}/api/kernels", person=None, json={}) as got:
        assert got.status == 403
    assert gateway.workspace.effects == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://bureau.test"},
        {"Origin": "http://eve.bureau.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
async def test_pages_of_other_origins_change_nothing(gateway: Bench, headers: dict[str, str]) -> None:
    async with gateway.request("POST", f"{PREFIX}/api/kernels", headers=headers, json={}) as got:
        assert got.status == 403
    assert gateway.workspace.effects == []


async def test_a_cookie_without_an_origin_changes_nothing(gateway: Bench) -> None:
    url = f"{gateway.url}{PREFIX}/api/kernels"
    async with gateway.session.post(url, headers={"X-Signed-In-As": "ana"}, json={}) as got:
        assert got.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await gateway.channels(origin="http://eve.bureau.test")
    assert gateway.workspace.effects == []


# -- what -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/files/projet/data.csv", "/nbconvert/html/a.ipynb", "/view/a.html"])
async def test_downloads_are_refused_and_recorded(gateway: Bench, path: str) -> None:
    async with gateway.request("GET", PREFIX + path) as got:
        assert got.status == 403
        assert "sas d'export" in await got.text()
    assert gateway.workspace.effects == []
    assert gateway.ledger.of(Kind.REFUSAL)


async def test_nothing_but_known_headers_reaches_the_workspace_and_none_of_its_own_comes_back(gateway: Bench) -> None:
    headers = {"X-Code": "import os", "Cookie": "a=b", "User-Agent": "exec(1)", "Accept-Language": "evil"}
    async with gateway.request("GET", f"{PREFIX}/api/status", headers=headers) as got:
        assert got.status == 200
        assert "Set-Cookie" not in got.headers
        assert "Content-Disposition" not in got.headers
        assert "X-Evil" not in got.headers
        assert PREFIX in got.headers["Content-Security-Policy"]
    (reached,) = gateway.workspace.headers
    assert set(reached) <= {"Host", "Authorization", "Accept", "Connection"}
    assert reached["Authorization"] == "token inside"


@pytest.mark.parametrize("body", [b'{"a":1,"a":2}', b"NaN", b"\xff", b"{"])
async def test_a_body_with_two_readings_is_refused(gateway: Bench, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with gateway.request("POST", f"{PREFIX}/api/kernels", data=body, headers=headers) as got:
        assert got.status == 422
    assert gateway.workspace.effects == []


async def test_an_oversized_body_gets_413_and_a_sentence(gateway: Bench) -> None:
    async with gateway.request("PUT", f"{PREFIX}/api/contents/a.txt", data=b"x" * (2**20 + 1)) as got:
        assert got.status == 413
        assert "1 Mio" in (await got.json(content_type=None))["detail"]["fr"]
    assert gateway.workspace.effects == []


async def test_an_oversized_message_closes_the_connection_and_never_arrives(gateway: Bench) -> None:
    async with gateway.channels() as socket:
        await socket.send_str(str(frame(code="x" * (2**20 + 1))))
        closed = await answer(socket)
        assert closed.type is aiohttp.WSMsgType.CLOSE
        assert closed.data == 1009
        assert "1 Mio au plus" in str(closed.extra)
    assert gateway.workspace.effects == []
    assert gateway.ledger.of(Kind.REFUSAL)
    async with asyncio.timeout(5):
        while not all(inner.closed for inner in gateway.workspace.sockets):
            await asyncio.sleep(0.01)


async def test_an_unknown_message_closes_with_a_sentence_and_is_recorded(gateway: Bench) -> None:
    async with gateway.channels() as socket:
        await socket.send_str('{"channel":"shell","header":{"msg_id":"a","msg_type":"nonsense","session":"s"}}')
        closed = await answer(socket)
        assert closed.data == 4400
        assert "Message de noyau refusé" in str(closed.extra)
    assert gateway.workspace.effects == []
    assert gateway.ledger.of(Kind.REFUSAL)


async def test_an_unknown_project_is_404(gateway: Bench) -> None:
    async with gateway.request("GET", "/user/ana/autre/lab") as got:
        assert got.status == 404


# -- until when -------------------------------------------------------------------------------------------------------


async def test_a_revocation_cuts_a_live_connection(gateway: Bench) -> None:
    watch = asyncio.create_task(gateway.seats.watch())
    async with gateway.channels() as socket:
        await socket.send_str(str(frame()))
        await answer(socket)
        gateway.domain.change(REVOKED)
        closed = await answer(socket)
        assert closed.data == 4403
        assert "pris fin" in str(closed.extra)
    async with gateway.request("GET", f"{PREFIX}/api/status") as got:
        assert got.status == 403
        assert (await got.json(content_type=None))["reasons"][0]["fr"] == "L'habilitation a été retirée."
    watch.cancel()


async def test_an_end_date_cuts_without_anybody_acting(gateway: Bench) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=0.4)
    gateway.domain.change(Decision(allowed=True, reasons=(), until=soon))
    async with gateway.channels() as socket:
        await socket.send_str(str(frame()))
        said = [await answer(socket) for _ in range(3)]
        assert sum("prend fin" in str(each.data) for each in said) == 1, "told, then cut"
        assert said[-1].data == 4403
    assert datetime.now(UTC) >= soon


async def test_rights_that_cannot_be_checked_are_no_rights(gateway: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway.request("GET", f"{PREFIX}/api/status") as got:
        assert got.status == 200
    gateway.domain.broken = True
    later = time.monotonic() + 61  # further than the bench lets it wait
    monkeypatch.setattr("hub_extensions.gateway.seats.time.monotonic", lambda: later)
    async with gateway.request("GET", f"{PREFIX}/api/status") as got:
        assert got.status == 503
    assert len(gateway.workspace.effects) == 1


# -- the socket is not believed ---------------------------------------------------------------------------------------


def test_a_socket_replaced_by_a_link_is_not_followed(socket_folder) -> None:
    (socket_folder / SOCKET_NAME).symlink_to("/var/run/docker.sock")
    with pytest.raises(WorkspaceGone):
        open_socket(socket_folder, os.geteuid())


def test_a_file_or_a_socket_of_another_owner_is_not_spoken_to(socket_folder) -> None:
    (socket_folder / SOCKET_NAME).write_text("")
    with pytest.raises(WorkspaceGone):
        open_socket(socket_folder, os.geteuid())
    with pytest.raises(WorkspaceGone):
        open_socket(socket_folder, os.geteuid() + 1)


async def test_a_refusal_before_the_body_is_read_says_that_the_connection_ends(gateway: Bench) -> None:
    """A proxy that keeps connections would otherwise lose the next person's request on this one."""
    async with gateway.request("GET", f"{PREFIX}/lab", person="eve") as got:
        assert got.status == 403
        assert got.headers["Connection"] == "close"
    async with gateway.request("GET", f"{PREFIX}/api/status") as got:
        assert got.status == 200
        assert got.headers.get("Connection") != "close"


async def test_a_workspace_that_dies_closes_with_the_reason(gateway: Bench) -> None:
    """The container may be killed before the gateway has looked again: the person still reads why."""
    async with gateway.channels() as socket:
        await socket.send_str(str(frame()))
        await answer(socket)
        gateway.domain.change(REVOKED)
        await gateway.workspace.hang_up()
        closed = await answer(socket)
        assert (closed.data, "pris fin" in str(closed.extra)) == (4403, True)


async def test_a_workspace_that_dies_by_itself_says_so(gateway: Bench) -> None:
    async with gateway.channels() as socket:
        await socket.send_str(str(frame()))
        await answer(socket)
        await gateway.workspace.hang_up()
        closed = await answer(socket)
        assert (closed.data, "ne répond pas" in str(closed.extra)) == (4503, True)


# -- coming ends ------------------------------------------------------------------------------------------------------


def shown(message: aiohttp.WSMessage) -> str:
    received = json.loads(message.data)
    assert received["header"]["msg_type"] == "stream"
    assert received["parent_header"]["msg_id"].startswith("m-"), "under the cell that was sent"
    return str(received["content"]["text"])


async def test_what_the_worker_announced_is_shown_once_under_the_next_cell(gateway: Bench) -> None:
    until = datetime.now(UTC) + timedelta(days=6)
    gateway.domain.announced = ExpiryWarning("ana", "etude", until, Notice.WEEK, ())
    async with gateway.channels() as socket:
        for number in range(2):
            await socket.send_str(str(frame(number)))
        texts = [await answer(socket) for _ in range(3)]
    notices = [each for each in texts if "prend fin" in str(each.data)]
    assert "etude" in shown(*notices)


async def test_the_last_quarter_of_an_hour_is_told_once_without_a_worker(gateway: Bench) -> None:
    gateway.domain.change(Decision(allowed=True, reasons=(), until=datetime.now(UTC) + timedelta(minutes=14)))
    async with gateway.channels() as socket:
        for number in range(2):
            await socket.send_str(str(frame(number)))
        texts = [await answer(socket) for _ in range(3)]
    assert sum("prend fin" in str(each.data) for each in texts) == 1


# -- one browser, one session -----------------------------------------------------------------------------------------


async def test_signing_out_in_one_browser_closes_its_connections_and_no_others(gateway: Bench) -> None:
    async with gateway.channels(session="first") as first, gateway.channels(session="second") as second:
        for socket in (first, second):
            await socket.send_str(str(frame()))
            await answer(socket)
        gateway.domain.ended.add("first")
        gateway.domain.number += 1
        await gateway.seats.refresh()
        assert (await answer(first)).type is aiohttp.WSMsgType.CLOSE
        await second.send_str(str(frame(2)))
        assert (await answer(second)).type is not aiohttp.WSMsgType.CLOSE


OFFICE = Decision(allowed=True, reasons=(), until=None, places=((network("10.0.0.0/8"),),))


async def test_what_comes_from_elsewhere_than_the_accepted_places_passes_nothing(gateway: Bench) -> None:
    """The session began at the office: its cookie opens nothing from another network, whatever a client adds."""
    gateway.domain.change(OFFICE)
    statuses = {}
    for seen in ("10.0.0.9", "192.0.2.7", "10.0.0.9, 192.0.2.7", "x"):
        async with gateway.request("GET", f"{PREFIX}/api/kernels", headers={"X-Forwarded-For": seen}) as got:
            statuses[seen] = got.status
    assert statuses == {"10.0.0.9": 200, "192.0.2.7": 403, "10.0.0.9, 192.0.2.7": 403, "x": 403}
    assert len(gateway.ledger.of(Kind.REFUSAL)) == 3


async def test_a_connection_from_elsewhere_is_closed_when_places_begin_to_be_asked_for(gateway: Bench) -> None:
    async with gateway.channels() as socket:
        await socket.send_str(str(frame()))
        await answer(socket)
        gateway.domain.change(OFFICE)
        await gateway.seats.refresh()
        assert (await answer(socket)).type is aiohttp.WSMsgType.CLOSE
        sent = len(gateway.workspace.sockets)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await gateway.channels().__aenter__()
    assert len(gateway.workspace.sockets) == sent


async def test_a_session_that_was_signed_out_of_opens_nothing(gateway: Bench) -> None:
    gateway.domain.ended.add("first")
    statuses = {}
    for session in ("first", "second"):
        async with gateway.request("GET", f"{PREFIX}/api/kernels", headers={"X-Session": session}) as got:
            statuses[session] = got.status
    assert statuses == {"first": 403, "second": 200}
