"""A report of attacks, honest and forged, as what reviewers read of it."""

import json
from typing import Any

import pytest

from hub_extensions.exports.attacks.figures import findings_of
from hub_extensions.exports.checks.findings import Severity, Verdict, verdict_of
from hub_extensions.exports.checks.policy import DEFAULT, policy_from_mapping
from hub_extensions.exports.checks.strictest import strictest
from hub_extensions.exports.rules_in_words import criteria_of, in_words
from project_spaces.errors import Invalid

SAME = {"status": "done", "share": 0.98, "seconds": 1}


def report(same: Any = SAME, **attacks: Any) -> bytes:
    """A report as the attacking program writes it."""
    return json.dumps({"train": 300, "test": 300, "same": same, "attacks": attacks}).encode()


def said(data: bytes) -> dict[str, Severity]:
    """The rules of a report and how serious they are."""
    return {each.rule: each.severity for each in findings_of(data, "m.skops", DEFAULT)}


class TestFigures:
    """What an attack found is shown with its figure, above the owner's threshold as a question."""

    @pytest.mark.parametrize(("auc", "severity"), [(0.55, Severity.INFO), (0.6, Severity.INFO), (0.61, Severity.FLAG)])
    def test_membership_is_marked_above_the_threshold_of_the_rules(self, auc: float, severity: Severity):
        found = said(report(lira={"status": "done", "auc": auc, "tpr": 0.2}))
        assert found == {"model.attack.rows": Severity.INFO, "model.attack.lira": severity}

    def test_the_sentence_holds_the_figure_in_both_languages(self):
        data = report(qmia={"status": "done", "auc": 0.987, "tpr": 0.4})
        message = findings_of(data, "m.skops", DEFAULT)[1].message
        assert "0.99" in message.fr
        assert "40%" in message.en

    def test_an_owner_may_ask_for_more_and_the_strictest_holds(self):
        strict = policy_from_mapping({"membership_auc": 0.52})
        data = report(qmia={"status": "done", "auc": 0.55, "tpr": None})
        both = strictest([DEFAULT, strict])
        assert verdict_of(findings_of(data, "m.skops", DEFAULT)) is Verdict.PASS
        assert verdict_of(findings_of(data, "m.skops", both)) is Verdict.FLAG
        assert any("0.52" in sentence.en for sentence in in_words(criteria_of(both)))

    @pytest.mark.parametrize("status", ["failed", "too_long", "not_applicable"])
    @pytest.mark.parametrize("name", ["structural", "qmia", "worst_case", "attribute", "lira"])
    def test_an_attack_that_did_not_end_is_never_silent(self, name: str, status: str):
        assert said(report(**{name: {"status": status}}))[f"model.attack.{name}"] is Severity.FLAG

    @pytest.mark.parametrize("same", [None, {"status": "failed"}, {"status": "too_long"}, {**SAME, "share": 0.5}])
    def test_rows_that_do_not_make_the_model_are_told(self, same: Any):
        """An author who declares other rows gets a low figure, and this sentence above it."""
        found = said(report(same, qmia={"status": "done", "auc": 0.5, "tpr": 0.0}))
        assert found["model.attack.rows"] is Severity.FLAG

    def test_structure_names_its_risks(self):
        data = report(structural={"status": "done", "risks": ["k_anonymity_risk"]})
        assert "few persons" in findings_of(data, "m.skops", DEFAULT)[1].message.en

    @pytest.mark.parametrize(
        ("advantage", "severity"), [(0.02, Severity.INFO), (-0.3, Severity.INFO), (0.4, Severity.FLAG)]
    )
    def test_attributes_that_can_be_guessed_are_marked(self, advantage: float, severity: Severity):
        assert said(report(attribute={"status": "done", "advantage": advantage}))["model.attack.attribute"] is severity


class TestForged:
    """The report was written beside a stranger's model: nothing in it is believed unless it is ours in form."""

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"[]",
            b"{" * 5000,
            b'{"attacks": {}}',
            b'{"attacks": [1]}',
            report(verdict={"status": "done"}),
            report(lira={"status": "passed", "auc": 0.5}),
            report(lira={"status": "done"}),
            report(lira={"status": "done", "auc": True}),
            report(lira={"status": "done", "auc": "0.5"}),
            report(lira={"status": "done", "auc": 7}),
            report(lira={"status": "done", "auc": float("nan")}),
            report(lira={"status": "done", "auc": 0.5, "tpr": -1}),
            report({"status": "done", "share": 3}, lira={"status": "done", "auc": 0.5}),
            report(structural={"status": "done", "risks": ["<b>safe</b>"]}),
            report(structural={"status": "done", "risks": "none"}),
            report(attribute={"status": "done", "advantage": "low"}),
            report(attribute={"status": "done"}, lira=None),
        ],
    )
    def test_is_refused(self, data: bytes):
        with pytest.raises(Invalid):
            findings_of(data, "m.skops", DEFAULT)
