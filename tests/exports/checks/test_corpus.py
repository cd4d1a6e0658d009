"""The promise of the checks, on the corpus: no block missed, no pass blocked, few passes flagged, nothing ever run."""

import json
from pathlib import Path

from click.testing import CliRunner

from hub_extensions.commands.check import command
from hub_extensions.exports.checks.corpus import confusion, hostile
from hub_extensions.exports.checks.corpus.confusion import Confusion, report
from hub_extensions.exports.checks.corpus.write import MANIFEST, write_corpus
from hub_extensions.exports.checks.findings import Verdict


def _named(result: Confusion, expected: Verdict) -> list[str]:
    return [f"{outcome.file}: {outcome.verdict.verdict}" for outcome in result.wrong if outcome.expected is expected]


def test_the_corpus_has_at_least_150_files_each_with_a_reason(corpus: Confusion) -> None:
    assert len(corpus.outcomes) >= 150
    assert all(outcome.reason for outcome in corpus.outcomes)
    assert len({outcome.file for outcome in corpus.outcomes}) == len(corpus.outcomes)


def test_every_expected_block_is_blocked(corpus: Confusion) -> None:
    assert not _named(corpus, Verdict.BLOCK)


def test_no_expected_pass_is_blocked_and_few_are_flagged(corpus: Confusion) -> None:
    assert corpus.count(Verdict.PASS, Verdict.BLOCK) == 0, _named(corpus, Verdict.PASS)
    passes = sum(corpus.count(Verdict.PASS, got) for got in Verdict)
    assert corpus.count(Verdict.PASS, Verdict.FLAG) <= 0.05 * passes, _named(corpus, Verdict.PASS)


def test_what_a_person_must_judge_is_flagged(corpus: Confusion) -> None:
    assert not _named(corpus, Verdict.FLAG)
    assert corpus.good
    assert report(corpus).endswith("good")


def test_no_pickle_of_the_corpus_ever_ran(corpus: Confusion) -> None:
    assert corpus.outcomes
    assert not hostile.CANARY.exists()


def test_the_corpus_is_the_same_in_every_run(tmp_path: Path, corpus_folder: Path) -> None:
    first, second = corpus_folder, tmp_path / "again"
    write_corpus(second)
    files = [
        path.relative_to(first) for path in sorted(first.rglob("*")) if path.is_file() and path.stat().st_size < 1 << 24
    ]
    changed = [str(path) for path in files if (first / path).read_bytes() != (second / path).read_bytes()]
    assert not changed


def test_a_corpus_of_ones_own_is_judged_by_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("dep,n\n75,120\n92,4\n")
    entry = {"file": "a.csv", "expected": "pass", "reason": "wrong on purpose"}
    (tmp_path / MANIFEST).write_text(json.dumps({"files": [entry]}))
    assert not confusion.measure(tmp_path).good
    shown = CliRunner().invoke(command, ["--corpus", str(tmp_path)])
    assert shown.exit_code == 1
    assert "expected pass, got block" in shown.output
