"""Between the desk and the disclosure checks: what is asked, and that an answer which is not one is never a pass.

The desk depends on a ``Checker``, a callable; the product's own is ``standard_checker``. Files are laid out for it
under their own names (content is compared with the name), with the description of a table that stands beside it.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from hub_extensions.exports.checks import FileVerdict, Policy, Verdict, run_checks
from hub_extensions.exports.checks.inspection import CHECKSUMS
from hub_extensions.exports.checks.together.past import WAITING
from project_spaces.beneath import open_beneath
from project_spaces.errors import BureauError, Unavailable
from project_spaces.text import Text

SIDECAR = ".table.json"
#: A description of a table is a page of JSON; more is not read (bytes).
LARGEST_SIDECAR = 1 << 20

NOT_CHECKED = Text(
    "Le contrôle automatique n'a pas abouti : rien n'est déposé, votre demande est inchangée. Réessayez ; si cela se "
    "répète, prévenez l'administrateur.",
    "The automatic check did not complete: nothing was submitted, your request is unchanged. Try again; if it happens "
    "again, tell the administrator.",
)


@dataclass(frozen=True)
class CheckOrder:
    """One call of a checker: *files* in order with the *names* their author gave, normalised copies into *out_dir*.

    *data* are the project's own tables, *released* a folder of what left the project earlier, *supporting* the places
    of the files that are evidence for the others and never leave, *data_since* the moment from which the project's data
    are what they are.
    """

    files: tuple[Path, ...]
    names: tuple[str, ...]
    out_dir: Path
    policy: Policy
    data: tuple[Path, ...]
    released: Path | None
    supporting: frozenset[int] = frozenset()
    now: datetime | None = None
    data_since: datetime | None = None


class Checker(Protocol):
    """Judges the files of one request; one verdict for each, in order."""

    def __call__(self, order: CheckOrder) -> Sequence[FileVerdict]:
        """Judge, or raise: a checker that can't judge never passes."""


def standard_checker(order: CheckOrder) -> Sequence[FileVerdict]:
    """Run the product's checks, each file in a confined worker."""
    return run_checks(
        order.files,
        order.policy,
        data=order.data,
        released=order.released,
        out_dir=order.out_dir,
        names=order.names,
        supporting=order.supporting,
        now=order.now,
        data_since=order.data_since,
    )


def judged(checker: Checker, order: CheckOrder) -> tuple[FileVerdict, ...]:
    """Call *checker* and believe its answer only when it is a whole one.

    Raises
    ------
    Unavailable
        it raised, or answered for other files than those asked, or points to a normalised file that is not its own.
    """
    try:
        verdicts = tuple(checker(order))
    except BureauError:
        raise
    except Exception as error:  # whatever breaks in a checker must end in a refusal, never in a pass
        raise Unavailable(NOT_CHECKED) from error
    whole = [verdict.file for verdict in verdicts] == list(order.files)
    if not whole or not all(_sound(verdict, order.out_dir) for verdict in verdicts):
        raise Unavailable(NOT_CHECKED)
    return verdicts


def _sound(verdict: FileVerdict, out_dir: Path) -> bool:
    if verdict.verdict not in set(Verdict):
        return False
    normalised = verdict.normalised
    return normalised is None or (
        normalised.parent.resolve() == out_dir.resolve() and normalised.is_file() and not normalised.is_symlink()
    )


@dataclass(frozen=True)
class Earlier:
    """A file that left: its frozen copy, its name, the population that was declared and judged with it, and when it was
    asked for.

    *waiting*: it has not left yet, another request asks for it.
    """

    frozen: Path
    name: str
    population: Mapping[str, Any] | None
    asked: datetime | None = None
    waiting: bool = False


@contextmanager
def laid_out(
    files: Sequence[tuple[Path, str]], released: Sequence[Earlier], *, folder: Path, beneath: Path
) -> Iterator[tuple[tuple[Path, ...], Path | None, Path]]:
    """Lay files out for a checker and give (files, folder of released ones, output folder), removed afterwards.

    Parameters
    ----------
    files
        (frozen copy, path in the project folder).
    released
        what left before or waits to, the oldest first, with the populations kept since: the folder's own descriptions
        may have changed.
    beneath
        the project folder, where the descriptions of tables stand beside the tables.
    """
    with tempfile.TemporaryDirectory(prefix="check-", dir=folder) as name:
        root = Path(name)
        laid = tuple(_lay(root / "in" / str(number), *file) for number, file in enumerate(files))
        for target, (_, path) in zip(laid, files, strict=True):
            _copy_beside(beneath, path + SIDECAR, target.with_name(target.name + SIDECAR))
            noted = PurePosixPath(CHECKSUMS) / f"{target.name}.txt"
            _copy_beside(beneath, str(PurePosixPath(path).parent / noted), target.parent / noted)
        earlier = root / "released"
        for number, gone in enumerate(released):
            place = earlier / WAITING if gone.waiting else earlier
            target = _lay(place / f"{number:06d}", gone.frozen, gone.name)
            if gone.asked is not None:
                os.utime(target, (gone.asked.timestamp(),) * 2)
            if gone.population is not None:
                target.with_name(target.name + SIDECAR).write_text(json.dumps(gone.population), "utf-8")
        out_dir = root / "out"
        out_dir.mkdir()
        yield laid, earlier if released else None, out_dir


def _lay(folder: Path, frozen: Path, path: str) -> Path:
    folder.mkdir(parents=True)
    target = folder / PurePosixPath(path).name
    shutil.copyfile(frozen, target)
    return target


def population_of(laid: Path) -> dict[str, Any] | None:
    """Return the description that was judged with a file; ``None`` when there is none that can be read."""
    try:
        said = json.loads(laid.with_name(laid.name + SIDECAR).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _copy_beside(beneath: Path, path: str, target: Path) -> None:
    """Copy what stands beside a file when it is there: without it the checks know less, which is the stricter case."""
    try:
        descriptor = open_beneath(beneath, path, os.O_RDONLY | os.O_NONBLOCK)
    except (BureauError, OSError):
        return
    with os.fdopen(descriptor, "rb") as source:
        data = source.read(LARGEST_SIDECAR + 1)
    if len(data) <= LARGEST_SIDECAR:
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)
