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
    ("exports", Text("Exports", "Exports"), None),
    ("instruction", Text("Instruction", "Decisions"), _INSTRUCTORS),
    ("review", Text("Vérification", "Review"), PlatformRole.REVIEWER),
    ("admin", Text("Administration", "Administration"), PlatformRole.ADMINISTRATOR),
    ("audit", Text("Audit", "Audit"), PlatformRole.AUDITOR),
)


def navigation(viewer: "Viewer | None", path: str) -> list[Item]:
    """Return the menu of *viewer*, who is on the page *path* (relative to the portal)."""
    if viewer is None:
        return []
    first = path.split("/", maxsplit=1)[0]
    return [
        Item(target, label, current=first == target) for target, label, role in _ITEMS if _offered(role, viewer.roles)
    ]


def _offered(to: PlatformRole | frozenset[PlatformRole] | None, held: frozenset[PlatformRole]) -> bool:
    if to is None:
        return True
    return bool(held & to) if isinstance(to, frozenset) else to in held
