"""The whole way of a request: frozen, checked, judged by two, handed out; and every way on which it must stop."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from audit.events import Kind
from hub_extensions.exports import drafting, packaging, reviewing, submitting
from hub_extensions.exports.acting import load
from hub_extensions.exports.details import detail
from hub_extensions.exports.downloads import open_download
from hub_extensions.exports.proofs import NOT_YET
from hub_extensions.exports.releasing import release, resume
from hub_extensions.exports.states import State
from hub_extensions.exports.testing import (
    ADA,
    AUTHOR,
    BEA,
    COLLEAGUE,
    CYD,
    DAY,
    DECLARATION,
    ONCE,
    PROJECT,
    SETUP,
    STRANGER,
    Bench,
)
from hub_extensions.exports.voting import Ballot
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused, Unavailable
from project_spaces.facts import PlatformRole
from project_spaces.people import revoke_role
from project_spaces.requirements import Requirement
from project_spaces.rules import Rules as DomainRules
from project_spaces.trainings.records import record_training


def package_of(bench: Bench, request_id: str) -> dict[str, bytes]:
    """Download as the author: member → bytes."""
    (link,) = detail(bench.desk, request_id, AUTHOR, now=bench.now)["links"]
    got = open_download(bench.desk, link["id"], actor=AUTHOR, clock=bench.clock)
    target = bench.home / "got.zip"
    target.write_bytes(b"".join(got.chunks))
    packaging.verify(target, bench.desk.signer.public_pem)
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def file_ids(bench: Bench, request_id: str) -> list[str]:
    """Ids of the files in the request now."""
    return [file["id"] for file in detail(bench.desk, request_id, AUTHOR, now=bench.now)["files"]]


def test_from_draft_to_the_recipients_hands(bench: Bench) -> None:
    request_id = bench.submitted("rate.csv")
    assert bench.vote(request_id, ADA) is State.IN_REVIEW
    assert bench.vote(request_id, BEA) is State.RELEASED
    members = package_of(bench, request_id)
    assert members["files/rate.csv"] == b"age,n\n40,120\n", "the normalised bytes, not the original ones"
    assert bench.ledger.kinds()[-11:] == [
        Kind.EXPORT_SUBMITTED,
        Kind.EXPORT_CHECKED,
        Kind.EXPORT_ASSIGNED,
        Kind.EXPORT_ASSIGNED,
        Kind.EXPORT_VOTED,
        Kind.EXPORT_VOTED,
        Kind.EXPORT_REVIEWED,
        Kind.EXPORT_APPROVED,
        Kind.EXPORT_RELEASED,
        Kind.EXPORT_LINKED,
        Kind.EXPORT_DOWNLOADED,
    ]


def test_ten_files(bench: Bench) -> None:
    """TRAPS A17."""
    names = [f"tables/t{number}.csv" for number in range(10)]
    for number, name in enumerate(names):
        bench.write(name, b"n\n%d\n" % (100 + number))
    request_id = bench.released(*names)
    members = package_of(bench, request_id)
    assert sorted(name for name in members if name.startswith("files/")) == [f"files/t{n}.csv" for n in range(10)]


def test_two_full_rounds_end_in_release(bench: Bench) -> None:
    """TRAPS A7: old votes are neither lost for an unchanged file nor counted for a changed one."""
    for name in ("same.csv", "mended.csv"):
        bench.write(name, name.encode())
    request_id = bench.submitted("same.csv", "mended.csv")
    same, mended = file_ids(bench, request_id)
    for number in (1, 2):
        for reviewer in (ADA, BEA):
            for file_id in {1: (same, mended), 2: (mended,)}[number]:
                ballot = Ballot.APPROVE if file_id == same else Ballot.REFUSE
                reviewing.vote(
                    bench.desk, request_id, file_id, ballot, actor=reviewer, now=bench.now, comment="Effectifs ?"
                )
        assert bench.state(request_id) is State.REVIEWED
        reviewing.return_(bench.desk, request_id, actor=ADA, now=bench.now, message="À corriger.")
        with pytest.raises(Conflict, match="Answer the reviewers"):
            bench.submit(request_id)
        bench.write("mended.csv", b"round %d" % number)
        assert bench.submit(request_id) is State.SUBMITTED
    assert bench.vote(request_id, ADA) is State.IN_REVIEW
    assert bench.vote(request_id, BEA) is State.RELEASED
    assert package_of(bench, request_id)["files/mended.csv"] == b"round 2"


def test_an_answer_is_enough_to_submit_again_but_a_refusal_must_be_given_anew(bench: Bench) -> None:
    request_id = bench.submitted()
    for reviewer in (ADA, BEA):
        bench.vote(request_id, reviewer, Ballot.REFUSE)
    reviewing.return_(bench.desk, request_id, actor=BEA, now=bench.now, message="Quelle population ?")
    reviewing.answer(bench.desk, request_id, "Tous les séjours.", actor=AUTHOR, now=bench.now)
    assert bench.submit(request_id) is State.SUBMITTED
    assert bench.vote(request_id, ADA) is State.IN_REVIEW
    assert bench.vote(request_id, BEA) is State.RELEASED


def test_other_words_or_recipients_lose_the_votes(bench: Bench) -> None:
    """Title, purpose and context leave with the package: they are a way out for data too."""
    for change in ("declaration", "recipient", "purpose"):
        request_id = bench.submitted(f"{change}.csv")
        (file_id,) = file_ids(bench, request_id)
        bench.vote(request_id, ADA)
        reviewing.return_(bench.desk, request_id, actor=BEA, now=bench.now, message="Précisez.")
        if change == "purpose":
            drafting.describe(bench.desk, request_id, actor=AUTHOR, now=bench.now, purpose="Alice, 4; Bob, 2")
        elif change == "recipient":
            drafting.describe(bench.desk, request_id, actor=AUTHOR, now=bench.now, recipients=[AUTHOR, COLLEAGUE])
        else:
            other = drafting.Declaration(DECLARATION.kind, "Autre chose")
            drafting.change_file(bench.desk, request_id, file_id, other, actor=AUTHOR, now=bench.now)
        bench.submit(request_id)
        assert bench.vote(request_id, BEA) is State.IN_REVIEW, "one approval of these bytes for these people, not two"
        assert bench.vote(request_id, CYD) is State.RELEASED


def test_an_early_return_keeps_the_approvals_of_unchanged_files(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    reviewing.return_(bench.desk, request_id, actor=BEA, now=bench.now, message="Quelle population ?")
    reviewing.answer(bench.desk, request_id, "Tous.", actor=AUTHOR, now=bench.now)
    bench.submit(request_id)
    assert bench.vote(request_id, BEA) is State.RELEASED


def test_a_third_reviewer_settles_a_conflict(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    assert bench.vote(request_id, BEA, Ballot.REFUSE) is State.REVIEWED
    with pytest.raises(Conflict):
        reviewing.reject(bench.desk, request_id, actor=BEA, now=bench.now, message="Non.")
    assert bench.vote(request_id, CYD) is State.RELEASED


def test_two_refusals_allow_a_rejection_and_it_is_final(bench: Bench) -> None:
    request_id = bench.submitted()
    for reviewer in (ADA, BEA):
        bench.vote(request_id, reviewer, Ballot.REFUSE)
    reviewing.reject(bench.desk, request_id, actor=ADA, now=bench.now, message="Données individuelles.")
    assert bench.state(request_id) is State.REJECTED
    with pytest.raises(Conflict):
        bench.submit(request_id)


def test_the_same_person_never_counts_twice(bench: Bench) -> None:
    request_id = bench.submitted()
    (file_id,) = file_ids(bench, request_id)
    bench.vote(request_id, ADA)
    for _ in range(3):
        with pytest.raises(Conflict, match="already voted"):
            reviewing.vote(bench.desk, request_id, file_id, Ballot.APPROVE, actor=ADA, now=bench.now)
    assert bench.state(request_id) is State.IN_REVIEW


@pytest.mark.parametrize("outsider", [AUTHOR, COLLEAGUE, ONCE])
def test_insiders_never_judge(bench: Bench, outsider: str) -> None:
    """TRAPS A5: the author (a reviewer elsewhere), a colleague, a reviewer who was in the project once."""
    request_id = bench.submitted()
    (file_id,) = file_ids(bench, request_id)
    with pytest.raises((Refused, NotFound)):
        reviewing.vote(bench.desk, request_id, file_id, Ballot.APPROVE, actor=outsider, now=bench.now)
    with pytest.raises((Refused, NotFound)):
        reviewing.return_(bench.desk, request_id, actor=outsider, now=bench.now, message="x")
    assert bench.state(request_id) is State.SUBMITTED


def test_a_refused_act_is_recorded(bench: Bench) -> None:
    request_id = bench.submitted()
    (file_id,) = file_ids(bench, request_id)
    with pytest.raises(Refused, match="outsiders must review"):
        reviewing.vote(bench.desk, request_id, file_id, Ballot.APPROVE, actor=AUTHOR, now=bench.now)
    refusal = bench.ledger.events[-1]
    assert (refusal.kind, refusal.actor) == (Kind.REFUSAL, AUTHOR)
    assert refusal.subject["refused"] == Kind.EXPORT_VOTED


def test_a_stranger_learns_nothing(bench: Bench) -> None:
    request_id = bench.submitted()
    for attempt in (
        lambda: detail(bench.desk, request_id, STRANGER, now=bench.now),
        lambda: reviewing.comment(bench.desk, request_id, "x", actor=STRANGER, now=bench.now, public=True),
        lambda: drafting.withdraw(bench.desk, request_id, actor=STRANGER, now=bench.now),
        lambda: detail(bench.desk, "0" * 32, STRANGER, now=bench.now),
    ):
        with pytest.raises(NotFound, match="Unknown request"):
            attempt()


def test_a_reviewer_who_joins_in_mid_review_loses_the_vote(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    bench.join(ADA)
    assert bench.vote(request_id, BEA) is State.IN_REVIEW
    assert bench.vote(request_id, CYD) is State.RELEASED


def test_a_reviewer_who_joins_after_the_approval_stops_the_release(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    with no_release(bench):
        assert bench.vote(request_id, BEA) is State.APPROVED
    bench.join(BEA)
    assert resume(bench.desk, now=bench.now).reopened == (request_id,)
    assert bench.state(request_id) is State.IN_REVIEW
    assert bench.vote(request_id, CYD) is State.RELEASED


def test_a_reviewer_without_the_role_any_more_does_not_count(bench: Bench) -> None:
    """TRAPS A8."""
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    revoke_role(bench.desk.store, ADA, PlatformRole.REVIEWER, actor=SETUP, now=bench.now)
    assert bench.vote(request_id, BEA) is State.IN_REVIEW
    assert bench.vote(request_id, CYD) is State.RELEASED


def test_a_reviewer_whose_training_lapsed_neither_votes_nor_counts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRAPS A8: the role stands, the training that it asks for has ended."""
    store = bench.desk.store
    monkeypatch.setattr(store, "_rules", DomainRules(duties=Requirement(trainings=frozenset({"relecture"}))))
    request_id = bench.submitted()
    with pytest.raises(NotFound):  # as for anybody who may not review it
        bench.vote(request_id, ADA)
    for name, days in ((ADA, 1), (BEA, 9), (CYD, 9)):
        window = {"starts_at": bench.now - DAY, "ends_at": bench.now + days * DAY, "certificate": "2026-17"}
        record_training(store, person=name, kind="relecture", actor=SETUP, now=bench.now, **window)
    assert bench.vote(request_id, ADA) is State.IN_REVIEW
    bench.now += 2 * DAY
    assert bench.vote(request_id, BEA) is State.IN_REVIEW
    assert bench.vote(request_id, CYD) is State.RELEASED


