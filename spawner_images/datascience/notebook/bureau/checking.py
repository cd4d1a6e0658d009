"""``bureau.check``: the desk's verdict on what is in a cell, before anything is asked of anybody."""

import json
from pathlib import Path
from typing import Any

from bureau.channel import Upload, ask
from bureau.objects import project_path, upload_of
from bureau.verdict import Verdict
from bureau.words import in_language

#: Files that the desk takes in one ask.
MOST_FILES = 20


def check(*things: Any, name: str | None = None) -> Verdict | list[Verdict]:
    """Return what the export desk's checks say of *things*, judged together as one request.

    Args:
        things: DataFrames, Series, tables of ``bureau.table``, matplotlib figures, or paths of files.
        name: the name of the file that one thing would be.

    Returns:
        One verdict, or a list when there are several things.

    Raises:
        Refused: the desk says no (too many checks in an hour, a right that ended).
        NotAnswered: it says nothing, which is not a pass.
    """
    if not things:
        raise TypeError(in_language("Que faut-il contrôler ?", "Check what?"))
    if len(things) > MOST_FILES:
        raise ValueError(
            in_language(f"Au plus {MOST_FILES} fichiers à la fois.", f"At most {MOST_FILES} files at a time.")
        )
    paths = [project_path(thing) for thing in things]
    inside = [path for path in paths if path is not None]
    uploads = [
        upload_of(thing, name if len(things) == 1 else f"tableau-{number + 1}" if _made(thing) else None)
        for number, thing in enumerate(things)
    ]
    if len(inside) == len(things):
        answer, _ = ask("check", paths=inside)
    else:
        answer, _ = ask("check", uploads=uploads)
    places = inside if len(inside) == len(things) else [None] * len(things)
    verdicts = [
        Verdict(said, upload, path, answer["submit"])
        for said, upload, path in zip(answer["files"], uploads, places, strict=True)
    ]
    return verdicts[0] if len(verdicts) == 1 else verdicts


def check_acro(folder: str | Path = "outputs") -> list[Verdict]:
    """Return the desk's verdicts on the outputs of an ACRO session.

    ``results.json`` goes with them as what the author declares. Whatever it says, the desk makes up its own mind, and
    evidence that calls a blocked table safe is itself blocked. ACRO's own summaries (DONT_RELEASE) stay.

    Raises:
        FileNotFoundError: the folder holds no ``results.json``, or not the files that it names.
        ValueError: it is not one of ACRO's, or names too many files for one ask.
    """
    root = Path(folder)
    declared = root / "results.json"
    try:
        results = json.loads(declared.read_text("utf-8"))["results"]
        kept = [output for uid, output in results.items() if not uid.endswith("DONT_RELEASE")]
        named = [str(file["name"]) for output in kept for file in output.get("files", [])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            in_language("results.json n'est pas celui d'une session ACRO.", "results.json is no ACRO session's.")
        ) from error
    uploads = [Upload("results.json", declared.read_bytes())]
    uploads += [Upload(Path(name).name, (root / Path(name).name).read_bytes()) for name in dict.fromkeys(named)]
    verdicts = check(*uploads)
    return verdicts if isinstance(verdicts, list) else [verdicts]


def _made(thing: Any) -> bool:
    return not isinstance(thing, str | Path | Upload)
