"""An event says who, what, where, when; its leaf says nothing about a person."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from audit import leaf
from audit.errors import LedgerFull, LedgerUnavailable, Malformed
from audit.events import Event, Kind
from audit.keystore import KeyStore
from audit.testing import AsyncMemoryLedger, capture

NOW = datetime(2026, 11, 25, 2, 0, 0, 123456, tzinfo=UTC)


def event(**changes):
    facts = {"kind": Kind.KERNEL_MESSAGE, "actor": "alice", "project": "stays", "at": NOW, "subject": {"msg": "m1"}}
    return Event(**(facts | changes))


@pytest.fixture
def keys(tmp_path):
    return KeyStore(tmp_path / "keys")


@pytest.mark.parametrize(
    "changes",
    [
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001 - naive on purpose
        {"at": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))},
        {"subject": {"username": "bob"}},
        {"subject": {"path": "/project/alice.ipynb"}},
        {"id": "A" * 32},
        {"id": "0" * 31},
    ],
)
def test_an_event_that_breaks_the_rules_cannot_be_made(changes):
    with pytest.raises(ValueError, match=r"event|subject"):
        event(**changes)


def test_a_leaf_holds_no_name_and_is_canonical(keys):
    recorded = event(persons={"reviewer": "bob"}, private={"where": "10.0.0.7"}, content=b"print(alice)")
    entry = leaf.prepare(recorded, keys)
    for secret in (b"alice", b"bob", b"10.0.0.7"):
        assert secret not in entry.leaf
        assert secret not in entry.blob
    body = leaf.parse(entry.leaf)
    assert body["actor"] == keys.pseudonym("alice")
    assert body["persons"] == {"reviewer": keys.pseudonym("bob")}
    assert body["at"] == "2026-11-25T02:00:00.123456Z"
    assert len(entry.leaf) < 1024
    assert b"alice" in entry.side
    assert b"10.0.0.7" in entry.side


def test_programs_keep_their_name_and_have_no_side_row(keys):
    entry = leaf.prepare(event(actor="system:worker"), keys)
    assert leaf.parse(entry.leaf)["actor"] == "system:worker"
    assert entry.side == b""


def test_a_client_chosen_string_cannot_make_a_leaf_too_big(keys):
    entry = leaf.prepare(event(subject={"msg": "é" * 100_000, "odd": "\ud800" * 100}), keys)
    assert leaf.parse(entry.leaf)["subject"]["msg"].startswith("sha256:")


def test_a_leaf_over_the_limit_is_refused(keys):
    with pytest.raises(Malformed, match="1023"):
        leaf.prepare(event(subject={f"k{n}": "x" * 90 for n in range(12)}), keys)


def test_the_memory_ledger_records_once_and_fails_as_told():
    with capture() as ledger:
        first = event()
        receipt = ledger.append(first, event())[0]
        assert ledger.append(first) == [receipt]
        assert ledger.ping().size == 2
        assert ledger.kinds() == [Kind.KERNEL_MESSAGE] * 2
        ledger.stop()
        with pytest.raises(LedgerUnavailable):
            ledger.ping()
        ledger.fill()
        with pytest.raises(LedgerFull):
            ledger.append(event())
        ledger.start()
        assert ledger.append(event())[0].index == 2


async def test_the_asynchronous_twin_shares_the_memory():
    twin = AsyncMemoryLedger()
    await twin.append(event())
    assert (await twin.ping()).size == 1
    assert len(twin.memory.of(Kind.KERNEL_MESSAGE)) == 1
