"""What a notebook asks of the desk, and what hostile code in a workspace gains by it: nothing."""

import hashlib
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.events import Kind
from audit.testing import capture
from hub_extensions.exports.checking import standard_checker
from hub_extensions.exports.checks import run_checks
from hub_extensions.exports.notebook.answering import Asker, Helper
from hub_extensions.exports.notebook.dropbox import ANSWERS, ASKS, MOST_NAMES, MOST_UNREAD, Dropbox
from hub_extensions.exports.notebook.pace import Pace
from hub_extensions.exports.testing import AUTHOR, PROJECT, STRANGER, Bench, open_bench

SMALL = b"age,patients\r\n40-49,120\r\n50-59,4\r\n60-69,230\r\n70-79,310\r\n"


@dataclass
class Notebook:
    """A person's private folder, as code in a workspace uses it, and the helper that answers."""

    bench: Bench
    helper: Helper
    home: Path
    person: str = AUTHOR

    def lay(self, laid: dict[str, bytes], **body: Any) -> str:
        """Put an ask into the folder and return its id."""
        ask = uuid.uuid4().hex
        for number, (name, data) in enumerate(laid.items()):
            folder = self.home / ASKS / ask / str(number)
            folder.mkdir(parents=True)
            (folder / name).write_bytes(data)
        paths = [f"{number}/{name}" for number, name in enumerate(laid)]
        whole = {"version": 1, "verb": "check", "place": "ask", "files": paths, **body}
        (self.home / ASKS / f"{ask}.json").write_text(json.dumps(whole))
        return ask

    def serve(self, ask: str) -> dict[str, Any] | None:
        """Have it answered; None when there is no answer."""
        self.helper.serve(Asker(self.person, PROJECT, self.home), ask, self.bench.now)
        answer = self.home / ANSWERS / f"{ask}.json"
        return json.loads(answer.read_text()) if answer.exists() else None

    def ask(self, files: dict[str, bytes], **body: Any) -> dict[str, Any]:
        """Ask and return the answer."""
        answer = self.serve(self.lay(files, **body))
        assert answer is not None
        return answer


@pytest.fixture
def notebook(new_home: Callable[[str], Path]) -> Iterator[Notebook]:
    with capture() as ledger:
        bench = open_bench(new_home("home"), ledger)
        bench.desk = replace(bench.desk, checker=standard_checker)
        home = bench.home / "homes" / PROJECT / AUTHOR
        for folder in (ASKS, ANSWERS):
            (home / folder).mkdir(parents=True)
        yield Notebook(bench, Helper(bench.desk, Pace(20), "https://bureau.example/services/bureau"), home)
        bench.desk.store.close()


def rules(answer: dict[str, Any]) -> set[str]:
    return {finding["rule"] for file in answer["files"] for finding in file["findings"]}


def recorded(notebook: Notebook) -> list[Any]:
    return [event for event in notebook.bench.ledger.events if event.kind is Kind.EXPORT_CHECKED]  # type: ignore[attr-defined]


