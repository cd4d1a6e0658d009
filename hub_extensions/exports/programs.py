"""The program that made a file, for its reviewers: frozen at submission where its author names one, never released.

Who judges a table wants to see how it was made. An author may name the program's file in the project folder; a copy of
it is kept with the submission, so that what is read is what lay there then. Results inside a notebook are never shown:
reviewers are habilitated for nothing.
"""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from sqlalchemy import select

from audit.events import Kind
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.drafting import checked_path
from hub_extensions.exports.requests import ExportRequest, ExportStep
from project_spaces.errors import BureauError
from project_spaces.store import ReadSession

#: What can be read as a program, and how large one is at most (bytes).
SUFFIXES = frozenset({".py", ".ipynb", ".r", ".rmd", ".qmd", ".sql", ".do", ".sas", ".jl", ".sh"})
LARGEST = 2 << 20
#: Name under which a submission keeps the hash of a program, beside those of its file.
KEPT = "program_sha256"


def freeze_programs(desk: Desk, project: str, named: Iterable[str]) -> Mapping[str, str]:
    """Copy the programs that authors name, and return their hashes by name; what is none in the folder is left out."""
    frozen: dict[str, str] = {}
    for name in {each for each in named if PurePosixPath(each).suffix.lower() in SUFFIXES}:
        try:
            kept = desk.vault.freeze(desk.project_dir(project), checked_path(name), max_bytes=LARGEST)
        except BureauError:
            continue
        frozen[name] = kept.sha256
    return frozen


def programs_of(request: ExportRequest) -> Mapping[str, str]:
    """Return the hash of the program that was kept with the last submission of each file, by the file's path."""
    submitted = [step for step in request.steps if step.kind == Kind.EXPORT_SUBMITTED.value]
    content = (submitted[-1].content or {}) if submitted else {}
    return {path: str(said[KEPT]) for path, said in content.items() if isinstance(said, dict) and said.get(KEPT)}


def kept_programs(session: ReadSession) -> set[str]:
    """Return the hashes of every program that a submission kept."""
    query = select(ExportStep.content).where(ExportStep.kind == Kind.EXPORT_SUBMITTED.value)
    return {
        str(said[KEPT])
        for content in session.scalars(query)
        for said in (content or {}).values()
        if isinstance(said, dict) and said.get(KEPT)
    }
