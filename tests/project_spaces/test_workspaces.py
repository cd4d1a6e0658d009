"""A workspace mounts what is habilitated now and nothing else, is committed before it starts, and ends once."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from audit.events import Event, Kind
from project_spaces.agreements import require_agreement
from project_spaces.datasets import register_manifest
from project_spaces.decisions import Action
from project_spaces.embargoes.setting import set_embargo
from project_spaces.errors import BureauError, Conflict, NotFound, Refused, Unavailable
from project_spaces.facts import Classification, PlatformRole, ProjectStatus
from project_spaces.habilitations import habilitations, revoke_habilitation
from project_spaces.kill_switches import StopScope, set_switch
from project_spaces.layout import Layout
from project_spaces.manifests import Manifest
from project_spaces.people import disable_person
from project_spaces.projects import change_project
from project_spaces.quotas import Quota
from project_spaces.records.used_data import used_in
from project_spaces.secret_box import SecretBox
from project_spaces.stop_reach import Hit, would_stop
from project_spaces.text import Text
from project_spaces.workspaces import (
    Secrets,
    StopCause,
    Workspace,
    WorkspacePlan,
    WorkspaceState,
    begin,
    end,
    find_open,
    lapsed,
    list_open,
    plan,
    running,
    standing,
)
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

SECRETS = Secrets(inner_token="inner-secret", hub_token="hub-secret", oauth_client_id="client")
ID = "ab" * 16


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "storage")


def deliver(world: World, layout: Layout, dataset: str, version: str = "1") -> Path:
    """Put a version on disk and register it."""
    manifest = Manifest(
        dataset=dataset,
        version=version,
        title=Text("Séjours", "Stays"),
        owner="CHU",
        classification="pseudonymised",
        min_persons=11,
        person_column="ID",
        licence="",
        source="",
        citation="",
        tables=(),
    )
    folder = layout.dataset_dir(dataset, version)
    folder.mkdir(parents=True)
    manifest.write(folder)
    register_manifest(world.store, manifest, actor=SYSTEM, now=world.now)
    return folder


def planned(world: World, layout: Layout, person: str = "ana", project: str = "etude", **options) -> WorkspacePlan:
    with world.store.read() as session:
        now = options.pop("now", world.now)
        return plan(session, person, project, now=now, layout=layout, image="datascience", **options)


def started(
    world: World, layout: Layout, box: SecretBox | None = None, workspace_id: str = ID, person: str = "ana"
) -> WorkspacePlan:
    made = planned(world, layout, person)
    begin(
        world.store,
        made,
        workspace_id=workspace_id,
        socket_dir="/run/x",
        owner_uid=61000,
        image_digest="sha256:abc",
        secrets=SECRETS,
        box=box or SecretBox(Fernet.generate_key()),
        now=world.now,
    )
    return made


class TestPlan:
    def test_mounts_what_is_habilitated(self, world: World, layout: Layout) -> None:
        deliver(world, layout, "sejours", "2024")
        latest = deliver(world, layout, "sejours", "2025")
        made = planned(world, layout)
        assert [(mount.target, mount.read_only) for mount in made.mounts] == [
            ("/data/sejours", True),
            ("/imports", True),
            ("/project", False),
            ("/home/analyst", False),
        ]
        assert made.mounts[0].source == latest
        assert made.mounts[-1].source == layout.home_dir("etude", "ana")
        assert made.until == NOW + 30 * DAY
        assert made.labels == {"bureau.person": "ana", "bureau.project": "etude"}
        assert made.withheld == ()

    def test_takes_the_limits_of_the_project(self, quick_world: World, layout: Layout) -> None:
        quick_world.project("gros", quota=Quota(cpu=4, memory_mb=8192, pids=512, gpu_count=1))
        quick_world.member("ana", "gros")
        made = planned(quick_world, layout, project="gros")
        assert (made.cpu, made.memory_mb, made.pids, made.gpu_count) == (4, 8192, 512, 1)

    @pytest.mark.parametrize(
        ("days", "code"), [(30, "habilitation_ended"), (-2, "habilitation_not_started")], ids=["after", "before"]
    )
    def test_an_ended_or_future_habilitation_is_not_mounted_and_says_why(
        self, quick_world: World, layout: Layout, days: int, code: str
    ) -> None:
        """TRAPS A1: a binding that ended is not offered."""
        deliver(quick_world, layout, "sejours")
        quick_world.now = NOW
        if days < 0:
            quick_world.project("avenir")
            quick_world.member("ana", "avenir")
            quick_world.now = NOW + 10 * DAY
            quick_world.habilitate("ana", "avenir", "sejours")
            made = planned(quick_world, layout, project="avenir", now=NOW)
        else:
            made = planned(quick_world, layout, now=NOW + days * DAY)
        assert [mount.target for mount in made.mounts] == ["/imports", "/project", "/home/analyst"]
        (withheld,) = made.withheld
        assert (withheld.dataset, withheld.reasons[0].code) == ("sejours", code)

    def test_another_person_s_or_project_s_data_are_not_mounted(self, quick_world: World, layout: Layout) -> None:
        deliver(quick_world, layout, "sejours")
        quick_world.member("ben", "etude")
        quick_world.project("etude-2")
        quick_world.member("ana", "etude-2")
        for person, project in (("ben", "etude"), ("ana", "etude-2")):
            made = planned(quick_world, layout, person, project)
            assert [mount.target for mount in made.mounts] == ["/imports", "/project", "/home/analyst"]

    @pytest.mark.parametrize(
        ("change", "error", "sentence"),
        [
            (lambda w: disable_person(w.store, "ana", actor=SYSTEM, now=NOW, reason=""), Refused, "pas actif"),
            (
                lambda w: change_project(w.store, "etude", actor=SYSTEM, now=NOW, status=ProjectStatus.SUSPENDED),
                Refused,
                "suspendu",
            ),
            (lambda w: change_project(w.store, "etude", actor=SYSTEM, now=NOW, ends_at=NOW), Refused, "a pris fin"),
        ],
    )
    def test_is_refused_with_the_reason(self, quick_world: World, layout: Layout, change, error, sentence) -> None:
        change(quick_world)
        with pytest.raises(error) as caught:
            planned(quick_world, layout)
        assert sentence in caught.value.text.fr

    @pytest.mark.parametrize(
        ("person", "project", "error"),
        [
            ("ben", "etude", Refused),
            ("nobody", "etude", Refused),
            ("ana", "nothing", NotFound),
            ("ana", "", NotFound),
            ("ana", "../etude", NotFound),
            ("ana", "a\0b", NotFound),
        ],
    )
    def test_unknown_or_foreign(
        self, quick_world: World, layout: Layout, person: str, project: str, error: type[BureauError]
    ) -> None:
        with pytest.raises(error):
            planned(quick_world, layout, person, project)

    def test_an_administrator_has_no_workspace_by_his_role(self, quick_world: World, layout: Layout) -> None:
        quick_world.person("adele", PlatformRole.ADMINISTRATOR)
        with pytest.raises(Refused):
            planned(quick_world, layout, "adele")

    @pytest.mark.parametrize("harm", ["changed", "gone", "replaced by a link", "folder gone"])
    def test_data_that_can_t_be_proved_stop_the_start(
        self, quick_world: World, layout: Layout, tmp_path: Path, harm: str
    ) -> None:
        """TRAPS A3: no container with something unproved in it."""
        manifest = deliver(quick_world, layout, "sejours") / "manifest.json"
        if harm == "changed":
            manifest.write_bytes(manifest.read_bytes() + b" ")
        elif harm == "gone":
            manifest.unlink()
        elif harm == "replaced by a link":
            manifest.unlink()
            manifest.symlink_to(tmp_path / "elsewhere")
        else:
            manifest.unlink()
            manifest.parent.rmdir()
        with pytest.raises(Unavailable) as caught:
            planned(quick_world, layout)
        assert "sejours 1" in caught.value.text.fr

    def test_a_data_set_without_a_version_is_withheld(self, quick_world: World, layout: Layout) -> None:
        (withheld,) = planned(quick_world, layout).withheld
        assert withheld.reasons[0].code == "no_version"

    def test_where_nothing_is_sealed_only_open_and_synthetic_data_are_mounted(
        self, quick_world: World, layout: Layout
    ) -> None:
        deliver(quick_world, layout, "sejours")
        open_ones = {Classification.OPEN, Classification.SYNTHETIC}
        made = planned(quick_world, layout, classifications=open_ones)
        assert made.datasets == ()
        assert made.withheld[0].reasons[0].code == "workspace_not_sealed"


class TestLife:
    def test_is_committed_and_recorded_before_it_starts(self, world: World, layout: Layout) -> None:
        deliver(world, layout, "sejours")
        box = SecretBox(Fernet.generate_key())
        started(world, layout, box)
        with world.store.read() as session:
            found = find_open(session, "ana", "etude")
            assert found is not None
            assert (found.state, found.mounted) == (WorkspaceState.STARTING, ("sejours",))
            assert found.secrets(box) == SECRETS
            assert [each.id for each in list_open(session)] == [ID]
        assert world.ledger.kinds()[-2:] == [Kind.WORKSPACE_STARTED, Kind.MOUNT]
        assert world.ledger.events[-1].subject["dataset"] == "sejours"
        assert world.store.unsettled() == 0

    def test_its_secrets_are_not_readable_in_the_database(self, world: World, layout: Layout) -> None:
        started(world, layout)
        with world.store.read() as session:
            row = session.execute(text("SELECT * FROM workspace")).one()
        assert "inner-secret" not in repr(row)
        assert "hub-secret" not in repr(row)

    def test_a_right_withdrawn_after_the_plan_stops_the_beginning(self, world: World, layout: Layout) -> None:
        deliver(world, layout, "sejours")
        made = planned(world, layout)
        with world.store.read() as session:
            (held,) = habilitations(session, person="ana")
        revoke_habilitation(world.store, held.id, actor=SYSTEM, now=NOW, reason="x")
        size = len(world.ledger.events)
        with pytest.raises(Refused) as caught:
            begin(
                world.store,
                made,
                workspace_id=ID,
                socket_dir="/run/x",
                owner_uid=61000,
                image_digest="d",
                secrets=SECRETS,
                box=SecretBox(Fernet.generate_key()),
                now=NOW,
            )
        assert "retirée" in caught.value.text.fr
        assert len(world.ledger.events) == size
        with world.store.read() as session:
            assert list_open(session) == []

    def test_no_ledger_no_beginning(self, quick_world: World, layout: Layout) -> None:
        quick_world.ledger.stop()
        with pytest.raises(Unavailable):
            started(quick_world, layout)
        with quick_world.store.read() as session:
            assert list_open(session) == []

    def test_one_open_workspace_per_person_and_project(self, world: World, layout: Layout) -> None:
        started(world, layout)
        with pytest.raises(Conflict):
            started(world, layout, workspace_id="cd" * 16)

    def test_the_database_itself_holds_that(self, world: World, layout: Layout) -> None:
        started(world, layout)
        copy = "INSERT INTO workspace SELECT 'z', {} FROM workspace"
        names = [column.name for column in Workspace.__table__.columns if column.name != "id"]
        event = Event(Kind.ADMIN_ACT, SYSTEM, None, NOW)
        with pytest.raises(Exception, match=r"(?i)unique"), world.store.write(event) as session:
            session.execute(text(copy.format(", ".join(names))))

    def test_runs_ends_once_and_forgets_its_tokens(self, world: World, layout: Layout) -> None:
        box = SecretBox(Fernet.generate_key())
        started(world, layout, box)
        running(world.store, ID, now=NOW)
        note = Text("Arrêté.", "Stopped.")
        assert end(world.store, ID, cause=StopCause.ASKED, actor="ana", now=NOW + DAY, note=note)
        assert not end(world.store, ID, cause=StopCause.VANISHED, actor=SYSTEM, now=NOW + 2 * DAY)
        with world.store.read() as session:
            row = session.get_one(Workspace, ID)
            assert (row.state, row.cause, row.stopped_at) == (WorkspaceState.STOPPED, StopCause.ASKED, NOW + DAY)
            assert row.note == note
            assert find_open(session, "ana", "etude") is None
        with pytest.raises(NotFound):
            row.secrets(box)
        assert len(world.ledger.of(Kind.WORKSPACE_STOPPED)) == 1
        started(world, layout, workspace_id="cd" * 16)

    def test_an_answer_that_comes_after_the_end_is_told(self, quick_world: World, layout: Layout) -> None:
        started(quick_world, layout)
        end(quick_world.store, ID, cause=StopCause.FAILED, actor=SYSTEM, now=NOW)
        with pytest.raises(Conflict):
            running(quick_world.store, ID, now=NOW)

    @pytest.mark.parametrize(
        "act",
        [
            lambda s: running(s, "0" * 32, now=NOW),
            lambda s: end(s, "0" * 32, cause=StopCause.ASKED, actor=SYSTEM, now=NOW),
        ],
    )
    def test_unknown(self, quick_world: World, act) -> None:
        with pytest.raises(NotFound):
            act(quick_world.store)

    def test_lapses_with_the_first_habilitation_mounted_in_it(self, world: World, layout: Layout) -> None:
        deliver(world, layout, "sejours")
        made = started(world, layout)
        last = made.until
        assert last is not None
        with world.store.read() as session:
            workspace = find_open(session, "ana", "etude")
            assert workspace is not None
            assert standing(session, workspace, now=NOW).until == last
            assert lapsed(session, now=last - timedelta(microseconds=1)) == []
            ((cut, decision),) = lapsed(session, now=last)
        assert (cut.id, decision.reasons[0].code) == (ID, "habilitation_ended")
        end(world.store, ID, cause=StopCause.LAPSED, actor=SYSTEM, now=last)
        assert len(world.ledger.of(Kind.WORKSPACE_CUT)) == 1

    def test_a_data_set_that_is_not_mounted_in_it_does_not_end_it(self, quick_world: World, layout: Layout) -> None:
        """Habilitated later, withdrawn again: the running workspace never had it."""
        started(quick_world, layout)
        with quick_world.store.read() as session:
            (held,) = habilitations(session, person="ana")
        revoke_habilitation(quick_world.store, held.id, actor=SYSTEM, now=NOW, reason="x")
        with quick_world.store.read() as session:
            assert lapsed(session, now=NOW) == []
        assert not quick_world.may("ana", Action.MOUNT_DATASET, project_slug="etude", dataset_slug="sejours").allowed


def _withdraw(world: World) -> None:
    with world.store.read() as session:
        (held,) = habilitations(session, person="ana")
    revoke_habilitation(world.store, held.id, actor=SYSTEM, now=NOW, reason="x")


def _embargo(world: World) -> None:
    set_embargo(world.store, "sejours", starts_at=NOW, ends_at=None, reason="x", actor=SYSTEM, now=NOW)


def _stop(world: World) -> None:
    set_switch(world.store, StopScope.DATASET, "sejours", reason="x", actor=SYSTEM, now=NOW)


def _ask_for_an_agreement(world: World) -> None:
    require_agreement(world.store, "sejours", required=True, actor=SYSTEM, now=NOW)


class TestStartingAgain:
    """TRAPS A1: a mount that is gone leaves its extracts in the project's files; a new start is no way to read them."""

    #: What ends the use of the data → its reason, and whether it reaches who never was habilitated for them.
    ENDS = pytest.mark.parametrize(
        ("ends", "code", "everybodys"),
        [
            (_withdraw, "habilitation_revoked", False),
            (_embargo, "dataset_embargo", True),
            (_stop, "stopped_dataset", True),
            (_ask_for_an_agreement, "agreement_missing", True),
        ],
    )
    #: Every way to the project's files, a workspace that mounts nothing included.
    WAYS = (Action.OPEN_WORKSPACE, Action.SEND_MESSAGE, Action.WRITE_FILE, Action.SUBMIT_EXPORT, Action.SUBMIT_IMPORT)

    def refused(self, world: World, person: str) -> set[str]:
        """Why *person* gets at the files on no way, or on some; empty where every way is open."""
        return {each.code for way in self.WAYS for each in world.may(person, way, project_slug="etude").reasons}

    @ENDS
    def test_whoever_lost_the_data_reads_no_extract(
        self, quick_world: World, layout: Layout, ends, code: str, everybodys: bool
    ) -> None:
        deliver(quick_world, layout, "sejours")
        started(quick_world, layout)
        end(quick_world.store, ID, cause=StopCause.ASKED, actor="ana", now=NOW)
        quick_world.member("ben", "etude")
        assert self.refused(quick_world, "ana") | self.refused(quick_world, "ben") == set()
        ends(quick_world)
        for way in self.WAYS:
            decision = quick_world.may("ana", way, project_slug="etude")
            assert [reason.code for reason in decision.reasons] == [code]
        with pytest.raises(Refused):
            planned(quick_world, layout)
        assert self.refused(quick_world, "ben") == ({code} if everybodys else set())

    @ENDS
    def test_what_was_never_mounted_left_nothing_behind(
        self, quick_world: World, layout: Layout, ends, code: str, everybodys: bool
    ) -> None:
        """A right that nobody used, an embargo before the first day: people prepare their work."""
        deliver(quick_world, layout, "sejours")
        ends(quick_world)
        (withheld,) = planned(quick_world, layout).withheld
        assert [reason.code for reason in withheld.reasons] == [code]
        assert self.refused(quick_world, "ana") == set()

    def test_a_workspace_that_runs_is_cut_too(self, world: World, layout: Layout) -> None:
        """Ben's mounts nothing; the project that it opens holds what Ana made."""
        deliver(world, layout, "sejours")
        world.member("ben", "etude")
        started(world, layout, workspace_id="cd" * 16, person="ben")
        started(world, layout)
        with world.store.read() as session:
            assert lapsed(session, now=NOW) == []
        _stop(world)
        with world.store.read() as session:
            assert {each.person for each, _ in lapsed(session, now=NOW)} == {"ana", "ben"}
            assert would_stop(session, StopScope.DATASET, "sejours", actor=SYSTEM, now=NOW) == Hit(2, 2)

    def test_granted_again_opens_again(self, quick_world: World, layout: Layout) -> None:
        deliver(quick_world, layout, "sejours")
        started(quick_world, layout)
        _withdraw(quick_world)
        quick_world.habilitate("ana", "etude", "sejours")
        assert self.refused(quick_world, "ana") == set()

    def test_another_project_s_files_are_its_own(self, quick_world: World, layout: Layout) -> None:
        deliver(quick_world, layout, "sejours")
        started(quick_world, layout)
        quick_world.project("etude-2")
        quick_world.member("ana", "etude-2")
        _stop(quick_world)
        assert planned(quick_world, layout, project="etude-2").withheld == ()

    def test_strangers_are_told_nothing_of_the_project_s_data(self, quick_world: World, layout: Layout) -> None:
        deliver(quick_world, layout, "sejours")
        started(quick_world, layout)
        _stop(quick_world)
        decision = quick_world.may("ben", Action.OPEN_WORKSPACE, project_slug="etude")
        assert [reason.code for reason in decision.reasons] == ["membership_missing"]

    def test_why_says_what_the_door_says_whatever_else_is_named(self, quick_world: World, layout: Layout) -> None:
        deliver(quick_world, layout, "sejours")
        started(quick_world, layout)
        _withdraw(quick_world)
        named = quick_world.may("ana", Action.OPEN_WORKSPACE, project_slug="etude", dataset_slug="sejours")
        assert [reason.code for reason in named.reasons] == ["habilitation_revoked"]

    def test_a_second_mount_of_the_same_data_is_the_same_trace(self, world: World, layout: Layout) -> None:
        deliver(world, layout, "sejours")
        for number in ("cd" * 16, ID):
            started(world, layout, workspace_id=number)
            end(world.store, number, cause=StopCause.ASKED, actor="ana", now=NOW)
        with world.store.read() as session:
            assert used_in(session, "etude") == ["sejours"]


class TestLayout:
    def test_folders_are_the_workspace_s_own(self, layout: Layout) -> None:
        uid = 61000 if os.geteuid() == 0 else os.geteuid()
        for _ in range(2):
            layout.prepare("etude", "ana", uid=uid)
        for folder in (layout.project_dir("etude"), layout.home_dir("etude", "ana")):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert folder.stat().st_uid == uid

    @pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/etc", "a\0b", "A", "a--b", "a" * 31, "a\n"])
    def test_no_name_leaves_the_root(self, layout: Layout, name: str) -> None:
        for path in (
            layout.project_dir,
            lambda each: layout.home_dir("etude", each),
            lambda each: layout.dataset_dir(each, "1"),
        ):
            with pytest.raises(BureauError):
                path(name)

    @pytest.mark.parametrize("version", ["..", ".", "", "1/2", "-1", "1..2", "1\0", "1" * 41])
    def test_no_version_leaves_the_root(self, layout: Layout, version: str) -> None:
        with pytest.raises(BureauError):
            layout.dataset_dir("sejours", version)