def test_the_verdict_is_the_one_of_the_command_line(notebook: Notebook, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(SMALL)
    (expected,) = run_checks([tmp_path / "t.csv"], notebook.bench.desk.policy)
    answer = notebook.ask({"t.csv": SMALL})
    (file,) = answer["files"]
    assert file["verdict"] == expected.verdict.value == "block"
    assert [each["message"] for each in file["findings"]] == [list(each.message) for each in expected.findings]
    assert {"line": 3, "name": "patients", "number": None} in [each["mark"] for each in file["findings"]]
    assert answer["submit"].startswith("https://bureau.example/services/bureau/exports/new?project=")


def test_it_is_recorded_before_it_is_answered_and_without_content(notebook: Notebook) -> None:
    notebook.ask({"t.csv": SMALL})
    (event,) = recorded(notebook)
    assert (event.actor, event.project) == (AUTHOR, PROJECT)
    assert dict(event.subject) == {"what": "in a notebook", "files": 1}


def digests(event: Any) -> dict[str, str]:
    """What an entry seals of an answer."""
    return {name: each for name, each in json.loads(event.content).items() if name in {"answer", "file"}}


def hashed(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_entry_commits_to_every_byte_that_is_put_into_the_workspace(notebook: Notebook) -> None:
    """Another answer, or another file, than the one that was judged would otherwise have left no trace."""
    notebook.bench.write("exports/t.csv", SMALL)
    mend = {"verb": "mend", "mend": "merge"}
    asks = [
        notebook.lay({"t.csv": SMALL}),
        notebook.lay({}, verb="policy"),
        notebook.lay({"t.csv": SMALL}, **mend),
        notebook.lay({}, **mend, place="project", files=["exports/t.csv"]),
    ]
    assert all(notebook.serve(ask)["ok"] for ask in asks)  # type: ignore[index]
    events = recorded(notebook)
    assert [digests(event)["answer"] for event in events] == [
        hashed(notebook.home / ANSWERS / f"{ask}.json") for ask in asks
    ]
    assert digests(events[2])["file"] == hashed(notebook.home / ANSWERS / f"{asks[2]}.file")
    assert digests(events[3])["file"] == hashed(notebook.bench.project_dir / "exports/t-corrige.csv")


def test_a_mended_file_is_not_written_before_it_is_recorded(notebook: Notebook) -> None:
    notebook.bench.write("exports/t.csv", SMALL)
    ask = notebook.lay({}, verb="mend", mend="merge", place="project", files=["exports/t.csv"])
    notebook.bench.ledger.stop()  # type: ignore[attr-defined]
    assert not notebook.serve(ask)["ok"]  # type: ignore[index]
    assert not (notebook.bench.project_dir / "exports/t-corrige.csv").exists()


def test_without_a_ledger_there_is_no_verdict(notebook: Notebook) -> None:
    ask = notebook.lay({"t.csv": SMALL})
    notebook.bench.ledger.stop()  # type: ignore[attr-defined]
    answer = notebook.serve(ask)
    assert answer is not None
    assert not answer["ok"]
    assert "files" not in answer


def test_a_mend_comes_back_as_a_file_that_passes(notebook: Notebook) -> None:
    ask = notebook.lay({"t.csv": SMALL}, verb="mend", mend="merge")
    answer = notebook.serve(ask)
    assert answer is not None
    assert answer["ok"], answer
    made = (notebook.home / ANSWERS / f"{ask}.file").read_bytes()
    (file,) = notebook.ask({"u.csv": made})["files"]
    assert file["verdict"] != "block"


def test_a_mend_of_a_file_of_the_project_is_written_beside_it(notebook: Notebook) -> None:
    notebook.bench.write("exports/t.csv", SMALL)
    body = {"verb": "mend", "mend": "merge", "place": "project", "files": ["exports/t.csv"]}
    answer = notebook.serve(notebook.lay({}, **body))
    assert answer is not None
    assert answer["path"] == "exports/t-corrige.csv"
    assert (notebook.bench.project_dir / "exports/t-corrige.csv").is_file()
    assert (notebook.bench.project_dir / "exports/t.csv").read_bytes() == SMALL


def test_the_rules_that_hold_are_told(notebook: Notebook) -> None:
    assert notebook.ask({}, verb="policy")["policy"]["min_persons"] == 11


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"version":1,"version":1,"verb":"policy"}',
        b'{"version":2,"verb":"policy"}',
        b'{"version":1,"verb":"submit","files":["0/t.csv"]}',
        b'{"version":1,"verb":"check","files":[]}',
        b'{"version":1,"verb":"check","files":["0/t.csv"],"person":"bea"}',
        b'{"version":1,"verb":"mend","files":["0/a.csv","1/b.csv"],"mend":"suppress"}',
        b'{"version":1,"verb":"check","files":["../../../../projects/other/secret.csv"]}',
        b'{"version":1,"verb":"check","place":"ask","files":["../../../x.csv"]}',
        b'{"version":1,"verb":"check","place":"ask","files":["..\\u002f..","x"]}',
        b"[" * 50_000,
        b" " * 70_000,
    ],
    ids=str,
)
def test_what_is_no_ask_is_told_so_and_reads_nothing(notebook: Notebook, body: bytes) -> None:
    ask = uuid.uuid4().hex
    (notebook.home / ASKS / f"{ask}.json").write_bytes(body)
    answer = notebook.serve(ask)
    assert answer is not None
    assert not answer["ok"]
    assert not recorded(notebook)
    (refusal,) = notebook.bench.ledger.of(Kind.REFUSAL)  # type: ignore[attr-defined]
    assert (refusal.actor, refusal.private["reason"]) == (AUTHOR, answer["error"][1])
    assert digests(refusal)["answer"] == hashed(notebook.home / ANSWERS / f"{ask}.json")


