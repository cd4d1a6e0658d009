"""From a sender to the project's imports: who may, what stops, what is written, and that silence is never a pass."""

import json
import os
import stat

import pytest

from audit.events import Kind
from hub_extensions.exports.testing import ADA, AUTHOR, COLLEAGUE, DAY, PROJECT, SETUP, STRANGER
from hub_extensions.imports import composing, reviewing
from hub_extensions.imports.acting import By, load
from hub_extensions.imports.advancing import advance, resume, sweep
from hub_extensions.imports.composing import Target
from hub_extensions.imports.desk import ImportDesk, Rules
from hub_extensions.imports.states import State
from hub_extensions.imports.testing import DECLARATION, ENGINE, SAM, SUE, ImportBench
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused, TooLarge
from project_spaces.facts import PlatformRole
from project_spaces.memberships import grant_membership
from project_spaces.people import revoke_role


def findings(bench: ImportBench, request_id: str) -> list[str]:
    """Rules of everything that was found."""
    with bench.desk.store.read() as session:
        return [each["rule"] for file in load(session, request_id).files for each in file.findings]


def test_the_whole_way_ends_read_only_with_a_manifest_and_every_step_recorded(bench: ImportBench) -> None:
    request_id = bench.placed({"rein.csv": b"age,n\n40,12\n", "lisezmoi.md": b"# REIN\n"})
    assert bench.state(request_id) is State.RELEASED
    (place,) = bench.folder().iterdir()
    assert (place / "rein.csv").read_bytes() == b"age,n\n40,12\n"
    assert stat.S_IMODE((place / "rein.csv").stat().st_mode) == 0o444
    said = json.loads((place / "manifest.import.json").read_bytes())
    assert said["declaration"]["origin"] == DECLARATION.origin
    assert (said["sent_by"], said["accepted_by"]) == (AUTHOR, SAM)
    assert {file["malware_scan"] for file in said["files"]} == {ENGINE}
    kinds = [event.kind for event in bench.ledger.events if event.kind.value.startswith("import.")]
    assert kinds == [
        Kind.IMPORT_CREATED,
        Kind.IMPORT_RECEIVED,
        Kind.IMPORT_RECEIVED,
        Kind.IMPORT_CHANGED,
        Kind.IMPORT_SUBMITTED,
        Kind.IMPORT_CHECKED,
        Kind.IMPORT_APPROVED,
        Kind.IMPORT_RELEASED,
    ]


def test_malware_is_found_before_anything_of_ours_opens_the_file(bench: ImportBench) -> None:
    request_id = bench.checked({"a.csv": b"VIRUS"})
    assert bench.state(request_id) is State.RETURNED
    assert findings(bench, request_id) == ["malware.found"]
    assert bench.inspector.orders == []


@pytest.mark.parametrize("cause", ["scanner", "inspector", "lost", "ledger"])
def test_what_could_not_be_checked_waits_in_quarantine_and_says_why(bench: ImportBench, cause: str) -> None:
    request_id = bench.submitted({"a.csv": b"CRASH" if cause == "inspector" else b"n\n1\n"})
    bench.scanner.away = cause == "scanner"
    if cause == "lost":
        for file in bench.desk.quarantine.root.glob("objects/*/*"):
            file.unlink()
    if cause == "ledger":
        bench.ledger.stop()
    assert not advance(bench.desk, request_id, now=bench.now)
    assert bench.state(request_id) is State.SUBMITTED
    if cause == "ledger":
        bench.ledger.start()
    else:
        with bench.desk.store.read() as session:
            assert load(session, request_id).hold
    if cause in {"scanner", "ledger"}:
        bench.scanner.away = False
        assert resume(bench.desk, now=bench.now).moved == (request_id,)
        assert bench.state(request_id) is State.IN_REVIEW


def test_a_refused_file_comes_back_and_its_mend_passes(bench: ImportBench) -> None:
    request_id = bench.checked({"a.csv": b"BLOCK"})
    assert bench.state(request_id) is State.RETURNED
    bench.send(request_id, "a.csv", b"n\n1\n")
    composing.submit(bench.desk, request_id, bench.by())
    advance(bench.desk, request_id, now=bench.now)
    assert bench.state(request_id) is State.IN_REVIEW
    assert findings(bench, request_id) == []


def test_nobody_judges_what_he_sent_nor_a_project_he_is_in(bench: ImportBench) -> None:
    """The author is a steward too (TRAPS A5); another steward joins the project."""
    request_id = bench.checked()
    grant_membership(
        bench.desk.store,
        person=SUE,
        project=PROJECT,
        starts_at=bench.now,
        ends_at=bench.now + DAY,
        actor=SETUP,
        now=bench.now,
    )
    for who in (AUTHOR, SUE, COLLEAGUE):
        with pytest.raises(Refused):
            reviewing.approve(bench.desk, request_id, bench.by(who))
    with pytest.raises(NotFound):
        reviewing.approve(bench.desk, request_id, bench.by(STRANGER))
    with pytest.raises(NotFound):
        reviewing.approve(bench.desk, request_id, bench.by(ADA))
    assert bench.state(request_id) is State.IN_REVIEW
    assert len([event for event in bench.ledger.events if event.kind is Kind.REFUSAL]) >= 3


