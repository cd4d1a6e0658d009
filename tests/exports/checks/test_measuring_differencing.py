"""The measure of differencing: everything that brute force derives is found, and a blind rule is told apart."""

import pytest

from hub_extensions.exports.checks.measuring import subtraction
from hub_extensions.exports.checks.measuring.subtraction import measure, report
from hub_extensions.exports.checks.together.declared import Judged


def test_what_brute_force_derives_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    said = measure(6_000, (3,))
    assert said.good, report(said)
    assert sum(ten.derivable for ten in said.tens) > 5
    assert all(not ten.derivable and not ten.found for ten in said.tens if ten.kind == "independent")
    monkeypatch.setattr(subtraction, "judge_declared", lambda *_: Judged())
    assert not measure(6_000, (3,)).good