def test_links_are_not_followed_in_either_direction(notebook: Notebook) -> None:
    other = notebook.bench.home / "projects" / "other"
    other.mkdir(parents=True)
    (other / "secret.csv").write_bytes(b"dep,n\r\n75,777\r\n92,888\r\n")
    ask = notebook.lay({"t.csv": SMALL})
    file = notebook.home / ASKS / ask / "0" / "t.csv"
    file.unlink()
    file.symlink_to(other / "secret.csv")
    answer = notebook.serve(ask)
    assert answer is not None
    assert not answer["ok"]

    ask = notebook.lay({"t.csv": SMALL})
    (notebook.home / ANSWERS / f"{ask}.json").symlink_to(other / "new.json")
    notebook.serve(ask)
    assert [each.name for each in other.iterdir()] == ["secret.csv"]

    answers = notebook.home / ANSWERS
    answers.rename(notebook.home / "kept")
    answers.symlink_to(other)
    assert notebook.serve(notebook.lay({"t.csv": SMALL})) is None
    assert [each.name for each in other.iterdir()] == ["secret.csv"]


def test_pipes_and_folders_named_as_asks_block_nobody(notebook: Notebook) -> None:
    pipe, folder = uuid.uuid4().hex, uuid.uuid4().hex
    os.mkfifo(notebook.home / ASKS / f"{pipe}.json")
    (notebook.home / ASKS / f"{folder}.json").mkdir()
    for ask in (pipe, folder):
        answer = notebook.serve(ask)
        assert answer is not None
        assert not answer["ok"]


def test_an_ask_that_is_still_being_written_is_left_alone(notebook: Notebook) -> None:
    """The contents API writes in place, and fails when a file is gone before it has looked at it again."""
    box = Dropbox(notebook.home)
    ask = notebook.lay({"t.csv": SMALL})
    whole = notebook.home / ASKS / f"{ask}.json"
    part = whole.rename(whole.with_suffix(".part"))
    text = part.read_bytes()
    part.write_bytes(text[:10])
    assert box.waiting() == []
    part.write_bytes(text)
    part.with_suffix(".ready").mkdir()
    assert box.waiting() == [ask]
    answer = notebook.serve(ask)
    assert answer is not None
    assert answer["ok"]
    assert box.waiting() == []  # the folder is still there, the ask is not
    assert not part.exists()


