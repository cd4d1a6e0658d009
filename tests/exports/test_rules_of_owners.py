"""Rules of each data source: stated in its sheet, registered with its version, the strictest of all for a project."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub_extensions.datasets.sheets import parse_sheet, prepare
from hub_extensions.exports.checks.findings import Severity
from hub_extensions.exports.checks.policy import DEFAULT, PRESETS, Policy, policy_from_mapping
from hub_extensions.exports.checks.strictest import owners_mapping, owners_policy, strictest
from hub_extensions.exports.details import detail
from hub_extensions.exports.rules_in_words import criteria_of, in_words
from hub_extensions.exports.standing import data_of, policy_of
from hub_extensions.exports.testing import AUTHOR, DAY, PROJECT, SETUP, Bench
from hub_extensions.imports.versions import next_sheet
from hub_extensions.linkage.delivery import owners_strictest
from project_spaces.datasets import register_manifest
from project_spaces.errors import Invalid, Unavailable
from project_spaces.habilitations import grant_habilitation
from project_spaces.manifests import FILE_NAME, Manifest


def sheet(folder: Path, slug: str, **more: Any) -> Any:
    """What a producer delivers, and the sheet that describes it."""
    (folder / f"{slug}.csv").write_text("patient,age\np1,40\n")
    return parse_sheet(
        {
            "slug": slug,
            "title": {"fr": slug, "en": slug},
            "version": "1",
            "owner": "ATIH",
            "classification": "synthetic",
            "min_persons": 11,
            "person_column": "patient",
            "licence": "L",
            "source": "S",
            "citation": "C",
            "tables": [{"name": "t", "kind": "csv", "file": f"{slug}.csv"}],
            **more,
        }
    )


def registered(bench: Bench, slug: str, folder: Path, **more: Any) -> Manifest:
    """A data set of the project, with the rules that its owner states."""
    described = sheet(folder, slug, **more)
    manifest = prepare(described, folder, bench.desk.dataset_dir(slug, "1"))
    register_manifest(bench.desk.store, manifest, actor=SETUP, now=bench.now)
    grant_habilitation(
        bench.desk.store,
        person=AUTHOR,
        project=PROJECT,
        dataset=slug,
        starts_at=bench.now,
        ends_at=bench.now + DAY,
        actor=SETUP,
        now=bench.now,
    )
    return manifest


def applied(bench: Bench) -> Policy:
    with bench.desk.store.read() as session:
        return data_of(session, PROJECT, base=bench.desk.policy, dataset_dir=bench.desk.dataset_dir).policy


def test_a_project_keeps_to_the_strictest_of_all_its_data_sets(bench: Bench, tmp_path: Path) -> None:
    registered(bench, "un", tmp_path, export_policy={"preset": "opensafely-7-5", "zero": "block"})
    registered(bench, "deux", tmp_path, min_persons=20, export_policy={"dominance": 0.7, "rounding": 10})
    policy = applied(bench)
    assert (policy.min_persons, policy.zero, policy.dominance, policy.rounding) == (20, Severity.BLOCK, 0.7, 10)
    assert "OpenSAFELY" in policy.source
    assert "ATIH (deux) : 20 personnes" in policy.source


def test_a_denominator_is_the_largest_that_any_owner_asks_for(bench: Bench, tmp_path: Path) -> None:
    registered(bench, "un", tmp_path, export_policy={"min_persons_denominator": 30, "max_week_cells": 500})
    registered(bench, "deux", tmp_path, export_policy={"min_persons_denominator": 20, "max_week_files": 5})
    policy = applied(bench)
    assert (policy.least_base, policy.max_week_files, policy.max_week_cells) == (30, 5, 500)
    assert criteria_of(policy)["min_persons_denominator"] == 30


def test_a_request_keeps_the_rules_and_their_source_and_its_author_reads_them(bench: Bench, tmp_path: Path) -> None:
    registered(bench, "un", tmp_path, export_policy={"zero": "block"})
    request_id = bench.draft("a.csv")
    for told in (detail(bench.desk, request_id, AUTHOR, now=bench.now)["rules"], None):
        if told is not None:
            assert {"fr": "Effectif nul : bloqué.", "en": "A count of zero: blocked."} in told["sentences"]
    bench.submit(request_id)
    page = detail(bench.desk, request_id, AUTHOR, now=bench.now)
    assert page["criteria"]["zero"] == "block"
    assert page["rules"]["source"] == page["criteria"]["source"]


def test_rules_that_are_not_the_registered_ones_stop_the_desk(bench: Bench, tmp_path: Path) -> None:
    """Somebody who can write the disk makes the rules laxer: nothing is judged by them."""
    registered(bench, "un", tmp_path, export_policy={"zero": "block"})
    file = bench.desk.dataset_dir("un", "1") / FILE_NAME
    file.parent.chmod(0o755)
    file.chmod(0o644)
    file.write_text(file.read_text().replace('"block"', '"info"'))
    request_id = bench.draft("a.csv")
    with pytest.raises(Unavailable):
        bench.submit(request_id)
    assert detail(bench.desk, request_id, AUTHOR, now=bench.now)["rules"] is None


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"preset": "inconnu"}, "inconnu"),
        ({"zero": "laisse"}, "zero"),
        ({"min_persons": 3}, "min_persons"),
        ({"max_files": 10_000}, "max_files"),
        ({"seuil": 3}, "seuil"),
    ],
)
def test_a_sheet_with_rules_that_are_none_is_refused(tmp_path: Path, stated: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        sheet(tmp_path, "un", export_policy=stated)


def test_a_preset_that_asks_more_than_the_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="opensafely"):
        sheet(tmp_path, "un", min_persons=5, export_policy={"preset": "opensafely-7-5"})


def test_rules_follow_the_data_into_the_next_version_and_through_a_linkage(tmp_path: Path) -> None:
    manifests = [
        prepare(sheet(tmp_path, slug, export_policy=stated), tmp_path, tmp_path / f"out-{slug}")
        for slug, stated in (("un", {"zero": "block"}), ("deux", {"dominance": 0.7}), ("trois", {}))
    ]
    assert dict(next_sheet(manifests[0], "2", {"t": tmp_path / "un.csv"}).export_policy) == {"zero": "block"}
    linked = policy_from_mapping(owners_strictest(manifests))
    assert (linked.zero, linked.dominance) == (Severity.BLOCK, 0.7)
    assert owners_strictest(manifests[2:]) == {}


def test_a_manifest_without_rules_is_written_as_before(tmp_path: Path) -> None:
    manifest = prepare(sheet(tmp_path, "un"), tmp_path, tmp_path / "out")
    assert "export_policy" not in json.loads(manifest.to_bytes())
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_what_an_owner_states_reads_back_as_it_was(name: str) -> None:
    policy = replace(PRESETS[name], person_column=None)
    assert owners_policy(owners_mapping(policy), min_persons=policy.min_persons, person_column=None) == policy


@pytest.mark.parametrize("one", sorted(PRESETS))
@pytest.mark.parametrize("other", sorted(PRESETS))
def test_the_strictest_is_at_least_as_strict_as_each(one: str, other: str) -> None:
    both = strictest([PRESETS[one], PRESETS[other]])
    for policy in (PRESETS[one], PRESETS[other]):
        assert both.min_persons >= policy.min_persons
        assert both.dominance <= policy.dominance
        assert both.dominance_two <= policy.dominance_two
        assert both.least_base >= policy.least_base
        assert both.rounding is None or policy.rounding is None or both.rounding % policy.rounding == 0
        assert policy.source in both.source


def test_a_threshold_of_the_installation_is_not_said_to_be_another_s() -> None:
    assert "CASD" in policy_of(min_persons=11, max_file_bytes=1 << 20, max_files=5).source
    assert "installation" in policy_of(min_persons=5, max_file_bytes=1 << 20, max_files=5).source


def test_every_rule_is_said_in_both_languages() -> None:
    said = in_words(criteria_of(replace(DEFAULT, rounding=5, person_column="patient")))
    assert len(said) == 16
    assert all(each.fr and each.en and each.fr != each.en for each in said)
    assert in_words({"min_persons": 11}) == [said[0]]
