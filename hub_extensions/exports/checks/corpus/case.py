"""One file of the corpus: its name, its verdict, why, and what must stand beside it."""

import csv
import io
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub_extensions.exports.checks.findings import Verdict

PASS, FLAG, BLOCK = Verdict.PASS, Verdict.FLAG, Verdict.BLOCK


@dataclass(frozen=True)
class Case:
    """A file and its expected verdict.

    ``beside`` are files of the same folder that are not judged (sidecars); ``request`` files of the same request,
    before it;
    ``released`` files released earlier; ``data`` whether the project's table is given; ``sparse`` a size in bytes
    for a file
    of holes, instead of ``content``.
    """

    name: str
    expected: Verdict
    reason: str
    content: bytes = b""
    beside: Mapping[str, bytes] = field(default_factory=dict)
    request: Mapping[str, bytes] = field(default_factory=dict)
    released: Mapping[str, bytes] = field(default_factory=dict)
    data: bool = False
    policy: str = ""
    sparse: int = 0

    @property
    def alone(self) -> bool:
        """Whether the file can be judged in one request with others."""
        return not (self.beside or self.request or self.released or self.data or self.policy)


Row = Sequence[object]


def table(header: Sequence[str], rows: Iterable[Row], separator: str = ",") -> bytes:
    """Return a CSV."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def seeded(seed: str) -> random.Random:
    """Return a random source that gives the same numbers in every run."""
    return random.Random(seed)


def patients(count: int, seed: str) -> list[dict[str, object]]:
    """Return invented patients, one record each: the rows that must never leave."""
    source = seeded(seed)
    return [
        {
            "ipp": f"8{source.randrange(10**8, 10**9)}",
            "age": source.randrange(18, 97),
            "sexe": source.choice("HF"),
            "dep": source.choice(["75", "92", "93", "94", "2A"]),
            "date_entree": f"20{source.randrange(15, 25)}-{source.randrange(1, 13):02d}-{source.randrange(1, 29):02d}",
            "crp": round(source.gammavariate(2, 20), 1),
            "cout": round(source.lognormvariate(7, 1), 2),
            "diag": source.choice(["I10", "E11", "J45", "C50", "G30"]),
        }
        for _ in range(count)
    ]


def rows_csv(
    records: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None, separator: str = ","
) -> bytes:
    """Return records as CSV."""
    names = list(columns or records[0])
    return table(names, ([record[name] for name in names] for record in records), separator)
