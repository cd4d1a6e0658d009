"""What the server gives up before anybody of ours reads it leaves an entry too: a prober is seen, whatever it sends."""

import asyncio
import contextlib

import pytest

from audit.events import Event, Kind
from hub_extensions.strangers.counted import EACH, SOMEBODY
from tests.gateway.conftest import ORIGIN, PREFIX, Bench

HOST = "Host: ana.bureau.test"
SIGNED_IN = f"{HOST}\r\nX-Signed-In-As: ana\r\nOrigin: {ORIGIN}\r\n"
SAVE = f"PUT {PREFIX}/api/contents/a.txt HTTP/1.1\r\n{SIGNED_IN}"
BODY = '{"content":"SECRET"}'

#: Each is answered with a refusal, or with nothing; none reaches a workspace.
UNREAD = {
    "a host with a space": f"GET {PREFIX}/lab HTTP/1.1\r\nHost: a b\r\n\r\n",
    "two hosts": f"GET {PREFIX}/lab HTTP/1.1\r\n{HOST}\r\nHost: evil\r\n\r\n",
    "no host": f"GET {PREFIX}/lab HTTP/1.1\r\n\r\n",
    "a line that is no request": "HELO bureau\r\n\r\n",
    "another protocol": f"GET {PREFIX}/lab HTTP/3.7\r\n{HOST}\r\n\r\n",
    "a header without a colon": f"GET {PREFIX}/lab HTTP/1.1\r\n{HOST}\r\nprobe\r\n\r\n",
    "a header in two lines": f"GET {PREFIX}/lab HTTP/1.1\r\n{HOST}\r\n probe: 1\r\n\r\n",
    "a header with a zero": f"GET {PREFIX}/lab HTTP/1.1\r\n{HOST}\r\nX: \x00\r\n\r\n",
    "a request line without end": f"GET {PREFIX}/{'a' * 2**17}",
    "headers without end": f"GET {PREFIX}/lab HTTP/1.1\r\n{HOST}\r\n" + "X: y\r\n" * 2**14,
    "two lengths": f"{SAVE}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    "a length and pieces": f"{SAVE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length that is no number": f"{SAVE}Content-Length: +5\r\n\r\nabcde",
    "an unknown encoding": f"{SAVE}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a piece without a size": f"{SAVE}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "a piece longer than it says": f"{SAVE}Transfer-Encoding: chunked\r\n\r\n3\r\nabcdefgh\r\n0\r\n\r\n",
    "pieces without end": f"{SAVE}Transfer-Encoding: chunked\r\n\r\n" + f"10000\r\n{'a' * 2**16}\r\n" * 20,
    "a body that is cut off": f"{SAVE}Content-Length: 100\r\n\r\n{BODY}",
    "pieces that are cut off": f"{SAVE}Transfer-Encoding: chunked\r\n\r\n14\r\n{BODY}\r\n",
    "a body where none is read": f"POST {PREFIX}/lab/api/build HTTP/1.1\r\n{SIGNED_IN}Content-Length: 99\r\n\r\nx",
    "a body at no workspace": f"POST /elsewhere HTTP/1.1\r\n{HOST}\r\nContent-Length: 100\r\n\r\n{BODY}",
    "an unknown address": f"GET /elsewhere HTTP/1.1\r\n{HOST}\r\n\r\n",
    "another server's address": f"GET http://evil.test{PREFIX}/lab HTTP/1.1\r\n{HOST}\r\n\r\n",
    "no workspace": f"GET /user/zoe/etude/lab HTTP/1.1\r\n{HOST}\r\n\r\n",
    "a method of the root": f"POST {PREFIX}/api HTTP/1.1\r\n{HOST}\r\nContent-Length: 0\r\n\r\n",
    "a callback without a state": f"GET {PREFIX}/oauth_callback?code=x HTTP/1.1\r\n{HOST}\r\n\r\n",
}


async def said(gateway: Bench, data: str, *, after: str = "") -> str:
    """Send bytes, return what comes back at once, and hang up."""
    host, port = gateway.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    heard = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        writer.write((after + data).encode("latin-1"))
        async with asyncio.timeout(0.1):
            while more := await reader.read(2**16):
                heard += more
    writer.close()
    return heard.decode("latin-1")


async def refusals(gateway: Bench, number: int) -> list[Event]:
    """The refusals in the ledger once there are *number*."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            while len(gateway.ledger.of(Kind.REFUSAL)) < number:
                await asyncio.sleep(0.01)
    await asyncio.sleep(0.02)  # one too many would show
    return gateway.ledger.of(Kind.REFUSAL)


@pytest.mark.parametrize("probe", UNREAD.values(), ids=UNREAD)
async def test_it_is_refused_recorded_once_and_reaches_nothing(gateway: Bench, probe: str) -> None:
    answer = await said(gateway, probe)
    assert not answer or answer.startswith("HTTP/1.1 4"), answer[:200]
    (entry,) = await refusals(gateway, 1)
    assert entry.private["what"]
    assert entry.private["reason"]
    assert gateway.workspace.effects == []


async def test_it_says_what_was_tried_but_not_in_the_leaf(gateway: Bench) -> None:
    await said(gateway, UNREAD["a host with a space"])
    (entry,) = await refusals(gateway, 1)
    assert (entry.actor, entry.project) == (SOMEBODY, None)
    assert PREFIX in entry.private["what"]
    assert b"ana" not in gateway.ledger.leaves[0]


async def test_a_body_cut_off_by_somebody_known_names_that_person(gateway: Bench) -> None:
    await said(gateway, UNREAD["a body that is cut off"])
    (entry,) = await refusals(gateway, 1)
    assert (entry.actor, entry.project) == ("ana", "etude")
    assert "SECRET" not in str(entry), "what was not whole is not kept"


@pytest.mark.parametrize("probe", ["a host with a space", "a header without a colon", "two lengths", "no workspace"])
async def test_it_does_not_hide_behind_a_good_request(gateway: Bench, probe: str) -> None:
    """Both in one piece of the connection."""
    good = f"GET {PREFIX}/api HTTP/1.1\r\n{HOST}\r\n\r\n"
    await said(gateway, UNREAD[probe], after=good)
    assert len(await refusals(gateway, 1)) == 1


async def test_an_answered_refusal_whose_body_never_comes_is_one_entry(gateway: Bench) -> None:
    """Refused by its announced length, before the body."""
    answer = await said(gateway, f"{SAVE}Content-Length: {2**21}\r\n\r\n{BODY}")
    assert "413" in answer.partition("\r\n")[0]
    assert len(await refusals(gateway, 1)) == 1


@pytest.mark.parametrize("place", ["/elsewhere", "/health", f"{PREFIX}/api", f"{PREFIX}/lab/api/build", PREFIX])
async def test_nobody_fills_the_gateways_memory_where_no_body_is_read(gateway: Bench, place: str) -> None:
    """Refused by its length, before a byte of it was sent, whoever sends it: it used to be kept whole."""
    answer = await said(gateway, f"POST {place} HTTP/1.1\r\n{SIGNED_IN}Content-Length: {2**20}\r\n\r\n")
    assert answer.startswith("HTTP/1.1 413")
    assert "Cette adresse ne prend pas de corps de cette taille." in answer.encode("latin-1").decode()
    assert len(await refusals(gateway, 1)) == 1


async def test_connections_that_say_nothing_or_leave_after_their_answer_are_no_refusal(gateway: Bench) -> None:
    assert await said(gateway, "") == ""
    assert "200" in (await said(gateway, f"GET {PREFIX}/api HTTP/1.1\r\n{HOST}\r\n\r\n")).partition("\r\n")[0]
    assert await refusals(gateway, 0) == []


async def test_probes_are_counted_like_every_other_knock(gateway: Bench) -> None:
    for _ in range(EACH + 5):
        await said(gateway, UNREAD["a line that is no request"])
    assert len(await refusals(gateway, EACH)) == EACH
    await gateway.app.settings["recording"].close()
    assert (await refusals(gateway, EACH + 1))[-1].private == {"more": "5"}
