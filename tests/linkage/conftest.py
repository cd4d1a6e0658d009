"""The shipped demonstration data, prepared once for all tests of the linkage."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from audit import KeyStore, Ledger
from hub_extensions.datasets.sheets import prepare
from hub_extensions.demo.catalogue import DEMO_DATA, catalogue, install, linkage_file
from hub_extensions.installation import throwaway
from hub_extensions.settings import Settings
from project_spaces.layout import Layout
from project_spaces.linkage.specification import parse_spec
from project_spaces.linkage.tables import LinkagePlan, plan_linkage
from project_spaces.manifests import Manifest
from project_spaces.projects import create_project
from project_spaces.quotas import Quota
from project_spaces.store import Store
from tests.fixtures.recorder import recorder_of

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds one folder per data set."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def demo_manifests(demo_folder: Path) -> Mapping[str, Manifest]:
    """Every shipped data set, written into ``demo_folder``."""
    return {dataset.slug: prepare(dataset, DEMO_DATA, demo_folder / dataset.slug) for dataset in catalogue()}


@pytest.fixture(scope="session")
def join() -> ModuleType:
    """The program that the linkage image runs."""
    spec = importlib.util.spec_from_file_location("join", ROOT / "spawner_images/linkage/join.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def snds_spec() -> str:
    """The first linkage: claims × hospital stays."""
    return linkage_file("prestations-sejours").read_text("utf-8")


@pytest.fixture(scope="session")
def snds_plan(snds_spec: str, demo_manifests: Mapping[str, Manifest]) -> LinkagePlan:
    """The first linkage, planned."""
    return plan_linkage(parse_spec(snds_spec), demo_manifests)


@pytest.fixture(scope="session")
def febrl_spec() -> str:
    """The indirect linkage by the CNAM's protocol, truth known."""
    return linkage_file("registre-indirect").read_text("utf-8")


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """An installation whose ledger runs and whose project and data sets are registered."""
    with throwaway.prepared() as settings, recorder_of(settings):
        _register(settings)
        yield settings


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


@pytest.fixture
def bureau(settings: Settings) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the installed command in the throw-away installation."""
    assert settings.home.exists()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-c", "from hub_extensions.cli import main; main()", *arguments]
        return subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)

    return run
