"""Whoever edits the settings changes the rules: the next start says so in the ledger, once, before it works."""

import pytest

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from project_spaces.errors import Unavailable
from project_spaces.settings_in_force import digest_of, record_settings
from project_spaces.store import Store
from tests.project_spaces.conftest import NOW

DEFAULTS = {"min_persons": "11", "reviewers_required": "2"}
LAXER = {**DEFAULTS, "min_persons": "3"}


def start(store: Store, values: dict[str, str], process: str = "worker") -> bool:
    return record_settings(store, values, DEFAULTS, process=process, now=NOW)


def test_an_edited_file_leaves_its_entry_with_old_and_new_values(store: Store, memory_ledger: MemoryLedger) -> None:
    assert [start(store, values) for values in (DEFAULTS, DEFAULTS, LAXER, LAXER, DEFAULTS)] == [1, 0, 1, 0, 1]
    _, edited, back = memory_ledger.of(Kind.ADMIN_ACT)
    assert edited.subject == {"what": "settings", "digest": digest_of(LAXER), "changed": 1, "process": "worker"}
    assert (edited.private, back.private) == ({"min_persons": "11 → 3"}, {"min_persons": "3 → 11"})
    assert edited.actor == "system:worker"


def test_the_first_start_is_compared_with_the_defaults(quick_store: Store, memory_ledger: MemoryLedger) -> None:
    assert start(quick_store, {**LAXER, "new": "1"})
    (event,) = memory_ledger.of(Kind.ADMIN_ACT)
    assert event.private == {"min_persons": "11 → 3", "new": "– → 1"}


def test_what_the_ledger_did_not_take_is_not_taken_as_recorded(quick_store: Store, memory_ledger: MemoryLedger) -> None:
    memory_ledger.stop()
    with pytest.raises(Unavailable):
        start(quick_store, LAXER)
    memory_ledger.start()
    assert start(quick_store, LAXER)
    assert len(memory_ledger.of(Kind.ADMIN_ACT)) == 1


def test_two_processes_that_start_together_write_one_entry(
    quick_store: Store, memory_ledger: MemoryLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def after_the_other_one(event: Event):
        monkeypatch.undo()
        assert start(quick_store, LAXER, "portal")
        return quick_store.write(event)

    monkeypatch.setattr(quick_store, "write", after_the_other_one)
    assert not start(quick_store, LAXER)
    (event,) = memory_ledger.of(Kind.ADMIN_ACT)
    assert event.actor == "system:portal"
