"""Says in which line of a text a finding is: whoever is refused, and whoever judges, must not have to search for it.

Rules read a text whole, because what they look for may span its lines. Each line is then read again alone; the first
that gives the same finding is the place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hub_extensions.exports.checks.findings import Finding
from hub_extensions.exports.checks.identifiers import check_text
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.sentences import check_sentences
from hub_extensions.exports.checks.secrets import check_secrets

WHOLE = "texte"
#: Lines that are read again at most.
MOST_LINES = 5000


def placed(findings: Sequence[Finding], text: str, policy: Policy) -> list[Finding]:
    """Return *findings* with the line of each that says no more than that it is in the text."""
    wanted = {finding.rule for finding in findings if finding.where == WHOLE}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n")[:MOST_LINES], 1):
        if wanted <= lines.keys():
            break
        for rule in _rules(line, policy):
            lines.setdefault(rule, number)
    return [
        replace(finding, where=f"{WHOLE} · ligne {lines[finding.rule]}")
        if finding.where == WHOLE and finding.rule in lines
        else finding
        for finding in findings
    ]


def _rules(line: str, policy: Policy) -> Iterator[str]:
    for finding in (*check_text(line, WHOLE), *check_secrets(line, WHOLE), *check_sentences(line, policy)):
        yield finding.rule
