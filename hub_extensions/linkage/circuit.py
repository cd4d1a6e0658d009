"""Runs a planned linkage in its own sealed container, where no person ever is, and brings home only what was planned.

The container gets the two tables read-only (the files, not their folders), the plan, and the project's pseudonym key in
a file that exists for the time of the run. It has no network and is removed at the end, whatever happened. What it
wrote is checked here before anything is believed: exactly the planned files, plain ones, with exactly the planned
columns (S-186; référentiel SNDS 6.4: the secret is held apart from identities and pseudonyms).
"""

import fcntl
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import docker.errors
import pyarrow as pa
import pyarrow.parquet as pq
import requests.exceptions

from hub_extensions.workspaces.sealed_container import LABEL, Bind, SealedContainer
from project_spaces.errors import Conflict, Invalid, Unavailable
from project_spaces.linkage.quality import Quality
from project_spaces.linkage.tables import LinkagePlan, SourcePlan, TruthPlan
from project_spaces.manifests import Column, TableFile, sha256_of
from project_spaces.text import Text

REPORT = "quality.json"
REPORT_MAX_BYTES = 1 << 20
LOG_TAIL_LINES = 5


class Engine(Protocol):
    """The part of ``docker.APIClient`` that a run needs."""

    def create_host_config(self, **arguments: Any) -> Any: ...
    def create_container(self, **arguments: Any) -> Mapping[str, Any]: ...
    def start(self, container: str) -> None: ...
    def wait(self, container: str, timeout: int) -> Mapping[str, Any]: ...
    def logs(self, container: str, tail: int) -> bytes: ...
    def remove_container(self, container: str, **arguments: Any) -> None: ...


@dataclass(frozen=True)
class Limits:
    """What one linkage may use: cores, MiB, and seconds."""

    cpu: float = 2.0
    memory_mb: int = 4096
    timeout_s: int = 3600


@dataclass(frozen=True)
class PartitionedSpace:
    """Where linkages run on this machine.

    Parameters
    ----------
    image
        digest of the linkage image.
    scratch
        folder of the trusted side, on the disk of the data sets; holds a run's job, key and output until its end.
    uid
        who the program is inside; the folder of its output belongs to it.
    home
        label value by which this installation finds its containers.
    """

    engine: Engine
    image: str
    scratch: Path
    uid: int
    home: str
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Delivery:
    """What a run produced, checked."""

    tables: tuple[TableFile, ...]
    quality: Quality


def run_linkage(
    space: PartitionedSpace, plan: LinkagePlan, *, name: str, inputs: Mapping[str, Path], key: bytes, target: Path
) -> Delivery:
    """Run *plan* and copy what it planned, and nothing else, into the new folder *target*.

    Parameters
    ----------
    name
        names the container and the run; two runs of one name at a time are refused.
    inputs
        folder of each input data set, by slug; the caller has verified their manifests.
    key
        the project's pseudonym key.

    Raises
    ------
    Conflict
        a run of this name is under way.
    Unavailable
        the engine does not answer, the image is missing, or the run took longer than the limit.
    Invalid
        the program failed, or wrote something else than what was planned.
    """
    with _run_folder(space, name) as folder:
        output = folder / "output"
        _prepare(space, folder, plan, key)
        with _sealed(space, plan, name, folder, inputs) as container:
            _execute(space, container)
        return _bring_home(plan, output, target)


