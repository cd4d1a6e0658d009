"""The end of a project: frozen at the very moment, last exports for a while, then what two outsiders decided."""

import hashlib
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from audit.events import Kind
from audit.testing import MemoryLedger
from project_spaces.datasets import get_dataset, register_manifest
from project_spaces.decisions import Action
from project_spaces.endings import carrying
from project_spaces.endings.beginning import begin_ends, end_project
from project_spaces.endings.carrying import carry_ends, obstacle
from project_spaces.endings.remains import Remains
from project_spaces.endings.settling import confirm, get_end, propose, settlements, withdraw
from project_spaces.errors import Conflict, Invalid, NotFound, Refused
from project_spaces.facts import MemberRole, PlatformRole, ProjectStatus, StopScope
from project_spaces.habilitations import habilitations
from project_spaces.kill_switches import set_switch
from project_spaces.layout import Layout
from project_spaces.manifests import Manifest
from project_spaces.memberships import grant_membership, memberships, revoke_membership
from project_spaces.notifications import Notification
from project_spaces.projects import change_project, get_project
from project_spaces.records.ends import EndCause, EndStage, Fate, ProjectEnd
from project_spaces.retention import place_hold
from project_spaces.rules import EndRules, Rules
from project_spaces.store import Store
from project_spaces.text import Text
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

INSTANT = timedelta(microseconds=1)
END = NOW + 100 * DAY
DUE = END + 30 * DAY
WHY = {"reason": "fin de l'étude"}


@pytest.fixture
def ended(quick_world: World) -> World:
    """``etude`` at its end: Ana and Eve (the lead) work there; Pia and Paul administer, Stan answers for the data."""
    return _staffed(quick_world)


def _staffed(world: World) -> World:
    world.person("eve")
    window = {"starts_at": NOW, "ends_at": END}
    for person, role in (("ana", MemberRole.ANALYST), ("eve", MemberRole.LEAD)):
        with world.store.read() as session:
            held = [each.id for each in memberships(session, person=person, project="etude")]
        for each in held:
            revoke_membership(world.store, each, actor=SYSTEM, now=NOW)
        grant_membership(world.store, person=person, project="etude", role=role, actor=SYSTEM, now=NOW, **window)
    world.person("pia", PlatformRole.ADMINISTRATOR)
    world.person("paul", PlatformRole.ADMINISTRATOR)
    world.person("aude", PlatformRole.AUDITOR)
    return world


@pytest.fixture
def remains(tmp_path: Path) -> Remains:
    """A project with a shared file, a private one, a link out of it, and a key."""
    layout = Layout(tmp_path / "storage")
    project, home = layout.project_dir("etude"), layout.home_dir("etude", "ana")
    (project / "resultats").mkdir(parents=True)
    (project / "resultats" / "table.csv").write_text("a;b\n1;2\n")
    home.mkdir(parents=True)
    (home / "brouillon.py").write_text("print(1)\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.txt").write_text("not the project's")
    (project / "away").symlink_to(outside)
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "etude").write_text("00" * 32)
    (keys / "autre").write_text("11" * 32)
    return Remains(layout, keys, tmp_path / "archives", lambda _session, _project: 0)


def certify(statement, events) -> bytes:
    return repr((statement, len(events))).encode()


def carry(world: World, remains: Remains, now: datetime) -> None:
    carry_ends(world.store, remains, certify, now=now)


def stage(world: World) -> EndStage | None:
    with world.store.read() as session:
        found = session.get(ProjectEnd, "etude")
        return None if found is None else found.stage


def decide(world: World, fate: Fate, at: datetime, **more) -> None:
    propose(world.store, "etude", fate, actor="pia", now=at, **WHY, **more)
    confirm(world.store, "etude", actor="paul", now=at)


def steps(ledger: MemoryLedger) -> list[str]:
    return [str(event.subject["step"]) for event in ledger.of(Kind.PROJECT_END)]


