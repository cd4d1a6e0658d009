"""`bureau link` on a real installation: recorder, database, engine; then the log is verified from its tiles."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from click.testing import CliRunner

from hub_extensions.commands.link import command
from hub_extensions.settings import Settings
from project_spaces.errors import BureauError
from project_spaces.layout import Layout

Bureau = Callable[..., "CompletedProcess[str]"]


def test_links_prints_its_quality_and_leaves_a_log_that_verifies(
    settings: Settings, bureau: Bureau, snds_spec: str, tmp_path: Path
):
    spec = tmp_path / "linkage.yaml"
    spec.write_text(snds_spec, "utf-8")
    done = bureau("link", str(spec), "--json")
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert (outcome["dataset"], outcome["version"], outcome["delivered"]) == ("snds-apparie", "1", True)
    assert (outcome["quality"]["persons"], outcome["quality"]["pairs"]) == (1_001, 100_338)
    delivered = Layout(settings.storage_dir).dataset_dir("snds-apparie", "1")
    assert {file.name for file in delivered.iterdir()} == {
        "ER_PRS_F.parquet",
        "T_MCOaaC.parquet",
        "persons_linked.parquet",
        "quality.json",
        "manifest.json",
    }
    verified = bureau("ledger", "verify", str(settings.ledger_dir))
    assert verified.returncode == 0, verified.stdout + verified.stderr

    again = CliRunner().invoke(command, [str(spec)], catch_exceptions=False)
    assert again.exit_code == 0
    assert "1001 personnes, 100338 paires." in again.stdout
    assert "snds-apparie 2 est enregistré" in again.stdout


def test_what_can_not_be_asked_is_one_sentence_and_status_2(bureau: Bureau, tmp_path: Path):
    refused = bureau("link", str(tmp_path / "nowhere.yaml"))
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].endswith("can't be read: No such file or directory.")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("linkage: [", "is not YAML"),
        ("linkage: x", "Field required"),
        ("NIR", "identifying and can't be let out"),
    ],
)
@pytest.mark.usefixtures("settings")
def test_a_bad_file_is_named(snds_spec: str, tmp_path: Path, text: str, sentence: str):
    spec = tmp_path / "linkage.yaml"
    spec.write_text(snds_spec.replace("keep: [BEN_NAI_ANN", "keep: [BEN_NIR_PSA") if text == "NIR" else text)
    with pytest.raises(BureauError, match=sentence):
        CliRunner().invoke(command, [str(spec)], catch_exceptions=False)
