"""Whatever ends a right cuts the live session, stops the container and keeps the work, with hub and portal stopped.

An installation of its own: charters concern everybody, and hub and portal are stopped while rights end. Each person
works in a project of her own on a data set of her own, so that each cause cuts exactly one of them, and one goes on:
what the files of a common project may hold would count for all of them.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub_extensions.bench.ours import INSTALLATION, enrol
from hub_extensions.bench.revoke import closed
from hub_extensions.clients.kernel import Kernel
from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.datasets.sheets import prepare
from hub_extensions.demo.catalogue import DEMO_DATA, demo_data_set
from hub_extensions.installation import processes, throwaway
from hub_extensions.installation.opening import open_layout, open_store
from hub_extensions.settings import Settings
from hub_extensions.workspaces.book import WorkspaceBook
from hub_extensions.workspaces.running import running_workspaces
from project_spaces.agreements import record_agreement, require_agreement, revoke_agreement
from project_spaces.charters.versions import digest, publish_charter, sign_charter
from project_spaces.datasets import register_manifest
from project_spaces.embargoes.setting import set_embargo
from project_spaces.facts import Classification, StopScope
from project_spaces.kill_switches import set_switch
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.trainings.records import record_training, revoke_training
from project_spaces.workspaces import StopCause, Workspace
from tests.end_to_end.world import project_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: What ends each person's right; the last one keeps hers.
CAUSES = ("training", "charter", "agreement", "embargo", "stop")
EVERYBODY = (*CAUSES, "nothing")
SIGN_WITHIN = timedelta(seconds=10)
TITLE, TEXT = Text("Charte", "Charter"), Text("Je promets.", "I promise.")


def person(cause: str) -> str:
    return f"p-{cause}"


def project(cause: str) -> str:
    return f"project-{cause}"


@dataclass
class Stage:
    """An installation with everybody at work."""

    settings: Settings
    store: Store
    kernels: dict[str, Kernel] = field(default_factory=dict)
    #: The training and the agreement that will be withdrawn.
    held: dict[str, str] = field(default_factory=dict)

    @property
    def acted(self) -> dict[str, object]:
        return {"actor": INSTALLATION, "now": datetime.now(UTC)}

    def register(self) -> None:
        """Register a copy of a shipped data set for each person; that of the training asks for it by its class."""
        layout = open_layout(self.settings)
        for cause in EVERYBODY:
            harmless = Classification.PSEUDONYMISED if cause == "training" else Classification.SYNTHETIC
            change = {"slug": f"data-{cause}", "classification": harmless}
            sheet = demo_data_set("omop-1001").model_copy(update=change)
            manifest = prepare(sheet, DEMO_DATA, layout.dataset_dir(sheet.slug, sheet.version))
            register_manifest(self.store, manifest, **self.acted)
        require_agreement(self.store, "data-agreement", required=True, **self.acted)

    def prepare(self, cause: str, password: str):
        """Register the person, and give what the data ask for."""
        totp = enrol(self.settings, person(cause), password, [f"data-{cause}"], project(cause))
        now = datetime.now(UTC)
        window = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(days=1), **self.acted}
        if cause == "training":
            kept = {"person": person(cause), "kind": "secret", "certificate": "1"}
            self.held[cause] = record_training(self.store, **kept, **window)
        elif cause == "agreement":
            signed = {"project": project(cause), "dataset": "data-agreement", "reference": "1"}
            self.held[cause] = record_agreement(self.store, **signed, **window)
        return totp

    async def enter(self, cause: str, stack: AsyncExitStack) -> None:
        """Let the person in; leave a file in the project, and a cell that runs."""
        password = secrets.token_urlsafe(24)
        totp = await asyncio.to_thread(self.prepare, cause, password)
        signing_in = WorkbenchClient(self.settings.public_url, person(cause), password, totp.now)
        client = await stack.enter_async_context(signing_in)
        await client.start_workspace(project(cause))
        kernel = await stack.enter_async_context(client.kernel(project(cause)))
        written = await kernel.execute(f"open('/project/{cause}.txt', 'w').write('kept')")
        mounted = await kernel.execute(f"import os, time; print(os.listdir('/data/data-{cause}') != [])")
        assert (written.status, mounted.text.strip()) == ("ok", "True")
        await kernel.send("shell", "execute_request", {"code": "time.sleep(3600)"})
        self.kernels[cause] = kernel

    def end_rights(self) -> None:
        """End each right by its own cause; everybody but one signs the charter that was just published."""
        publish_charter(
            self.store,
            "charte",
            title=TITLE,
            text=TEXT,
            sign_by=datetime.now(UTC) + SIGN_WITHIN,
            **self.acted,
        )
        for cause in set(EVERYBODY) - {"charter"}:
            now = datetime.now(UTC)
            sign_charter(self.store, person(cause), "charte", sha256=digest(TITLE, TEXT), now=now)
        revoke_training(self.store, self.held["training"], reason="x", **self.acted)
        revoke_agreement(self.store, self.held["agreement"], reason="x", **self.acted)
        now = datetime.now(UTC)
        set_embargo(self.store, "data-embargo", starts_at=now, ends_at=None, reason="x", actor=INSTALLATION, now=now)
        set_switch(self.store, StopScope.PERSON, person("stop"), reason="x", **self.acted)

    def ended(self) -> dict[str, StopCause | None]:
        """How each workspace ended."""
        with self.store.read() as session:
            return {row.person: row.cause for row in session.query(Workspace).all()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    with throwaway.installation(timeout_s=240, access_trainings="secret") as settings:
        made = Stage(settings, open_store(settings))
        await asyncio.to_thread(made.register)
        async with AsyncExitStack() as stack:
            for cause in EVERYBODY:
                await made.enter(cause, stack)
            yield made


async def test_every_cause_cuts_its_session_alone_and_the_work_is_kept(stage: Stage) -> None:
    supervisor = processes.supervisor(stage.settings).supervisor
    ids = {each.person: each.id for each in WorkspaceBook.of(stage.settings).believed()}
    for name in ("hub", "portal"):
        await asyncio.to_thread(supervisor.stopProcess, name)
    endings = {cause: asyncio.create_task(closed(stage.kernels[cause])) for cause in EVERYBODY}
    await asyncio.to_thread(stage.end_rights)
    async with asyncio.timeout(60):
        await asyncio.gather(*(endings[cause] for cause in CAUSES))
        running = running_workspaces(stage.settings)
        while any(ids[person(cause)] in running.workspaces() for cause in CAUSES):
            await asyncio.sleep(0.2)
        while [stage.ended()[person(cause)] for cause in CAUSES] != [StopCause.LAPSED] * len(CAUSES):
            await asyncio.sleep(0.2)
    assert ids[person("nothing")] in running.workspaces(), "whose right goes on is not cut"
    assert not endings["nothing"].done()
    endings["nothing"].cancel()
    kept = {cause: project_folder(stage.settings, project(cause)) / f"{cause}.txt" for cause in EVERYBODY}
    assert {cause: file.read_text() for cause, file in kept.items()} == dict.fromkeys(EVERYBODY, "kept")
