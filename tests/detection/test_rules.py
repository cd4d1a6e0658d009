"""Each rule on both sides of its threshold; the catalogue, its settings and the page for auditors say the same."""

import re
from base64 import encodebytes
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.canonical import reserialise
from audit.events import Event, Kind
from audit.testing import MemoryLedger
from hub_extensions.detection.catalogue import BY_KIND, RULES, Terms, named
from hub_extensions.detection.traces import LONGEST_LINE, MOST_TRACES, Memory
from hub_extensions.detection.watch import Watch
from hub_extensions.gateway.forwarded import Forwarded
from hub_extensions.settings import Settings

from .conftest import MINUTE, NOON, cell, keys

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "audit.md").read_text()
MIB = 2**20


def test_each_rule_is_explained_in_the_page_for_auditors_with_its_thresholds() -> None:
    listed = dict(re.findall(r"^\| `([a-z]+@\d+)` \| (.*)$", PAGE, re.MULTILINE))
    assert set(listed) == {rule.id for rule in RULES}
    for rule in RULES:
        assert rule.title.en in listed[rule.id]
        for term in rule.terms:
            assert f"`detection_{term}`" in listed[rule.id]


def test_each_threshold_is_a_setting_and_each_rule_has_words_in_both_languages() -> None:
    for rule in RULES:
        assert all((*rule.title, *rule.why))
        assert all(f"detection_{term}" in Settings.model_fields for term in rule.terms)
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_each_id_is_one_that_a_leaf_takes_and_leads_back_to_its_rule() -> None:
    Event(Kind.MOUNT, "ana", "etude", NOON, rules=tuple(rule.id for rule in RULES))
    assert all(named(rule.id) is rule and named(rule.name) is rule for rule in RULES)
    assert named("volume@99") is None


def test_every_kind_of_record_has_its_rules_looked_up() -> None:
    assert set(BY_KIND) == set(Kind)


class TestVolume:
    def shown(self, watch: Watch, mib: float, at: datetime = NOON) -> tuple[str, ...]:
        return watch.look(Kind.OUTPUT_COUNT, "ana", "etude", at, subject={"bytes": int(mib * MIB)})

    def test_once_each_time_the_threshold_is_passed_again(self, watch: Watch) -> None:
        assert [self.shown(watch, 40) for _ in range(6)] == [(), (), ("volume@1",), (), ("volume@1",), ()]

    def test_an_hour_begins_anew_and_a_clock_that_steps_back_does_not(self, watch: Watch) -> None:
        assert self.shown(watch, 99) == ()
        assert self.shown(watch, 99, NOON - timedelta(hours=2)) == ("volume@1",)
        assert self.shown(watch, 99, NOON + timedelta(hours=1)) == ()

    def test_each_person_and_project_has_its_own_count(self, watch: Watch) -> None:
        self.shown(watch, 99)
        assert watch.look(Kind.OUTPUT_COUNT, "ben", "etude", NOON, subject={"bytes": 99 * MIB}) == ()
        assert watch.look(Kind.OUTPUT_COUNT, "ana", "autre", NOON, subject={"bytes": 99 * MIB}) == ()


class TestTexts:
    def test_a_cell_hits_what_it_reaches_for(self, watch: Watch) -> None:
        code = cell("import os, base64\nfor p in os.walk('/data/autre'): print(base64.b64encode(p))")
        hit = watch.look(Kind.KERNEL_MESSAGE, "ana", "etude", NOON, content=code, mounted=("sejours",))
        assert hit == ("outside@1", "listing@1", "encoded@1")

    def test_a_script_that_is_saved_is_read_as_a_cell_is(self, watch: Watch) -> None:
        assert watch.look(Kind.FILE_WRITE, "ana", "etude", NOON, content=cell("open('/proc/1/maps')")) == ("outside@1",)

    def test_a_command_typed_key_by_key_is_seen_at_enter(self, watch: Watch) -> None:
        def typed(text: str, terminal: str = "one") -> tuple[str, ...]:
            subject = {"terminal": terminal}
            return watch.look(Kind.TERMINAL_INPUT, "ana", "etude", NOON, subject=subject, content=keys(text))

        assert [typed(key) for key in "cat /pX"] == [()] * 7
        assert typed("ls /nothing\r", "two") == ()
        assert [typed(key) for key in "\x7froc/self/maps"] == [()] * 14
        assert typed("\r") == ("outside@1",)
        assert typed("\r") == ()

    @pytest.mark.parametrize(
        "pieces",
        [
            [" " * 5000 + "cat /etc/passwd\r"],
            [" " * 5000, "cat /etc/pass", "wd" + " " * 5000, "\r"],
            ["cat <<x\r" + "harmless\r" * 500 + "cat /etc/passwd\r"],
            [" " * (LONGEST_LINE - len("cat /etc/pa")) + "cat /etc/passwd ; " + "x" * 3000 + "\r"],
        ],
    )
    def test_however_much_is_typed_or_pasted_all_of_it_is_read(self, watch: Watch, pieces: list[str]) -> None:
        """Behind a thousand blanks, or below the first lines of what was pasted, a command was not seen."""
        hits = [
            watch.look(Kind.TERMINAL_INPUT, "ana", "etude", NOON, subject={"terminal": "t"}, content=keys(piece))
            for piece in pieces
        ]
        assert ("outside@1",) in hits

    def test_size_changes_of_a_terminal_are_no_text(self, watch: Watch) -> None:
        frame = b'["set_size",24,80]'
        assert watch.look(Kind.TERMINAL_INPUT, "ana", "etude", NOON, subject={"terminal": "t"}, content=frame) == ()


