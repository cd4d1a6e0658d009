"""A search that leaves the platform with its proofs, by an auditor's right; recorded, and under pseudonyms by default.

JSON is one document that verifies offline (``audit.bundle``). CSV is for spreadsheets: a zip with the table and the
same document beside it, each row naming its entry and the hash of its leaf. Cells that a spreadsheet would take for a
formula are defused.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from audit.index import Row
from hub_extensions.oversight.looks import people_of
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.verbs.audit import Filter, meant, record_look, require_auditor
from project_spaces.errors import Invalid
from project_spaces.text import Text

MOST: Final = 2000
#: First characters that make a spreadsheet calculate (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
TOO_MANY = Text(
    f"Cette recherche rend plus de {MOST} entrées : resserrez la période ou les filtres, puis exportez par morceaux.",
    f"This search finds more than {MOST} entries: narrow the period or the filters, and export in pieces.",
)
NOTHING = Text(
    "Aucune entrée ne correspond : il n'y a rien à exporter.", "No entry matches: there is nothing to export."
)
COLUMNS = ("index", "at", "kind", "actor", "project", "subject", "persons", "rules", "leaf_hash", "private")


class Export(Filter):
    """What leaves, in which form; names and private facts only when ticked."""

    format: Literal["json", "csv"] = "json"
    names: bool = False

    def filter(self) -> Filter:
        """Without the form."""
        return Filter.model_validate(self.model_dump(exclude={"format", "names"}))


@dataclass(frozen=True)
class Package:
    """A file to keep."""

    name: str
    media_type: str
    data: bytes


def export(call: Call, body: Export) -> Page:
    """Entries with their proofs as one document: leaf, index, audit path, checkpoint, verifier key."""
    rows = _found(call, body)
    more = {row.index: _personal(row) for row in rows} if body.names else {}
    with call.portal.ledger.open():  # so that what was just recorded is published where the ledger is in memory
        document = call.portal.ledger.bundle([row.index for row in rows], more)
    return {**document, "exported_at": call.now.isoformat(), "filter": body.filter().written(), "names": body.names}


def package(call: Call, body: Export) -> Package:
    """The same as a file: JSON, or a zip of a CSV and its proofs."""
    document = json.dumps(export(call, body), ensure_ascii=False, indent=1).encode()
    stem = f"journal-{call.now:%Y%m%d-%H%M%S}"
    if body.format == "json":
        return Package(f"{stem}.json", "application/json", document)
    with call.portal.ledger.open() as index:
        rows = index.rows([entry["index"] for entry in json.loads(document)["entries"]])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{stem}.csv", table(rows, names=body.names))
        archive.writestr(f"{stem}.preuves.json", document)
    return Package(f"{stem}.zip", "application/zip", packed.getvalue())


def table(rows: Iterable[Row], *, names: bool) -> str:
    """Return the CSV (RFC 4180, with a byte order mark so that spreadsheets read UTF-8)."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS if names else COLUMNS[:-1])
    for row in rows:
        persons = {part: _name(row, each) if names else each for part, each in row.persons.items()}
        cells: list[Any] = [row.index, row.at.isoformat(), row.kind, _name(row, row.actor) if names else row.actor]
        cells += [row.project or "", _pairs(row.subject), _pairs(persons), " ".join(row.rules), row.leaf_hash.hex()]
        writer.writerow([defused(cell) for cell in (*cells, *([_pairs(row.private)] if names else []))])
    return "\ufeff" + written.getvalue()


def defused(cell: object) -> object:
    """Return *cell* so that no spreadsheet calculates it: an apostrophe before what would begin a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell


def _found(call: Call, body: Export) -> list[Row]:
    """Find what leaves, and record that it does."""
    asked, wanted = body.asked(), body.filter()
    require_auditor(call)
    with call.portal.ledger.open() as index:
        size = call.portal.ledger.published().size
        places = index.places_of(**asked, before=size, limit=MOST + 1)
        rows = index.rows(places) if len(places) <= MOST else []
        about = [*meant(call, body.person), *people_of(*rows)]
        record_look(
            call, about, wanted, what="export", format=body.format, names=body.names, about_project=body.project
        )
        if not rows:
            raise Invalid(TOO_MANY if places else NOTHING)
        return rows


def _personal(row: Row) -> dict[str, Any]:
    return {"names": dict(row.names), "private": dict(row.private), "people": people_of(row)}


def _name(row: Row, pseudonym: str) -> str:
    return row.names.get(pseudonym, pseudonym)


def _pairs(facts: Any) -> str:
    return "; ".join(f"{name}={value}" for name, value in facts.items() if value is not None)
