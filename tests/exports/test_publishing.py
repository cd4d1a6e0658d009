"""Public results in a repository: who may, what the reviewers consented to, a real git, and everything that fails."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from audit.events import Kind
from hub_extensions.exports import drafting, reviewing
from hub_extensions.exports.details import detail
from hub_extensions.exports.downloads import revoke
from hub_extensions.exports.publishing import publications
from hub_extensions.exports.publishing.publications import publish, push_waiting
from hub_extensions.exports.publishing.repositories import GitRepository, Invenio
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, DAY, PROJECT, SETUP, Bench
from project_spaces.errors import Conflict, NotFound, Refused
from project_spaces.facts import MemberRole
from project_spaces.memberships import grant_membership
from project_spaces.people import create_person

LEAD = "lena"


@pytest.fixture
def public(bench: Bench, tmp_path: Path) -> Bench:
    """A desk with an empty bare repository, and a project lead who is not the author."""
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "remote.git")], check=True
    )
    bench.desk = replace(bench.desk, repositories={"resultats": GitRepository(f"file://{tmp_path}/remote.git", "main")})
    say = {"actor": SETUP, "now": bench.now}
    create_person(bench.desk.store, username=LEAD, display_name="Lena", email="lena@example.org", **say)
    grant_membership(
        bench.desk.store,
        person=LEAD,
        project=PROJECT,
        role=MemberRole.LEAD,
        starts_at=bench.now,
        ends_at=bench.now + 30 * DAY,
        **say,
    )
    return bench


def released(bench: Bench, *, public: bool = True) -> str:
    """A released export."""
    request_id = bench.draft("rate.csv", "b/rate.csv")
    drafting.describe(bench.desk, request_id, actor=AUTHOR, now=bench.now, public=public)
    bench.submit(request_id)
    for reviewer in (ADA, BEA):
        bench.vote(request_id, reviewer)
    return request_id


def shown(remote: Path) -> dict[str, str]:
    """What anybody who clones the repository sees."""
    clone = remote.with_name("clone")
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", f"file://{remote}", str(clone)], check=True, capture_output=True)
    return {
        str(file.relative_to(clone)): file.read_text()
        for file in clone.rglob("*")
        if file.is_file() and ".git" not in file.parts
    }


def commits(remote: Path) -> int:
    """How often something was pushed."""
    done = subprocess.run(
        ["git", "rev-list", "--count", "main"], cwd=remote, check=True, capture_output=True, text=True
    )
    return int(done.stdout)


def test_the_lead_publishes_and_a_recall_leaves_a_tombstone(public: Bench, tmp_path: Path) -> None:
    bench, remote = public, tmp_path / "remote.git"
    request_id = released(bench)
    publish(bench.desk, request_id, "resultats", actor=LEAD, now=bench.now)
    assert push_waiting(bench.desk, now=bench.now) == (request_id,)
    folder = f"{bench.now.date()}-{request_id[:8]}"
    assert set(shown(remote)) == {f"{folder}/README.md", f"{folder}/rate.csv", f"{folder}/1-rate.csv"}
    page = detail(bench.desk, request_id, AUTHOR, now=bench.now)["publication"]
    assert page["stage"] == "pushed"
    assert len(page["place"]) == 40
    assert push_waiting(bench.desk, now=bench.now) == ()

    revoke(bench.desk, request_id, actor=AUTHOR, now=bench.now, message="Effectif de 4 en B3.")
    assert push_waiting(bench.desk, now=bench.now) == (request_id,)
    after = shown(remote)
    assert set(after) == {f"{folder}/README.md"}
    assert "retirés" in after[f"{folder}/README.md"]
    assert "Effectif" not in after[f"{folder}/README.md"], "why is for the register, not for the public"
    changes = [event.subject["change"] for event in bench.ledger.events if event.kind is Kind.EXPORT_PUBLISHED]
    assert changes == ["asked", "pushed", "withdrawn"]


def test_what_the_reviewers_did_not_know_to_be_public_is_not_published(public: Bench) -> None:
    request_id = released(public, public=False)
    with pytest.raises(Conflict):
        publish(public.desk, request_id, "resultats", actor=LEAD, now=public.now)


def test_declaring_it_public_afterwards_takes_the_votes_away(public: Bench) -> None:
    bench = public
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    reviewing.return_(bench.desk, request_id, actor=BEA, now=bench.now, message="Pour qui ?")
    drafting.describe(bench.desk, request_id, actor=AUTHOR, now=bench.now, public=True)
    bench.submit(request_id)
    (file,) = detail(bench.desk, request_id, ADA, now=bench.now)["files"]
    assert file["my_vote"] is None


@pytest.mark.parametrize("who", [AUTHOR, ADA, "zoe"])
def test_only_the_lead_chooses(public: Bench, who: str) -> None:
    request_id = released(public)
    with pytest.raises(Refused):
        publish(public.desk, request_id, "resultats", actor=who, now=public.now)
    assert push_waiting(public.desk, now=public.now) == ()


def test_not_before_the_release_not_twice_and_only_where_the_settings_say(public: Bench) -> None:
    bench = public
    early = bench.draft("early.csv")
    with pytest.raises(Conflict):
        publish(bench.desk, early, "resultats", actor=LEAD, now=bench.now)
    request_id = released(bench)
    with pytest.raises(NotFound):
        publish(bench.desk, request_id, "elsewhere", actor=LEAD, now=bench.now)
    publish(bench.desk, request_id, "resultats", actor=LEAD, now=bench.now)
    with pytest.raises(Conflict):
        publish(bench.desk, request_id, "resultats", actor=LEAD, now=bench.now)


def test_a_repository_that_is_away_is_tried_again_and_the_page_says_why(public: Bench, tmp_path: Path) -> None:
    bench, remote = public, tmp_path / "remote.git"
    request_id = released(bench)
    publish(bench.desk, request_id, "resultats", actor=LEAD, now=bench.now)
    remote.rename(tmp_path / "away.git")
    assert push_waiting(bench.desk, now=bench.now) == ()
    page = detail(bench.desk, request_id, AUTHOR, now=bench.now)["publication"]
    assert (page["stage"], page["attempts"]) == ("asked", 1)
    assert "git" in page["problem"]
    (tmp_path / "away.git").rename(remote)
    assert push_waiting(bench.desk, now=bench.now) == (), "left alone for a while"
    assert push_waiting(bench.desk, now=bench.now + publications.LONGEST_PAUSE) == (request_id,)


def test_a_stop_after_the_push_pushes_nothing_twice(
    public: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, remote = public, tmp_path / "remote.git"
    request_id = released(bench)
    publish(bench.desk, request_id, "resultats", actor=LEAD, now=bench.now)
    with monkeypatch.context() as dying:
        dying.setattr(publications, "_done", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            push_waiting(bench.desk, now=bench.now)
    assert commits(remote) == 1
    assert push_waiting(bench.desk, now=bench.now) == (request_id,)
    assert commits(remote) == 1


def test_a_hostile_repository_makes_us_write_nowhere_else(public: Bench, tmp_path: Path) -> None:
    """Somebody pushed a link in the place of the folder that is about to be made."""
    bench, remote = public, tmp_path / "remote.git"
    request_id = released(bench)
    folder, outside = f"{bench.now.date()}-{request_id[:8]}", tmp_path / "outside"
    outside.mkdir()
    seed = tmp_path / "seed"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(seed)], check=True)
    (seed / folder).symlink_to(outside)
    for command in (["add", "."], ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=seed, check=True)
    subprocess.run(["git", "push", "--quiet", f"file://{remote}", "main"], cwd=seed, check=True)
    publish(bench.desk, request_id, "resultats", actor=LEAD, now=bench.now)
    push_waiting(bench.desk, now=bench.now)
    assert list(outside.iterdir()) == []


class FakeInvenio(BaseHTTPRequestHandler):
    """Stands in for an InvenioRDM, at the edge: it keeps drafts and records in memory and can fail once."""

    drafts: ClassVar[dict[str, dict[str, bytes]]] = {}
    records: ClassVar[dict[str, dict[str, bytes]]] = {}
    gone: ClassVar[dict[str, str]] = {}
    fail_on: ClassVar[str] = ""

    def _answer(self) -> None:  # noqa: C901, PLR0911 - a table of answers
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts, kind = self.path.strip("/").split("/"), type(self)
        assert self.headers["Authorization"] == "Bearer secret"
        if kind.fail_on and kind.fail_on in self.path:
            kind.fail_on = ""
            return self._say(503, {})
        match (self.command, *parts[2:]):
            case ("POST",):
                number = f"rec{len(kind.drafts) + len(kind.records)}"
                kind.drafts[number] = {}
                return self._say(201, {"id": number})
            case ("GET", number):
                return self._say(200 if number in kind.records else 410 if number in kind.gone else 404, {})
            case ("DELETE", number):
                kind.records.pop(number)
                kind.gone[number] = json.loads(body)["note"]
                return self._say(204, {})
            case ("PUT", number, "draft"):
                return self._say(200, {})
            case ("GET", number, "draft", "files"):
                return self._say(200, {"entries": [{"key": key} for key in kind.drafts[number]]})
            case ("POST", number, "draft", "files"):
                kind.drafts[number][json.loads(body)[0]["key"]] = b""
                return self._say(201, {})
            case ("DELETE", number, "draft", "files", name):
                kind.drafts[number].pop(name)
                return self._say(204, {})
            case ("PUT", number, "draft", "files", name, "content"):
                kind.drafts[number][name] = body
                return self._say(200, {})
            case ("POST", number, "draft", "files", _name, "commit"):
                return self._say(200, {})
            case ("POST", number, "draft", "actions", "publish"):
                kind.records[number] = kind.drafts.pop(number)
                return self._say(202, {})
        return self._say(404, {})

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the library's names

    def _say(self, status: int, document: object) -> None:
        data = b"" if status == 204 else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def invenio(tmp_path: Path) -> Iterator[Invenio]:
    """The repository at the fake's address."""
    server = HTTPServer(("127.0.0.1", 0), FakeInvenio)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "token").write_text("secret\n")
    FakeInvenio.drafts, FakeInvenio.records, FakeInvenio.gone = {}, {}, {}
    yield Invenio(f"http://127.0.0.1:{server.server_port}", tmp_path / "token")
    server.shutdown()
    server.server_close()