def test_only_a_member_sends_into_a_project(bench: ImportBench) -> None:
    with pytest.raises(Refused):
        composing.create(bench.desk, Target(PROJECT), "Registre", bench.by(STRANGER))
    request_id = bench.draft()
    with pytest.raises(Refused):
        composing.submit(bench.desk, request_id, bench.by(COLLEAGUE))


def test_a_steward_who_lost_the_role_before_the_placing_did_not_accept(bench: ImportBench) -> None:
    request_id = bench.checked()
    reviewing.approve(bench.desk, request_id, bench.by(SAM))
    revoke_role(bench.desk.store, SAM, PlatformRole.STEWARD, actor=SETUP, now=bench.now)
    advance(bench.desk, request_id, now=bench.now)
    assert bench.state(request_id) is State.IN_REVIEW
    assert not bench.folder().exists()
    reviewing.approve(bench.desk, request_id, bench.by(SUE))
    advance(bench.desk, request_id, now=bench.now)
    assert bench.state(request_id) is State.RELEASED


def test_bytes_that_changed_in_quarantine_are_not_placed(bench: ImportBench) -> None:
    request_id = bench.checked()
    reviewing.approve(bench.desk, request_id, bench.by(SAM))
    (kept,) = bench.desk.quarantine.root.glob("objects/*/*")
    kept.chmod(0o600)
    kept.write_bytes(b"age,n\n40,99\n")
    assert not advance(bench.desk, request_id, now=bench.now)
    assert bench.state(request_id) is State.APPROVED
    assert not any(bench.folder().glob("*/rein.csv"))


def test_a_change_after_the_checks_needs_new_checks(bench: ImportBench) -> None:
    request_id = bench.checked()
    with pytest.raises(Conflict):
        bench.send(request_id, "rein.csv", b"age,n\n41,13\n")
    reviewing.return_(bench.desk, request_id, "Précisez l'origine.", bench.by(SAM))
    bench.send(request_id, "rein.csv", b"age,n\n41,13\n")
    with pytest.raises(Conflict):
        reviewing.approve(bench.desk, request_id, bench.by(SAM))


@pytest.mark.parametrize("name", ["../x.csv", "a/b.csv", ".bashrc", "a\u202ecsv.exe", "x" * 300, "a\0.csv", " "])
def test_names_that_lie_or_leave_are_refused_before_a_byte(bench: ImportBench, name: str) -> None:
    request_id = composing.create(bench.desk, Target(PROJECT), "Registre", bench.by())
    with pytest.raises(Invalid):
        bench.send(request_id, name, b"x")
    assert list(bench.desk.quarantine.root.glob("objects/*/*")) == []


def test_limits_of_size_number_and_sum(bench: ImportBench) -> None:
    small = Rules(max_file_bytes=10, max_files=2, max_total_bytes=15)
    desk = ImportDesk(bench.desk.store, bench.desk.quarantine, bench.desk.layout, small, bench.scanner, bench.inspector)
    bench.desk = desk
    request_id = composing.create(desk, Target(PROJECT), "Registre", bench.by())
    with pytest.raises(TooLarge):
        bench.send(request_id, "a.csv", b"x" * 11)
    bench.send(request_id, "a.csv", b"x" * 8)
    with pytest.raises(TooLarge):
        bench.send(request_id, "b.csv", b"y" * 9)
    bench.send(request_id, "b.csv", b"y" * 7)
    with pytest.raises(TooLarge):
        bench.send(request_id, "c.csv", b"z")
    assert not any(desk.quarantine.scratch.iterdir())


def test_an_empty_import_or_one_without_declaration_is_not_submitted(bench: ImportBench) -> None:
    request_id = composing.create(bench.desk, Target(PROJECT), "Registre", bench.by())
    with pytest.raises(Invalid):
        composing.submit(bench.desk, request_id, bench.by())
    bench.send(request_id, "a.csv", b"n\n1\n")
    with pytest.raises(Invalid):
        composing.submit(bench.desk, request_id, bench.by())


def test_what_was_put_in_place_can_be_taken_out_again(bench: ImportBench) -> None:
    request_id = bench.placed()
    with pytest.raises(Refused):
        reviewing.remove(bench.desk, request_id, "Erreur.", bench.by())
    reviewing.remove(bench.desk, request_id, "Mauvais fichier.", bench.by(SAM))
    assert bench.state(request_id) is State.REMOVED
    assert list(bench.folder().iterdir()) == []


def test_the_quarantine_keeps_what_is_awaited_and_forgets_the_rest_after_a_day(bench: ImportBench) -> None:
    bench.placed({"c.csv": b"n\n3\n"})
    kept, gone = bench.submitted(), bench.draft({"b.csv": b"n\n2\n"})
    composing.withdraw(bench.desk, gone, bench.by())
    for file in bench.desk.quarantine.root.glob("objects/*/*"):
        os.utime(file, (bench.now.timestamp() - 2 * 86400,) * 2)
    assert sweep(bench.desk, now=bench.now) == 2
    assert advance(bench.desk, kept, now=bench.now)


def test_an_outsider_whose_door_is_another_import_sends_nothing(bench: ImportBench) -> None:
    request_id = bench.draft()
    with pytest.raises(BureauError):
        bench.send(request_id, "x.csv", b"x", By.outside("f" * 32, bench.now))
