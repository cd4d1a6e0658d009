"""`bureau audit` from the first key to an opened message, as auditors and administrator would type it."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audit import Event, Kind, Ledger
from audit.auditors import plan, read_public
from hub_extensions.commands.audit import command
from hub_extensions.installation import throwaway
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.oversight.key_standing import KEYS_LEFT, NO_CEREMONY, NOT_AS_RECORDED, seal_standing
from hub_extensions.settings import Settings
from project_spaces.errors import BureauError
from tests.fixtures.recorder import recorder_of

CODE = "print('durée moyenne')"


@pytest.fixture
def settings() -> Iterator[Settings]:
    with throwaway.prepared() as settings, recorder_of(settings):
        yield settings


def bureau(*arguments: object, typed: str = "") -> Result:
    """Run `bureau audit …`."""
    return CliRunner().invoke(command, [str(each) for each in arguments], input=typed, catch_exceptions=False)


def record(settings: Settings) -> int:
    with closing(Ledger(settings.ledger_socket, ledger_keys(settings))) as ledger:
        event = Event(Kind.KERNEL_MESSAGE, "ana", "stays", datetime.now(UTC), {}, CODE.encode())
        (receipt,) = ledger.append(event)
        ledger.settle()
        return receipt.index


def test_from_the_first_key_to_an_opened_message(settings: Settings, tmp_path: Path):
    entry = record(settings)
    before = bureau("status", "--json")
    assert (before.exit_code, json.loads(before.output)["ceremony"]) == (1, None)
    named: list[object] = []
    for name in ("alice", "bob", "chloe"):
        made = bureau("keygen", "--out", tmp_path / f"{name}.key", typed="long enough\nlong enough\n")
        assert made.exit_code == 0, made.output
        assert (tmp_path / f"{name}.key").stat().st_mode & 0o077 == 0
        named += ["--auditor", f"{name}={tmp_path / name}.pub"]
    held = bureau("ceremony", *named, "--threshold", 2, "--json")
    assert json.loads(held.output)["left"] == 0
    assert bureau("status").exit_code == 0
    assert json.loads(bureau("status", "--json").output)["as_recorded"] is True

    brought: list[object] = []
    for name in ("alice", "chloe"):
        folder = tmp_path / f"for-{name}"
        assert bureau("sealed-shares", name, "--project", "stays", "--out", folder).exit_code == 0
        opened = tmp_path / f"{name}.share"
        files = sorted(folder.iterdir())
        done = bureau("share", "--key", tmp_path / f"{name}.key", "--out", opened, *files, typed="long enough\n")
        assert done.exit_code == 0, done.output
        brought += ["--share", opened]
    with pytest.raises(BureauError, match="1 of 2"):
        bureau("unseal", "--entries", entry, "--reason", "incident", *brought[:2])
    told = bureau("unseal", "--entries", entry, "--reason", "incident", *brought, "--json")
    assert json.loads(told.output)["entries"][0]["message"] == CODE
    assert bureau("unseal", "--entries", entry, "--reason", "again", *brought, "--out", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out" / f"entry-{entry}.message").read_text() == CODE


def test_a_ceremony_that_was_interrupted_is_brought_to_its_end_and_until_then_it_is_said(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    record(settings)
    assert seal_standing(settings) == NO_CEREMONY
    named: list[object] = []
    for name in ("alice", "bob"):
        bureau("keygen", "--no-passphrase", "--out", tmp_path / f"{name}.key")
        named += ["--auditor", f"{name}={tmp_path / name}.pub"]

    def killed(_place: Path) -> None:
        raise OSError("killed")

    with monkeypatch.context() as crash:
        crash.setattr("audit.epochs.destroy", killed)
        with pytest.raises(BureauError):
            bureau("ceremony", *named)
    assert seal_standing(settings) == KEYS_LEFT
    assert json.loads(bureau("ceremony", "--finish", "--json").output)["left"] == 0
    assert seal_standing(settings) is None


def test_auditors_who_were_put_in_place_of_the_recorded_ones_are_noticed(settings: Settings, tmp_path: Path):
    """Whoever rules the server swaps the auditors' file: from then on all is sealed to keys of that person's choice."""
    record(settings)
    for name in ("alice", "bob", "eve", "mallory"):
        bureau("keygen", "--no-passphrase", "--out", tmp_path / f"{name}.key")

    def named(*names: str) -> list[object]:
        return [part for name in names for part in ("--auditor", f"{name}={tmp_path / name}.pub")]

    assert bureau("ceremony", *named("alice", "bob")).exit_code == 0
    assert seal_standing(settings) is None
    own = [read_public((tmp_path / f"{name}.pub").read_bytes(), name) for name in ("eve", "mallory")]
    ledger_keys(settings).epochs.hold(plan(2, datetime.now(UTC), 2, own))
    assert seal_standing(settings) == NOT_AS_RECORDED
    told = bureau("status", "--json")
    assert (told.exit_code, json.loads(told.output)["as_recorded"]) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("unseal", "--entries", "x", "--reason", "r"), "numbers and ranges"),
        (("unseal", "--entries", "0-999999", "--reason", "r"), "at most 10,000"),
        (("ceremony", "--auditor", "alice", "--threshold", "2"), "NAME=FILE"),
        (("ceremony",), "threshold 2 of 0"),
        (("ceremony", "--finish"), "no ceremony"),
        (("sealed-shares", "alice", "--out", "x"), "no sealed share"),
        (("share", "nowhere", "--key", "nowhere", "--out", "x"), "No such file"),
    ],
)
@pytest.mark.usefixtures("settings")
def test_bad_input_is_one_sentence(arguments: tuple[str, ...], said: str):
    with pytest.raises(BureauError, match=said):
        bureau(*arguments)