def test_an_invenio_record_is_made_once_whatever_fails_on_the_way(public: Bench, invenio: Invenio) -> None:
    bench = public
    bench.desk = replace(bench.desk, repositories={"zenodo": invenio})
    request_id = released(bench)
    publish(bench.desk, request_id, "zenodo", actor=LEAD, now=bench.now)
    now = bench.now
    for step in ("rate.csv/content", "1-rate.csv/commit", "actions/publish"):
        FakeInvenio.fail_on = step
        assert push_waiting(bench.desk, now=now) == ()
        now += publications.LONGEST_PAUSE
    assert push_waiting(bench.desk, now=now) == (request_id,)
    assert list(FakeInvenio.records) == ["rec0"]
    assert FakeInvenio.records["rec0"]["rate.csv"] == b"age,n\n40,120\n"
    assert detail(bench.desk, request_id, AUTHOR, now=now)["publication"]["place"].endswith("/records/rec0")
    revoke(bench.desk, request_id, actor=AUTHOR, now=now, message="Effectif faux.")
    assert push_waiting(bench.desk, now=now) == (request_id,)
    assert FakeInvenio.records == {}
    assert "withdrawn" in FakeInvenio.gone["rec0"]


def test_git_reaches_a_host_over_ssh_with_the_one_key_and_no_unknown_host(
    public: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths with blanks, nobody's configuration; a stand-in for ``ssh`` notes how it is called and runs git here."""
    programs, noted = tmp_path / "bin", tmp_path / "noted"
    programs.mkdir()
    ssh = programs / "ssh"
    ssh.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {noted}\nfor last; do :; done\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    key, known = tmp_path / "deposit key", tmp_path / "known; hosts"
    place = GitRepository(f"ssh://git@forge.example{tmp_path}/remote.git", "main", key, known)
    public.desk = replace(public.desk, repositories={"resultats": place})
    request_id = released(public)
    publish(public.desk, request_id, "resultats", actor=LEAD, now=public.now)
    assert push_waiting(public.desk, now=public.now) == (request_id,)
    assert commits(tmp_path / "remote.git") == 1
    called = noted.read_text().splitlines()
    assert called[called.index("-i") + 1] == str(key)
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"} <= set(called)
    assert f'UserKnownHostsFile="{known}"' in called
    assert called[called.index("-F") + 1] == "none"