class TestFrozen:
    def test_at_its_end_nobody_works_and_results_may_leave_for_thirty_days(self, ended: World) -> None:
        for at, work, export in (
            (END - INSTANT, True, True),
            (END, False, True),
            (DUE - INSTANT, False, True),
            (DUE, False, False),
        ):
            assert ended.may("ana", Action.OPEN_WORKSPACE, at, project_slug="etude").allowed is work
            assert ended.may("ana", Action.SUBMIT_EXPORT, at, project_slug="etude").allowed is export

    def test_who_had_left_before_asks_for_nothing_more(self, ended: World) -> None:
        with ended.store.read() as session:
            (held,) = [each.id for each in memberships(session, person="ana") if each.window.holds(NOW)]
        revoke_membership(ended.store, held, actor=SYSTEM, now=NOW + DAY)
        assert not ended.may("ana", Action.SUBMIT_EXPORT, END + DAY, project_slug="etude").allowed

    def test_a_withdrawal_in_the_frozen_time_counts_at_once(self, ended: World) -> None:
        with ended.store.read() as session:
            (held,) = [each.id for each in memberships(session, person="ana") if each.window.holds(NOW)]
        assert ended.may("ana", Action.SUBMIT_EXPORT, END + DAY - INSTANT, project_slug="etude").allowed
        revoke_membership(ended.store, held, actor=SYSTEM, now=END + DAY)
        assert not ended.may("ana", Action.SUBMIT_EXPORT, END + DAY, project_slug="etude").allowed

    def test_a_stopped_project_exports_nothing(self, ended: World) -> None:
        set_switch(ended.store, StopScope.PROJECT, "etude", reason="incident", actor="pia", now=END)
        assert not ended.may("ana", Action.SUBMIT_EXPORT, END + DAY, project_slug="etude").allowed

    @pytest.mark.parametrize(("actor", "cause"), [("eve", EndCause.LEAD), ("pia", EndCause.ADMINISTRATOR)])
    def test_its_lead_or_an_administrator_ends_it_early(self, ended: World, actor: str, cause: EndCause) -> None:
        end_project(ended.store, "etude", actor=actor, now=NOW, **WHY)
        with ended.store.read() as session:
            end = get_end(session, "etude")
            assert (end.cause, end.ended_at, end.ended_by) == (cause, NOW, actor)
        assert not ended.may("ana", Action.OPEN_WORKSPACE, NOW, project_slug="etude").allowed
        assert ended.may("ana", Action.SUBMIT_EXPORT, NOW, project_slug="etude").allowed
        with pytest.raises(Conflict):
            end_project(ended.store, "etude", actor=actor, now=NOW + DAY, **WHY)

    @pytest.mark.parametrize("actor", ["ana", "ben", "aude"])
    def test_nobody_else_ends_it(self, ended: World, actor: str) -> None:
        with pytest.raises(Refused):
            end_project(ended.store, "etude", actor=actor, now=NOW, **WHY)
        assert ended.may("ana", Action.OPEN_WORKSPACE, NOW, project_slug="etude").allowed

    def test_those_concerned_are_told_once(self, ended: World) -> None:
        assert begin_ends(ended.store, now=END) == 1
        assert begin_ends(ended.store, now=END + DAY) == 0
        with ended.store.read() as session:
            ends = Notification.link.endswith("/end")
            told = session.execute(select(Notification.person, Notification.link).where(ends)).all()
        assert sorted(told) == [(who, "projects/etude/end") for who in ("ana", "eve", "paul", "pia")]

    def test_a_new_end_before_anything_was_done_undoes_it(self, ended: World) -> None:
        begin_ends(ended.store, now=END)
        propose(ended.store, "etude", Fate.DELETE, actor="pia", now=END, **WHY)
        change_project(ended.store, "etude", ends_at=END + 9 * DAY, actor="pia", now=END + DAY)
        assert stage(ended) is None
        with ended.store.read() as session:
            assert [each.withdrawn_by for each in settlements(session, "etude")] == ["pia"]
        assert begin_ends(ended.store, now=END + 2 * DAY) == 0


