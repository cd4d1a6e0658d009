"""Where public results may go: a git repository of the site, or an InvenioRDM (Zenodo and others), as settings say.

A deposit can be repeated: the same files give the same commit, and an InvenioRDM draft is found again by its number. A
withdrawal leaves a tombstone; what others copied meanwhile, and git's own history, can't be taken back from here.
"""

import json
import os
import shlex
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

#: Seconds that one program or one answer may take.
TIMEOUT_S = 120.0


class Unreachable(Exception):
    """The repository did not take it now; it is tried again."""


class RepositorySettings(BaseModel):
    """One place, as ``bureau.toml`` says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["git", "invenio"]
    url: str = Field(min_length=1, max_length=500)
    #: git: the branch; the key with which ssh signs in.
    branch: str = Field("main", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,100}$")
    ssh_key: Path | None = None
    #: git: the host keys that are believed; without it, those of this machine.
    known_hosts: Path | None = None
    #: InvenioRDM: file whose first line is an access token.
    token_file: Path | None = None


@dataclass(frozen=True)
class Deposit:
    """What is deposited: the folder's name, its files by name, words for readers; *place* is where an earlier try came.

    *scratch* is an empty folder.
    """

    name: str
    title: str
    creator: str
    day: str
    files: Mapping[str, Path]
    readme: str
    place: str | None
    scratch: Path


class Repository(Protocol):
    """A place for public results."""

    def begin(self, deposit: Deposit) -> str | None:
        """Return a place to remember before anything is shown, None where none is needed."""

    def deposit(self, deposit: Deposit) -> str:
        """Show the files and return where; doing it again changes nothing. Raises ``Unreachable``."""

    def withdraw(self, deposit: Deposit, words: str) -> None:
        """Put *words* in the place of the files; doing it again changes nothing. Raises ``Unreachable``."""


def repository_of(settings: RepositorySettings) -> Repository:
    """Return the place that *settings* describe."""
    if settings.kind == "git":
        return GitRepository(settings.url, settings.branch, settings.ssh_key, settings.known_hosts)
    return Invenio(settings.url.rstrip("/"), settings.token_file)


@dataclass(frozen=True)
class GitRepository:
    """A folder per deposit in one branch of a git repository."""

    url: str
    branch: str
    ssh_key: Path | None = None
    known_hosts: Path | None = None

    def begin(self, deposit: Deposit) -> str | None:  # noqa: ARG002 - the protocol's signature
        """Git needs no number beforehand."""
        return None

    def deposit(self, deposit: Deposit) -> str:
        """Commit the files and push."""
        return self._put(deposit, deposit.files, {"README.md": deposit.readme}, f"Publish {deposit.name}")

    def withdraw(self, deposit: Deposit, words: str) -> None:
        """Commit the tombstone in the place of the files and push."""
        self._put(deposit, {}, {"README.md": words}, f"Withdraw {deposit.name}")

    def _put(self, deposit: Deposit, files: Mapping[str, Path], texts: Mapping[str, str], message: str) -> str:
        work = deposit.scratch / "repository"
        self._git(deposit.scratch, "init", "--quiet", f"--initial-branch={self.branch}", str(work))
        if self._git(work, "ls-remote", self.url, f"refs/heads/{self.branch}").strip():
            self._git(work, "fetch", "--quiet", "--depth=1", self.url, f"refs/heads/{self.branch}")
            self._git(work, "reset", "--quiet", "--hard", "FETCH_HEAD")
        folder = work / deposit.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, source in files.items():
            shutil.copyfile(source, folder / name)
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
        self._git(work, "add", "--all", "--force", deposit.name)
        if self._git(work, "status", "--porcelain").strip():
            self._git(work, "commit", "--quiet", "--no-verify", "-m", message)
            self._git(work, "push", "--quiet", self.url, f"HEAD:refs/heads/{self.branch}")
        return self._git(work, "rev-parse", "HEAD").strip()

    def _git(self, folder: Path, *arguments: str) -> str:
        """Run git without anybody's configuration, hooks, prompts or links."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_SSH_COMMAND": shlex.join(self._ssh()),
            **{f"GIT_{who}_NAME": "Bureau virtuel" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "bureau-virtuel@localhost" for who in ("AUTHOR", "COMMITTER")},
        }
        safe = ("-c", "core.symlinks=false", "-c", f"core.hooksPath={os.devnull}", "-c", "protocol.ext.allow=never")
        try:
            done = subprocess.run(
                ["git", *safe, *arguments],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            raise Unreachable(f"git {arguments[0]}: {error.stderr.strip()[-300:]}") from error
        except (OSError, subprocess.SubprocessError) as error:
            raise Unreachable(f"git {arguments[0]}: {type(error).__name__}") from error
        return done.stdout

    def _ssh(self) -> list[str]:
        """The program that git reaches a host with: no questions, no unknown host, no key but the one that is meant."""
        options = ["BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"]
        if self.known_hosts is not None:
            options.append(f"UserKnownHostsFile={json.dumps(str(self.known_hosts))}")
        identity = ["-i", str(self.ssh_key)] if self.ssh_key else []
        return ["ssh", "-F", "none", *(part for option in options for part in ("-o", option)), *identity]


@dataclass(frozen=True)
class Invenio:
    """A record per deposit in an InvenioRDM (its REST API, version 12: drafts, files, publication, deletion)."""

    url: str
    token_file: Path | None

    def begin(self, deposit: Deposit) -> str | None:
        """Make the draft, whose number is remembered before anything is uploaded."""
        if deposit.place is not None:
            return deposit.place
        made = self._call("POST", "/api/records", self._metadata(deposit))
        return str(made["id"])

    def deposit(self, deposit: Deposit) -> str:
        """Upload the files and publish the draft; one that is published already stays as it is."""
        number = str(deposit.place).rpartition("/")[2]
        if self._exists(f"/api/records/{number}"):
            return f"{self.url}/records/{number}"
        draft = f"/api/records/{number}/draft"
        self._call("PUT", draft, self._metadata(deposit))
        known = {each["key"] for each in self._call("GET", f"{draft}/files").get("entries", ())}
        for name, source in deposit.files.items():
            if name in known:
                self._call("DELETE", f"{draft}/files/{name}")
            self._call("POST", f"{draft}/files", [{"key": name}])
            self._call("PUT", f"{draft}/files/{name}/content", source.read_bytes())
            self._call("POST", f"{draft}/files/{name}/commit")
        self._call("POST", f"{draft}/actions/publish")
        return f"{self.url}/records/{number}"

    def withdraw(self, deposit: Deposit, words: str) -> None:
        """Delete the record; its page stays, and says *words*."""
        if deposit.place is None:
            return
        number = deposit.place.rpartition("/")[2]
        if self._exists(f"/api/records/{number}"):
            tombstone = {"removal_reason": {"id": "retracted"}, "note": words, "is_visible": True}
            self._call("DELETE", f"/api/records/{number}", tombstone)

    def _metadata(self, deposit: Deposit) -> dict[str, Any]:
        person = {"type": "organizational", "name": deposit.creator}
        return {
            "access": {"record": "public", "files": "public"},
            "files": {"enabled": True},
            "metadata": {
                "title": deposit.title,
                "publication_date": deposit.day,
                "resource_type": {"id": "dataset"},
                "creators": [{"person_or_org": person}],
                "description": deposit.readme,
            },
        }

    def _exists(self, path: str) -> bool:
        try:
            self._call("GET", path)
        except FileNotFoundError:
            return False
        return True

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {"Content-Type": kind, "Accept": "application/json"}
        if self.token_file is not None:
            headers["Authorization"] = f"Bearer {self.token_file.read_text().splitlines()[0]}"
        request = urllib.request.Request(self.url + path, data=raw, method=method, headers=headers)  # noqa: S310 - the site's own setting
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                found = json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            if error.code in {404, 410}:
                raise FileNotFoundError(path) from error
            raise Unreachable(f"{method} {path}: {error.code}") from error
        except (OSError, ValueError) as error:
            raise Unreachable(f"{method} {path}: {type(error).__name__}") from error
        return found if isinstance(found, dict) else {}
