"""The shipped demonstration data, prepared once for all tests of the linkage."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from hub_extensions.demo_catalogue import catalogue, linkage_file, prepare
from project_spaces.linkage import LinkagePlan, plan_linkage
from project_spaces.linkage_spec import parse_spec
from project_spaces.manifests import Manifest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds one folder per data set."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def demo_manifests(demo_folder: Path) -> Mapping[str, Manifest]:
    """Every shipped data set, written into ``demo_folder``."""
    return {dataset.slug: prepare(dataset, demo_folder / dataset.slug) for dataset in catalogue()}


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
