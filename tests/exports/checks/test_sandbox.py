"""What a confined process can't do, whatever a file makes of it: copy itself, leave its group, reach out, or outlive
the time that it was given. Where the system can't confine it, nothing is opened."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from hub_extensions.exports.checks import Verdict, run_checks, runner
from hub_extensions.exports.checks.confined import NoAnswer, ask, environment

TRIED = """
import os, socket, subprocess, sys, threading
from hub_extensions.exports.checks.sandbox import Limits, confine
confine(Limits(forks={forks}))
done = []
thread = threading.Thread(target=done.append, args=(1,))
thread.start(); thread.join()
def copy():
    if os.fork() == 0: os._exit(0)
    os.wait()
for act in (copy, os.setsid, os.setpgrp, socket.socket, lambda: subprocess.run(["true"])):
    try:
        act()
        print("done", end=" ")
    except PermissionError:
        print("refused", end=" ")
print(len(done))
"""


def ran(code: str) -> str:
    """What a program says that runs as confined ones are started."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment(), capture_output=True, check=True, text=True).stdout.strip()


def test_threads_run_and_copies_programs_and_sockets_do_not() -> None:
    assert ran(TRIED.format(forks=False)) == "refused refused refused refused refused 1"


def test_a_worker_that_needs_a_copy_gets_one_that_stays_in_its_group() -> None:
    assert ran(TRIED.format(forks=True)) == "done refused refused refused refused 1"


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and waits to be counted does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_copies_die_with_the_worker_that_took_too_long(tmp_path: Path) -> None:
    """Thirty-one copies hold the pipe and sleep: killing the first alone would leave them, and the caller waiting."""
    pids = tmp_path / "pids"
    code = f"""
import os, time
from hub_extensions.exports.checks.sandbox import Limits, confine
confine(Limits(forks=True))
for _ in range(5):
    os.fork()
fd = os.open({str(pids)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.write(fd, b"%d " % os.getpid())
time.sleep(600)
"""
    started = time.monotonic()
    with pytest.raises(NoAnswer):
        ask([sys.executable, "-c", code], {}, 3.0)
    known = [int(pid) for pid in pids.read_text("ascii").split()]
    assert len(known) == 32
    while any(map(alive, known)):
        assert time.monotonic() - started < 60
        time.sleep(0.05)


def sabotaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str) -> Verdict:
    """The verdict on a clean file when the worker does *what* first."""
    script, file = tmp_path / "worker.py", tmp_path / "a.csv"
    script.write_text(
        "import os, sys\nfrom hub_extensions.exports.checks import sandbox, session, worker\n"
        + textwrap.dedent(what)
        + "\nsys.exit(worker.main())\n"
    )
    file.write_text("dep,n\n75,120\n92,131\n")
    monkeypatch.setattr(runner, "COMMAND", (sys.executable, str(script)))
    (verdict,) = run_checks([file])
    return verdict.verdict


def test_a_bomb_of_forks_costs_its_file_a_block(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    proof = tmp_path / "copies"
    bomb = f"""
    def check(self, index, path, name):
        for _ in range(8):
            os.fork()
            open({str(proof)!r}, "a").write("x")
    session.Session.check = check
    """
    assert sabotaged(monkeypatch, tmp_path, bomb) is Verdict.BLOCK
    assert not proof.exists()


@pytest.mark.parametrize("broken", ["sandbox._CALLS.clear()", "sandbox._PR_SET_SECCOMP = 9999"])
def test_without_the_filter_nothing_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: str) -> None:
    assert sabotaged(monkeypatch, tmp_path, "") is Verdict.PASS
    assert sabotaged(monkeypatch, tmp_path, broken) is Verdict.BLOCK


def test_an_answer_is_an_object_and_a_status_of_nought() -> None:
    says = "import sys; sys.stdin.read(); print({!r}); sys.exit({})"
    assert ask([sys.executable, "-c", says.format('{"a": 1}', 0)], {}, 30.0) == {"a": 1}
    for said, status in (('{"a": 1}', 3), ("[]", 0), ("no", 0)):
        with pytest.raises(NoAnswer):
            ask([sys.executable, "-c", says.format(said, status)], {}, 30.0)
    with pytest.raises(NoAnswer):
        ask([os.devnull], {}, 30.0)
