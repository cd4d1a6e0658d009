"""What the installation of these tests asks of newcomers: a charter of everybody, a training for data about persons.

The people of the demonstration were there before the charter and have two months to sign it.
"""

import asyncio
import csv
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.datasets.catalogue_sheets import describe
from hub_extensions.datasets.sheets import parse_sheet, prepare
from hub_extensions.demo.scenery import INSTALLATION, day
from hub_extensions.installation.opening import open_layout, open_store
from hub_extensions.settings import Settings
from project_spaces.datasets import register_manifest

CHARTER, TRAINING = "cgu", "donnees-de-sante"
#: Rows of the data set below; they are made up.
STAYS = 1200
SENSITIVE = "sejours-chu"
OWNER = "CHU de Rennes"
_BOTH = {"fr": "Séjours hospitaliers", "en": "Hospital stays"}
_SHEET = {
    "slug": SENSITIVE,
    "title": _BOTH,
    "version": "2026.1",
    "owner": OWNER,
    "classification": "pseudonymised",
    "min_persons": 11,
    "person_column": "patient",
    "licence": "convention",
    "source": "essai",
    "citation": "CHU de Rennes (2026)",
    "public": True,
    "catalogue": {"description": {"fr": "Séjours fictifs pour les essais.", "en": "Made-up stays, for the tests."}},
    "tables": [{"name": "sejours", "kind": "csv", "file": "sejours.csv", "types": {"integer": ["age"]}}],
}


def register_sensitive_data(settings: Settings) -> None:
    """Register a data set about persons, as the owner's files would be."""
    store, layout, sheet, now = open_store(settings), open_layout(settings), parse_sheet(_SHEET), datetime.now(UTC)
    with TemporaryDirectory() as folder:
        with (Path(folder) / "sejours.csv").open("w", newline="") as stream:
            rows = [{"patient": f"P{number:05}", "age": number % 90} for number in range(STAYS)]
            writer = csv.DictWriter(stream, ["patient", "age"])
            writer.writeheader()
            writer.writerows(rows)
        manifest = prepare(sheet, Path(folder), layout.dataset_dir(sheet.slug, sheet.version))
        register_manifest(store, manifest, actor=INSTALLATION, now=now)
        describe(store, layout, sheet, Path(folder), actor=INSTALLATION, now=now)


async def ask_newcomers(administrator: WorkbenchClient) -> None:
    """Publish the charter and name the training."""
    titles = {"title_fr": "Conditions d'utilisation", "title_en": "Terms of use"}
    words = {"text_fr": "Je ne cherche à identifier personne.", "text_en": "I try to identify nobody."}
    charter = {"charter": CHARTER, **titles, **words, "sign_by": day(60)}
    kind = {"slug": TRAINING, "title_fr": "Données de santé", "title_en": "Health data", "months": 12}
    await asyncio.gather(
        administrator.api("POST", "/admin/charters", charter),
        administrator.api("PUT", "/admin/trainings/kinds", kind),
    )
