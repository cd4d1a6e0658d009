"""Runs the checks over a corpus and counts: what should have been stopped and was not, what was stopped and should not.

The promise of the checks is measured here: every expected block is blocked, no expected pass is, and at most one in
twenty of those that should pass is flagged.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.corpus.write import MANIFEST, write_corpus
from hub_extensions.exports.checks.findings import FileVerdict, Verdict
from hub_extensions.exports.checks.policy import load_policy
from hub_extensions.exports.checks.runner import Progress, Workers, run_checks
from project_spaces.errors import Invalid
from project_spaces.text import Language, Text

#: Share of the expected passes that may be flagged.
FLAGGED_AT_MOST = 0.05
_ORDER = (Verdict.PASS, Verdict.FLAG, Verdict.BLOCK)


@dataclass(frozen=True)
class Outcome:
    """One file of the corpus and the verdict it got; ``seconds`` from the request to the verdict."""

    file: str
    expected: Verdict
    reason: str
    verdict: FileVerdict
    seconds: float


@dataclass(frozen=True)
class Confusion:
    """All outcomes of a corpus."""

    outcomes: tuple[Outcome, ...]

    def count(self, expected: Verdict, got: Verdict) -> int:
        """Return how many files of one expectation got one verdict."""
        return sum(1 for outcome in self.outcomes if outcome.expected is expected and outcome.verdict.verdict is got)

    @property
    def good(self) -> bool:
        """Whether the promise holds."""
        passes = sum(1 for outcome in self.outcomes if outcome.expected is Verdict.PASS)
        missed = self.count(Verdict.BLOCK, Verdict.PASS) + self.count(Verdict.BLOCK, Verdict.FLAG)
        blocked = self.count(Verdict.PASS, Verdict.BLOCK)
        return not missed and not blocked and self.count(Verdict.PASS, Verdict.FLAG) <= FLAGGED_AT_MOST * passes

    @property
    def wrong(self) -> tuple[Outcome, ...]:
        """The files that did not get what was expected."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict.verdict is not outcome.expected)

    def as_json(self, language: Language = "fr") -> dict[str, Any]:
        """Return the matrix and each file."""
        matrix = {expected.value: {got.value: self.count(expected, got) for got in _ORDER} for expected in _ORDER}
        files = [
            {"file": outcome.file, "expected": outcome.expected.value, "seconds": round(outcome.seconds, 3), "reason": outcome.reason, **{key: value for key, value in outcome.verdict.as_json(language).items() if key != "file"}}
            for outcome in self.outcomes
        ]  # fmt: skip
        return {"good": self.good, "matrix": matrix, "files": files}


def _read(folder: Path) -> list[dict[str, Any]]:
    try:
        raw = json.loads((folder / MANIFEST).read_text("utf-8"))
        return [dict(entry) for entry in raw["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid(Text(f"{folder} : {MANIFEST} illisible.", f"{folder}: {MANIFEST} can't be read.")) from error


def _alone(entry: dict[str, Any]) -> bool:
    return not any(entry.get(key) for key in ("request", "released", "data", "policy"))


def _judge_alone(
    folder: Path, entries: Sequence[dict[str, Any]], progress: Progress, workers: Workers
) -> list[Outcome]:
    """Judge as one request the files that need no neighbour."""
    policy = replace(load_policy(None), max_files=10_000)
    files = [folder / entry["file"] for entry in entries]
    verdicts = run_checks(files, policy, apart=True, progress=progress, workers=workers)
    return [_outcome(entry, verdict, verdict.seconds) for entry, verdict in zip(entries, verdicts, strict=True)]


def _judge(folder: Path, entry: dict[str, Any], workers: Workers) -> Outcome:
    started = time.monotonic()
    files = [folder / name for name in (*entry.get("request", ()), entry["file"])]
    data = [folder / entry["data"]] if entry.get("data") else []
    released = folder / entry["released"] if entry.get("released") else None
    verdict = run_checks(files, load_policy(entry.get("policy")), data=data, released=released, workers=workers)[-1]
    return _outcome(entry, verdict, time.monotonic() - started)


def _outcome(entry: dict[str, Any], verdict: FileVerdict, seconds: float) -> Outcome:
    return Outcome(entry["file"], Verdict(entry["expected"]), str(entry.get("reason", "")), verdict, seconds)


def measure(folder: Path | None = None, progress: Progress = lambda *_: None) -> Confusion:
    """Judge the corpus in *folder*; write it there first when there is none, or to a place that is removed.

    Raises:
        Invalid: the folder's manifest can't be read.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="bv-corpus-") as scratch:
            return measure(Path(scratch), progress)
    if not (folder / MANIFEST).exists():
        write_corpus(folder)
    entries = _read(folder)
    alone = [entry for entry in entries if _alone(entry)]
    workers = Workers(kept=True)
    try:
        outcomes = _judge_alone(folder, alone, progress, workers) if alone else []
        for entry in entries:
            if not _alone(entry):
                progress(entry["file"], len(outcomes), len(entries))
                outcomes.append(_judge(folder, entry, workers))
    finally:
        workers.end()
    return Confusion(tuple(outcomes))


def report(result: Confusion) -> str:
    """Return the matrix, the time, and each file that got another verdict, as lines."""
    lines = [f"{'expected':>10} | " + " ".join(f"{got.value:>6}" for got in _ORDER)]
    lines += [
        f"{expected.value:>10} | " + " ".join(f"{result.count(expected, got):>6}" for got in _ORDER)
        for expected in _ORDER
    ]
    times = sorted(outcome.seconds for outcome in result.outcomes)
    total = sum(times)
    lines.append(
        f"{len(times)} files; per file: median {times[len(times) // 2]:.3f} s, longest {times[-1]:.3f} s, sum "
        f"{total:.1f} s"
    )
    lines += [
        f"{outcome.seconds:7.3f} s  {outcome.verdict.verdict.value:<5} {outcome.file}" for outcome in result.outcomes
    ]
    lines += [
        f"  {outcome.file}: expected {outcome.expected.value}, got {outcome.verdict.verdict.value} ({outcome.reason})"
        for outcome in result.wrong
    ]
    lines.append("good" if result.good else "NOT GOOD")
    return "\n".join(lines)
