"""Supporting files: evidence that reviewers see with a request, judged as such, and that never leaves."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace

import pytest

from hub_extensions.exports import drafting, submitting
from hub_extensions.exports.acting import load
from hub_extensions.exports.checking import Checker
from hub_extensions.exports.checks.corpus.case import patients, rows_csv
from hub_extensions.exports.details import detail
from hub_extensions.exports.drafting import Declaration
from hub_extensions.exports.history import history
from hub_extensions.exports.requests import OutputKind
from hub_extensions.exports.states import State
from hub_extensions.exports.submitting import Submission
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, DECLARATION, Bench
from project_spaces.errors import Invalid

SUMS = b"secteur,effectif,cout_total\nA,120,61200\nB,44,48500\n"
#: What CASD asks for: per cell its count and its largest contribution, in figures that may not leave.
MAXIMA = b"secteur,effectif,cout_max\nA,120,7344\nB,44,15035\n"
EVIDENCE = Declaration(OutputKind.SUPPORTING, "Plus gros contributeur de chaque secteur")


@pytest.fixture
def bench(bench: Bench, one_worker: Checker) -> Bench:
    """A desk that checks for real."""
    bench.desk = replace(bench.desk, checker=one_worker)
    return bench


def asked(bench: Bench, leaving: bytes | None, evidence: bytes) -> str:
    """A draft with a table and a file that supports it."""
    request_id = bench.draft()
    if leaving is not None:
        bench.write("depenses.csv", leaving)
        drafting.add_file(bench.desk, request_id, "depenses.csv", DECLARATION, actor=AUTHOR, now=bench.now)
    bench.write("preuve.csv", evidence)
    drafting.add_file(bench.desk, request_id, "preuve.csv", EVIDENCE, actor=AUTHOR, now=bench.now)
    return request_id


def tried(bench: Bench, request_id: str) -> Submission:
    return submitting.submit(bench.desk, request_id, actor=AUTHOR, now=bench.now)


def rules(said: Submission) -> list[Sequence[str]]:
    return [[finding.rule for finding in file.findings if finding.severity != "info"] for file in said.files]


def test_maxima_that_may_not_leave_answer_for_sums_and_stay(bench: Bench) -> None:
    request_id = asked(bench, SUMS, MAXIMA)
    said = tried(bench, request_id)
    assert (said.state, rules(said)) == (State.SUBMITTED, [[], []])
    assert {file["kind"] for file in detail(bench.desk, request_id, ADA, now=bench.now)["files"]} == {
        "table",
        "supporting",
    }
    bench.vote(request_id, ADA)
    assert bench.vote(request_id, BEA) is State.RELEASED
    with bench.desk.store.read() as session:
        release = load(session, request_id).release
        assert release is not None
        package = bench.desk.vault.path(release.sha256)
    with zipfile.ZipFile(package) as archive:
        inside = b"".join(archive.read(name) for name in archive.namelist())
        assert [name for name in archive.namelist() if "preuve" in name] == []
    assert b"48500" in inside
    assert b"15035" not in inside
    again = bench.submitted("autre.csv")
    (left,) = history(bench.desk, again, viewer=ADA, now=bench.now)["released"]
    assert [file["name"] for file in left["files"]] == ["depenses.csv"]


def test_the_same_maxima_do_not_leave_as_a_table(bench: Bench) -> None:
    bench.write("preuve.csv", MAXIMA)
    assert bench.submit(bench.draft("preuve.csv")) is State.DRAFT


def test_evidence_may_accuse(bench: Bench) -> None:
    said = tried(bench, asked(bench, SUMS, MAXIMA.replace(b"15035", b"47100")))
    assert (said.state, rules(said)) == (State.DRAFT, [["table.dominance"], []])


def test_what_reviewers_may_not_see_is_no_evidence(bench: Bench) -> None:
    rows = rows_csv(patients(40, "evidence"), ["age", "sexe", "dep", "date_entree", "crp", "diag"])
    said = tried(bench, asked(bench, SUMS, rows))
    assert said.state is State.DRAFT
    assert "rows.individual" in rules(said)[1]


def test_evidence_asked_for_under_another_name_stays(bench: Bench) -> None:
    said = tried(bench, asked(bench, b"dep,n\n75,120\n92,131\n", b"dep,n\n75,120\n92,131\n"))
    assert (said.state, rules(said)) == (State.DRAFT, [["evidence.leaving"], []])


def test_evidence_alone_is_no_request(bench: Bench) -> None:
    with pytest.raises(Invalid):
        tried(bench, asked(bench, None, MAXIMA))
