"""Names that become parts of URLs, host names, folders and JupyterHub server names: one rule for all of them.

The rule is JupyterHub 6's for server names (1 to 30 of ``a-z``, digits and hyphens, a letter first, no ``--``, no
hyphen last), because a workspace's server name is its project's slug and a person's host is ``<username>.<domain>``.
"""

import re

from project_spaces.columns import SLUG_LENGTH
from project_spaces.errors import Invalid
from project_spaces.text import Text

_SLUG = re.compile(r"[a-z](?:-?[a-z0-9])*", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9](?:[._-]?[A-Za-z0-9])*", re.ASCII)
VERSION_LENGTH = 40


def is_slug(value: str) -> bool:
    """Tell whether *value* may name a project, a data set or a person."""
    return len(value) <= SLUG_LENGTH and _SLUG.fullmatch(value) is not None


def require_slug(value: str, what: Text) -> str:
    """Return *value*, or raise ``Invalid`` with the rule; *what* names the field ("Identifiant du projet")."""
    if is_slug(value):
        return value
    raise Invalid(
        Text(
            f"{what.fr} « {value[:40]} » refusé : 1 à {SLUG_LENGTH} caractères parmi a-z, 0-9 et -, une lettre "
            "d'abord, jamais deux tirets de suite ni un tiret à la fin.",
            f"{what.en} “{value[:40]}” refused: 1 to {SLUG_LENGTH} characters of a-z, 0-9 and -, a letter "
            "first, never two hyphens in a row nor one at the end.",
        )
    )


def require_version(value: str) -> str:
    """Return *value* when it may name a version of a data set, or raise ``Invalid``."""
    if len(value) <= VERSION_LENGTH and _VERSION.fullmatch(value):
        return value
    raise Invalid(
        Text(
            f"Version « {value[:40]} » refusée : lettres, chiffres, et entre eux un point, un tiret ou un souligné.",
            f"Version “{value[:40]}” refused: letters, digits, and between them a dot, a hyphen or an underscore.",
        )
    )
