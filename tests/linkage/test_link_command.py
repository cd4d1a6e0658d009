"""`bureau link` on a real installation: recorder, database, engine; then the log is verified from its tiles."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from audit import KeyStore, Ledger
from hub_extensions import throwaway
from hub_extensions.commands.link import command
from hub_extensions.demo_catalogue import install
from hub_extensions.settings import Settings
from project_spaces.errors import BureauError
from project_spaces.layout import Layout
from project_spaces.projects import create_project
from project_spaces.quotas import Quota
from project_spaces.store import Store

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """An installation whose ledger runs and whose project and data sets are registered."""
    with throwaway.prepared() as settings:
        place = ["--dir", str(settings.ledger_dir), "--socket", str(settings.ledger_socket)]
        recorder = subprocess.Popen([sys.executable, "-m", "audit.recorder", *place], stdout=subprocess.PIPE, text=True)
        assert recorder.stdout is not None
        recorder.stdout.readline()  # READY
        try:
            _register(settings)
            yield settings
        finally:
            recorder.terminate()
            recorder.wait(20)
            recorder.stdout.close()


def _register(settings: Settings) -> None:
    with closing(Ledger(settings.ledger_socket, KeyStore(settings.secrets_dir / "ledger"))) as ledger:
        store = Store(settings.store_url, ledger)
        create_project(
            store,
            slug="readmissions",
            title="Réadmissions",
            purpose="essai",
            starts_at=NOW,
            ends_at=NOW.replace(year=2027),
            quota=Quota(1.0, 1024, 128, 1, 0),
            actor="system:tests",
            now=NOW,
        )
        for _ in range(2):  # asking twice registers once
            layout = Layout(settings.storage_dir)
            install(store, layout, ("snds-dcir", "snds-pmsi-mco"), actor="system:tests", now=NOW)
        store.close()


def bureau(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in the throw-away installation."""
    return subprocess.run(
        [sys.executable, "-c", "from hub_extensions.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_links_prints_its_quality_and_leaves_a_log_that_verifies(settings: Settings, snds_spec: str, tmp_path: Path):
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


def test_what_can_not_be_asked_is_one_sentence_and_status_2(settings: Settings, tmp_path: Path):
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
def test_a_bad_file_is_named(settings: Settings, snds_spec: str, tmp_path: Path, text: str, sentence: str):
    spec = tmp_path / "linkage.yaml"
    spec.write_text(snds_spec.replace("keep: [BEN_NAI_ANN", "keep: [BEN_NIR_PSA") if text == "NIR" else text)
    with pytest.raises(BureauError, match=sentence):
        CliRunner().invoke(command, [str(spec)], catch_exceptions=False)
