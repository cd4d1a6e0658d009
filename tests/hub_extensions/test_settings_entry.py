"""Settings in the ledger: every one of them, none of their secrets, before anything is done with them."""

from contextlib import closing
from pathlib import Path

import pytest

from audit.places import Places
from audit.private import PrivateStore
from audit.testing import PlainKeys
from hub_extensions.installation.opening import open_store
from hub_extensions.installation.settings_entry import settle_settings
from hub_extensions.installation.throwaway import prepared
from hub_extensions.settings import Settings, load
from hub_extensions.settings.recorded import as_recorded, defaults
from tests.fixtures.recorder import recorder_of

pytestmark = pytest.mark.usefixtures("nothing_set")
SECRETS = {
    "database_url": "postgresql+psycopg://bureau:hunter2@127.0.0.1/bureau",
    "alarm_webhook": "https://hooks.example.org/hunter2",
    "publication_repositories": {"hal": {"kind": "git", "url": "https://bot:hunter2@example.org/hal.git"}},
}


def mark(value: str) -> str:
    return PlainKeys().pseudonym(value)


def test_every_setting_is_told_and_no_secret_is(tmp_path: Path) -> None:
    told = as_recorded(load({"home": tmp_path, **SECRETS}), mark)
    assert told.keys() == Settings.model_fields.keys()
    assert "hunter2" not in str(told)
    other = as_recorded(load({"home": tmp_path, **SECRETS, "alarm_webhook": "https://hooks.example.org/2"}), mark)
    assert {name for name in told if told[name] != other[name]} == {"alarm_webhook"}, "that it changed is seen"


def test_a_policy_of_witnesses_is_told_by_its_words_too(tmp_path: Path) -> None:
    (tmp_path / "policy").write_text("quorum none\n")
    settings = load({"home": tmp_path, "witness_policy": tmp_path / "policy"})
    before = as_recorded(settings, mark)["witness_policy"]
    (tmp_path / "policy").write_text("quorum all\n")
    assert before != as_recorded(settings, mark)["witness_policy"]
    (tmp_path / "policy").unlink()
    assert as_recorded(settings, mark)["witness_policy"].endswith(" unreadable")


def test_what_nobody_set_is_a_default(tmp_path: Path) -> None:
    usual, told = defaults(mark), as_recorded(load({"home": tmp_path}), mark)
    assert {name for name in told if told[name] != usual[name]} == {"home"}


def test_a_process_that_starts_with_other_settings_records_them_first() -> None:
    with prepared(min_persons=20) as settings, recorder_of(settings):
        first = settle_settings(settings, "worker")
        assert settle_settings(settings, "portal") == first
        changed = settings.model_copy(update={"min_persons": 5})
        assert settle_settings(changed, "gateway") != first
        open_store(settings).settle()
        with closing(PrivateStore(Places(settings.ledger_dir))) as private:
            told = private.facts(range(open_store(settings).ledger.ping().size))
    changes = [facts["min_persons"] for _, facts in sorted(told.items()) if "min_persons" in facts]
    assert changes == ["11 → 20", "20 → 5"]
