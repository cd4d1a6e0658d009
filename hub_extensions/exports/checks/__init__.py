"""Disclosure checks: what a file would give away if it left, said before a person is asked to look at it.

``run_checks`` is the whole public face; everything else is one rule or one format to a file. ``onefile`` leads one file
through them: ``formats``, ``prose`` and ``models`` take it apart, ``tables`` and ``rows`` judge what was found in it.
``together`` compares it with what else leaves. All of this runs in a confined process (``runner``, ``worker``,
``sandbox``).
"""

from hub_extensions.exports.checks.findings import FileVerdict, Finding, Severity, Verdict
from hub_extensions.exports.checks.policy import DEFAULT, PRESETS, Policy, load_policy, policy_from_mapping
from hub_extensions.exports.checks.runner import run_checks

__all__ = [
    "DEFAULT",
    "PRESETS",
    "FileVerdict",
    "Finding",
    "Policy",
    "Severity",
    "Verdict",
    "load_policy",
    "policy_from_mapping",
    "run_checks",
]
