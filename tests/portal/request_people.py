"""Those who deal with requests, and a data set with a dictionary, beside the people of every portal test."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from audit.events import Event, Kind
from hub_extensions.portal.testing import DAY, NOW, SETUP, World
from project_spaces.datasets import register_manifest
from project_spaces.facts import PlatformRole
from project_spaces.manifests import Column, Manifest, TableFile
from project_spaces.owner_perimeters import entrust
from project_spaces.people import Person, create_person, grant_role
from project_spaces.text import Text

CARL, STELLA, SVEN = "carl", "stella", "sven"
OWNER, DATASET = "CHU de Rennes", "sejours"
STAFF = {
    CARL: ("Carl Simon", PlatformRole.COMMITTEE),
    STELLA: ("Stella Roux", PlatformRole.STEWARD),
    SVEN: ("Sven Roy", PlatformRole.STEWARD),
}
LONG = "É" * 10_000


def staff(world: World) -> None:
    """Register them, and a data set whose columns are known."""
    store, at = world.portal.store, {"actor": SETUP, "now": NOW - 9 * DAY}
    for name, (display, role) in STAFF.items():
        create_person(store, username=name, display_name=display, email=f"{name}@example.org", **at)
        grant_role(store, name, role, **at)
        with store.write(Event(Kind.ACCOUNT_ENROLLED, name, None, NOW - 9 * DAY)) as session:
            session.get_one(Person, name).enrolled_at = NOW - 9 * DAY
    columns = (Column("age", "int64"), Column("duree", "int64"), Column("nir", "string", identifying=True))
    manifest = Manifest(
        dataset=DATASET,
        version="1",
        title=Text("Séjours hospitaliers", "Hospital stays"),
        owner=OWNER,
        classification="pseudonymised",
        min_persons=11,
        person_column=None,
        licence="interne",
        source="CHU",
        citation="CHU",
        tables=(TableFile("sejour", "sejour.parquet", "0" * 64, 10, 1200, columns),),
    )
    folder = world.portal.layout.dataset_dir(DATASET, "1")
    folder.mkdir(parents=True)
    manifest.write(folder)
    register_manifest(store, manifest, **at)
    entrust(store, OWNER, STELLA, **at)


#: A linkage of that data set with a cohort.
LINKAGE: dict[str, Any] = {
    "way": "indirect",
    "datasets": [DATASET],
    "cohort": "Cohorte de greffés.",
    "criteria": "Dates de séjour.",
    "why": "Suivi complet.",
}

#: Fields of each section of a request that lacks nothing, by address and act.
SECTIONS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "project",
        "save_project",
        {
            "title": "Durées de séjour",
            "slug": "durees",
            "organisation": "CHU de Rennes",
            "controller": "CHU de Rennes",
            "summary": "Mesurer.",
        },
    ),
    ("data", "save_data", {"datasets": DATASET}),
    (
        f"data/{DATASET}",
        "save_columns",
        {
            "columns": "sejour.age",
            "identifiers": "care_dates",
            "why_care_dates": "Délais.",
            "professionals": "true",
            "why_professionals": "Pratiques.",
        },
    ),
    (
        "linkage",
        "save_linkage",
        {**LINKAGE, "datasets": DATASET},
    ),
    ("people", "add_person", {"username": "ben", "organisation": "INSERM"}),
    (
        "means",
        "save_means",
        {"outputs": "Tableaux.", "months": "6", "cpu": "2", "memory_mb": "4096", "storage_gb": "20"},
    ),
)
PURPOSE = [
    ("act", "save_purpose"),
    ("purpose", "research"),
    ("public_interest", "Mieux soigner."),
    ("disclaimed", "promotion"),
    ("disclaimed", "insurance"),
]
#: The same through the API.
FORM: dict[str, Any] = {
    "title": "Durées de séjour",
    "slug": "durees",
    "organisation": "CHU de Rennes",
    "controller": "CHU de Rennes",
    "summary": "Mesurer.",
    "purpose": "research",
    "public_interest": "Mieux soigner.",
    "disclaimed": ["promotion", "insurance"],
    "datasets": [{"dataset": DATASET, "columns": ["sejour.age"]}],
    "people": ["ben"],
    "outputs": "Tableaux.",
    "months": 6,
}


@dataclass(frozen=True)
class Turn:
    """Who answers which step, with what reference."""

    who: str
    step: str
    reference: str = ""


def turns(administrator: str) -> Iterator[Turn]:
    """The answers before the signatures, in order."""
    yield Turn(administrator, "completeness")
    yield Turn(CARL, "committee", "Avis 12")
    yield Turn(administrator, "authority", "DR-2026-12")
    yield Turn(STELLA, "owner")
