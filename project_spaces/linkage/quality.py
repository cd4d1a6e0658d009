"""What a linkage found: the report that its container writes, read back strictly, and whether it is good enough.

The CNAM's practice for an indirect linkage is to deliver only when at least 90 % of the persons were found and to leave
out whoever has more than one partner (note of October 2019); the share is set in the linkage's file.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from project_spaces.errors import Invalid
from project_spaces.text import Text


@dataclass(frozen=True)
class Side:
    """One side: records and persons, with a usable key, and linked."""

    records: int
    records_with_key: int
    persons: int
    linked_records: int
    linked_persons: int

    @property
    def unlinked_share(self) -> float:
        """Share of the side's persons without a partner."""
        return 0.0 if self.persons == 0 else round(1 - self.linked_persons / self.persons, 6)


@dataclass(frozen=True)
class Level:
    """Pairs found so far when *criteria* had to agree (an indirect linkage goes down one criterion at a time)."""

    criteria: int
    found: int


@dataclass(frozen=True)
class Measure:
    """Against a known truth."""

    pairs: int
    true_pairs: int
    correct: int

    @property
    def precision(self) -> float:
        """Share of the pairs found that are true."""
        return 0.0 if self.pairs == 0 else round(self.correct / self.pairs, 6)

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found."""
        return 0.0 if self.true_pairs == 0 else round(self.correct / self.true_pairs, 6)


@dataclass(frozen=True)
class Quality:
    """The quality report of one linkage."""

    pairs: int
    persons: int
    left: Side
    right: Side
    levels: tuple[Level, ...]
    truth: Measure | None

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read the report that the container wrote.

        Raises
        ------
        Invalid
            it is not such a report (the container's output is checked like any other input).
        """
        try:
            document: dict[str, Any] = json.loads(raw)
            report = cls(
                pairs=document["pairs"],
                persons=document["persons"],
                left=Side(**document["left"]),
                right=Side(**document["right"]),
                levels=tuple(Level(**level) for level in document["levels"]),
                truth=Measure(**document["truth"]) if document["truth"] else None,
            )
        except (ValueError, TypeError, KeyError) as error:
            raise Invalid(
                Text(f"Rapport de qualité illisible : {error}.", f"The quality report can't be read: {error}.")
            ) from None
        return report

    @property
    def found_share(self) -> float:
        """Share of the left side's persons that were found."""
        return round(1 - self.left.unlinked_share, 6) if self.left.persons else 0.0

    def good_enough(self, required_share: float) -> bool:
        """Say whether something was found and the share asked for was reached."""
        return self.persons > 0 and self.found_share >= required_share

    def as_json(self) -> dict[str, Any]:
        """The report with its shares, for people and programs."""
        document = asdict(self)
        for name, side in (("left", self.left), ("right", self.right)):
            document[name]["unlinked_share"] = side.unlinked_share
        if self.truth:
            document["truth"] |= {"precision": self.truth.precision, "recall": self.truth.recall}
        return document | {"found_share": self.found_share}