@contextmanager
def _run_folder(space: PartitionedSpace, name: str) -> Iterator[Path]:
    """Hold the run's name and give its folder; what a killed run left, its key first of all, is deleted."""
    space.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = space.scratch / name
    with (space.scratch / f"{name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                Text(f"L'appariement {name} est déjà en cours.", f"Linkage {name} is already running.")
            ) from None
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def _prepare(space: PartitionedSpace, folder: Path, plan: LinkagePlan, key: bytes) -> None:
    """Write the job and the key for the program alone; both vanish with the run's folder."""
    (folder / "job.json").write_text(json.dumps(plan.as_job()))
    descriptor = os.open(folder / "project.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    (folder / "output").mkdir(mode=0o700)
    if os.geteuid() == 0:
        for path in ("job.json", "project.key", "output"):
            os.chown(folder / path, space.uid, space.uid)


def container_of(
    space: PartitionedSpace, plan: LinkagePlan, name: str, folder: Path, inputs: Mapping[str, Path]
) -> SealedContainer:
    """Say what the container of one run is: only the files of the plan, each read-only, and one folder to write in."""
    user = space.uid if os.geteuid() == 0 else os.geteuid()
    tables: list[tuple[str, SourcePlan | TruthPlan]] = [
        ("left", plan.left),
        ("right", plan.right),
        *([("truth", plan.truth)] if plan.truth else []),
    ]
    return SealedContainer(
        name=f"bureau-linkage-{name}",
        image=space.image,
        user=f"{user}:{user}",
        binds=(
            *(Bind(str(inputs[table.dataset] / table.path), f"/input/{side}/{table.path}") for side, table in tables),
            Bind(str(folder / "job.json"), "/input/job.json"),
            Bind(str(folder / "project.key"), "/input/project.key"),
            Bind(str(folder / "output"), "/output", read_only=False),
        ),
        cpu=space.limits.cpu,
        memory_mb=space.limits.memory_mb,
        pids=64,
        labels={LABEL: space.home, "bureau.kind": "linkage", "bureau.project": plan.project},
    )


@contextmanager
def _sealed(
    space: PartitionedSpace, plan: LinkagePlan, name: str, folder: Path, inputs: Mapping[str, Path]
) -> Iterator[str]:
    wished = container_of(space, plan, name, folder, inputs)
    try:
        _forget(space.engine, wished.name)
        host = space.engine.create_host_config(**wished.host_arguments())
        container = str(space.engine.create_container(**wished.create_arguments(host))["Id"])
    except docker.errors.ImageNotFound:
        raise Unavailable(
            Text("L'image de l'espace d'appariement est absente.", "The image of the linkage space is missing.")
        ) from None
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise _engine_down(error) from error
    try:
        yield container
    finally:
        space.engine.remove_container(container, force=True, v=True)


def _forget(engine: Engine, name: str) -> None:
    """Remove the container that a killed run of this name left; we hold the name, so nobody is using it."""
    with suppress(docker.errors.NotFound):
        engine.remove_container(name, force=True, v=True)


def _execute(space: PartitionedSpace, container: str) -> None:
    try:
        space.engine.start(container)
        status = space.engine.wait(container, timeout=space.limits.timeout_s)["StatusCode"]
        why = space.engine.logs(container, tail=LOG_TAIL_LINES).decode(errors="replace").strip() if status else ""
    except (requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError):
        raise Unavailable(
            Text(
                f"L'appariement n'a pas fini en {space.limits.timeout_s} s ; rien n'a été livré.",
                f"The linkage did not end within {space.limits.timeout_s} s; nothing was delivered.",
            )
        ) from None
    except docker.errors.DockerException as error:
        raise _engine_down(error) from error
    if status:
        raise Invalid(
            Text(
                f"L'appariement a échoué ({why or status}) ; rien n'a été livré.",
                f"The linkage failed ({why or status}); nothing was delivered.",
            )
        )


def _engine_down(error: Exception) -> Unavailable:
    name = type(error).__name__
    return Unavailable(Text(f"Le moteur de conteneurs a refusé ({name}).", f"The container engine refused ({name})."))


def _bring_home(plan: LinkagePlan, output: Path, target: Path) -> Delivery:
    """Copy the planned files and nothing else; the folder was writable by the program, so nothing in it is believed."""
    expected = plan.expected_columns()
    planned = {f"{table}.parquet" for table in expected} | {REPORT}
    found = {entry.name for entry in os.scandir(output)}
    if found != planned:
        raise _unplanned(sorted(found ^ planned))
    target.mkdir(parents=True)
    try:
        for name in planned:
            _copy_plain(output / name, target / name)
        return _check_delivery(target, expected)
    except BaseException:  # whatever stopped it, a half-checked delivery must not stay
        shutil.rmtree(target)
        raise


def _check_delivery(target: Path, expected: Mapping[str, tuple[str, ...]]) -> Delivery:
    quality = Quality.from_bytes((target / REPORT).read_bytes()[:REPORT_MAX_BYTES])
    tables = tuple(_checked_table(target / f"{table}.parquet", columns) for table, columns in expected.items())
    return Delivery(tables, quality)


def _copy_plain(source: Path, target: Path) -> None:
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # a link (ELOOP) or a socket
        raise _unplanned([source.name]) from None
    with os.fdopen(descriptor, "rb") as stream, target.open("xb") as copy:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _unplanned([source.name])
        shutil.copyfileobj(stream, copy)
    target.chmod(0o444)


def _checked_table(file: Path, columns: tuple[str, ...]) -> TableFile:
    try:
        parquet = pq.ParquetFile(file)
    except pa.ArrowInvalid:
        raise _unplanned([file.name]) from None
    if tuple(parquet.schema_arrow.names) != columns:
        raise _unplanned([file.name])
    return TableFile(
        name=file.stem,
        path=file.name,
        sha256=sha256_of(file),
        bytes=file.stat().st_size,
        rows=parquet.metadata.num_rows,
        columns=tuple(Column(column.name, str(column.type)) for column in parquet.schema_arrow),
    )


def _unplanned(names: list[str]) -> Invalid:
    listed = ", ".join(names)
    return Invalid(
        Text(
            f"L'appariement a écrit autre chose que prévu ({listed}) ; rien n'a été livré.",
            f"The linkage wrote something else than planned ({listed}); nothing was delivered.",
        )
    )
