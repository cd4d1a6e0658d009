"""A session that nobody uses ends at the door, with the reason; what pages and programs do by themselves is no use."""

import asyncio
import html
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from hub_extensions.gateway.base import WorkspaceHandler
from hub_extensions.gateway.domain import over
from hub_extensions.gateway.messages import parse
from hub_extensions.gateway.routes import Effect
from hub_extensions.gateway.seat import IDLE, SESSION_IDLE
from hub_extensions.presence.workspace import Written, requested_by_hand, sent_by_hand, typed_by_hand
from project_spaces.conditions import Reason
from project_spaces.sessions.idleness import IdleLimit
from project_spaces.text import Text
from tests.gateway.conftest import ORIGIN, PREFIX, Bench
from tests.gateway.test_gateway import answer, frame

NOTEBOOK = f"{PREFIX}/api/contents/a.ipynb"


def limited(gateway: Bench, limit: timedelta, *, ends_in: float | None = None) -> None:
    gateway.seats.idle = gateway.seats._watch_idle(IdleLimit(limit))
    if ends_in is not None:
        gateway.domain.idle["here"] = datetime.now(UTC) + timedelta(seconds=ends_in)


async def closed(socket: aiohttp.ClientWebSocketResponse) -> str:
    """The reason of the close frame, whatever came before it."""
    async with asyncio.timeout(10):
        while (message := await socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
            pass
    assert message.data == 4403
    return str(message.extra)


async def test_the_end_closes_the_sockets_of_this_session_and_no_other(gateway: Bench) -> None:
    limited(gateway, timedelta(seconds=3), ends_in=0.7)
    async with gateway.channels(session="here") as here, gateway.channels(session="there") as there:
        assert await closed(here) == f"{SESSION_IDLE.fr} / {SESSION_IDLE.en}"
        await there.send_str(str(frame()))
        assert (await answer(there)).type is not aiohttp.WSMsgType.CLOSE
    async with gateway.request("GET", f"{PREFIX}/api/kernels", headers={"X-Session": "here"}) as got:
        assert got.status == 403
        told = await got.json()
    assert told["detail"] == {"fr": SESSION_IDLE.fr, "en": SESSION_IDLE.en}
    assert gateway.workspace.sockets[0].closed, "the way in is closed; the kernel is not asked to stop"
    assert not [each for each in gateway.workspace.effects if "DELETE" in each.what or "interrupt" in each.what]


async def test_what_a_person_does_elsewhere_is_asked_for_before_the_end(gateway: Bench) -> None:
    limited(gateway, timedelta(seconds=3), ends_in=0.7)
    async with gateway.channels(session="here") as here:
        gateway.domain.idle["here"] += timedelta(seconds=30)
        await asyncio.sleep(1.2)
        await here.send_str(str(frame()))
        assert (await answer(here)).type is not aiohttp.WSMsgType.CLOSE


async def test_a_person_is_warned_once_where_the_person_looks(gateway: Bench) -> None:
    limited(gateway, timedelta(seconds=6), ends_in=1.5)
    async with gateway.channels(session="here") as here:
        texts = []
        async with asyncio.timeout(10):
            while (message := await here.receive()).type is aiohttp.WSMsgType.TEXT:
                texts.append(str(message.data))
    warned = [each for each in texts if "votre session se ferme" in each]
    assert len(warned) == 1
    assert "Without activity of yours" in warned[0]


async def test_a_hand_is_told_of_once_in_a_while_and_keeps_the_session_open(gateway: Bench) -> None:
    limited(gateway, timedelta(seconds=60), ends_in=1.0)
    async with gateway.channels(session="here") as here:
        for number in range(20):
            await here.send_str(str(frame(number)))
            await answer(here)
        await asyncio.sleep(1.3)
        await here.send_str(str(frame(99)))
        assert (await answer(here)).type is not aiohttp.WSMsgType.CLOSE
    assert gateway.domain.told == [("ana", "here")]


async def test_a_session_that_was_found_idle_says_so_to_whoever_comes_again(gateway: Bench) -> None:
    """A cookie that is played again after the end."""
    gateway.domain.ended.add("here")
    gateway.domain.over = over(Reason(IDLE, Text("Votre session a pris fin après 30 minutes.", "Ended.")))
    async with gateway.request("GET", f"{PREFIX}/lab", headers={"X-Session": "here"}) as got:
        assert got.status == 403
        assert [each["fr"] for each in (await got.json())["reasons"]] == ["Votre session a pris fin après 30 minutes."]
    assert gateway.domain.told == []


async def test_what_jupyterlab_asks_by_itself_is_no_hand(gateway: Bench) -> None:
    limited(gateway, timedelta(seconds=1), ends_in=600)
    gateway.seats.idle.limit = IdleLimit(timedelta(milliseconds=1))  # told of at once, every time
    polls = [
        ("GET", "/api/kernels?1732616", None),
        ("GET", "/api/sessions", None),
        ("GET", "/api/terminals", None),
        ("GET", "/api/contents/a.ipynb?content=0", None),
        ("PUT", "/lab/api/workspaces/default", {"data": {}}),
    ]
    cors = {"X-Session": "here", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}
    for method, path, body in polls:
        async with gateway.request(method, PREFIX + path, headers=cors, json=body) as got:
            assert got.status == 200, path
    assert gateway.domain.told == []
    outputs = [[], [1], [1, 2]]
    for shown in outputs:
        async with gateway.request("PUT", NOTEBOOK, headers=cors, json=notebook("x = 1", shown)) as got:
            assert got.status == 200
    await asyncio.sleep(0.01)
    assert gateway.domain.told == [], "a save of outputs"
    async with gateway.request("PUT", NOTEBOOK, headers=cors, json=notebook("x = 2", [])) as got:
        assert got.status == 200
    await asyncio.sleep(0.05)
    assert gateway.domain.told == [("ana", "here")], "a save of what was written"


def notebook(source: str, outputs: list[int]) -> dict:
    cells = [{"cell_type": "code", "source": source, "outputs": outputs, "execution_count": len(outputs)}]
    return {"type": "notebook", "format": "json", "content": {"cells": cells, "metadata": {}}}


@pytest.mark.parametrize(
    ("channel", "kind", "content", "hand"),
    [
        ("shell", "execute_request", {"code": "1", "silent": False}, True),
        ("shell", "execute_request", {"code": "1"}, True),
        ("shell", "execute_request", {"code": "1", "silent": True}, False),
        ("shell", "complete_request", {}, True),
        ("shell", "inspect_request", {}, True),
        ("stdin", "input_reply", {"value": "x"}, True),
        ("control", "interrupt_request", {}, True),
        ("control", "usage_request", {}, False),
        ("control", "debug_request", {}, False),
        ("shell", "kernel_info_request", {}, False),
        ("shell", "comm_info_request", {}, False),
        ("shell", "comm_open", {}, False),
        ("shell", "comm_msg", {}, False),
    ],
)
def test_messages_of_hands(channel: str, kind: str, content: dict, hand: bool) -> None:
    """Widgets answer what a kernel says, monitors ask each second: neither is somebody."""
    header = {"msg_id": "m", "msg_type": kind, "session": "s"}
    message = json.dumps(
        {"channel": channel, "header": header, "parent_header": {}, "metadata": {}, "content": content}
    )
    assert sent_by_hand(parse(message, "")) is hand


@pytest.mark.parametrize(
    ("typed", "hand"),
    [
        ("a", True),
        ("\r", True),
        ("\x03", True),
        ("\x1b[A", True),
        ("\x1b[<0;3;4M", True),
        ("", False),
        ("\x1b[24;80R", False),
        ("\x1b[0n", False),
        ("\x1b[?1;2c", False),
        ("\x1b[>0;276;0c", False),
        ("\x1b[?2026;2$y", False),
        ("\x1b[8;24;80t", False),
        ("\x1b[I", False),
        ("\x1b[O", False),
        ("\x1b]10;rgb:0000/0000/0000\x1b\\", False),
        ("\x1b]11;rgb:ffff/ffff/ffff\x07", False),
        ("\x1bP1$r0m\x1b\\", False),
        ("\x1b[24;80R\x1b[24;80R", False),
        ("\x1b[24;80Rls\r", True),
        ("\x1b]\x07" * 500 + "x", True),  # could once be cut in 2**499 ways, and nobody's messages passed meanwhile
    ],
)
def test_a_terminal_that_answers_a_program_is_nobody(typed: str, hand: bool) -> None:
    """``while true; do printf '\\e[6n'; sleep 60; done`` would keep a session open for ever."""
    assert typed_by_hand(json.dumps(["stdin", typed])) is hand


def test_a_window_that_changes_its_size_is_nobody() -> None:
    assert not typed_by_hand('["set_size",24,80]')


@pytest.mark.parametrize(
    ("effect", "path", "hand"),
    [
        (Effect.KERNEL, "/api/kernels", True),
        (Effect.CHANGE, "/api/contents/a.txt", True),
        (Effect.TERMINAL, "/api/terminals", True),
        (Effect.SESSION, "/api/sessions/x", False),
        (Effect.READ, "/api/contents", False),
        (Effect.PAGE, "/api/kernels", False),
        (Effect.CHANGE, "/lab/api/settings/x", False),
    ],
)
def test_requests_of_hands(effect: Effect, path: str, hand: bool) -> None:
    assert requested_by_hand(effect, path) is hand


class TestWritten:
    def test_the_first_save_tells_nothing(self) -> None:
        assert not Written().by_hand("a", notebook("x", []))

    @pytest.mark.parametrize("body", [None, {}, {"content": None}, {"content": {"cells": [1, None]}}, {"content": "x"}])
    def test_any_body_is_a_body(self, body: object) -> None:
        written = Written()
        assert not written.by_hand("a", body)
        assert not written.by_hand("a", body)
        assert written.by_hand("a", {"content": "else"})

    def test_files_are_told_apart_and_not_remembered_without_end(self) -> None:
        written = Written()
        for number in range(1000):
            assert not written.by_hand(str(number), {"content": "x"})
        assert len(written._texts) <= 64
        assert written.by_hand("999", {"content": "y"})


def test_the_sentence_fits_a_close_frame_in_both_languages() -> None:
    assert len(f"{SESSION_IDLE.fr} / {SESSION_IDLE.en}".encode()) <= 123


async def test_a_page_that_is_opened_is_a_hand(gateway: Bench) -> None:
    limited(gateway, timedelta(seconds=60), ends_in=600)
    frames = {"X-Session": "here", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe", "Origin": ORIGIN}
    for dest, told in (("iframe", 0), ("document", 1)):
        headers = {**frames, "Sec-Fetch-Dest": dest}
        async with gateway.request("GET", f"{PREFIX}/lab", headers=headers) as got:
            assert got.status == 200
        await asyncio.sleep(0.05)
        assert len(gateway.domain.told) == told


PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "X-Session": "here"}


async def test_who_opens_a_page_in_a_session_that_ended_is_led_to_the_sign_in(
    gateway: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WorkspaceHandler, "get_login_url", lambda _self: "http://bureau.test/sign-in")
    gateway.domain.ended.add("here")
    async with gateway.request("GET", f"{PREFIX}/lab", headers=PAGE) as got:
        assert (got.status, got.headers["Location"]) == (302, "http://bureau.test/sign-in")
    async with gateway.request("GET", f"{PREFIX}/api/kernels", headers={"X-Session": "here"}) as got:
        assert got.status == 403


async def test_a_sign_in_that_is_too_old_is_told_with_the_way_to_renew_it(gateway: Bench) -> None:
    old = Reason("sign_in_too_old", Text("Votre double authentification est trop ancienne.", "Too old."))
    gateway.domain.change(over(old))
    await gateway.seats.refresh()
    for language, words in (("fr", "Me reconnecter et revenir ici"), ("en", "Sign in again and come back here")):
        headers = {**PAGE, "Accept-Language": language}
        async with gateway.request("GET", f"{PREFIX}/lab/tree/a%20b.ipynb?reset=", headers=headers) as got:
            assert got.status == 403
            page = html.unescape(await got.text())
        assert words in page
        (link,) = re.findall(r'href="([^"]+/hub/again[^"]+)"', page)
        assert parse_qs(urlsplit(link).query)["next"] == [f"{PREFIX}/lab/tree/a%20b.ipynb?reset="]
        assert link.startswith("http://bureau.test/hub/again?")
