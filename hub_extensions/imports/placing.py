"""Puts accepted files in their place: read-only in the project's imports with a manifest, or as a data set's version.

Everything is written beside the place and renamed into it: an import is there whole or not at all, and doing it again
after a stop ends in the same folder.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from hub_extensions.exports.storage import on_disk
from hub_extensions.imports.desk import ImportDesk
from hub_extensions.imports.inspecting import NOT_CHECKED, run_confined
from hub_extensions.imports.records import ImportRequest
from project_spaces.datasets import DatasetVersion
from project_spaces.errors import Invalid, Unavailable
from project_spaces.manifests import FILE_NAME, Manifest, make_readable, read_verified
from project_spaces.text import Text


def place_of(request: ImportRequest) -> str:
    """Name of the import's folder: the day it was submitted and the beginning of its id."""
    day = (request.submitted_at or request.created_at).date().isoformat()
    return f"{day}-{request.id[:8]}"


def manifest_of(request: ImportRequest) -> bytes:
    """What stands beside the files: where they come from, their hashes, who accepted them, the ledger's entries."""
    document: dict[str, Any] = {
        "import": request.id,
        "project": request.project,
        "title": request.title,
        "sent_by": request.author,
        "accepted_by": request.decided_by,
        "declaration": request.declaration,
        "files": [
            {
                "name": file.name,
                "sha256": file.sha256,
                "size": file.size,
                "type": file.type,
                "malware_scan": file.scanner,
                "findings": file.findings,
            }
            for file in request.files
        ],
        "ledger": [{"event": step.event_id, "kind": step.kind, "at": step.at.isoformat()} for step in request.steps],
    }
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def put_in_project(desk: ImportDesk, request: ImportRequest) -> str:
    """Copy the files and their manifest into the project's imports; returns the manifest's SHA-256.

    Raises
    ------
    Unavailable
        a file in quarantine is no longer the one that was accepted, or the disk can't be written.
    """
    target = desk.layout.imports_dir(str(request.project)) / place_of(request)
    manifest = manifest_of(request)
    draft = target.with_name(f".{target.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    with on_disk():
        draft.mkdir(parents=True)
        try:
            for file in request.files:
                with desk.quarantine.open_intact(file.sha256) as source, (draft / file.name).open("xb") as copy:
                    shutil.copyfileobj(source, copy)
            (draft / "manifest.import.json").write_bytes(manifest)
            make_readable(draft)
            shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return hashlib.sha256(manifest).hexdigest()


def take_out(desk: ImportDesk, project: str, place: str) -> None:
    """Delete an import's folder; doing it again changes nothing."""
    shutil.rmtree(desk.layout.imports_dir(project) / place, ignore_errors=True)


def write_version(desk: ImportDesk, request: ImportRequest, before: DatasetVersion) -> Manifest:
    """Write the candidate version where registered ones lie, in a confined process; returns its manifest.

    Raises
    ------
    Invalid
        the files can't be written as the version before them was.
    Unavailable
        the files or the process failed.
    """
    dataset, version = str(request.dataset), str(request.version)
    folder = desk.layout.dataset_dir(dataset, before.version)
    described = read_verified(folder, before.manifest_sha256)
    target = desk.layout.dataset_dir(dataset, version)
    root = desk.quarantine.scratch / f"version-{request.id}"
    shutil.rmtree(root, ignore_errors=True)
    with on_disk():
        root.mkdir()
        try:
            answer = run_confined(
                {
                    "act": "prepare",
                    "before": described.to_bytes().decode(),
                    "version": version,
                    "root": str(root),
                    "target": str(target),
                    "tables": {Path(file.name).stem: str(_copied(desk, root, file)) for file in request.files},
                }
            )
        finally:
            shutil.rmtree(root, ignore_errors=True)
    if "refused" in answer:
        raise Invalid(Text(*answer["refused"]))
    return _proved(target, described, version)


def _copied(desk: ImportDesk, root: Path, file: Any) -> Path:
    target = root / str(file.name)
    with desk.quarantine.open_intact(str(file.sha256)) as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy)
    return target


def _proved(target: Path, before: Manifest, version: str) -> Manifest:
    """The confined process is not believed: its manifest must describe the same data set, its files hash as said."""
    raw = (target / FILE_NAME).read_bytes()
    said = Manifest.from_bytes(raw)
    manifest = read_verified(target, hashlib.sha256(raw).hexdigest(), [table.name for table in said.tables])
    same = ("dataset", "title", "owner", "classification", "min_persons", "person_column", "export_policy")
    marks = [(table.name, table.identifying, table.linkable) for table in manifest.tables]
    if (
        manifest.version != version
        or any(getattr(manifest, name) != getattr(before, name) for name in same)
        or marks != [(table.name, table.identifying, table.linkable) for table in before.tables]
    ):
        raise Unavailable(NOT_CHECKED)
    return manifest
