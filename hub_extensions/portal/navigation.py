"""The main menu: what is offered to whom. Offering is courtesy; what is allowed is decided behind each page."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_spaces.facts import PlatformRole
from project_spaces.text import Text

if TYPE_CHECKING:
    from hub_extensions.portal.base import Viewer


@dataclass(frozen=True)
class Item:
    """One entry of the menu."""

    path: str
    label: Text
    current: bool


#: Who deals with requests for access.
_INSTRUCTORS = frozenset({PlatformRole.ADMINISTRATOR, PlatformRole.COMMITTEE, PlatformRole.STEWARD})
#: Path, label, and the role, or any of the roles, to whom it is offered (None: everybody).
_ITEMS: tuple[tuple[str, Text, PlatformRole | frozenset[PlatformRole] | None], ...] = (
    ("", Text("Accueil", "Home"), None),
    ("habilitations", Text("Mes habilitations", "My habilitations"), None),
    ("requests", Text("Demandes", "Requests"), None),
    ("catalogue", Text("Catalogue", "Catalogue"), None),
    ("onboarding", Text("Mon dossier", "My file"), None),
    ("exports", Text("Exports", "Exports"), None),
    ("imports", Text("Imports", "Imports"), None),
    ("instruction", Text("Instruction", "Decisions"), _INSTRUCTORS),
    ("review", Text("Vérification", "Review"), PlatformRole.REVIEWER),
    ("import-review", Text("Imports à examiner", "Imports to judge"), PlatformRole.STEWARD),
    ("admin", Text("Administration", "Administration"), PlatformRole.ADMINISTRATOR),
    ("admin/datasets", Text("Jeux de données", "Data sets"), PlatformRole.STEWARD),
    ("openings", Text("Mes données", "My data"), PlatformRole.STEWARD),
    ("admin/trainings", Text("Formations", "Trainings"), PlatformRole.TRAINING_MANAGER),
    ("audit", Text("Audit", "Audit"), PlatformRole.AUDITOR),
)


def navigation(viewer: "Viewer | None", path: str) -> list[Item]:
    """Return the menu of *viewer*, who is on the page *path* (relative to the portal)."""
    if viewer is None:
        return []
    return [
        Item(target, label, current=path == target or (target != "" and path.startswith(f"{target}/")))
        for target, label, role in _ITEMS
        if _offered(role, viewer)
    ]


def _offered(to: PlatformRole | frozenset[PlatformRole] | None, viewer: "Viewer") -> bool:
    if to is None or (viewer.hub and to is PlatformRole.ADMINISTRATOR):
        return True
    return bool(viewer.roles & to) if isinstance(to, frozenset) else to in viewer.roles
