"""The 30-day readmission template in the image that people get, on the shipped data: figures and what may leave."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pandas as pd
import pytest

from hub_extensions.datasets.sheets import prepare
from hub_extensions.demo.catalogue import DEMO_DATA, demo_data_set
from hub_extensions.engine import images
from hub_extensions.notebooks.catalogue import find_template, notebook_path
from hub_extensions.workspaces.sealed_container import LABEL, Bind, SealedContainer

#: Executes the code cells in one namespace; the values given replace those of the cell tagged parameters.
RUNNER = """
import json, sys
values = {"display": print}
for cell in json.load(open("/notebook.ipynb"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), values)
        if "parameters" in cell["metadata"].get("tags", []):
            values.update(json.loads(sys.argv[1]))
"""

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a workspace would mount under /data."""
    folder = tmp_path_factory.mktemp("data")
    folder.chmod(0o755)
    for slug in ("diabetes130", "omop-1001"):
        prepare(demo_data_set(slug), DEMO_DATA, folder / slug)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What a workspace would mount under /project."""
    folder = tmp_path / "project"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture
def run(data: Path, project: Path) -> Iterator[Run]:
    """Run the notebook in a sealed container; returns the answer of its last line."""
    engine = docker.APIClient(version="auto")
    sealed = SealedContainer(
        name="bureau-test-readmission",
        image=(images.find("datascience") or images.ensure("datascience")).digest,
        user="61000:61000",
        binds=(
            Bind(str(notebook_path(find_template("readmission-30j"))), "/notebook.ipynb"),
            Bind(str(data), "/data"),
            Bind(str(project), "/project", read_only=False),
        ),
        cpu=2.0,
        memory_mb=2048,
        pids=128,
        environment={"MPLBACKEND": "agg", "MPLCONFIGDIR": "/tmp/matplotlib"},  # noqa: S108 - inside the container
        labels={LABEL: "tests-readmission"},
    )

    def in_container(**values: object) -> dict[str, Any]:
        host = engine.create_host_config(**sealed.host_arguments())
        command = ["python", "-c", RUNNER, json.dumps(values)]
        container = engine.create_container(**sealed.create_arguments(host) | {"command": command})["Id"]
        try:
            engine.start(container)
            status = engine.wait(container, timeout=120)["StatusCode"]
            printed = engine.logs(container).decode()
            assert status == 0, printed
            answer: dict[str, Any] = json.loads(printed.splitlines()[-1])
            return answer
        finally:
            engine.remove_container(container, force=True)

    yield in_container
    engine.close()


def test_diabetes_gives_the_published_rate_and_tables_without_small_cells(run: Run, data: Path, project: Path):
    answer = run(source="diabetes130")
    exports = project / "exports/readmission-30j"
    assert (answer["sejours"], answer["personnes"], answer["readmissions"]) == (101_766, 71_518, 11_357)
    assert answer["taux"] == 11.16
    assert set(answer["fichiers"]) == {f"diabetes130-{name}" for name in ("taux.csv", "par-age.csv", "par-age.png")}
    assert (exports / "diabetes130-par-age.png").read_bytes().startswith(b"\x89PNG")

    stays = pd.read_parquet(data / "diabetes130/diabetes130.parquet")
    for name in ("taux", "par-age"):
        sidecar = json.loads((exports / f"diabetes130-{name}.csv.table.json").read_text())
        kept = stays
        for column, values in sidecar.get("filter", {}).items():
            kept = kept[kept[column].isin(values)]
        again = kept.groupby(sidecar["dimensions"])[sidecar["person_column"]].agg(["size", "nunique"])
        released = pd.read_csv(exports / f"diabetes130-{name}.csv").set_index(sidecar["dimensions"])["sejours"]
        assert released.to_dict() == again["size"].to_dict()
        assert again["nunique"].min() >= 11
        withheld = stays.drop(kept.index).groupby("readmitted")["patient_nbr"].nunique()
        assert withheld.empty or withheld.min() >= 11


def test_omop_gives_the_rate_only_because_eleven_persons_carry_the_readmissions(run: Run, project: Path):
    answer = run(source="omop-1001")
    assert (answer["sejours"], answer["personnes"], answer["readmissions"]) == (1_001, 233, 197)
    assert answer["fichiers"] == ["omop-1001-taux.csv"]
    assert pd.read_csv(project / "exports/readmission-30j/omop-1001-taux.csv")["sejours"].to_list() == [804, 197]


def test_a_higher_threshold_releases_nothing(run: Run, project: Path):
    assert run(source="omop-1001", seuil=12)["fichiers"] == []
    assert list((project / "exports/readmission-30j").iterdir()) == []


def test_a_delay_that_the_data_does_not_know_is_said(run: Run):
    with pytest.raises(AssertionError, match="delai_jours doit valoir 30"):
        run(source="diabetes130", delai_jours=60)