def test_an_answer_has_its_name_once_the_person_may_read_it_whole(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks every twentieth of a second would otherwise meet a file of the platform's, or half of one."""
    seen: list[list[str]] = []

    def given(*_: int) -> None:
        seen.append([each.name for each in (notebook.home / ANSWERS).iterdir()])

    monkeypatch.setattr("os.fchown", given)
    ask = notebook.lay({"t.csv": SMALL}, verb="mend", mend="merge")
    assert notebook.serve(ask)
    assert [name for names in seen for name in names if name == f"{ask}.json"] == []
    assert len(seen) == 2
    assert {each.name for each in (notebook.home / ANSWERS).iterdir()} == {f"{ask}.file", f"{ask}.json"}


def test_a_flood_costs_one_look_a_bounded_number_of_names(notebook: Notebook) -> None:
    for number in range(MOST_NAMES * 8):
        (notebook.home / ASKS / f"{number:032x}.json").touch()
    began = time.monotonic()
    assert len(Dropbox(notebook.home).waiting()) <= MOST_NAMES
    assert time.monotonic() - began < 1


def test_unread_answers_are_bounded(notebook: Notebook) -> None:
    for number in range(MOST_UNREAD):
        (notebook.home / ANSWERS / f"{number}").touch()
    assert notebook.serve(notebook.lay({}, verb="policy")) is None


def test_asking_is_bounded_by_the_hour_and_the_data_are_no_oracle(notebook: Notebook) -> None:
    helper = replace(notebook.helper, pace=Pace(2))
    limited = replace(notebook, helper=helper)
    assert limited.ask({"t.csv": SMALL, "u.csv": SMALL})["ok"]
    answer = limited.ask({"t.csv": SMALL})
    assert not answer["ok"]
    assert "2 fichiers" in answer["error"][0]
    limited.bench.now += timedelta(hours=1)
    assert limited.ask({"t.csv": SMALL})["ok"]


def test_who_is_no_member_is_answered_nothing_and_it_is_recorded(notebook: Notebook) -> None:
    answer = replace(notebook, person=STRANGER).ask({"t.csv": SMALL})
    assert not answer["ok"]
    kinds = [event.kind for event in notebook.bench.ledger.events]  # type: ignore[attr-defined]
    assert Kind.REFUSAL in kinds
    assert not recorded(notebook)


def test_a_checker_that_dies_is_no_pass(notebook: Notebook) -> None:
    def dies(_order: object) -> Any:
        raise MemoryError

    helper = replace(notebook.helper, desk=replace(notebook.bench.desk, checker=dies))
    answer = replace(notebook, helper=helper).ask({"t.csv": SMALL})
    assert not answer["ok"]
    assert "files" not in answer


def test_a_helper_that_breaks_says_so_and_is_heard_of(notebook: Notebook) -> None:
    def breaks(_slug: str) -> Path:
        raise RuntimeError

    helper = replace(notebook.helper, desk=replace(notebook.bench.desk, project_dir=breaks))
    broken = replace(notebook, helper=helper)
    ask = broken.lay({}, place="project", files=["t.csv"])
    with pytest.raises(RuntimeError):
        broken.serve(ask)
    assert not json.loads((notebook.home / ANSWERS / f"{ask}.json").read_text())["ok"]


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(notebook: Notebook) -> None:
    ask = notebook.lay({"t.csv": b"x"})
    with (notebook.home / ASKS / ask / "0" / "t.csv").open("r+b") as big:
        big.truncate(2 << 30)
    answer = notebook.serve(ask)
    assert answer is not None
    assert not answer["ok"]
    assert not any((notebook.bench.desk.vault.root / "incoming").iterdir())


def test_asking_again_and_again_fills_no_disk(notebook: Notebook) -> None:
    """Sixteen mebibytes a hundred and twenty times an hour would be two gibibytes; nothing of a try is kept."""
    before = {file for file in notebook.bench.desk.vault.root.rglob("*") if file.is_file()}
    notebook.ask({"t.csv": SMALL})
    notebook.ask({"t.csv": SMALL}, verb="mend", mend="merge")
    assert {file for file in notebook.bench.desk.vault.root.rglob("*") if file.is_file()} == before


def test_whoever_asks_without_end_is_refused_on_the_record_each_time(notebook: Notebook) -> None:
    stranger = replace(notebook, person=STRANGER, helper=replace(notebook.helper, pace=Pace(2)))
    for _ in range(5):
        assert not stranger.ask({}, verb="policy")["ok"]
    refusals = notebook.bench.ledger.of(Kind.REFUSAL)  # type: ignore[attr-defined]
    assert [refusal.subject["status"] for refusal in refusals] == [403, 403, 429, 429, 429]
