"""Which of two live sessions of one account ran a cell, and from where: told in the entry, under a label and aside."""

from audit.events import Event, Kind
from project_spaces.sign_ins import Proof, Terminal, signed_in_event
from tests.gateway.conftest import PREFIX, Bench
from tests.gateway.test_faults import NOON
from tests.gateway.test_gateway import answer, frame

#: What the proxy adds comes last; the rest, and X-Real-Ip, are the client's own words.
PROXIED = {"X-Forwarded-For": "198.51.100.1, 192.0.2.7", "X-Real-Ip": "198.51.100.9"}


async def run_a_cell(gateway: Bench, session: str) -> None:
    async with gateway.channels(session=session) as socket:
        await socket.send_str(str(frame()))
        await answer(socket)


def sign_ins(events: list[Event]) -> list[object]:
    return [event.subject.get("sign_in") for event in events]


async def test_two_sessions_of_one_account_are_told_apart(gateway: Bench) -> None:
    for session in ("office", "stolen", "office", ""):
        await run_a_cell(gateway, session)
    labels = sign_ins(gateway.ledger.of(Kind.KERNEL_MESSAGE))
    assert labels[0] == labels[2] != labels[1]
    assert labels[3] == "program", "a token that a person made for a program"
    assert sign_ins(gateway.ledger.of(Kind.REQUEST)) == labels, "the opening of each connection says the same"
    assert b"office" not in b"".join(gateway.ledger.leaves)


async def test_a_sign_in_has_the_label_of_what_is_done_with_it(gateway: Bench) -> None:
    await run_a_cell(gateway, "office")
    label = gateway.app.settings["recording"].sign_in("office")
    terminal = Terminal("192.0.2.7", session="office", sign_in=label)
    begun = signed_in_event("ana", Proof(("mfa",), NOON), terminal, NOON)
    assert sign_ins([begun]) == sign_ins(gateway.ledger.of(Kind.KERNEL_MESSAGE))


async def test_plain_requests_and_refusals_say_from_where(gateway: Bench) -> None:
    sent = {"headers": {**PROXIED, "X-Session": "office"}}
    async with gateway.request("GET", f"{PREFIX}/api/contents/x.csv", **sent) as got:
        assert got.status == 200
    async with gateway.request("GET", f"{PREFIX}/files/x.csv", **sent) as got:
        assert got.status == 403
    async with gateway.request("POST", f"{PREFIX}/api/kernels", person=None, **sent) as got:
        assert got.status == 403
    async with gateway.request("GET", "/nowhere", person=None, **sent) as got:
        assert got.status == 404
    await gateway.app.settings["recording"].close()
    events = gateway.ledger.of(Kind.CONTENTS_READ, Kind.REFUSAL)
    assert [event.private["address"] for event in events] == ["192.0.2.7"] * 4
    known, refused, *strangers = sign_ins(events)
    assert known == refused is not None
    assert strangers == [None, None], "whoever is not signed in has no session"
    assert b"192.0.2.7" not in b"".join(gateway.ledger.leaves)