class TestCounts:
    def repeat(self, watch: Watch, times: int, kind: Kind, apart: timedelta, **subject: str) -> list[int]:
        """Places, from 1 on, of the records that hit a rule."""
        looks = [watch.look(kind, "ana", "etude", NOON + n * apart, subject=subject) for n in range(times)]
        return [place for place, hit in enumerate(looks, 1) if hit]

    def test_a_burst_of_contents_reads(self, watch: Watch) -> None:
        assert self.repeat(watch, 125, Kind.CONTENTS_READ, timedelta(milliseconds=100)) == [61, 122]
        assert self.repeat(Watch(Terms()), 125, Kind.CONTENTS_READ, timedelta(seconds=2)) == []

    def test_refusals_in_a_row_whatever_a_page_asks_for_in_between(self, watch: Watch) -> None:
        found = []
        for n in range(11):
            found.append(watch.look(Kind.REFUSAL, "ana", "etude", NOON + n * MINUTE / 2))
            watch.look(Kind.CONTENTS_READ, "ana", "etude", NOON + n * MINUTE / 2)
        assert [place for place, hit in enumerate(found, 1) if hit] == [5, 10]
        assert self.repeat(Watch(Terms()), 10, Kind.REFUSAL, 5 * MINUTE) == []

    def test_kernels(self, watch: Watch) -> None:
        assert self.repeat(watch, 21, Kind.KERNEL_LIFECYCLE, MINUTE, method="POST") == [21]
        assert self.repeat(Watch(Terms()), 40, Kind.KERNEL_LIFECYCLE, MINUTE, method="DELETE") == []

    def test_exports(self, watch: Watch) -> None:
        assert self.repeat(watch, 7, Kind.EXPORT_SUBMITTED, 30 * MINUTE) == [6]


class TestSignIn:
    def failure(self, minute: int, claimed: str | None = "ana", address: str = "10.0.0.7") -> Event:
        persons = {} if claimed is None else {"claimed": claimed}
        at = NOON + minute * MINUTE
        return Event(Kind.SIGNIN_FAILURE, "system:sign-in", None, at, persons=persons, private={"address": address})

    def test_failures_are_counted_by_the_name_that_was_claimed(self, watch: Watch) -> None:
        events = [self.failure(n, claimed) for n, claimed in enumerate(["ana", "ben"] * 5)]
        assert [n for n, event in enumerate(events) if watch.watched(event).rules] == [8, 9]

    def test_names_that_nobody_has_are_counted_by_address(self, watch: Watch) -> None:
        events = [self.failure(n, None, "10.0.0.9") for n in range(5)]
        assert [watch.watched(event).rules for event in events][-1] == ("signin@1",)

    def test_a_lock_is_a_hit(self, watch: Watch) -> None:
        event = Event(Kind.SIGNIN_LOCKED, "system:sign-in", None, NOON, persons={"claimed": "ana"})
        assert watch.watched(event).rules == ("signin@1",)


EXECUTE = {"type": "execute_request"}


