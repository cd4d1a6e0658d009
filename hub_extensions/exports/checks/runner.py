"""Runs the checks from a trusted process: the files are opened by a confined worker, never here.

A worker that dies, hangs or says something unexpected costs the file it was on a block; the others go on in a new one.
"""

import json
import os
import selectors
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.confined import environment, kill_group
from hub_extensions.exports.checks.findings import FileVerdict, Finding, block, verdict_of
from hub_extensions.exports.checks.names import check_name, shown
from hub_extensions.exports.checks.policy import DEFAULT, Policy
from hub_extensions.exports.checks.worker import not_checked
from project_spaces.manifests import sha256_of
from project_spaces.text import Text

#: Seconds that one file, or the comparison of all, may take.
FILE_TIMEOUT = 90.0
#: What is run to open files; its own process group, without this process's environment.
COMMAND = (sys.executable, "-m", "hub_extensions.exports.checks.worker")
#: Told the file being checked, how many are done, how many there are.
Progress = Callable[[str, int, int], None]

#: Workers started at most for one request: a file that kills its worker costs one.
MOST_WORKERS = 12


BOTH = Text(
    "Ce fichier est une pièce de contrôle de la même demande : une pièce de contrôle ne sort pas.",
    "This file is a supporting file of the same request: a supporting file never leaves.",
)


@dataclass
class _State:
    """What is known of one file so far."""

    path: Path
    name: str
    kind: str = "unknown"
    normalised: Path | None = None
    findings: list[Finding] = field(default_factory=list)
    done: bool = False
    seconds: float = 0.0


def _before_reading(state: _State, policy: Policy) -> None:
    """Judge name, kind and size without opening the file."""
    state.findings += check_name(state.name)
    try:
        facts = state.path.lstat()
    except (OSError, ValueError):
        state.findings.append(
            block("file.missing", shown(state.name), "Le fichier est introuvable.", "The file can't be found.")
        )
        state.done = True
        return
    if not stat.S_ISREG(facts.st_mode):
        state.findings.append(
            block(
                "file.kind",
                shown(state.name),
                "Ce n'est pas un fichier ordinaire (lien, dossier, tube).",
                "Not an ordinary file (link, folder, pipe).",
            )
        )
    elif facts.st_size == 0:
        state.findings.append(block("size.empty", shown(state.name), "Le fichier est vide.", "The file is empty."))
    elif facts.st_size > policy.max_file_mb << 20:
        state.findings.append(
            block(
                "size.bytes",
                shown(state.name),
                f"Le fichier dépasse {policy.max_file_mb} Mio.",
                f"The file is larger than {policy.max_file_mb} MiB.",
            )
        )
    else:
        return
    state.done = True


def _keep_evidence_in(states: Sequence[_State], supporting: Collection[int]) -> None:
    """Block files whose bytes are also evidence of the request: evidence does not leave under another name."""
    kept = {sha256_of(states[index].path) for index in supporting if not states[index].done}
    for index, state in enumerate(states) if kept else ():
        if index not in supporting and not state.done and sha256_of(state.path) in kept:
            state.findings.append(block("evidence.leaving", shown(state.name), *BOTH))


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def policy_on_the_wire(policy: Policy) -> dict[str, Any]:
    """Return *policy* as the worker reads it."""
    return {key: value.value if hasattr(value, "value") else value for key, value in asdict(policy).items()}


