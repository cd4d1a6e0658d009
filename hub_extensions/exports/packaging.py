"""The package that leaves: the reviewed bytes, what was decided on them and by which rules, signed.

Same request, same package: times come from the decisions and members are written in order, so that a package that a
crash interrupted is built again byte for byte (ledger proofs apart, which grow with the log). Each file is hashed while
it is written into the archive: bytes other than the approved ones stop the package (SATRE 3.3.09 record of criteria).
"""

import hashlib
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from hub_extensions.exports import crate
from hub_extensions.exports.signing import Signer, check_signature
from project_spaces.errors import Conflict, Invalid
from project_spaces.text import Text

FORMAT = "bureau-virtuel/export-package/1"
MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.json.sig", "signing-key.pem"
README = "LISEZMOI.txt"
CHUNK = 1 << 20
#: ZIP can't hold earlier dates; members carry this one, so that building again gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


HOW_TO_VERIFY = """\
Vérifier ce paquet / How to verify this package

FR  La clé publique « signing-key.pem » doit être celle que la plateforme publie : comparez-les d'abord.
EN  The public key "signing-key.pem" must be the one that the platform publishes: compare them first.

    openssl pkeyutl -verify -pubin -inkey signing-key.pem -rawin -in manifest.json -sigfile manifest.json.sig

FR  Puis comparez les empreintes SHA-256 de « manifest.json » avec celles des fichiers (sha256sum files/*).
    Les preuves « proofs/*.tlog-proof » (format C2SP) montrent que chaque étape est dans le journal de la plateforme.
EN  Then compare the SHA-256 values in "manifest.json" with those of the files (sha256sum files/*).
    The proofs "proofs/*.tlog-proof" (C2SP format) show that each step is in the platform's ledger.
"""


@dataclass(frozen=True)
class PackagedFile:
    """One file: where its frozen bytes are, and what was said of it."""

    frozen: Path
    source: str
    name: str
    sha256: str
    size: int
    type: str
    declaration: Mapping[str, str]
    verdict: str
    findings: Iterable[Mapping[str, Any]]
    decisions: Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Contents:
    """Everything that goes into one package. *criteria* are the rules applied; *proofs* further members by path."""

    request: str
    project: str
    title: str
    purpose: str
    author: str
    recipients: tuple[str, ...]
    approved_at: datetime
    criteria: Mapping[str, Any]
    files: tuple[PackagedFile, ...]
    proofs: Mapping[str, bytes] = field(default_factory=dict)


def build(contents: Contents, signer: Signer, target: Path) -> None:
    """Write the signed package to *target*.

    Raises
    ------
    Conflict
        a frozen file no longer has the bytes that were approved; *target* is then incomplete and must be dropped.
    """
    document = manifest_of(contents)
    extra = {MANIFEST: "Manifeste signé / signed manifest"} | dict.fromkeys(contents.proofs, "Preuve / ledger proof")
    others = {README: HOW_TO_VERIFY.encode(), **contents.proofs}
    extra[README] = "Comment vérifier / how to verify"
    others[crate.FILE_NAME] = crate.metadata(document, extra=extra)
    document["members"] = {path: hashlib.sha256(data).hexdigest() for path, data in sorted(others.items())}
    manifest = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in {MANIFEST: manifest, SIGNATURE: signer.sign(manifest), PUBLIC_KEY: signer.public_pem}.items():
            archive.writestr(_member(path), data)
        for path, data in sorted(others.items()):
            archive.writestr(_member(path), data)
        for path, file in zip(member_paths(contents.files), contents.files, strict=True):
            _write_file(archive, path, file)


def manifest_of(contents: Contents) -> dict[str, Any]:
    """Return the manifest, without the list of members that are not files of the request."""
    return {
        "format": FORMAT,
        "request": contents.request,
        "project": contents.project,
        "title": contents.title,
        "purpose": contents.purpose,
        "author": contents.author,
        "recipients": list(contents.recipients),
        "approved_at": contents.approved_at.isoformat(),
        "criteria": dict(contents.criteria),
        "files": [
            {
                "path": path,
                "source": file.source,
                "sha256": file.sha256,
                "size": file.size,
                "type": file.type,
                **file.declaration,
                "verdict": file.verdict,
                "findings": list(file.findings),
                "decisions": list(file.decisions),
            }
            for path, file in zip(member_paths(contents.files), contents.files, strict=True)
        ],
    }


def member_paths(files: Iterable[PackagedFile]) -> list[str]:
    """Name the files inside the package: their own names, made safe; numbered where two are alike."""
    taken: set[str] = set()
    paths = []
    for file in files:
        safe = PurePosixPath(safe_name(file.name))
        candidate, number = str(safe), 2
        while candidate.lower() in taken:
            candidate, number = f"{safe.stem}-{number}{safe.suffix}", number + 1
        taken.add(candidate.lower())
        paths.append(f"files/{candidate}")
    return paths


def safe_name(name: str) -> str:
    """Keep ASCII letters, digits, dot, dash and underscore: a name must mean the same wherever it is unpacked."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    ascii_only = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode()
    return re.sub(r"\.{2,}", ".", re.sub(r"[^\w.-]+", "_", ascii_only)).lstrip(".-") or "file"


def verify(package: Path | BinaryIO, public_pem: bytes) -> dict[str, Any]:
    """Prove a package against the installation's public key and return its manifest.

    Raises
    ------
    Invalid
        the signature is wrong, or a member is missing, added or altered.
    """
    with zipfile.ZipFile(package) as archive:
        manifest = archive.read(MANIFEST)
        check_signature(public_pem, manifest, archive.read(SIGNATURE))
        document: dict[str, Any] = json.loads(manifest)
        expected = {entry["path"]: entry["sha256"] for entry in document["files"]} | document["members"]
        names = archive.namelist()
        found = set(names) - {MANIFEST, SIGNATURE, PUBLIC_KEY}
        if len(names) != len(set(names)) or found != set(expected):
            raise Invalid(_altered(sorted(found ^ set(expected))))
        altered = [path for path, sha256 in expected.items() if _sha256(archive, path) != sha256]
        if altered:
            raise Invalid(_altered(altered))
    return document


def _sha256(archive: zipfile.ZipFile, path: str) -> str:
    with archive.open(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def _member(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    return info


def _write_file(archive: zipfile.ZipFile, path: str, file: PackagedFile) -> None:
    digest = hashlib.sha256()
    try:
        with file.frozen.open("rb") as source, archive.open(_member(path), "w", force_zip64=True) as member:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                member.write(chunk)
    except FileNotFoundError:
        raise Conflict(_not_approved(file.name)) from None
    if digest.hexdigest() != file.sha256:
        raise Conflict(_not_approved(file.name))


def _not_approved(name: str) -> Text:
    return Text(
        f"« {name} » n'a plus les octets qui ont été validés : la publication est bloquée.",
        f"“{name}” no longer has the bytes that were approved: the release is blocked.",
    )


def _altered(paths: list[str]) -> Text:
    names = ", ".join(paths)
    return Text(f"Le paquet a été altéré : {names}.", f"The package was altered: {names}.")
