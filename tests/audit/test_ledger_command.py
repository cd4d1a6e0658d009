"""``bureau ledger`` as an auditor calls it: exit status, one sentence, JSON."""

import json
from contextlib import closing

import pytest
from click.testing import CliRunner

from audit.bundle import make_bundle, verify_bundle
from audit.client import Ledger
from audit.errors import Malformed
from audit.events import Kind
from audit.proof import verify_proof
from hub_extensions.cli import bureau
from project_spaces.errors import Invalid

from .recorder_process import RecorderProcess, event


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("BUREAU_HOME", str(tmp_path / "home"))

    def call(*arguments):
        return CliRunner().invoke(bureau, ["ledger", *map(str, arguments)], standalone_mode=False)

    return call


def test_verify_says_good_with_status_0_and_bad_with_1(run, log, tmp_path):
    log.grow_to(300)
    key, old = tmp_path / "key", tmp_path / "old"
    key.write_text(log.signer.vkey)
    old.write_text((log.folder / "checkpoint").read_text())
    log.grow_to(600)
    good = run("verify", log.folder, "--vkey", key, "--old", old, "--json")
    assert good.exit_code == 0
    answer = json.loads(good.stdout)
    assert (answer["good"], answer["size"], answer["continues"]) == (True, 600, 300)
    assert "600 entrées vérifiées" in run("verify", log.folder).stdout
    assert "600 entries verified" in run("verify", log.folder, "--lang", "en").stdout
    (log.folder / "tile/0/001").unlink()
    bad = run("verify", log.folder, "--vkey", key)
    assert bad.exit_code == 1
    assert "tile/0/001" in bad.stdout


def test_an_empty_key_file_is_no_key_and_not_the_logs_own(run, log, tmp_path):
    """A key that was fetched and never came: what it would have refused is not good."""
    log.grow_to(3)
    empty = tmp_path / "trusted.vkey"
    empty.write_text("")
    copied = ("export", tmp_path / "copy", "--dir", log.folder)
    for arguments in (("verify", log.folder), copied):
        assert isinstance(run(*arguments, "--vkey", empty).exception, Invalid)
    assert run(*copied).exit_code == 0


def test_an_empty_key_proves_no_exported_search(log):
    log.grow_to(3)
    exported = json.dumps(make_bundle(log.folder, [1], {})).encode()
    assert verify_bundle(exported, log.signer.vkey).independent_key
    with pytest.raises(Malformed):
        verify_bundle(exported, "")


def test_what_cannot_be_asked_is_one_sentence(run, tmp_path, log):
    log.grow_to(3)
    for arguments in (
        ("verify", tmp_path / "nothing"),
        ("prove", 7, "--dir", log.folder),
        ("verify", log.folder, "--vkey", "x"),
    ):
        outcome = run(*arguments)
        assert outcome.exception is not None
        assert "\n" not in str(outcome.exception)


def test_a_proof_bundle_convinces_whoever_has_the_key(run, log, tmp_path):
    log.grow_to(700)
    out = tmp_path / "bundle"
    assert run("prove", 431, "--dir", log.folder, "--out", out).exit_code == 0
    entry = (out / "entry-431.json").read_bytes()
    assert verify_proof((out / "entry-431.json.tlog-proof").read_text(), entry, log.signer.vkey).size == 700
    assert (out / "entry-431.json.spicy").read_text().startswith("index 431\n")


def test_a_copy_is_made_and_verified(run, log, tmp_path):
    log.grow_to(400)
    assert run("export", tmp_path / "copy", "--dir", log.folder).exit_code == 0
    assert run("verify", tmp_path / "copy").exit_code == 0


def test_showing_entries_is_recorded_first_and_refused_without_the_ledger(run, tmp_path, monkeypatch):
    from hub_extensions.installation.opening import ledger_keys
    from hub_extensions.settings import loading as settings

    recorder = RecorderProcess(tmp_path / "home" / "ledger")
    monkeypatch.setenv("BUREAU_RUN_DIR", str(recorder.short))
    try:
        assert settings.load().ledger_socket == recorder.socket
        assert run("show").exception is not None
        recorder.start()
        with closing(Ledger(recorder.socket, ledger_keys(settings.load()))) as client:
            client.append(event(1), event(2))
        entries = json.loads(run("show", "--kind", "kernel.message", "--json").stdout)["entries"]
        assert [entry["subject"]["n"] for entry in entries] == [2, 1]
        assert entries[0]["actor_name"] == "alice"
        assert json.loads(run("show", "--json", "--limit", "1").stdout)["entries"][0]["kind"] == Kind.AUDIT_READ
        assert "kernel.message" in run("show").stdout
    finally:
        recorder.close()
