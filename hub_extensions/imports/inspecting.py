"""Between the desk and what opens files: an order to a confined process, and that no answer is never a pass."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from hub_extensions.exports.checks.confined import NoAnswer, ask
from hub_extensions.exports.checks.findings import Finding
from project_spaces.errors import Unavailable
from project_spaces.text import Text

#: Seconds that all files of one import may take.
TIMEOUT_S = 1200.0
COMMAND = (sys.executable, "-m", "hub_extensions.imports.worker")

NOT_CHECKED = Text(
    "Le contrôle des fichiers n'a pas abouti : ils restent en quarantaine. Il est tenté à nouveau ; si cela dure, "
    "prévenez l'administrateur.",
    "The check of the files did not complete: they stay in quarantine. It is tried again; if this lasts, tell the "
    "administrator.",
)


@dataclass(frozen=True)
class InspectOrder:
    """Files (bytes, name, dictionary that came with it), and what a data set's dictionary says when it is for one."""

    files: tuple[tuple[Path, str, Path | None], ...]
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Inspected:
    """What was seen of one file."""

    type: str
    findings: tuple[Finding, ...]


class Inspector(Protocol):
    """Looks into files; one answer for each, in order."""

    def __call__(self, order: InspectOrder) -> Sequence[Inspected]:
        """Look, or raise ``Unavailable``."""


def inspect_confined(order: InspectOrder) -> Sequence[Inspected]:
    """Look into the files in a confined process.

    Raises
    ------
    Unavailable
        it died, took too long, or answered for other files than those asked.
    """
    answer = run_confined(
        {
            "act": "look",
            "files": [[str(path), name, None if schema is None else str(schema)] for path, name, schema in order.files],
            "schemas": dict(order.schemas),
            "asked": {name: list(columns) for name, columns in order.asked.items()},
        }
    )
    try:
        found = [
            Inspected(str(each["type"]), tuple(Finding.from_wire(raw) for raw in each["findings"]))
            for each in answer["files"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(NOT_CHECKED) from error
    if len(found) != len(order.files):
        raise Unavailable(NOT_CHECKED)
    return found


def run_confined(order: Mapping[str, Any]) -> dict[str, Any]:
    """Give one order to a confined process and return its answer; raises ``Unavailable`` when there is none."""
    try:
        return ask(COMMAND, order, TIMEOUT_S)
    except NoAnswer as error:
        raise Unavailable(NOT_CHECKED) from error
