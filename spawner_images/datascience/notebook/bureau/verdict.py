"""A verdict as a cell shows it, and what may be done about it: mends, saving, the page on which one submits."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

from bureau import showing
from bureau.channel import Upload, ask, project_folder
from bureau.words import in_language

#: Where files that shall leave are kept in the project folder.
EXPORTS = "exports"
_SHORT = {"round": "round_5"}


class Link:
    """The page on which a person submits: a link, since nothing in a workspace may submit in anybody's name."""

    def __init__(self, url: str, path: str) -> None:
        self.url, self.path = url, path

    def __repr__(self) -> str:
        return self.url

    def _repr_html_(self) -> str:
        return showing.link(self.url, in_language(f"Soumettre {self.path} au sas", f"Submit {self.path} to the desk"))


class Verdict:
    """What the checks say of one file. ``verdict`` is ``pass``, ``flag`` or ``block``; ``findings`` say why."""

    def __init__(self, said: dict[str, Any], upload: Upload, path: str | None, submit_url: str) -> None:
        self.verdict: str = said["verdict"]
        self.findings: list[dict[str, Any]] = said["findings"]
        self.mends: list[str] = [each["mend"] for each in said["mends"]]
        self.note = ""
        self.path = path
        self._labels = {each["mend"]: each["label"] for each in said["mends"]}
        self._upload = upload
        self._submit = submit_url

    @property
    def blocked(self) -> bool:
        """Whether it can't be submitted as it is."""
        return self.verdict == "block"

    @property
    def frame(self) -> pd.DataFrame:
        """The table as it would leave."""
        separator = _separator(self._upload.data.decode("utf-8", "replace"))
        decimal = "." if separator == "," else ","
        return pd.read_csv(io.BytesIO(self._upload.data), comment="#", sep=separator, decimal=decimal)

    def mend(self, how: str, name: str | None = None) -> "Verdict":
        """Return the verdict on the mended file, which is written into the project's ``exports`` folder.

        Args:
            how: one of ``mends``; ``round`` is ``round_5``.
            name: its name; that of the old one with ``-corrige`` otherwise.

        Raises:
            Refused: the mend does not apply, or its result would still be blocked.
        """
        answer, data = ask("mend", uploads=[self._upload], mend=_SHORT.get(how, how))
        if data is None:
            raise RuntimeError(in_language("La réponse est incomplète.", "The answer is incomplete."))
        stem = Path(self._upload.name).stem.removesuffix("-corrige")
        mended = Upload(name or f"{stem}-corrige{answer['suffix']}", data, self._described(answer["sidecar"]))
        path = _save(mended, None)
        said, _ = ask("check", paths=[path])
        made = Verdict(said["files"][0], mended, path, said["submit"])
        made.note = in_language(*answer["note"])
        return made

    def save(self, name: str | None = None) -> str:
        """Write the file into the project's ``exports`` folder and return its path there."""
        if self.path is None or name is not None:
            self.path = _save(self._upload, name)
        return self.path

    def submit(self) -> Link:
        """Save the file and return the page of the portal on which it is submitted."""
        path = self.save()
        if "file=" not in self._submit:
            self._submit = ask("check", paths=[path])[0]["submit"]
        return Link(self._submit, path)

    def _described(self, more: dict[str, Any]) -> dict[str, Any] | None:
        """Return the population of a mended table: the same, with what merged classes stand for."""
        before = self._upload.sidecar
        if before is None:
            return None
        kept = {key: value for key, value in before.items() if key != "contributors"}
        classes = {**kept.get("classes", {}), **more.get("classes", {})}
        return {**kept, **({"classes": classes} if classes else {})}

    def _rows(self) -> list[list[str]]:
        if not self._upload.name.lower().endswith(".csv"):
            return []
        text = self._upload.data.decode("utf-8", "replace")
        return list(csv.reader(io.StringIO(text), delimiter=_separator(text)))

    def __repr__(self) -> str:
        return showing.as_text(self._shown())

    def _repr_html_(self) -> str:
        return showing.as_html(self._shown(), self._rows())

    def _shown(self) -> showing.Shown:
        mends = [(f'.mend("{mend}")', in_language(*label)) for mend, label in self._labels.items()]
        return showing.Shown(self._upload.name, self.verdict, self.findings, mends, self.note)


def _separator(text: str) -> str:
    """Return what parts the cells of a table: it cuts the most lines alike; a comma may be a French decimal."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")][:300]

    def alike(separator: str) -> tuple[int, bool]:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator) if len(row) > 1]
        return (widths.count(max(set(widths), key=widths.count)) if widths else 0, separator != ",")

    return max((",", ";", "\t", "|"), key=alike)


def _save(upload: Upload, name: str | None) -> str:
    """Write a file that is not there yet; a second one of a name gets a number."""
    folder = project_folder() / EXPORTS
    folder.mkdir(exist_ok=True)
    wanted = Path(name or upload.name).name
    for number in range(1, 1000):
        again = "" if number == 1 else f"-{number}"
        target = folder / f"{Path(wanted).stem}{again}{Path(wanted).suffix}"
        if target.exists() and target.read_bytes() != upload.data:
            continue
        target.write_bytes(upload.data)
        if upload.sidecar is not None:
            target.with_name(target.name + ".table.json").write_text(json.dumps(upload.sidecar), "utf-8")
        return f"{EXPORTS}/{target.name}"
    raise FileExistsError(wanted)
