"""The package: the approved bytes or nothing, signed so that programs that are not ours can tell."""

import hashlib
import json
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from hub_extensions.exports import packaging
from hub_extensions.exports.packaging import Contents, PackagedFile
from hub_extensions.exports.signing import Signer
from project_spaces.errors import Conflict, Invalid

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def packaged(folder: Path, name: str, data: bytes) -> PackagedFile:
    """A frozen file with these bytes."""
    sha256 = hashlib.sha256(data).hexdigest()
    (folder / sha256).write_bytes(data)
    return PackagedFile(
        frozen=folder / sha256,
        source=f"results/{name}",
        name=name,
        sha256=sha256,
        size=len(data),
        type="text/csv",
        declaration={"kind": "table", "context": "Taux par âge", "controls": "", "code": "a.ipynb"},
        verdict="pass",
        findings=[],
        decisions=[{"by": "reviewer 1", "ballot": "approve"}],
    )


def contents(*files: PackagedFile, **changes: object) -> Contents:
    """A request with *files*."""
    facts: dict[str, object] = {
        "request": "a" * 32,
        "project": "readmission",
        "title": "Réadmissions",
        "purpose": "Article",
        "author": "alice",
        "recipients": ("alice",),
        "approved_at": NOON,
        "criteria": {"min_persons": 11},
        "files": files,
        "proofs": {"proofs/1.tlog-proof": b"proof\n"},
    }
    return Contents(**(facts | changes))  # type: ignore[arg-type]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.load_or_create(tmp_path / "release.pem")


def test_the_package_verifies_and_holds_the_approved_bytes(tmp_path: Path, signer: Signer) -> None:
    file = packaged(tmp_path, "rate.csv", b"age,n\n40,120\n")
    target = tmp_path / "package.zip"
    packaging.build(contents(file), signer, target)
    manifest = packaging.verify(target, signer.public_pem)
    (entry,) = manifest["files"]
    with zipfile.ZipFile(target) as archive:
        assert archive.read(entry["path"]) == b"age,n\n40,120\n"
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    assert entry["sha256"] == file.sha256
    assert manifest["criteria"] == {"min_persons": 11}
    identifiers = {entity["@id"] for entity in graph}
    assert {"./", "ro-crate-metadata.json", "files/rate.csv", "manifest.json", "proofs/1.tlog-proof"} <= identifiers
    assert all(part["@id"] in identifiers for entity in graph if entity["@id"] == "./" for part in entity["hasPart"])


def test_building_again_gives_the_same_bytes(tmp_path: Path, signer: Signer) -> None:
    file = packaged(tmp_path, "rate.csv", b"x" * 3_000_000)
    for name in ("one.zip", "two.zip"):
        packaging.build(contents(file), signer, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_openssl_agrees_with_the_signature(tmp_path: Path, signer: Signer) -> None:
    """The signature is plain Ed25519 over manifest.json: a program that we did not write checks it."""
    packaging.build(contents(packaged(tmp_path, "rate.csv", b"1\n")), signer, tmp_path / "p.zip")
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        archive.extractall(tmp_path / "out")
    command = [
        *("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "signing-key.pem", "-rawin"),
        *("-in", "manifest.json", "-sigfile", "manifest.json.sig"),
    ]
    good = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stderr
    with (tmp_path / "out" / "manifest.json").open("ab") as stream:
        stream.write(b" ")
    assert subprocess.run(command, cwd=tmp_path / "out", capture_output=True, check=False).returncode != 0


def test_swapped_bytes_stop_the_package(tmp_path: Path, signer: Signer) -> None:
    file = packaged(tmp_path, "rate.csv", b"age,n\n40,120\n")
    file.frozen.write_bytes(b"name,nir\nA,1\n")
    with pytest.raises(Conflict, match="no longer has the bytes"):
        packaging.build(contents(file), signer, tmp_path / "package.zip")
    file.frozen.unlink()
    with pytest.raises(Conflict, match="no longer has the bytes"):
        packaging.build(contents(file), signer, tmp_path / "package.zip")


@pytest.mark.parametrize("attack", ["alter", "add", "remove", "forge"])
def test_an_altered_package_is_noticed(tmp_path: Path, signer: Signer, attack: str) -> None:
    packaging.build(contents(packaged(tmp_path, "rate.csv", b"1\n")), signer, tmp_path / "good.zip")
    other = Signer.load_or_create(tmp_path / "other.pem")
    with zipfile.ZipFile(tmp_path / "good.zip") as good, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for name in good.namelist():
            data = good.read(name)
            if attack == "alter" and name.startswith("files/"):
                data = b"2\n"
            if attack == "remove" and name.startswith("proofs/"):
                continue
            if attack == "forge" and name == packaging.SIGNATURE:
                data = other.sign(good.read(packaging.MANIFEST))
            if attack == "forge" and name == packaging.PUBLIC_KEY:
                data = other.public_pem
            bad.writestr(name, data)
        if attack == "add":
            bad.writestr("files/more.csv", b"3\n")
    with pytest.raises(Invalid):
        packaging.verify(tmp_path / "bad.zip", signer.public_pem)


def test_names_are_safe_and_distinct(tmp_path: Path) -> None:
    names = ["../../etc/passwd", "rate.csv", "Rate.csv", "tаux\u202egpj.exe", "a\0b", ".hidden", "été 2026.csv"]
    files = [packaged(tmp_path, "f", b"1") for _ in names]
    renamed = [PackagedFile(**{**vars(file), "name": name}) for file, name in zip(files, names, strict=True)]
    paths = packaging.member_paths(renamed)
    assert len({path.lower() for path in paths}) == len(names)
    for path in paths:
        assert path.startswith("files/")
        assert ".." not in path
        assert path.isascii()
        assert path.count("/") == 1
    assert "files/ete_2026.csv" in paths


def test_the_key_is_private_and_never_replaced(tmp_path: Path, signer: Signer) -> None:
    file = tmp_path / "release.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    assert Signer.load_or_create(file).key_id == signer.key_id
    file.write_bytes(b"not a key")
    with pytest.raises(Invalid, match="original release key"):
        Signer.load_or_create(file)
    assert file.read_bytes() == b"not a key"


def test_another_programs_reader_finds_every_file_and_every_criterion(tmp_path: Path, signer: Signer) -> None:
    """ro-crate-py, which other research environments read crates with."""
    target = tmp_path / "package.zip"
    files = [packaged(tmp_path, "rate.csv", b"age,n\n40,120\n"), packaged(tmp_path, "code.py", b"x = 1\n")]
    criteria = {"min_persons": 11, "zero": "flag", "rounding": None, "secondary": True}
    packaging.build(contents(*files, criteria=criteria), signer, target)
    crate = ROCrate(target)
    with zipfile.ZipFile(target) as archive:
        members = set(archive.namelist()) - {"ro-crate-metadata.json"}
    described = {entity.id for entity in crate.get_by_type("File")}
    assert described <= members
    assert {"files/rate.csv", "files/code.py", "manifest.json"} <= described
    (check,) = crate.get_by_type("AssessAction")
    applied = {each["name"]: each["value"] for each in check["additionalProperty"]}
    assert applied == {"min_persons": 11, "zero": "flag", "secondary": True}
    assert crate.root_dataset["author"]["name"] == "alice"
