"""What a check says: a rule, how serious, where, and a sentence for a person; never the value that it protects.

Rules carry dotted names (``table.small_count``) so that a policy, a page and a test can speak of one without quoting
its sentence. The shapes here are the contract of ``bureau check --json``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from project_spaces.text import Language, Text


class Severity(StrEnum):
    """How serious a finding is. A block can't be overruled by a reviewer; a flag asks for one's judgement."""

    BLOCK = "block"
    FLAG = "flag"
    INFO = "info"


class Verdict(StrEnum):
    """What becomes of a file: the most serious of its findings, information apart."""

    PASS = "pass"  # noqa: S105
    FLAG = "flag"
    BLOCK = "block"


@dataclass(frozen=True)
class Finding:
    """One observation: ``where`` names sheet, column, row or part; ``message`` what is wrong and what to do."""

    rule: str
    severity: Severity
    where: str
    message: Text

    def as_json(self, language: Language = "fr") -> dict[str, str]:
        """Return the object of DESIGN section 9, the message in *language*."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "where": self.where,
            "message": self.message.in_(language),
        }

    def to_wire(self) -> dict[str, Any]:
        """Return what travels from the worker to its parent: both languages."""
        return {**self.as_json(), "message": list(self.message)}

    @classmethod
    def from_wire(cls, raw: Mapping[str, Any]) -> "Finding":
        """Read what :meth:`to_wire` wrote. Raises ``KeyError`` or ``ValueError`` when the worker wrote something
        else."""
        french, english = raw["message"]
        return cls(str(raw["rule"]), Severity(raw["severity"]), str(raw["where"]), Text(str(french), str(english)))


def block(rule: str, where: str, fr: str, en: str) -> Finding:
    """Return a finding that stops the file."""
    return Finding(rule, Severity.BLOCK, where, Text(fr, en))


def flag(rule: str, where: str, fr: str, en: str) -> Finding:
    """Return a finding that a reviewer must judge."""
    return Finding(rule, Severity.FLAG, where, Text(fr, en))


def info(rule: str, where: str, fr: str, en: str) -> Finding:
    """Return a finding that changes no verdict."""
    return Finding(rule, Severity.INFO, where, Text(fr, en))


def graded(severity: Severity, rule: str, where: str, fr: str, en: str) -> Finding:
    """Return a finding whose severity a policy chose."""
    return Finding(rule, severity, where, Text(fr, en))


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return the most serious verdict among *findings*; pass when none objects."""
    severities = {finding.severity for finding in findings}
    if Severity.BLOCK in severities:
        return Verdict.BLOCK
    return Verdict.FLAG if Severity.FLAG in severities else Verdict.PASS


@dataclass(frozen=True)
class FileVerdict:
    """The verdict on one file. ``normalised`` is the file that people see and that is released, or ``None``.

    ``seconds`` is how long the worker took over it, comparisons with other files apart.
    """

    file: Path
    verdict: Verdict
    type: str
    normalised: Path | None
    findings: tuple[Finding, ...]
    seconds: float = 0.0

    def as_json(self, language: Language = "fr") -> dict[str, Any]:
        """Return the object of DESIGN section 9."""
        return {
            "file": str(self.file),
            "verdict": self.verdict.value,
            "type": self.type,
            "normalised": None if self.normalised is None else str(self.normalised),
            "findings": [finding.as_json(language) for finding in self.findings],
        }
