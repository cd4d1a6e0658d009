"""An anchor that fails, contradicts, hangs or whose process is gone becomes an alarm in its time, and not before."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.places import Places
from audit.standings import COPY, COSIGNED, STAMP, Standing, StandingsFile
from hub_extensions.installation import throwaway
from hub_extensions.oversight.alarms import AlarmKind
from hub_extensions.oversight.anchors import anchor_alarms
from hub_extensions.settings import Settings

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DONE = Standing(done_at=NOW, size=7, tried_at=NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with throwaway.prepared() as made:
        Places(made.ledger_dir).prepare()
        yield made.model_copy(update={"copy_dir": tmp_path})


def alarms(settings: Settings, name: str, standing: Standing, after: timedelta) -> list[str]:
    StandingsFile(Places(settings.ledger_dir)).keep(name, standing)
    return [each.kind for each in anchor_alarms(settings, NOW + after)]


@pytest.mark.parametrize(
    ("name", "late", "silent"),
    [
        ("witness w1", timedelta(minutes=15), timedelta(minutes=16)),
        (STAMP, timedelta(hours=3), timedelta(hours=4)),
        (COPY, timedelta(hours=36), timedelta(hours=60)),
    ],
)
def test_what_fails_or_is_not_heard_of_is_an_alarm_in_its_time(settings, name, late, silent):
    second = timedelta(seconds=1)
    failing = DONE.failed(NOW, "gone")
    assert alarms(settings, name, failing, late) == []
    assert alarms(settings, name, failing, late + second) == [AlarmKind.ANCHOR]
    assert alarms(settings, name, DONE, silent) == []
    assert alarms(settings, name, DONE, silent + second) == [AlarmKind.ANCHOR]
    (said,) = anchor_alarms(settings, NOW + silent + second)
    assert "aucune tentative n'a abouti" in said.text.fr
    assert "no attempt came to an end" in said.text.en


def test_a_contradiction_is_an_alarm_at_once(settings):
    assert alarms(settings, "witness w1", DONE.failed(NOW, "another root", "fork"), timedelta(0)) == [
        AlarmKind.CONTRADICTED
    ]


def test_what_is_only_told_once_an_hour_is_no_anchor_of_its_own(settings):
    assert alarms(settings, COSIGNED, replace(DONE, count=3), timedelta(days=400)) == []


@pytest.mark.parametrize(("ahead_s", "fr", "en"), [(25.0, "avance", "ahead of"), (-25.0, "retarde", "behind")])
def test_a_clock_that_others_contradict_is_an_alarm(settings, ahead_s, fr, en):
    minute = timedelta(minutes=1)
    assert alarms(settings, "witness w1", replace(DONE, ahead_s=ahead_s / 2.5), minute) == []
    assert alarms(settings, "witness w1", replace(DONE, ahead_s=ahead_s), minute) == [AlarmKind.CLOCK_WRONG]
    (said,) = anchor_alarms(settings, NOW + minute)
    assert said.text.fr == f"L'horloge {fr} de 25 s sur l'heure que déclare le témoin w1."
    assert said.text.en == f"The clock is 25 s {en} the time that the witness w1 states."
