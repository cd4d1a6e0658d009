"""The server is lost: from the copy at the second place and the auditors' keys, messages open, on the record."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audit import Event, Index, Kind, Ledger, Places
from audit.checkpoint import Signer
from audit.export import copy_keys, export_log
from audit.sealed_files import SealedFiles
from hub_extensions.commands.audit import command
from hub_extensions.installation import throwaway
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.settings import Settings
from project_spaces.errors import BureauError
from tests.fixtures.recorder import recorder_of

CODES = (b"print('first')", b"x" * 300_000)


def bureau(*arguments: object) -> Result:
    """Run `bureau audit …`."""
    return CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)


def live(settings: Settings, folder: Path) -> list[int]:
    """Name auditors, record two messages, copy the ledger as its anchors do every day; return their places."""
    named: list[object] = []
    for name in ("alice", "bob", "chloe"):
        assert bureau("keygen", "--no-passphrase", "--out", folder / f"{name}.key").exit_code == 0
        named += ["--auditor", f"{name}={folder / name}.pub"]
    assert bureau("ceremony", *named).exit_code == 0
    with closing(Ledger(settings.ledger_socket, ledger_keys(settings))) as ledger:
        events = [Event(Kind.KERNEL_MESSAGE, "ana", "stays", datetime.now(UTC), {}, code) for code in CODES]
        places = [ledger.append(event)[0].index for event in events]
        ledger.settle()
    assert export_log(settings.ledger_dir, folder / "copy", sealed=Places(settings.ledger_dir)).good
    copy_keys(settings.secrets_dir / "ledger", folder / "copy")
    shutil.copy(folder / "copy" / "log.vkey", folder / "trusted.vkey")
    return places


def shares(folder: Path, *names: str) -> list[object]:
    """Let auditors open their shares out of the copy."""
    brought: list[object] = []
    for name in names:
        sealed, opened = folder / f"for-{name}", folder / f"{name}.share"
        assert bureau("sealed-shares", name, "--project", "stays", "--from", folder / "copy", "--out", sealed).output
        assert bureau("share", "--key", folder / f"{name}.key", "--out", opened, *sealed.iterdir()).exit_code == 0
        brought += ["--share", opened]
    return brought


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """What a server left behind: its copy, the auditors' keys, and where its two messages are."""
    folder = tmp_path_factory.mktemp("lost")
    with throwaway.prepared() as settings, recorder_of(settings):
        return folder, live(settings, folder)


@pytest.fixture(scope="module")
def another(lost: tuple[Path, list[int]]) -> Iterator[Settings]:
    """The installation that takes the lost one's place."""
    with throwaway.prepared() as settings, recorder_of(settings):
        yield settings


@pytest.fixture
def places(lost: tuple[Path, list[int]], tmp_path: Path) -> list[int]:
    """Lay what was left into ``tmp_path`` and return where the messages are."""
    shutil.copytree(lost[0], tmp_path, dirs_exist_ok=True)
    return lost[1]


def unsealings(settings: Settings) -> list[dict[str, object]]:
    """Return what the new ledger says of unsealings."""
    with closing(Ledger(settings.ledger_socket, ledger_keys(settings))) as ledger:
        ledger.settle()
    with closing(Index(Places(settings.ledger_dir))) as index:
        return [{**row.subject, **row.private} for row in index.search(kind=Kind.AUDIT_UNSEALED)]


def test_a_quorum_opens_the_copy_and_the_new_ledger_says_of_which_log(
    places: list[int], another: Settings, tmp_path: Path
):
    brought = shares(tmp_path, "alice", "chloe")
    asked = ("unseal", "--from", tmp_path / "copy", "--entries", f"{places[0]}-{places[1]}", "--reason", "server lost")
    told = bureau(*asked, "--vkey", tmp_path / "trusted.vkey", *brought, "--json")
    assert [each["message"].encode() for each in json.loads(told.output)["entries"]] == list(CODES)
    record = unsealings(another)[0]
    size, root = (tmp_path / "copy" / "checkpoint").read_text().splitlines()[1:3]
    assert (record["copied"], record["entries"], record["reason"]) == (int(size), 2, "server lost")
    assert record["root"] == base64.b64decode(root).hex()


def exchange(copy: Path) -> None:
    files = SealedFiles(copy)
    held = files.bundle(0)
    first, *_ = sorted(held)
    files.put_bundle(0, held | {first: held[first][:-1] + bytes([held[first][-1] ^ 1])})


def forge_key(copy: Path) -> None:
    (copy.parent / "trusted.vkey").write_text(Signer.generate("bureau.test/ledger").vkey)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (exchange, "not the one that it commits to"),
        (lambda copy: next((copy / "sealed" / "large").rglob("*/*")).unlink(), "no recorded deletion"),
        (forge_key, "checkpoint"),
        (lambda copy: shutil.rmtree(copy / "sealed"), "holds no sealed messages"),
        (lambda copy: shutil.rmtree(copy / "keys" / "shares"), "shares of stays"),
        (lambda copy: (copy.parent / "chloe.share").unlink(), "1 of 2"),
    ],
)
def test_nothing_opens_from_a_copy_that_is_not_good_nor_without_a_quorum(
    harm: Callable[[Path], object], said: str, places: list[int], another: Settings, tmp_path: Path
):
    shares(tmp_path, "alice", "chloe")
    harm(tmp_path / "copy")
    brought = [part for file in sorted(tmp_path.glob("*.share")) for part in ("--share", file)]
    asked = ("unseal", "--from", tmp_path / "copy", "--entries", places[0], "--reason", "why", *brought)
    before = len(unsealings(another))
    with pytest.raises(BureauError, match=said):
        bureau(*asked, "--vkey", tmp_path / "trusted.vkey")
    assert len(unsealings(another)) == before


@pytest.mark.usefixtures("another")
def test_a_copy_does_not_vouch_for_itself(places: list[int], tmp_path: Path):
    with pytest.raises(BureauError, match="needs --vkey"):
        bureau("unseal", "--from", tmp_path / "copy", "--entries", places[0], "--reason", "why")


def test_without_a_ledger_that_records_nothing_opens(places: list[int], tmp_path: Path):
    brought = shares(tmp_path, "alice", "bob")
    asked = ("unseal", "--from", tmp_path / "copy", "--vkey", tmp_path / "trusted.vkey", "--entries", places[0])
    with throwaway.prepared(), pytest.raises(BureauError, match="ledger"):
        bureau(*asked, "--reason", "why", *brought)
