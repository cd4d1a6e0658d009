"""The worker: what kills, hangs or lies in it costs its file a block and nothing else; what is too large is never
read."""

import os
import sys
import textwrap
import time
from pathlib import Path

import pytest

from hub_extensions.exports.checks import Policy, Verdict, run_checks, runner
from hub_extensions.exports.checks.names import check_name

CLEAN = "dep,n\n75,120\n92,131\n"


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """Three clean files."""
    paths = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for path in paths:
        path.write_text(CLEAN)
    return paths


def _sabotage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str) -> None:
    """Run the real worker, which does *what* when it comes to ``b.csv``."""
    script = tmp_path / "sabotage.py"
    script.write_text(
        textwrap.dedent(f"""
        import os, sys, time
        from hub_extensions.exports.checks import session, worker
        real = session.Session.check
        def check(self, index, path, name):
            if name == "b.csv":
                {what}
            return real(self, index, path, name)
        session.Session.check = check
        sys.exit(worker.main())
        """)
    )
    monkeypatch.setattr(runner, "COMMAND", (sys.executable, str(script)))


@pytest.mark.parametrize(
    "what", ["os._exit(9)", "os.kill(os.getpid(), 11)", "raise ValueError('odd')", "bytearray(64 << 30)", "sys.exit(0)"]
)
def test_a_file_that_kills_its_worker_is_blocked_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, three: list[Path], what: str
) -> None:
    _sabotage(monkeypatch, tmp_path, what)
    verdicts = run_checks(three)
    assert [verdict.verdict for verdict in verdicts] == [Verdict.PASS, Verdict.BLOCK, Verdict.PASS]
    assert [finding.rule for finding in verdicts[1].findings] == ["check.failed"]


def test_a_file_that_hangs_is_blocked_after_its_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, three: list[Path]
) -> None:
    _sabotage(monkeypatch, tmp_path, "time.sleep(600)")
    monkeypatch.setattr(runner, "FILE_TIMEOUT", 8.0)
    assert [verdict.verdict for verdict in run_checks(three)] == [Verdict.PASS, Verdict.BLOCK, Verdict.PASS]


def test_a_worker_that_says_nonsense_passes_nothing(monkeypatch: pytest.MonkeyPatch, three: list[Path]) -> None:
    monkeypatch.setattr(runner, "COMMAND", (sys.executable, "-c", "print('{}')"))
    assert {verdict.verdict for verdict in run_checks(three)} == {Verdict.BLOCK}


def test_a_worker_that_cannot_start_passes_nothing(monkeypatch: pytest.MonkeyPatch, three: list[Path]) -> None:
    monkeypatch.setattr(runner, "COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    assert {verdict.verdict for verdict in run_checks(three)} == {Verdict.BLOCK}


def test_the_worker_cannot_start_programs_nor_open_sockets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, three: list[Path]
) -> None:
    proof = tmp_path / "proof"
    attempt = f"""
                import socket, subprocess
                refused = 0
                for act in (lambda: subprocess.run(["true"]), lambda: socket.socket(), lambda: os.execv("/bin/true",
                ["true"])):
                    try:
                        act()
                    except PermissionError:
                        refused += 1
                open({str(proof)!r}, "w").write(str(refused))"""
    _sabotage(monkeypatch, tmp_path, attempt.strip())
    run_checks(three)
    assert proof.read_text() == "3"


def test_the_worker_does_not_inherit_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, three: list[Path]
) -> None:
    monkeypatch.setenv("BUREAU_SECRET", "s3cret")
    proof = tmp_path / "proof"
    _sabotage(monkeypatch, tmp_path, f"open({str(proof)!r}, 'w').write(repr(dict(os.environ)))")
    run_checks(three)
    assert "s3cret" not in proof.read_text()


def test_two_gigabytes_are_answered_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(2 << 30)
    started = time.process_time()
    (verdict,) = run_checks([path])
    assert verdict.findings[0].rule == "size.bytes"
    assert time.process_time() - started < 1.0


def test_ten_thousand_files_are_answered_without_being_read(tmp_path: Path) -> None:
    verdicts = run_checks([tmp_path / f"{i}.csv" for i in range(10_000)])
    assert len(verdicts) == 10_000
    assert {verdict.findings[0].rule for verdict in verdicts} == {"size.count"}


def test_links_folders_and_pipes_are_not_opened(tmp_path: Path, three: list[Path]) -> None:
    link, pipe, folder = tmp_path / "l.csv", tmp_path / "p.csv", tmp_path / "d.csv"
    link.symlink_to("/etc/passwd")
    os.mkfifo(pipe)
    folder.mkdir()
    verdicts = run_checks([link, pipe, folder, tmp_path / "none.csv", three[0]])
    assert [verdict.findings[0].rule for verdict in verdicts[:4]] == [
        "file.kind",
        "file.kind",
        "file.kind",
        "file.missing",
    ]
    assert verdicts[4].verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("../a.csv", "name.path"),
        ("a\0.csv", "name.control"),
        ("a\u202ecsv.exe", "name.invisible"),
        ("a\nb.csv", "name.control"),
        ("/etc/a.csv", "name.path"),
        ("C:\\a.csv", "name.path"),
        ("x" * 300 + ".csv", "name.long"),
        (".a.csv", "name.hidden"),
    ],
)
def test_names_that_lie_are_blocked(name: str, rule: str, three: list[Path]) -> None:
    assert rule in {finding.rule for finding in check_name(name)}
    (verdict,) = run_checks(three[:1], names=[name])
    assert verdict.verdict is Verdict.BLOCK
    assert all(character.isprintable() for finding in verdict.findings for character in finding.where)


def test_a_blocked_file_leaves_no_normalised_copy(tmp_path: Path, three: list[Path]) -> None:
    three[1].write_text("dep,n\n75,120\n92,4\n")
    out = tmp_path / "out"
    verdicts = run_checks(three, Policy(), out_dir=out)
    assert verdicts[1].normalised is None
    assert sorted(out.iterdir()) == sorted(verdict.normalised for verdict in verdicts if verdict.normalised)
    assert verdicts[0].normalised is not None
    assert verdicts[0].normalised.read_text() == CLEAN


@pytest.mark.parametrize(("kept", "started"), [(False, 2), (True, 1)])
def test_each_request_has_a_worker_of_its_own_unless_files_may_be_mixed(
    monkeypatch: pytest.MonkeyPatch, three: list[Path], *, kept: bool, started: int
) -> None:
    begun: list[int] = []

    class Counted(runner._Worker):
        def __init__(self) -> None:
            super().__init__()
            begun.append(self._process.pid)

    monkeypatch.setattr(runner, "_Worker", Counted)
    workers = runner.Workers(kept=kept)
    for _ in range(2):
        assert {verdict.verdict for verdict in run_checks(three, workers=workers)} == {Verdict.PASS}
    workers.end()
    assert len(begun) == started


def test_a_kept_worker_that_died_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, three: list[Path]
) -> None:
    _sabotage(monkeypatch, tmp_path, "os._exit(9)")
    workers = runner.Workers(kept=True)
    for _ in range(2):
        verdicts = run_checks(three, workers=workers)
        assert [verdict.verdict for verdict in verdicts] == [Verdict.PASS, Verdict.BLOCK, Verdict.PASS]
    workers.end()
