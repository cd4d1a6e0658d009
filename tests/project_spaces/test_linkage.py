"""What a linkage may compare and let out, and that a pseudonym tells nothing outside its project."""

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest

from audit.events import Event, Kind
from project_spaces.errors import Invalid, Refused
from project_spaces.linkage.accepted import ASK_ANEW, require_accepted
from project_spaces.linkage.specification import LinkageSpec, parse_spec
from project_spaces.linkage.tables import LINKS_TABLE, looks_identifying, plan_linkage, pseudonym
from project_spaces.manifests import Column, Manifest, TableFile
from project_spaces.requests.records import AccessRequest, RequestState
from project_spaces.text import Text
from tests.project_spaces.conftest import NOW, SYSTEM, World

SPEC = """
linkage: prestations-sejours
project: readmissions
left: {dataset: dcir, table: ER_PRS_F, keep: [EXE_SOI_DTD, PRS_PAI_MNT]}
right: {dataset: pmsi, table: T_MCOaaC, keep: [SOR_ANN]}
rule: {kind: exact, compare: [[BEN_NIR_PSA, NIR_ANO_17]]}
output: {dataset: snds-lie, title: {fr: Prestations et séjours, en: Claims and stays}}
"""


def manifest(dataset: str, table: str, key: str, *others: str, classification: str = "identifying") -> Manifest:
    """A data set of one table whose *key* is identifying and linkable."""
    columns = (Column(key, "string", identifying=True, linkable=True), *(Column(name, "string") for name in others))
    file = TableFile(table, f"{table}.parquet", "0" * 64, 1, 1, columns)
    return Manifest(
        dataset, "1", Text(dataset, dataset), "CNAM", classification, 11, key, "LO 2.0", "source", "citation", (file,)
    )


BOTH_SOURCES = {"way": "direct", "datasets": ["dcir", "pmsi"], "criteria": "NIR", "why": "Suivi."}
COHORT = {**BOTH_SOURCES, "datasets": ["dcir"], "cohort": "300 greffés."}
INDIRECT = (
    SPEC.replace("{kind: exact,", "{kind: indirect, at_least: 2,")
    .replace("NIR_ANO_17]]}", "NIR_ANO_17], [EXE_SOI_DTD, SOR_ANN]]}")
    .replace("T_MCOaaC,", "T_MCOaaC, record: R,")
    .replace("ER_PRS_F,", "ER_PRS_F, record: R,")
)


def accepted(world: World, form: dict[str, Any]) -> None:
    """The study came of a request with this *form*."""
    with world.store.write(Event(Kind.ADMIN_ACT, SYSTEM, None, NOW)) as session:
        session.add(
            AccessRequest(
                id="0" * 32,
                applicant="ana",
                state=RequestState.ACCEPTED,
                form=form,
                round=1,
                short=False,
                project="etude",
                created_at=NOW,
            )
        )


class TestWhatWasAccepted:
    """Attack: whoever runs linkages joins what nobody judged, for a project that is otherwise in order."""

    def refusal(self, world: World, spec: str = SPEC) -> str:
        with world.store.read() as session:
            try:
                require_accepted(session, parse_spec(spec.replace("readmissions", "etude")))
            except Refused as refused:
                return refused.text.en
        return ""

    def test_a_project_without_a_request_or_with_an_older_one_is_the_administrators_to_answer_for(
        self, quick_world: World
    ) -> None:
        assert self.refusal(quick_world) == ""
        accepted(quick_world, {"slug": "etude"})
        assert self.refusal(quick_world) == ""

    @pytest.mark.parametrize(
        ("linkage", "spec", "words"),
        [
            (None, SPEC, "asks for no linkage"),
            (BOTH_SOURCES, SPEC, ""),
            (COHORT, SPEC, ""),
            (BOTH_SOURCES, INDIRECT, "is direct"),
            ({**BOTH_SOURCES, "way": "indirect"}, INDIRECT, ""),
            ({**BOTH_SOURCES, "datasets": ["dcir", "causes"]}, SPEC, "is not of pmsi."),
            ({**COHORT, "datasets": ["causes", "urgences"]}, SPEC, "is not of dcir, pmsi."),
        ],
    )
    def test_nothing_beyond_it(self, quick_world: World, linkage: dict[str, Any] | None, spec: str, words: str) -> None:
        accepted(quick_world, {"slug": "etude", "linkage": linkage})
        found = self.refusal(quick_world, spec)
        assert found.endswith(ASK_ANEW.en) if words else found == ""
        assert words in found


@pytest.fixture
def manifests() -> dict[str, Manifest]:
    return {
        "dcir": manifest("dcir", "ER_PRS_F", "BEN_NIR_PSA", "EXE_SOI_DTD", "PRS_PAI_MNT", "psp_pps_num"),
        "pmsi": manifest("pmsi", "T_MCOaaC", "NIR_ANO_17", "SOR_ANN"),
    }


def spec(old: str = "", new: str = "") -> LinkageSpec:
    """The linkage of the tests, with one passage changed."""
    assert old in SPEC
    return parse_spec(SPEC.replace(old, new) if old else SPEC)