class TestDecided:
    @pytest.fixture(autouse=True)
    def _begun(self, ended: World) -> None:
        begin_ends(ended.store, now=END)

    def test_nobody_deletes_alone(self, ended: World, remains: Remains) -> None:
        propose(ended.store, "etude", Fate.DELETE, actor="pia", now=END, **WHY)
        with pytest.raises(Refused) as refused:
            confirm(ended.store, "etude", actor="pia", now=END)
        assert "auteur" in refused.value.text.fr
        carry(ended, remains, DUE + 60 * DAY)
        assert stage(ended) is EndStage.FROZEN
        assert (remains.layout.project_dir("etude") / "resultats" / "table.csv").exists()

    @pytest.mark.parametrize("actor", ["ana", "eve", "ben", "aude"])
    def test_members_and_others_decide_nothing(self, ended: World, actor: str) -> None:
        with pytest.raises(Refused):
            propose(ended.store, "etude", Fate.DELETE, actor=actor, now=END, **WHY)
        propose(ended.store, "etude", Fate.DELETE, actor="pia", now=END, **WHY)
        with pytest.raises(Refused):
            confirm(ended.store, "etude", actor=actor, now=END)
        with pytest.raises(Refused):
            withdraw(ended.store, "etude", actor=actor, now=END)

    def test_an_administrator_who_was_a_member_decides_nothing(self, ended: World) -> None:
        ended.person("zoe", PlatformRole.ADMINISTRATOR)
        ended.member("zoe", "etude", days=50)
        with pytest.raises(Refused) as refused:
            propose(ended.store, "etude", Fate.DELETE, actor="zoe", now=END, **WHY)
        assert "extérieures" in refused.value.text.fr

    def test_a_decision_is_about_one_project(self, ended: World, remains: Remains) -> None:
        ended.project("autre")
        other = remains.layout.project_dir("autre")
        other.mkdir(parents=True)
        (other / "kept.txt").write_text("kept")
        with pytest.raises(NotFound):
            propose(ended.store, "autre", Fate.DELETE, actor="pia", now=END - INSTANT, **WHY)
        decide(ended, Fate.DELETE, END)
        carry(ended, remains, DUE)
        assert (other / "kept.txt").exists()
        assert (remains.keys / "autre").exists()

    def test_it_waits_for_the_last_exports_and_the_notice(self, ended: World, remains: Remains) -> None:
        decide(ended, Fate.DELETE, DUE - DAY)
        carry(ended, remains, DUE + 6 * DAY - INSTANT)
        assert stage(ended) is EndStage.FROZEN
        carry(ended, remains, DUE + 6 * DAY)
        assert stage(ended) is EndStage.DELETED

    def test_it_can_be_withdrawn_until_then(self, ended: World, remains: Remains) -> None:
        decide(ended, Fate.DELETE, END)
        withdraw(ended.store, "etude", actor="pia", now=DUE - DAY)
        carry(ended, remains, DUE + 90 * DAY)
        assert stage(ended) is EndStage.FROZEN

    @pytest.mark.parametrize(
        "until", [None, END - DAY, END + 21 * 366 * DAY], ids=["no day", "in the past", "longer than the law allows"]
    )
    def test_an_archive_has_a_day(self, ended: World, until: datetime | None) -> None:
        with pytest.raises(Invalid):
            propose(ended.store, "etude", Fate.ARCHIVE, actor="pia", now=END, until=until, **WHY)

    def test_one_proposal_at_a_time(self, ended: World) -> None:
        propose(ended.store, "etude", Fate.DELETE, actor="pia", now=END, **WHY)
        with pytest.raises(Conflict):
            propose(ended.store, "etude", Fate.DELETE, actor="paul", now=END, **WHY)

    def test_one_person_is_enough_where_the_installation_says_so(
        self, ended: World, remains: Remains, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ended.store, "_rules", Rules(ends=EndRules(two_people=False)))
        propose(ended.store, "etude", Fate.DELETE, actor="pia", now=END, **WHY)
        carry(ended, remains, DUE)
        assert stage(ended) is EndStage.DELETED

    def test_what_stops_everything_stops_a_deletion(self, ended: World, remains: Remains) -> None:
        decide(ended, Fate.DELETE, END)
        place_hold(ended.store, "etude", reason="réquisition", actor="aude", now=END)
        carry(ended, remains, DUE)
        assert stage(ended) is EndStage.FROZEN
        with ended.store.read() as session:
            assert "gelées" in (obstacle(session, remains.busy, "etude") or Text("", "")).fr

    def test_a_stopped_project_is_evidence(self, ended: World, remains: Remains) -> None:
        decide(ended, Fate.DELETE, END)
        set_switch(ended.store, StopScope.PROJECT, "etude", reason="incident", actor="pia", now=END)
        carry(ended, remains, DUE)
        assert stage(ended) is EndStage.FROZEN

    def test_it_waits_for_exports_that_are_being_reviewed(self, ended: World, remains: Remains) -> None:
        decide(ended, Fate.DELETE, END)
        busy = Remains(remains.layout, remains.keys, remains.archives, lambda _s, _p: 1)
        carry(ended, busy, DUE)
        assert stage(ended) is EndStage.FROZEN


