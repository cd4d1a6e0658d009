"""The public register as files: HTML that opens from a disk, JSON and CSV, for a web site that is not ours."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub_extensions.portal import templating
from hub_extensions.portal.verbs.register import as_csv, delays, described
from project_spaces import register
from project_spaces.store import Store
from project_spaces.text import Language

#: French is the page that a folder opens with.
_FILES: dict[Language, str] = {"fr": "index.html", "en": "index.en.html"}


def export(store: Store, folder: Path, *, operator: str, rights_contact: str, now: datetime, zone: ZoneInfo) -> int:
    """Write the register into *folder* (made when absent; files of an earlier export are replaced); count projects."""
    folder.mkdir(parents=True, exist_ok=True)
    with store.read() as session:
        found: dict[str, Any] = {
            "projects": [described(each) for each in register.public_projects(session, now=now)],
            "deferred": register.deferred_count(session, now=now),
            "delays": delays(session),
            "operator": operator,
            "rights_contact": rights_contact,
        }
    (folder / "register.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    (folder / "register.csv").write_text(as_csv(found["projects"]), "utf-8")
    shutil.copyfile(templating.STATIC / "bureau.css", folder / "bureau.css")
    for language, name in _FILES.items():
        other: Language = "en" if language == "fr" else "fr"
        page = templating.render(
            "register_static.html", language, zone, **found, now=now, other_lang=other, other_file=_FILES[other]
        )
        (folder / name).write_text(page, "utf-8")
    return len(found["projects"])
