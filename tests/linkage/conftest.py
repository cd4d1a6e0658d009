"""The shipped demonstration data, prepared once for all tests of the linkage."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from hub_extensions.demo_catalogue import catalogue, prepare
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


SNDS = """
linkage: prestations-sejours
project: readmissions
left: {dataset: snds-dcir, table: ER_PRS_F, keep: [EXE_SOI_DTD, PRS_NAT_REF, PRS_PAI_MNT]}
right: {dataset: snds-pmsi-mco, table: T_MCOaaC, keep: [ETA_NUM, RSA_NUM, SOR_ANN]}
rule: {kind: exact, compare: [[BEN_NIR_PSA, NIR_ANO_17]]}
output: {dataset: snds-lie, title: {fr: Prestations et séjours, en: Claims and stays}}
"""


@pytest.fixture(scope="session")
def snds_spec() -> str:
    """The first linkage: claims × hospital stays."""
    return SNDS


@pytest.fixture(scope="session")
def snds_plan(demo_manifests: Mapping[str, Manifest]) -> LinkagePlan:
    """The first linkage, planned."""
    return plan_linkage(parse_spec(SNDS), demo_manifests)