class TestSpec:
    """The YAML file is read strictly."""

    def test_reads_a_direct_linkage(self):
        assert spec().inputs == ("dcir", "pmsi")
        assert spec().output.pseudonym == "ID_PROJET"

    @pytest.mark.parametrize(
        ("old", "new", "named"),
        [
            ("linkage: prestations-sejours", "linkage: Prestations", "linkage"),
            ("project: readmissions", "project: readmissions\nnetwork: true", "network: unknown key"),
            ("kind: exact", "kind: fuzzy", "rule.kind"),
            ("kind: exact", "kind: indirect", "at_least"),
            ("kind: exact", "kind: exact, at_least: 2", "at_least"),
            ("[[BEN_NIR_PSA, NIR_ANO_17]]", "[]", "rule.compare"),
            ("[[BEN_NIR_PSA, NIR_ANO_17]]", "['a'']", "YAML"),
            ("keep: [SOR_ANN]", "keep: ['x\" FROM y; --']", "right.keep.0"),
            ("table: T_MCOaaC", "table: ER_PRS_F", "two different tables"),
            ("output:", "truth: {dataset: dcir, table: t, left: a, right: b}\noutput:", "left.record"),
        ],
    )
    def test_bad_input_is_one_sentence_that_names_the_key(self, old: str, new: str, named: str):
        with pytest.raises(Invalid) as refusal:
            spec(old, new)
        assert named in refusal.value.text.en
        assert "\n" not in refusal.value.text.fr


class TestPlan:
    """What the owner declared decides, not what the file of the linkage says."""

    def test_delivers_the_pseudonym_and_the_kept_columns_only(self, manifests: dict[str, Manifest]):
        plan = plan_linkage(spec(), manifests)
        assert plan.expected_columns() == {
            "ER_PRS_F": ("ID_PROJET", "EXE_SOI_DTD", "PRS_PAI_MNT"),
            "T_MCOaaC": ("ID_PROJET", "SOR_ANN"),
            LINKS_TABLE: ("ID_PROJET", "left_records", "right_records", "criteria"),
        }

    @pytest.mark.parametrize("column", ["BEN_NIR_PSA", "psp_pps_num"])
    def test_refuses_to_keep_an_identifying_column(self, manifests: dict[str, Manifest], column: str):
        with pytest.raises(Refused, match=f"{column} is identifying"):
            plan_linkage(spec("PRS_PAI_MNT", column), manifests)

    def test_the_key_never_leaves_even_when_the_owner_forgot_to_declare_it(self, manifests: dict[str, Manifest]):
        table = manifests["pmsi"].tables[0]
        silent = replace(table, columns=(Column("K", "string", linkable=True), Column("SOR_ANN", "string")))
        manifests["pmsi"] = replace(manifests["pmsi"], tables=(silent,))
        wished = SPEC.replace("NIR_ANO_17", "K").replace("[SOR_ANN]", "[K]")
        with pytest.raises(Refused, match="K is identifying"):
            plan_linkage(parse_spec(wished), manifests)

    def test_refuses_a_key_that_the_owner_did_not_open(self, manifests: dict[str, Manifest]):
        with pytest.raises(Refused, match="EXE_SOI_DTD is not a linkage key"):
            plan_linkage(spec("[BEN_NIR_PSA,", "[EXE_SOI_DTD,"), manifests)

    def test_refuses_what_is_already_pseudonymised_for_a_project(self, manifests: dict[str, Manifest]):
        manifests["pmsi"] = replace(manifests["pmsi"], classification="pseudonymised")
        with pytest.raises(Refused, match="can't be linked any more"):
            plan_linkage(spec(), manifests)

    def test_lists_every_reason_at_once(self, manifests: dict[str, Manifest]):
        with pytest.raises(Refused) as refusal:
            plan_linkage(
                parse_spec(SPEC.replace("PRS_PAI_MNT", "BEN_NIR_PSA").replace("SOR_ANN", "NIR_ANO_17")), manifests
            )
        assert len(refusal.value.reasons) == 2

    @pytest.mark.parametrize(("old", "unknown"), [("SOR_ANN", "SOR_AN"), ("T_MCOaaC", "T_MCO24C")])
    def test_an_unknown_table_or_column_is_named(self, manifests: dict[str, Manifest], old: str, unknown: str):
        with pytest.raises(Invalid, match=unknown):
            plan_linkage(spec(old, unknown), manifests)


@pytest.mark.parametrize(
    ("name", "identifying"),
    [
        ("BEN_NIR_PSA", True),
        ("Nir-Ano 17", True),
        ("PRENOM", True),
        ("e-mail", True),
        ("rpps", True),
        ("SOR_ANN", False),
    ],
)
def test_identifiers_are_known_by_name_in_any_spelling(name: str, identifying: bool):
    assert looks_identifying(name) is identifying


class TestPseudonym:
    """Keyed by the project (référentiel SNDS 6.3: different in every system)."""

    def test_is_hmac_sha256_cut_to_128_bits(self):
        key = bytes(range(32))
        assert pseudonym(key, "héros") == hmac.new(key, "héros".encode(), hashlib.sha256).hexdigest()[:32]

    def test_differs_between_projects_and_is_stable_within_one(self):
        one, other = b"a" * 32, b"b" * 32
        assert pseudonym(one, "1") == pseudonym(one, "1") != pseudonym(other, "1")

    def test_a_short_key_is_refused(self):
        with pytest.raises(Invalid):
            pseudonym(b"short", "1")
