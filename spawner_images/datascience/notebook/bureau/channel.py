"""How a kernel without a network asks the export desk: a file in a private folder, an answer in another.

The platform answers running workspaces only, within seconds; what it sends is data, never code.
"""

import json
import os
import shutil
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bureau.words import in_language

#: Seconds that an answer may take: a check has 90, and others may be before it.
PATIENCE_S = 240.0
_LOOK_EVERY_S = 0.05


class Refused(Exception):
    """The desk said no; the sentence says why."""


class NotAnswered(Exception):
    """Nobody answered in time: nothing is known, which is not a pass."""


@dataclass(frozen=True)
class Upload:
    """A file that goes with an ask: its name, its bytes, and the population that is declared with it."""

    name: str
    data: bytes
    sidecar: dict[str, Any] | None = None


def project_folder() -> Path:
    """Return the project's shared folder."""
    return Path(os.environ.get("BUREAU_PROJECT", "/project")).resolve()


def _folders() -> tuple[Path, Path]:
    root = Path.home() / ".bureau" / "sas"
    asks, answers = root / "asks", root / "answers"
    for folder in (asks, answers):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return asks, answers


def ask(
    verb: str, *, paths: Sequence[str] = (), uploads: Sequence[Upload] = (), mend: str | None = None
) -> tuple[dict[str, Any], bytes | None]:
    """Ask, wait, and return the answer with the file that came with it.

    Raises:
        Refused: the desk says no.
        NotAnswered: it says nothing.
    """
    asks, answers = _folders()
    name = uuid.uuid4().hex
    own = asks / name
    files = list(paths) or [f"{number}/{each.name}" for number, each in enumerate(uploads)]
    body = {"version": 1, "verb": verb, "place": "ask" if uploads else "project", "files": files, "mend": mend}
    try:
        for number, each in enumerate(uploads):
            _lay(own / str(number), each)
        part = asks / f"{name}.part"
        part.write_text(json.dumps(body), "utf-8")
        part.replace(asks / f"{name}.json")
        answer = _awaited(answers / f"{name}.json")
        file = answers / f"{name}.file"
        data = file.read_bytes() if file.exists() else None
    finally:
        shutil.rmtree(own, ignore_errors=True)
        for left in (asks / f"{name}.json", answers / f"{name}.json", answers / f"{name}.file"):
            left.unlink(missing_ok=True)
    if not answer.get("ok"):
        raise Refused(" ".join(in_language(*each) for each in [answer["error"], *answer.get("reasons", [])]))
    return answer, data


def _lay(folder: Path, each: Upload) -> None:
    folder.mkdir(parents=True)
    (folder / each.name).write_bytes(each.data)
    if each.sidecar is not None:
        (folder / f"{each.name}.table.json").write_text(json.dumps(each.sidecar), "utf-8")


def _awaited(file: Path) -> dict[str, Any]:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            text = file.read_text("utf-8")
        except FileNotFoundError:
            text = ""
        if text.endswith("\n"):
            answer: dict[str, Any] = json.loads(text)
            return answer
        time.sleep(_LOOK_EVERY_S)
    raise NotAnswered(
        in_language(
            "Le sas n'a pas répondu : réessayez ; sans réponse, rien ne dit que le fichier peut sortir.",
            "The export desk did not answer: try again; without an answer nothing says that the file may leave.",
        )
    )
