"""An installed attacks image is proved by what it finds in a model that must be found out, and by nothing less."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub_extensions.exports.attacks.proving import EXAMPLE, MADE, prove
from hub_extensions.exports.attacks.space import AttackSpace
from project_spaces.errors import Invalid
from tests.exports.attacks.test_waiting import FakeEngine

FOUND: dict[str, Any] = {
    "same": {"status": "done", "share": 1.0},
    "attacks": {
        "qmia": {"status": "done", "auc": 0.9, "tpr": None},
        "worst_case": {"status": "done", "auc": 0.8, "tpr": 0.1},
    },
}


def without(name: str, said: Any) -> dict[str, Any]:
    return {**FOUND, "attacks": {**FOUND["attacks"], name: said}}


class Image(FakeEngine):
    """Writes the example's files for its command, and a report for the image's own program."""

    report: Any = FOUND

    def create_container(self, **arguments: Any) -> Any:
        self.write = self.example if arguments["command"] == list(EXAMPLE) else self.attack
        return super().create_container(**arguments)

    def example(self, output: Path) -> None:
        for name in MADE:
            (output / name).write_bytes(b"made")

    def attack(self, output: Path) -> None:
        assert {*MADE, "job.json"} == set(self.seen)
        (output / "report.json").write_text(json.dumps(self.report))


def proved(report: Any, folder: Path) -> bool:
    engine = Image()
    engine.report = report
    return prove(AttackSpace(engine, "sha256:0", 61001, "tests"), folder).found


def test_attacks_that_find_it_prove_the_image(tmp_path: Path) -> None:
    assert proved(FOUND, tmp_path)


@pytest.mark.parametrize(
    "report",
    [
        {**FOUND, "same": {"status": "failed"}},
        without("worst_case", {"status": "done", "auc": 0.5, "tpr": 0.0}),
        without("qmia", {"status": "failed"}),
        {**FOUND, "attacks": {"worst_case": FOUND["attacks"]["worst_case"]}},
    ],
    ids=["other rows", "nothing found", "one broke", "one missing"],
)
def test_less_than_that_does_not(tmp_path: Path, report: Any) -> None:
    assert not proved(report, tmp_path)


def test_an_image_that_cannot_make_the_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        prove(AttackSpace(Image(status=1), "sha256:0", 61001, "tests"), tmp_path)
