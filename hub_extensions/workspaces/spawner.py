"""Starting a workspace: what the domain decided, as one sealed container, or nothing at all.

The policy is a mixin over any JupyterHub spawner; a concrete spawner only says how a plan (image, mounts, limits,
socket) becomes something that runs. Every step may fail, and then there is no container, a reason a person can read,
and a record (TRAPS A3, B3 to B8). The Hub is given the gateway's address: it never learns the way to the container.
"""

import asyncio
import contextlib
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from docker.errors import APIError, DockerException, ImageNotFound
from dockerspawner import DockerSpawner
from jupyterhub.spawner import Spawner, SpawnException
from traitlets import Instance, Unicode

from hub_extensions.gateway.upstream import Upstream
from hub_extensions.settings import Settings
from hub_extensions.workspaces.book import Seating, WorkspaceBook
from hub_extensions.workspaces.image_digests import digest
from hub_extensions.workspaces.kept_memory import KEEPS_MEMORY
from hub_extensions.workspaces.sealed_container import LABEL, Bind, SealedContainer
from hub_extensions.workspaces.trial import LOCK, TrialProcesses
from project_spaces.errors import BureauError, Invalid, Unavailable
from project_spaces.text import Text
from project_spaces.workspaces import Secrets, StopCause, WorkspacePlan

ENGINE_DOWN = Text(
    "Le moteur de conteneurs ne répond pas : le bureau n'a pas été démarré. Prévenez l'administrateur.",
    "The container engine does not answer: the workspace was not started. Tell the administrator.",
)
IMAGE_MISSING = Text(
    "L'image des bureaux n'est pas sur cette machine. L'administrateur peut l'installer : bureau up.",
    "The workspaces' image is not on this machine. The administrator can install it: bureau up.",
)
DIED = Text(
    "Le bureau s'est arrêté pendant son démarrage. Réessayez ; si cela dure, prévenez l'administrateur.",
    "The workspace stopped while starting. Try again; if it lasts, tell the administrator.",
)
NO_OPTIONS = Text(
    "Un bureau se démarre sans options : ressources et données viennent du projet.",
    "A workspace starts without options: its resources and data come from the project.",
)
UNNAMED = Text("Un bureau appartient à un projet : donnez son nom.", "A workspace belongs to a project: give its name.")


def refusal(error: BureauError) -> SpawnException:
    """Return the Hub's own exception: status and sentences pass, and the Hub's failure count does not move."""
    sentences = [error.text, *error.reasons]
    message = " ".join(text.fr for text in sentences) + " — " + " ".join(text.en for text in sentences)
    return SpawnException(message, reason=type(error).__name__.lower(), status_code=error.status)


