"""The way from a refusal to the page that explains it, with the question already asked."""

from collections.abc import Mapping
from urllib.parse import urlencode

from project_spaces.decisions import Action

#: First part of an address → what was wanted there; anything else was about a workspace.
_WANTED = {
    "admin": Action.ADMINISTER,
    "audit": Action.READ_AUDIT,
    "review": Action.REVIEW_EXPORT,
    "reviews": Action.REVIEW_EXPORT,
    "exports": Action.SUBMIT_EXPORT,
    "imports": Action.SUBMIT_IMPORT,
    "import-review": Action.REVIEW_IMPORT,
}


def why_link(path: str, named: Mapping[str, str]) -> str:
    """Return the address, relative to the portal, that explains why *path* (relative to portal or API) was refused."""
    question = {name: named[name] for name in ("project", "dataset") if named.get(name)}
    wanted = _WANTED.get(path.split("/", maxsplit=1)[0])
    if wanted is None:
        wanted = Action.MOUNT_DATASET if "dataset" in question else Action.OPEN_WORKSPACE
    return "why?" + urlencode({"action": wanted.value, **question})
