"""The certificate of a deletion: a signed statement with the ledger's proofs, to be checked without us.

The statement is signed with the key that signs released packages, so that whoever holds the installation's public key
already can check both. The proofs show that the decision, the inventory and the deletion are in the log.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from hub_extensions.exports.signing import Signer, check_signature
from project_spaces.errors import Invalid
from project_spaces.text import Text

FORMAT = "bureau-virtuel/deletion-certificate/1"
STATEMENT, SIGNATURE, PUBLIC_KEY, README = "certificate.json", "certificate.json.sig", "signing-key.pem", "LISEZMOI.txt"
_EPOCH = (1980, 1, 1, 0, 0, 0)
#: A certificate is small; what is larger is none.
MOST_BYTES = 16 << 20

HOW_TO_VERIFY = """\
Vérifier ce certificat / How to verify this certificate

FR  La clé publique « signing-key.pem » doit être celle que la plateforme publie : comparez-les d'abord.
EN  The public key "signing-key.pem" must be the one that the platform publishes: compare them first.

    openssl pkeyutl -verify -pubin -inkey signing-key.pem -rawin -in certificate.json -sigfile certificate.json.sig

FR  Les preuves « proofs/*.tlog-proof » (format C2SP) montrent que l'inventaire et la suppression sont dans le journal ;
    « certificate.json » donne l'empreinte SHA-256 de chacun des autres membres.
EN  The proofs "proofs/*.tlog-proof" (C2SP format) show that the inventory and the deletion are in the ledger;
    "certificate.json" gives the SHA-256 of each of the other members.
"""

Prover = Callable[[tuple[str, ...]], Mapping[str, bytes]]


def certifier(
    signer: Signer, prover: Prover, operator: str
) -> Callable[[Mapping[str, object], tuple[str, ...]], bytes]:
    """Return what makes certificates on this installation; it raises ``Unavailable`` until the ledger has published."""

    def certify(statement: Mapping[str, object], events: tuple[str, ...]) -> bytes:
        return build({"operator": operator, **statement}, prover(events), signer)

    return certify


def build(statement: Mapping[str, object], proofs: Mapping[str, bytes], signer: Signer) -> bytes:
    """Return the package."""
    members = {README: HOW_TO_VERIFY.encode(), **proofs}
    document = {
        "format": FORMAT,
        **statement,
        "members": {path: hashlib.sha256(data).hexdigest() for path, data in sorted(members.items())},
    }
    raw = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
    signed = {STATEMENT: raw, SIGNATURE: signer.sign(raw), PUBLIC_KEY: signer.public_pem}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in (*signed.items(), *sorted(members.items())):
            info = zipfile.ZipInfo(path, _EPOCH)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            archive.writestr(info, data)
    return target.getvalue()


def verify(package: Path | BinaryIO, public_pem: bytes | None = None) -> dict[str, Any]:
    """Prove a certificate and return what it says.

    Parameters
    ----------
    public_pem
        the installation's public key; without it the key in the package, which proves only that nothing was altered.

    Raises
    ------
    Invalid
        it is no certificate, the signature is wrong, or a member is missing, added or altered.
    """
    try:
        with zipfile.ZipFile(package) as archive:
            if sum(each.file_size for each in archive.infolist()) > MOST_BYTES:
                raise Invalid(_NONE)
            names = archive.namelist()
            members = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        raise Invalid(_NONE) from None
    if not {STATEMENT, SIGNATURE, PUBLIC_KEY} <= set(names):
        raise Invalid(_NONE)
    key = members[PUBLIC_KEY] if public_pem is None else public_pem
    check_signature(key, members[STATEMENT], members[SIGNATURE])
    document: dict[str, Any] = json.loads(members[STATEMENT])
    if document.get("format") != FORMAT:
        raise Invalid(_NONE)
    expected: dict[str, str] = document["members"]
    found = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    for name in (STATEMENT, SIGNATURE, PUBLIC_KEY):
        del found[name]
    if len(names) != len(set(names)) or found != expected:
        raise Invalid(Text("Le certificat a été altéré.", "The certificate was altered."))
    return document


_NONE = Text("Ce fichier n'est pas un certificat de suppression.", "This file is no certificate of a deletion.")
