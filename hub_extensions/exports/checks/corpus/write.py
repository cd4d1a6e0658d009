"""Writes the corpus to a folder: the files, what stands beside them, and a manifest that says what each must get."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.corpus import (
    attached,
    based,
    counted,
    drawings,
    elsewhere,
    estimated,
    figured,
    grains,
    honest,
    hostile,
    individual,
    laidout,
    listed,
    located,
    modelled,
    numbered,
    paged,
    pages,
    parted,
    pasted,
    printed,
    remarked,
    said,
    smuggled,
    spelt,
    stacked,
    texts,
    together,
    turned,
    twofaced,
    wordings,
    workbooks,
)
from hub_extensions.exports.checks.corpus.case import Case, rows_csv

MANIFEST = "manifest.json"


def all_cases() -> Iterator[Case]:
    """Yield every case, names being unique."""
    kinds = (
        counted,
        estimated,
        individual,
        texts,
        workbooks,
        attached,
        pages,
        drawings,
        printed,
        smuggled,
        spelt,
        stacked,
        wordings,
        laidout,
        pasted,
        elsewhere,
        honest,
        listed,
        numbered,
        grains,
        hostile,
        twofaced,
        parted,
        based,
        turned,
        figured,
        located,
        paged,
        remarked,
        said,
        modelled,
        together,
    )
    yield from itertools.chain.from_iterable(kind.cases() for kind in kinds)


def _put(folder: Path, files: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def write_corpus(folder: Path) -> Path:
    """Write the corpus under *folder* and return its manifest.

    Files that can be judged together lie in ``files/``; a case that needs neighbours has a folder of its own.
    """
    entries: list[dict[str, Any]] = []
    _put(folder / "data", {f"{together.DATASET}.csv": rows_csv(together.stays())})
    for case in all_cases():
        place = folder / ("files" if case.alone else f"cases/{case.name}")
        _put(place, {**case.request, **case.beside})
        if case.sparse:
            with (place / case.name).open("wb") as file:
                file.truncate(case.sparse)
        else:
            _put(place, {case.name: case.content})
        if case.released:
            _put(place / "released", case.released)
        entries.append(
            {
                "file": str((place / case.name).relative_to(folder)),
                "expected": case.expected.value,
                "reason": case.reason,
                "request": [str((place / name).relative_to(folder)) for name in case.request],
                "released": str((place / "released").relative_to(folder)) if case.released else None,
                "data": "data" if case.data else None,
                "policy": case.policy or None,
            }
        )
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({"files": entries}, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return manifest