class PolicyMixin(Spawner):
    """The part every spawner of this product shares: plan, record, launch, or refuse."""

    settings = Instance(Settings, config=True, help="The installation's settings.")
    workspace_id = Unicode("", help="Id of the running workspace in the domain.")

    @property
    def book(self) -> WorkspaceBook:
        """The domain's side of starting and stopping."""
        return WorkspaceBook.of(self.settings)

    async def apply_user_options(self, spawner: Spawner, user_options: dict[str, Any]) -> None:  # noqa: ARG002
        """Refuse every option: the project's record decides (TRAPS B3, B5)."""
        if user_options:
            raise refusal(Invalid(NO_OPTIONS))

    async def start(self) -> str:
        """Start the workspace that the domain allows now; returns the address of its person's gateway."""
        try:
            return await self._start()
        except BureauError as error:
            raise refusal(error) from None

    async def _start(self) -> str:
        if not self.name:
            raise Invalid(UNNAMED)
        if self.user_options:
            raise Invalid(NO_OPTIONS)
        seating = await self._begin(self.user.name, self.name, datetime.now(UTC))
        try:
            await self.launch(seating)
            await self._until_it_answers(seating)
            await asyncio.to_thread(self.book.running, self.workspace_id, datetime.now(UTC))
        except BaseException as error:
            await self._undo(error)
            raise
        return self.settings.gateway_url(self.user.name)

    async def get_url(self) -> str:
        """Return where the workspace is found after a restart of the Hub: the number of gateways may have changed."""
        return self.settings.gateway_url(self.user.name) + self.server.base_url

    async def _begin(self, person: str, project: str, now: datetime) -> Seating:
        """Plan and record; what is refused is recorded too."""
        try:
            plan = await asyncio.to_thread(self.book.plan, person, project, now)
            image = await self.image_digest(plan)
            tokens = Secrets(secrets.token_urlsafe(32), self.api_token, self.oauth_client_id)
            seating = Seating(secrets.token_hex(16), plan, image, tokens)
            self.workspace_id = seating.id
            await asyncio.to_thread(self.book.begin, seating, now)
        except BureauError as error:
            with contextlib.suppress(BureauError):
                await asyncio.to_thread(self.book.refused, person, project, error, now)
            raise
        return seating

    async def _undo(self, error: BaseException) -> None:
        """Leave nothing behind: no container, and a record that says why."""
        text = error.text if isinstance(error, BureauError) else DIED
        await self.remove()
        await asyncio.to_thread(self.book.end, self.workspace_id, StopCause.FAILED, datetime.now(UTC), text)
        self.workspace_id = ""

    async def _until_it_answers(self, seating: Seating) -> None:
        folder = self.book.socket_folder(seating.id)
        prefix = f"/user/{self.user.name}/{self.name}/api"
        async with asyncio.timeout(self.settings.start_timeout_s):
            while not await Upstream.probe(folder, self.book.owner_uid, seating.secrets.inner_token, prefix):
                if await self.poll() is not None:
                    raise Unavailable(DIED)
                await asyncio.sleep(0.05)

    async def stop(self, now: bool = False) -> None:  # noqa: ARG002, FBT001 - the signature is JupyterHub's
        """Stop the workspace and say so to the domain."""
        await self.remove()
        if self.workspace_id:
            await asyncio.to_thread(self.book.end, self.workspace_id, StopCause.ASKED, datetime.now(UTC))
        self.clear_state()

    async def image_digest(self, plan: WorkspacePlan) -> str:
        """Return the digest of the image that will run."""
        raise NotImplementedError

    async def launch(self, seating: Seating) -> None:
        """Make it run."""
        raise NotImplementedError

    async def remove(self) -> None:
        """Make sure that nothing of it runs; idempotent."""
        raise NotImplementedError

    async def poll(self) -> int | None:
        """Return None while it runs."""
        raise NotImplementedError

    def get_state(self) -> dict[str, Any]:
        """Remember the workspace across restarts of the Hub."""
        state = super().get_state()
        if self.workspace_id:
            state["workspace_id"] = self.workspace_id
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Recall it."""
        super().load_state(state)
        self.workspace_id = state.get("workspace_id", "")

    def clear_state(self) -> None:
        """Forget it."""
        super().clear_state()
        self.workspace_id = ""


class SealedDockerSpawner(PolicyMixin, DockerSpawner):
    """One sealed container per workspace, on the machine's own engine."""

    #: The stock class has one thread for every person's every call (TRAPS B7).
    _executor = ThreadPoolExecutor(8, thread_name_prefix="engine")

    async def image_digest(self, plan: WorkspacePlan) -> str:
        """Return the digest of the image that is on this machine; nothing is ever pulled."""
        installed = digest(self.settings, plan.image)
        if installed is None:
            raise Unavailable(IMAGE_MISSING)
        try:
            await self.docker("inspect_image", installed)
        except ImageNotFound:
            raise Unavailable(IMAGE_MISSING) from None
        except (DockerException, OSError):
            raise Unavailable(ENGINE_DOWN) from None
        return installed

    async def launch(self, seating: Seating) -> None:
        """Create the container from the plan alone and start it."""
        spec = self.container(seating)
        try:
            host = self.client.create_host_config(**spec.host_arguments())
            created = await self.docker("create_container", **spec.create_arguments(host))
            self.object_id = created["Id"]
            await self.docker("start", self.object_id)
        except ImageNotFound:
            raise Unavailable(IMAGE_MISSING) from None
        except (DockerException, OSError) as error:
            self.log.error("engine refused workspace %s: %s", seating.id, error)
            raise Unavailable(ENGINE_DOWN) from None

    def container(self, seating: Seating) -> SealedContainer:
        """Return the sealed container of a plan: its mounts and limits, nothing of the Hub's."""
        plan, uid = seating.plan, self.settings.workspace_uid
        binds = [Bind(str(mount.source), mount.target, mount.read_only) for mount in plan.mounts]
        return SealedContainer(
            name=f"bureau-{seating.id}",
            image=seating.image_digest,
            user=f"{uid}:{uid}",
            binds=[*binds, Bind(str(self.book.socket_folder(seating.id)), "/run/bureau", read_only=False)],
            cpu=plan.cpu,
            memory_mb=plan.memory_mb,
            pids=plan.pids,
            environment={
                **KEEPS_MEMORY,
                "BUREAU_BASE_URL": f"/user/{self.user.name}/{self.name}/",
                "JUPYTER_TOKEN": seating.secrets.inner_token,
            },
            labels={**plan.labels, LABEL: str(self.settings.home), "bureau.workspace": seating.id},
        )

    async def poll(self) -> int | None:
        """Return None while the container runs."""
        if not self.object_id:
            return 0
        try:
            found = await self.docker("inspect_container", self.object_id)
        except APIError as error:
            if error.status_code == 404:
                return 0
            raise
        return None if found["State"]["Running"] else int(found["State"]["ExitCode"])

    async def remove(self) -> None:
        """Kill and remove the container; a container that is gone is what was wanted."""
        if not self.object_id:
            return
        try:
            await self.docker("remove_container", self.object_id, force=True, v=True)
        except APIError as error:
            if error.status_code not in {404, 409}:
                raise
        self.object_id = ""


class LocalTrialSpawner(PolicyMixin):
    """Plain processes, for trying the product where no container engine can run: nothing is sealed."""

    @property
    def trial(self) -> TrialProcesses:
        """The processes of this installation."""
        return TrialProcesses(self.settings)

    async def image_digest(self, plan: WorkspacePlan) -> str:  # noqa: ARG002 - there is no image
        """Return the hash of the packages' lock instead."""
        return "sha256:" + hashlib.sha256(LOCK.read_bytes()).hexdigest()

    async def launch(self, seating: Seating) -> None:
        """Start the process."""
        prefix = f"/user/{self.user.name}/{self.name}/"
        folder = self.book.socket_folder(seating.id)
        await asyncio.to_thread(self.trial.launch, seating, prefix, folder)

    async def poll(self) -> int | None:
        """Return None while the process lives."""
        return None if self.workspace_id and self.workspace_id in self.trial.workspaces() else 0

    async def remove(self) -> None:
        """Kill it."""
        if self.workspace_id:
            await asyncio.to_thread(self.trial.kill, self.workspace_id)


def spawner_class(settings: Settings) -> type[PolicyMixin]:
    """Return the spawner that the settings name."""
    return LocalTrialSpawner if settings.spawner == "local" else SealedDockerSpawner
