"""What the terminal of the server shows or hands over of its own log: signed alone, and for those concerned to find."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audit import Event, Index, Kind, Ledger, Places, leaf
from audit.index import IndexWriter
from audit.leaf import Entry
from audit.tiles import ENTRIES, decode_bundle, encode_entry, tile_path
from hub_extensions.commands.audit import command as audit
from hub_extensions.commands.ledger import command as ledger
from hub_extensions.installation import throwaway
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.settings import Settings
from project_spaces.errors import BureauError
from tests.fixtures.recorder import recorder_of

FORGED = "print('never run by anybody')"


@pytest.fixture
def settings() -> Iterator[Settings]:
    with throwaway.prepared() as settings, recorder_of(settings):
        yield settings


def bureau(group, *arguments: object) -> Result:
    return CliRunner().invoke(group, [str(each) for each in arguments], catch_exceptions=False)


def record(settings: Settings, *people: str) -> int:
    """Record a message of each of these people; return the place of the last one."""
    with closing(Ledger(settings.ledger_socket, ledger_keys(settings))) as client:
        told = [Event(Kind.KERNEL_MESSAGE, name, "stays", datetime.now(UTC), {}, b"1 + 1") for name in people]
        places = [receipt.index for receipt in client.append(*told)]
        client.settle()
    return places[-1]


def recorded(settings: Settings, kind: Kind) -> list[dict[str, object]]:
    """What the log holds of this kind, newest first: facts and people."""
    with closing(Ledger(settings.ledger_socket, ledger_keys(settings))) as client:
        client.settle()
    with closing(Index(Places(settings.ledger_dir))) as index:
        rows = index.search(kind=kind.value)
        return [{**row.subject, **row.private, "about": set(row.names.values())} for row in rows]


def forged(settings: Settings, actor: str) -> Entry:
    """An entry as the product makes them, sealed to the public key that lies on the server."""
    event = Event(Kind.KERNEL_MESSAGE, actor, "stays", datetime.now(UTC), {}, FORGED.encode())
    return leaf.prepare(event, ledger_keys(settings))


def _write(settings: Settings, entry: Entry, place: int | None = None) -> int:
    """Put *entry* and its message into the files, in this place or behind the last one; return the place."""
    places = Places(settings.ledger_dir)
    folder = (places.log / tile_path(ENTRIES, 0, 1)).parent
    held = decode_bundle(max(folder.iterdir(), key=lambda file: int(file.name)).read_bytes())
    place = len(held) if place is None else place
    held[place : place + 1] = [entry.leaf]
    (folder / str(len(held))).write_bytes(b"".join(map(encode_entry, held)))
    with closing(sqlite3.connect(places.private)) as database, database:
        database.execute("INSERT OR REPLACE INTO sealed VALUES (?, NULL, ?)", (place, entry.blob))
    return place


def exchange(settings: Settings, place: int) -> int:
    """Another entry in the place of one that was recorded."""
    return _write(settings, forged(settings, "ben"), place)


def add(settings: Settings, _place: int) -> int:
    """An entry behind the last one that was signed, in files and index alike."""
    entry = forged(settings, "ben")
    place = _write(settings, entry)
    writer = IndexWriter(Places(settings.ledger_dir))
    writer.add(place, [entry.leaf])
    writer.close()
    return place


@pytest.mark.parametrize(
    ("forge", "said", "status"),
    [(exchange, "not the one that the log signed", 1), (add, "Give 1 to", 0)],
)
def test_what_the_log_did_not_sign_is_neither_opened_nor_listed_as_its_own(
    settings: Settings, forge: Callable[[Settings, int], int], said: str, status: int
) -> None:
    place = forge(settings, record(settings, "ana"))
    with pytest.raises(BureauError, match=said):
        bureau(audit, "unseal", "--entries", place, "--reason", "incident")
    shown = bureau(ledger, "show", "--json", "--project", "stays")
    entries = json.loads(shown.output)["entries"]
    assert shown.exit_code == status
    assert "ben" not in shown.output
    assert [(each["index"], each["signed"], each["kind"]) for each in entries if each["index"] == place] == (
        [(place, False, "unreadable")] if status else []
    )
    assert not recorded(settings, Kind.AUDIT_UNSEALED)


def test_whoever_is_named_in_what_a_terminal_shows_finds_that_look(settings: Settings) -> None:
    people = [f"person-{n}" for n in range(10)]
    record(settings, *people)
    assert bureau(ledger, "show", "--person", "nobody", "--limit", 100).exit_code == 0
    (nobody,) = recorded(settings, Kind.AUDIT_READ)
    assert nobody["about"] == set()
    assert bureau(ledger, "show", "--project", "stays", "--limit", 100).exit_code == 0
    *found, _ = recorded(settings, Kind.AUDIT_READ)
    assert [len(each["about"]) for each in found] == [2, 8]
    assert set.union(*(each["about"] for each in found)) == set(people)
    assert {(each["what"], each["project"]) for each in found} == {("search", "stays")}


def test_what_leaves_the_own_log_is_recorded_first(settings: Settings, tmp_path: Path) -> None:
    place = record(settings, "ana")
    assert bureau(ledger, "prove", place, "--json").exit_code == 0
    assert bureau(ledger, "export", tmp_path / "copy", "--sealed").exit_code == 0
    for name in ("alice", "bob"):
        bureau(audit, "keygen", "--no-passphrase", "--out", tmp_path / f"{name}.key")
    named = [part for name in ("alice", "bob") for part in ("--auditor", f"{name}={tmp_path / name}.pub")]
    assert bureau(audit, "ceremony", *named).exit_code == 0
    assert bureau(audit, "sealed-shares", "alice", "--project", "stays", "--out", tmp_path / "shares").exit_code == 0
    shares, copy, proof = recorded(settings, Kind.AUDIT_READ)
    assert (proof["what"], proof["entry"], proof["about"]) == ("proof", place, {"ana"})
    assert copy["what"] == "sealed copy"
    assert (shares["what"], shares["about_project"], shares["auditor"]) == ("sealed shares", "stays", "alice")
    assert bureau(ledger, "prove", place, "--dir", tmp_path / "copy", "--json").exit_code == 0
    assert len(recorded(settings, Kind.AUDIT_READ)) == 3, "a copy is anybody's"


def test_without_a_recorder_nothing_is_shown_and_nothing_leaves(tmp_path: Path) -> None:
    with throwaway.prepared() as settings:
        with recorder_of(settings):
            place = record(settings, "ana")
        for asked in (("show",), ("prove", place), ("export", tmp_path / "copy", "--sealed")):
            with pytest.raises(BureauError, match="ledger"):
                bureau(ledger, *asked)
        assert not (tmp_path / "copy").exists()
