"""The package described for machines: RO-Crate 1.2 metadata, with the disclosure check as an action of its own.

Every criterion that was applied is a property of that action (SATRE 3.3.09).

The vocabulary of the check (``shp:DisclosureCheck``) is the one of the Five Safes profile, which other research
environments read; conformity with that profile is not claimed. People other than the author are not named: the crate
leaves the platform.
"""

import json
from typing import Any

CONTEXT = "https://w3id.org/ro/crate/1.2/context"
DISCLOSURE_CHECK = "https://w3id.org/shp#DisclosureCheck"
COMPLETED = "http://schema.org/CompletedActionStatus"
FILE_NAME = "ro-crate-metadata.json"


def metadata(manifest: dict[str, Any], *, extra: dict[str, str]) -> bytes:
    """Return ``ro-crate-metadata.json`` for *manifest* (``packaging.manifest_of``).

    Parameters
    ----------
    extra
        further members of the package: path → what it is.
    """
    files = [_file(entry) for entry in manifest["files"]]
    others = [{"@id": path, "@type": "File", "name": name} for path, name in sorted(extra.items())]
    parts = [{"@id": entity["@id"]} for entity in files + others]
    graph = [_descriptor(), _root(manifest, parts), *files, *others, *_context_entities(manifest)]
    document = {"@context": [CONTEXT, {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}], "@graph": graph}
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _descriptor() -> dict[str, Any]:
    return {
        "@id": FILE_NAME,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.2"},
    }


def _root(manifest: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": manifest["title"],
        "description": manifest["purpose"],
        "datePublished": manifest["approved_at"],
        "identifier": manifest["request"],
        "license": {"@id": "#terms"},
        "author": {"@id": "#author"},
        "sourceOrganization": {"@id": "#project"},
        "hasPart": parts,
        "mentions": [{"@id": "#disclosure-check"}],
    }


def _file(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "@id": entry["path"],
        "@type": "File",
        "name": entry["source"],
        "description": entry["context"],
        "encodingFormat": entry["type"],
        "contentSize": str(entry["size"]),
        "sha256": entry["sha256"],
    }


def _context_entities(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    criteria = {name: value for name, value in sorted(manifest["criteria"].items()) if value is not None}
    return [
        {"@id": "#author", "@type": "Person", "name": manifest["author"]},
        {"@id": "#project", "@type": "Organization", "name": manifest["project"]},
        {"@id": "#desk", "@type": "SoftwareApplication", "name": "Bureau virtuel, sas d'export"},
        {
            "@id": "#terms",
            "@type": "CreativeWork",
            "name": "Remis aux seuls destinataires nommés / Handed to the named recipients only",
        },
        {
            "@id": "#disclosure-check",
            "@type": "AssessAction",
            "additionalType": {"@id": DISCLOSURE_CHECK},
            "name": "Vérification des sorties / Output checking",
            "object": {"@id": "./"},
            "instrument": {"@id": "#desk"},
            "endTime": manifest["approved_at"],
            "actionStatus": COMPLETED,
            "additionalProperty": [{"@id": f"#criterion-{name}"} for name in criteria],
        },
        *(
            {"@id": f"#criterion-{name}", "@type": "PropertyValue", "name": name, "value": value}
            for name, value in criteria.items()
        ),
    ]