class TestHours:
    @pytest.mark.parametrize(
        ("at", "unusual"),
        [
            (datetime(2026, 11, 25, 5, 59, tzinfo=UTC), True),  # 6:59 in Paris in winter
            (datetime(2026, 11, 25, 6, 0, tzinfo=UTC), False),
            (datetime(2026, 11, 25, 18, 59, tzinfo=UTC), False),
            (datetime(2026, 11, 25, 19, 0, tzinfo=UTC), True),
            (datetime(2026, 7, 1, 5, 0, tzinfo=UTC), False),  # 7:00 in summer
            (datetime(2026, 11, 28, 10, 0, tzinfo=UTC), True),  # a Saturday
        ],
    )
    def test_the_hours_are_those_of_paris(self, watch: Watch, at: datetime, unusual: bool) -> None:
        assert watch.look(Kind.KERNEL_MESSAGE, "ana", "etude", at, subject=EXECUTE) == ("hours@1",) * unusual

    def test_one_hit_for_an_hour_of_work(self, watch: Watch) -> None:
        night = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
        looks = [
            watch.look(Kind.KERNEL_MESSAGE, "ana", "etude", night + n * MINUTE, subject=EXECUTE) for n in range(90)
        ]
        assert [n for n, hit in enumerate(looks) if hit] == [0, 60]

    def test_what_an_open_page_asks_for_by_itself_is_no_work(self, watch: Watch) -> None:
        night = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
        assert watch.look(Kind.KERNEL_MESSAGE, "ana", "etude", night, subject={"type": "kernel_info_request"}) == ()
        assert watch.look(Kind.CONTENTS_READ, "ana", "etude", night) == ()


def test_memory_is_bounded_whoever_claims_whatever_name() -> None:
    memory = Memory()
    for n in range(MOST_TRACES + 500):
        memory.of(f"name-{n}", None)
    assert len(memory) == MOST_TRACES


def test_an_event_without_a_hit_is_passed_on_as_it_is(watch: Watch) -> None:
    event = Event(Kind.MOUNT, "ana", "etude", NOON)
    assert watch.watched(event) is event


def test_a_hit_is_recorded_with_the_act(watch: Watch) -> None:
    ledger = MemoryLedger()
    ledger.append(watch.watched(Event(Kind.FILE_WRITE, "ana", "etude", NOON, content=b"open('/etc/passwd')")))
    assert ledger.events[0].rules == ("outside@1",)
    assert b'"rules":["outside@1"]' in ledger.leaves[0]


def saved(**model: object) -> bytes:
    """A file on its way to the workspace, as the gateway records it."""
    return Forwarded("PUT", "/user/ana/etude/api/contents/projet/a", {}, reserialise(model)).as_recorded()


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("open('/etc/passwd')", "outside@1"),
        ("x = 1\n!ls -R .\n", "listing@1"),
        ("import os\nfor each in os.walk('.'): pass\n", "listing@1"),
        ("base64.b64encode(data)", "encoded@1"),
    ],
)
def test_a_program_is_read_however_it_is_brought_in(watch: Watch, code: str, rule: str) -> None:
    """JupyterLab uploads every file but notebooks in base64, in pieces where it is large: none was ever read."""
    packed = encodebytes(code.encode()).decode()
    for body in (
        {"type": "file", "format": "text", "content": code},
        {"type": "file", "format": "base64", "content": packed},
        {"content": packed, "chunk": 1, "format": "base64", "name": "a", "type": "file"},
        {"type": "file", "format": "text", "content": code, "more": {"format": "base64"}},
    ):
        assert watch.look(Kind.FILE_WRITE, "ana", "etude", NOON, content=saved(**body)) == (rule,)


@pytest.mark.parametrize("data", [b"PK\x03\x04\0 open('/etc/passwd')", b"(" * 100 + bytes(1000) + b"!ls -R"])
def test_pictures_and_archives_are_not_read_as_programs(watch: Watch, data: bytes) -> None:
    content = saved(type="file", format="base64", content=encodebytes(data).decode())
    assert watch.look(Kind.FILE_WRITE, "ana", "etude", NOON, content=content) == ()


@pytest.mark.parametrize("content", ["é", "a", 7, None])
def test_what_is_no_base64_breaks_nothing(watch: Watch, content: object) -> None:
    assert watch.look(Kind.FILE_WRITE, "ana", "etude", NOON, content=saved(format="base64", content=content)) == ()


def test_a_program_in_a_setting_or_a_layout_is_read_too(watch: Watch) -> None:
    """Both lie in the home afterwards, where a short cell runs them."""
    body = reserialise({"raw": "open('/etc/passwd')"})
    kept = Forwarded("PUT", "/user/ana/etude/lab/api/settings/a:b", {}, body).as_recorded()
    assert watch.look(Kind.FILE_CHANGE, "ana", "etude", NOON, content=kept) == ("outside@1",)