class _Worker:
    """One worker process and the lines that it writes, each awaited no longer than its limit."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            list(COMMAND),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment(), "OMP_NUM_THREADS": "2"},
            start_new_session=True,
        )

    def answers(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Ask, and yield what the worker says; it is left when it ends or is silent too long."""
        process = self._process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            return
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return
        buffer = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            selector.register(process.stderr, selectors.EVENT_READ)
            deadline = time.monotonic() + FILE_TIMEOUT
            while (left := deadline - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    chunk = os.read(key.fd, 65_536)
                    if not chunk and key.fd == process.stdout.fileno():
                        return
                    if not chunk:
                        selector.unregister(key.fileobj)
                    elif key.fd == process.stdout.fileno():
                        buffer += chunk
                        deadline = time.monotonic() + FILE_TIMEOUT
                *whole, buffer = buffer.split(b"\n")
                yield from (json.loads(line) for line in whole)

    def end(self) -> None:
        """Kill the worker and all that it started, and wait for it."""
        kill_group(self._process)


class Workers:
    """Starts a worker for each request, so that no file of one project lies in the memory that reads another's.

    *kept*: one worker answers request after request while all goes well. For files that may be mixed: a corpus.
    """

    def __init__(self, *, kept: bool = False) -> None:
        self._kept = kept
        self._idle: _Worker | None = None

    def take(self) -> _Worker:
        """Return a worker that waits for a request."""
        worker, self._idle = self._idle or _Worker(), None
        return worker

    def give_back(self, worker: _Worker, *, well: bool) -> None:
        """Take a worker back that answered wholly, or end it."""
        if self._kept and well:
            self._idle = worker
        else:
            worker.end()

    def end(self) -> None:
        """End the one that waits."""
        if self._idle is not None:
            self._idle.end()
            self._idle = None


def _silent(_what: str, _done: int, _total: int) -> None:
    """Show nothing."""


def _listen(answers: Iterator[dict[str, Any]], states: list[_State], progress: Progress) -> tuple[int, bool]:
    """Take in what a worker says. Return the file it was on when it stopped, and whether it said everything."""
    current = -1
    for line in answers:
        index = line["index"]
        match line["event"]:
            case "start":
                current = index
                name = shown(states[index].name) if index >= 0 else ""
                progress(name, sum(state.done for state in states), len(states))
            case "done" | "also" if 0 <= index < len(states):
                state = states[index]
                state.findings += [Finding.from_wire(raw) for raw in line["findings"]]
                if line["event"] == "done":
                    state.kind, state.done = str(line["type"]), True
                    state.seconds = float(line.get("seconds", 0.0))
                    state.normalised = None if line["normalised"] is None else Path(line["normalised"])
            case "end":
                return current, True
    return current, False


def _work(
    states: list[_State],
    policy: Policy,
    data: Sequence[Path],
    released: Path | None,
    out_dir: Path,
    *,
    supporting: Collection[int],
    moments: Mapping[str, float | None],
    apart: bool,
    progress: Progress,
    workers: Workers,
) -> None:
    """Send the files to workers until every file has been judged and all have been compared."""
    compared = False
    for _ in range(MOST_WORKERS):
        if compared:
            return
        request = {
            "files": [
                [index, str(state.path), state.name]
                for index, state in enumerate(states)
                if not (state.done and state.kind == "unknown")
            ],
            "skip": [index for index, state in enumerate(states) if state.done],
            "policy": policy_on_the_wire(policy),
            "data": [str(path) for path in data],
            "released": None if released is None else str(released),
            "out_dir": str(out_dir),
            "apart": apart,
            "supporting": sorted(supporting),
            **moments,
        }
        worker = workers.take()
        try:
            current, compared = _listen(worker.answers(request), states, progress)
        except (ValueError, KeyError, TypeError):
            current, compared = -1, False
        finally:
            workers.give_back(worker, well=compared)
        if not compared:
            compared = _lost(states, current)
    if not compared:
        _lost(states, -1)


def _lost(states: list[_State], current: int) -> bool:
    """Block what the dead worker was on. Return whether there is no use in starting another."""
    finding = not_checked("", "le contrôleur s'est arrêté", "the checker stopped")
    if 0 <= current < len(states) and not states[current].done:
        states[current].findings.append(finding)
        states[current].done = True
        return False
    for state in states:
        state.findings.append(finding)
        state.done = True
    return True


def run_checks(
    files: Sequence[Path | str],
    policy: Policy = DEFAULT,
    *,
    data: Sequence[Path | str] = (),
    released: Path | str | None = None,
    out_dir: Path | str | None = None,
    names: Sequence[str] | None = None,
    supporting: Collection[int] = (),
    now: datetime | None = None,
    data_since: datetime | None = None,
    apart: bool = False,
    progress: Progress = _silent,
    workers: Workers | None = None,
) -> list[FileVerdict]:
    """Check files for disclosure, each in a confined worker.

    Args:
        files: the files of one request; they are compared with one another too.
        policy: the rules of the data source.
        data: the project's own tables (CSV, Parquet, or folders of them), to match rows and identifiers against.
        released: a folder of tables released earlier from the same project, for differencing.
        out_dir: where normalised copies are written; without it they are made and thrown away.
        names: the names the author gave, when *files* are stored under others (by hash).
        supporting: places in *files* of those that never leave: evidence for the others, judged as such.
        now: the moment of asking; without it what was asked for in a week is not added up.
        data_since: from when the project's data are what they are; without it tables released before may be about
            other data.
        apart: judge each file as if it were alone in its request (a corpus, not a request).
        progress: told which file is being checked.
        workers: where workers come from; a fresh one for this request by default.

    Returns:
        One verdict for each file, in order. A file that could not be checked is blocked, never passed.
    """
    paths = [Path(file) for file in files]
    given = list(names) if names is not None else [path.name for path in paths]
    states = [_State(path, name) for path, name in zip(paths, given, strict=True)]
    if len(states) > policy.max_files:
        too_many = block(
            "size.count",
            str(len(states)),
            f"Plus de {policy.max_files} fichiers dans la demande.",
            f"More than {policy.max_files} files in the request.",
        )
        return [FileVerdict(state.path, verdict_of([too_many]), "unknown", None, (too_many,)) for state in states]
    for state in states:
        _before_reading(state, policy)
    _keep_evidence_in(states, supporting)
    with tempfile.TemporaryDirectory(prefix="bv-checks-") as scratch:
        if any(not state.done for state in states):
            target = Path(scratch) if out_dir is None else Path(out_dir)
            target.mkdir(parents=True, exist_ok=True)
            earlier = None if released is None else Path(released)
            tables = [Path(path) for path in data]
            source = workers or Workers()
            moments = {"now": _seconds(now), "data_since": _seconds(data_since)}
            how = {
                "supporting": supporting,
                "moments": moments,
                "apart": apart,
                "progress": progress,
                "workers": source,
            }
            _work(states, policy, tables, earlier, target, **how)
    return [_verdict(state, keep=out_dir is not None) for state in states]


def _verdict(state: _State, *, keep: bool) -> FileVerdict:
    if not state.done:
        state.findings.append(not_checked(shown(state.name), "le contrôleur s'est arrêté", "the checker stopped"))
    verdict = verdict_of(state.findings)
    blocked = verdict.value == "block"
    if blocked and state.normalised is not None:
        state.normalised.unlink(missing_ok=True)
    normalised = state.normalised if keep and not blocked else None
    return FileVerdict(state.path, verdict, state.kind, normalised, tuple(dict.fromkeys(state.findings)), state.seconds)
