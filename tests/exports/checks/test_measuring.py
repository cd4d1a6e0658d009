"""The measure of the match: the promise holds on small tables of every shape, and a broken matcher is told apart."""

import json

import pytest
from click.testing import CliRunner

from hub_extensions.commands.check import command
from hub_extensions.exports.checks.measuring import rates
from hub_extensions.exports.checks.measuring.invented import SHAPES
from hub_extensions.exports.checks.measuring.rates import Measured, Rate, measure, report


@pytest.fixture(scope="module")
def measured() -> Measured:
    """Every shape, twenty thousand rows."""
    return measure(20_000, (5,), 2, whole=["claims"])


def test_disguised_extracts_are_found(measured: Measured) -> None:
    assert sum(rate.tried for rate in measured.found) >= 45
    assert sum(rate.hits for rate in measured.found) >= 0.95 * sum(rate.tried for rate in measured.found), report(
        measured
    )


def test_honest_aggregates_are_not_flagged(measured: Measured) -> None:
    assert sum(rate.tried for rate in measured.flagged) >= 50
    assert sum(rate.hits for rate in measured.flagged) <= 0.01 * sum(rate.tried for rate in measured.flagged), report(
        measured
    )


def test_every_shape_and_kind_is_in_the_report(measured: Measured) -> None:
    said = report(measured)
    assert all(f"{shape}-5" in said for shape in SHAPES)
    assert {whole.suffix for whole in measured.wholes} == {".parquet", ".csv"}
    assert all(whole.memory_mb > 0 for whole in measured.wholes)
    assert measured.as_json()["found"]["tried"] == sum(rate.tried for rate in measured.found)


def test_a_matcher_that_finds_nothing_or_everything_is_not_good(monkeypatch: pytest.MonkeyPatch) -> None:
    for said in ([], ["taken for rows"]):
        monkeypatch.setattr(rates, "check_against", lambda *_, said=said: iter(said))
        monkeypatch.setattr(rates, "whole_check", lambda *_: rates.Whole("t", ".csv", 1.0, 1))
        shown = CliRunner().invoke(
            command, ["--measure", "matching", "--rows", "2000", "--seeds", "1", "--each", "1", "--json"]
        )
        assert shown.exit_code == 1
        assert json.loads(shown.stdout)["good"] is False


def test_the_interval_of_a_rate() -> None:
    low, high = Rate("t", "k", 95, 100).interval
    assert (round(low, 4), round(high, 4)) == (0.8882, 0.9785)
    assert Rate("t", "k", 0, 0).interval == (0.0, 1.0)