@contextmanager
def no_release(bench: Bench) -> Iterator[None]:
    """Nothing can be packed for a while: the ledger's proofs are late."""

    def late(_event_ids: tuple[str, ...]) -> dict[str, bytes]:
        raise Unavailable(NOT_YET)

    desk, bench.desk = bench.desk, replace(bench.desk, prover=late)
    yield
    bench.desk = desk


def lose_frozen_files(bench: Bench) -> None:
    """The vault's disk is gone."""
    for file in bench.desk.vault.root.glob("objects/*/*"):
        file.unlink()


def test_a_file_swapped_after_approval_blocks_the_release(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    with no_release(bench):
        assert bench.vote(request_id, BEA) is State.APPROVED
    with bench.desk.store.read() as session:
        (file,) = load(session, request_id).files
        frozen = bench.desk.vault.path(str(file.released_sha256))
    good = frozen.read_bytes()
    frozen.chmod(0o600)
    frozen.write_bytes(b"name,nir\nA,1\n")
    assert resume(bench.desk, now=bench.now).held == (request_id,)
    page = detail(bench.desk, request_id, AUTHOR, now=bench.now)
    assert "validés" in page["hold"]["fr"]
    assert page["links"] == []
    held = len(bench.ledger.events)
    assert resume(bench.desk, now=bench.now).held == (request_id,)
    assert len(bench.ledger.events) == held, "the same reason is recorded once"
    frozen.write_bytes(good)
    assert resume(bench.desk, now=bench.now).released == (request_id,)
    assert package_of(bench, request_id)["files/rate.csv"] == good


def test_a_blocked_release_is_no_dead_end(bench: Bench) -> None:
    """The frozen copy is lost for good: returned, submitted again, frozen again, released."""
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    with no_release(bench):
        bench.vote(request_id, BEA)
    lose_frozen_files(bench)
    assert resume(bench.desk, now=bench.now).held == (request_id,)
    reviewing.return_(bench.desk, request_id, actor=ADA, now=bench.now, message="Copie perdue.")
    reviewing.answer(bench.desk, request_id, "Voici.", actor=AUTHOR, now=bench.now)
    assert bench.submit(request_id) is State.RELEASED, "both approvals were of these very bytes"


def test_nobody_votes_on_bytes_that_can_not_be_seen(bench: Bench) -> None:
    request_id = bench.submitted()
    (file_id,) = file_ids(bench, request_id)
    lose_frozen_files(bench)
    for ballot in Ballot:
        with pytest.raises(Unavailable, match="frozen copy of this file is damaged"):
            reviewing.vote(bench.desk, request_id, file_id, ballot, actor=ADA, now=bench.now, comment="?")
    reviewing.return_(bench.desk, request_id, actor=ADA, now=bench.now, message="Copie perdue.")
    reviewing.answer(bench.desk, request_id, "Voici.", actor=AUTHOR, now=bench.now)
    bench.submit(request_id)
    bench.vote(request_id, ADA)
    assert bench.vote(request_id, BEA) is State.RELEASED


def test_changes_in_the_workspace_after_submission_change_nothing(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    bench.write("rate.csv", b"name,nir\nA,1\n")
    bench.vote(request_id, BEA)
    assert package_of(bench, request_id)["files/rate.csv"] == b"age,n\n40,120\n"


def test_a_block_can_not_be_overruled(bench: Bench) -> None:
    bench.write("small.csv", b"BLOCK n=4")
    request_id = bench.draft("small.csv")
    outcome = submitting.submit(bench.desk, request_id, actor=AUTHOR, now=bench.now)
    assert outcome.state is State.DRAFT
    assert outcome.files[0].verdict == "block"
    page = detail(bench.desk, request_id, AUTHOR, now=bench.now)
    assert page["files"][0]["findings"][0]["message"]["fr"] == "Effectif de 4."
    with pytest.raises(BureauError):
        reviewing.vote(bench.desk, request_id, page["files"][0]["id"], Ballot.APPROVE, actor=ADA, now=bench.now)
    bench.write("small.csv", b"n=120")
    assert bench.submit(request_id) is State.SUBMITTED


@pytest.mark.parametrize("trouble", [b"CRASH", b"LIE"])
def test_a_checker_that_fails_never_passes(bench: Bench, trouble: bytes) -> None:
    bench.write("a.csv", trouble)
    request_id = bench.draft("a.csv")
    with pytest.raises(Unavailable, match="did not complete"):
        bench.submit(request_id)
    assert bench.state(request_id) is State.DRAFT
    bench.write("a.csv", b"n=120")
    assert bench.submit(request_id) is State.SUBMITTED


def test_automatic_checks_are_no_vote(bench: Bench) -> None:
    """TRAPS A6: everything passes the checks, one reviewer agrees: nothing happens."""
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    resume(bench.desk, now=bench.now)
    assert release(bench.desk, request_id, now=bench.now) is State.IN_REVIEW


def test_a_request_changed_while_it_was_checked_is_not_submitted(bench: Bench) -> None:
    request_id = bench.draft("a.csv")
    bench.checker.during = lambda: drafting.describe(bench.desk, request_id, actor=AUTHOR, now=bench.now, title="Autre")
    with pytest.raises(Conflict, match="changed in the meantime"):
        bench.submit(request_id)
    assert bench.state(request_id) is State.DRAFT


def test_without_the_ledger_nothing_moves(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    bench.ledger.stop()
    with pytest.raises(Unavailable):
        bench.vote(request_id, BEA)
    bench.ledger.start()
    assert bench.state(request_id) is State.IN_REVIEW
    assert bench.vote(request_id, BEA) is State.RELEASED


def test_the_log_does_not_tell_what_a_vote_said(bench: Bench) -> None:
    """A reviewer who can read the ledger is still blind: the leaf holds a salted commitment."""
    request_id = bench.submitted()
    bench.vote(request_id, ADA, Ballot.REFUSE)
    (event,) = bench.ledger.of(Kind.EXPORT_VOTED)
    told = f"{event.subject} {event.private} {event.persons}"
    assert "refuse" not in told
    assert "approve" not in told
    assert len(str(event.subject["said"])) == 64


@pytest.mark.parametrize("path", ["../other/x.csv", "/etc/passwd", "", "a/../../b", "x\0.csv", "x\u202evsc.exe"])
def test_paths_that_are_none(bench: Bench, path: str) -> None:
    request_id = bench.draft()
    with pytest.raises(Invalid):
        drafting.add_file(bench.desk, request_id, path, DECLARATION, actor=AUTHOR, now=bench.now)


def test_an_empty_request_is_not_submitted(bench: Bench) -> None:
    with pytest.raises(Invalid, match="no file"):
        bench.submit(bench.draft())


def test_a_lapsed_member_submits_nothing(bench: Bench) -> None:
    request_id = bench.draft("rate.csv")
    bench.now += 400 * DAY
    with pytest.raises(Refused):
        bench.submit(request_id)
    drafting.withdraw(bench.desk, request_id, actor=AUTHOR, now=bench.now)
    assert bench.state(request_id) is State.WITHDRAWN


def test_the_checks_see_what_already_left_the_project(bench: Bench) -> None:
    bench.released("first.csv")
    bench.submitted("second.csv")
    order = bench.checker.orders[-1]
    assert order.released is not None
    assert order.policy.min_persons == 11


def test_pre_check_stores_nothing_and_is_recorded(bench: Bench) -> None:
    """What was tried before a request, and with what verdict, is in the ledger; its content for the auditors only."""
    bench.write("small.csv", b"BLOCK")
    before, kept = len(bench.ledger.events), bench.desk.store.revision()
    (checked,) = submitting.pre_check(bench.desk, PROJECT, ["small.csv"], actor=AUTHOR, now=bench.now)
    assert checked.verdict == "block"
    assert bench.desk.store.revision() == kept
    (told,) = bench.ledger.events[before:]
    assert (told.kind, told.actor, told.project) == (Kind.EXPORT_CHECKED, AUTHOR, PROJECT)
    assert json.loads(told.content)["small.csv"]["verdict"] == "block"
    bench.ledger.stop()
    with pytest.raises(Unavailable):
        submitting.pre_check(bench.desk, PROJECT, ["small.csv"], actor=AUTHOR, now=bench.now)
    bench.ledger.start()
    with pytest.raises(Refused):
        submitting.pre_check(bench.desk, PROJECT, ["small.csv"], actor=ADA, now=bench.now)
