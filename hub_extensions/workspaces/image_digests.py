"""Which image each kind of workspace runs: written when images are installed, read when a workspace starts.

A start never builds, pulls or guesses: it runs the digest written here, or says that there is none.
"""

import json

from hub_extensions.engine import images
from hub_extensions.engine.progress import Reporter
from hub_extensions.settings import Settings


def install(settings: Settings, report: Reporter | None = None) -> dict[str, str]:
    """Build what is missing and write down every digest; quick when nothing is missing."""
    digests = {name: images.ensure(name, settings=settings, report=report).digest for name in _wanted(settings)}
    place = settings.state_dir / "images.json"
    draft = place.with_suffix(".part")
    draft.write_text(json.dumps(digests, indent=1), encoding="utf-8")
    draft.rename(place)
    return digests


def digest(settings: Settings, name: str) -> str | None:
    """Return the digest of the installed image *name*, None when there is none."""
    try:
        found = json.loads((settings.state_dir / "images.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found.get(name)


def _wanted(settings: Settings) -> tuple[str, ...]:
    attacks = (settings.attacks_image,) if settings.attacks_image else ()
    return (settings.image, settings.linkage_image, *attacks)