class TestDeleted:
    def test_all_of_it_goes_and_nothing_else(self, ended: World, remains: Remains, tmp_path: Path) -> None:
        begin_ends(ended.store, now=END)
        decide(ended, Fate.DELETE, END)
        carry(ended, remains, DUE)
        assert stage(ended) is EndStage.DELETED
        assert not remains.layout.project_dir("etude").exists()
        assert not remains.layout.homes_dir("etude").exists()
        assert not (remains.keys / "etude").exists()
        assert (tmp_path / "outside" / "precious.txt").read_text() == "not the project's"
        with ended.store.read() as session:
            held = [*memberships(session, project="etude"), *habilitations(session, project="etude")]
            assert all(each.revoked_at is not None for each in held)
            assert get_project(session, "etude").status is ProjectStatus.CLOSED

    def test_the_inventory_is_in_the_ledger_before_anything_is_deleted(self, ended: World, remains: Remains) -> None:
        begin_ends(ended.store, now=END)
        decide(ended, Fate.DELETE, END)
        carry(ended, remains, DUE)
        (begun,) = [each for each in ended.ledger.of(Kind.PROJECT_END) if each.subject["step"] == "deleting"]
        assert begun.content is not None
        assert begun.subject["files"] == 3
        assert begun.subject["manifest"] == hashlib.sha256(begun.content).hexdigest()
        assert b'"path": "homes/ana/brouillon.py"' in begun.content
        assert b'{"kind": "link", "path": "project/away"}' in begun.content
        assert steps(ended.ledger)[-3:] == ["deleting", "deleted", "certified"]

    def test_without_the_ledger_nothing_is_deleted(self, ended: World, remains: Remains) -> None:
        begin_ends(ended.store, now=END)
        decide(ended, Fate.DELETE, END)
        ended.ledger.stop()
        carry(ended, remains, DUE)
        ended.ledger.start()
        assert stage(ended) is EndStage.FROZEN
        assert (remains.layout.project_dir("etude") / "resultats" / "table.csv").exists()

    def test_a_project_folder_that_is_a_link_leads_nowhere(
        self, ended: World, remains: Remains, tmp_path: Path
    ) -> None:
        folder = remains.layout.project_dir("etude")
        folder.rename(tmp_path / "moved")
        folder.symlink_to(tmp_path / "outside")
        begin_ends(ended.store, now=END)
        decide(ended, Fate.DELETE, END)
        carry(ended, remains, DUE)
        assert stage(ended) is EndStage.DELETED
        assert (tmp_path / "outside" / "precious.txt").exists()
        assert not folder.is_symlink()

    def test_a_project_that_nobody_ever_opened_is_deleted_too(self, ended: World, tmp_path: Path) -> None:
        bare = Remains(Layout(tmp_path / "bare"), tmp_path / "no-keys", tmp_path / "none", lambda _session, _project: 0)
        begin_ends(ended.store, now=END)
        decide(ended, Fate.DELETE, END)
        carry(ended, bare, DUE)
        assert stage(ended) is EndStage.DELETED

    def test_pipes_and_unreadable_names_stop_nothing(self, ended: World, remains: Remains) -> None:
        folder = remains.layout.project_dir("etude")
        os.mkfifo(folder / "pipe")
        (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt"))).write_text("x")
        begin_ends(ended.store, now=END)
        decide(ended, Fate.DELETE, END)
        carry(ended, remains, DUE)
        assert stage(ended) is EndStage.DELETED

    def test_data_that_were_linked_for_it_alone_go_too(self, ended: World, remains: Remains) -> None:
        for slug, project in (("lie-etude", "etude"), ("lie-autre", "autre"), ("lie-etude-x", "etude-x")):
            source = f"appariement a, projet {project} : x × y"
            title = Text("Lié", "Linked")
            manifest = Manifest(slug, "1", title, "CHU", "pseudonymised", 11, "id", "–", source, "–", ())
            folder = remains.layout.dataset_dir(slug, "1")
            folder.mkdir(parents=True)
            manifest.write(folder)
            register_manifest(ended.store, manifest, actor=SYSTEM, now=NOW)
        begin_ends(ended.store, now=END)
        decide(ended, Fate.DELETE, END)
        carry(ended, remains, DUE)
        with ended.store.read() as session:
            gone = {
                slug: get_dataset(session, slug).withdrawn_at is not None
                for slug in ("lie-etude", "lie-autre", "lie-etude-x")
            }
            assert get_end(session, "etude").withdrawn == ["lie-etude 1"]
        assert gone == {"lie-etude": True, "lie-autre": False, "lie-etude-x": False}
        assert not remains.layout.dataset_dir("lie-etude", "1").exists()
        assert remains.layout.dataset_dir("lie-autre", "1").exists()

    def test_an_administrator_alone_does_not_open_it_again(self, ended: World, remains: Remains) -> None:
        begin_ends(ended.store, now=END)
        decide(ended, Fate.DELETE, END)
        carry(ended, remains, DUE)
        with pytest.raises(Conflict):
            change_project(
                ended.store, "etude", ends_at=DUE + 9 * DAY, status=ProjectStatus.OPEN, actor="pia", now=DUE + DAY
            )


class _Killed(BaseException):
    """The worker was killed."""


#: What is interrupted, and where it is looked up.
PLACES = {
    "write": Store,
    "require_settled": Store,
    "delete_folders": Remains,
    "delete_key": Remains,
    "seal": carrying,
    "unseal": carrying,
    "certify": sys.modules[__name__],
}
KILLS = [(target, number) for target in PLACES for number in (1, 2)]


@pytest.mark.parametrize(("target", "number"), KILLS, ids=[f"{target}-{number}" for target, number in KILLS])
def test_killed_between_any_two_steps_it_goes_on(
    quick_world: World, remains: Remains, monkeypatch: pytest.MonkeyPatch, target: str, number: int
) -> None:
    """Archived, reopened, ended again and deleted, with one kill before and one after the call: nothing is lost."""
    world = quick_world
    for name in ("pia", "paul"):
        world.person(name, PlatformRole.ADMINISTRATOR)
    place = PLACES[target]
    calls = {"n": 0}

    def killing(real, *, after: bool):
        def called(*arguments, **named):
            calls["n"] += 1
            if calls["n"] == number and not after:
                raise _Killed
            result = real(*arguments, **named)
            if calls["n"] == number and after:
                raise _Killed
            return result

        return called

    def carried(at: datetime) -> None:
        for after in (False, True):
            with monkeypatch.context() as patch:
                calls["n"] = 0
                patch.setattr(place, target, killing(getattr(place, target), after=after))
                try:
                    carry_ends(world.store, remains, sys.modules[__name__].certify, now=at)
                except _Killed:
                    world.store._inside.write = False
        carry_ends(world.store, remains, certify, now=at)

    table = remains.layout.project_dir("etude") / "resultats" / "table.csv"
    carried(END)
    decide(world, Fate.ARCHIVE, END, until=END + 900 * DAY)
    carried(DUE)
    assert stage(world) is EndStage.ARCHIVED
    assert not table.exists()
    decide(world, Fate.REOPEN, DUE + DAY, until=DUE + 20 * DAY)
    carried(DUE + DAY)
    assert stage(world) is None
    assert table.read_text() == "a;b\n1;2\n"
    assert not remains.archive("etude").exists()
    again = DUE + 20 * DAY
    carried(again)
    decide(world, Fate.DELETE, again)
    carried(again + 30 * DAY)
    assert stage(world) is EndStage.DELETED
    assert not table.exists()
    with world.store.read() as session:
        end = get_end(session, "etude")
        assert end.certificate is not None
        assert end.files == 3


def test_both_databases_carry_it_out(world: World, remains: Remains) -> None:
    """Archived, then deleted at the archive's day."""
    _staffed(world)
    begin_ends(world.store, now=END)
    decide(world, Fate.ARCHIVE, END, until=END + 365 * DAY)
    carry(world, remains, DUE)
    assert stage(world) is EndStage.ARCHIVED
    carry(world, remains, END + 365 * DAY)
    assert stage(world) is EndStage.DELETED


class TestArchived:
    @pytest.fixture(autouse=True)
    def _archived(self, ended: World, remains: Remains) -> None:
        begin_ends(ended.store, now=END)
        decide(ended, Fate.ARCHIVE, END, until=END + 365 * DAY)
        carry(ended, remains, DUE)
        assert stage(ended) is EndStage.ARCHIVED

    def test_its_hash_is_in_the_ledger_and_the_folders_are_gone(self, ended: World, remains: Remains) -> None:
        sealed = hashlib.sha256(remains.archive("etude").read_bytes()).hexdigest()
        assert sealed in [each.subject.get("archive_sha256") for each in ended.ledger.of(Kind.PROJECT_END)]
        assert remains.archive("etude").stat().st_mode & 0o777 == 0o400
        assert not remains.layout.project_dir("etude").exists()

    def test_two_people_reopen_it_and_nobody_gets_a_right_back(self, ended: World, remains: Remains) -> None:
        later = DUE + 9 * DAY
        decide(ended, Fate.REOPEN, later, until=later + 30 * DAY)
        carry(ended, remains, later)
        assert (remains.layout.project_dir("etude") / "away").is_symlink()
        assert (remains.layout.home_dir("etude", "ana") / "brouillon.py").exists()
        assert not ended.may("ana", Action.OPEN_WORKSPACE, later, project_slug="etude").allowed
        with ended.store.read() as session:
            assert get_project(session, "etude").facts.window.holds(later)

    def test_an_archive_that_was_changed_is_not_reopened(self, ended: World, remains: Remains) -> None:
        file = remains.archive("etude")
        file.chmod(0o600)
        file.write_bytes(file.read_bytes()[:-1] + b"x")
        decide(ended, Fate.REOPEN, DUE, until=DUE + 30 * DAY)
        carry(ended, remains, DUE)
        assert stage(ended) is EndStage.REOPENING
        assert not remains.layout.project_dir("etude").exists()
        assert file.exists()

    def test_at_its_day_it_is_deleted_and_certified(self, ended: World, remains: Remains) -> None:
        carry(ended, remains, END + 365 * DAY - INSTANT)
        assert stage(ended) is EndStage.ARCHIVED
        carry(ended, remains, END + 365 * DAY)
        assert stage(ended) is EndStage.DELETED
        assert not remains.archive("etude").exists()
        with ended.store.read() as session:
            assert (get_end(session, "etude").files, get_end(session, "etude").total_bytes) == (3, 17)

    def test_it_is_announced_a_week_and_a_day_before(self, ended: World, remains: Remains) -> None:
        for day in (300, 358, 359, 364, 364.5):
            carry(ended, remains, END + day * DAY)
        notices = [
            str(each.subject["notice"])
            for each in ended.ledger.of(Kind.PROJECT_END)
            if each.subject["step"] == "reminded"
        ]
        assert [each.rsplit("-", 1)[1] for each in notices] == ["7d", "1d"]
