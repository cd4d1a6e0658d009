"""A template is shown only when it is whole; a bad one is refused with one sentence."""

import shutil
from pathlib import Path

import pytest

from hub_extensions.notebooks.catalogue import TEMPLATES, find_template, load_template, templates
from project_spaces.errors import Invalid, NotFound


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the first template, to be spoilt."""
    return shutil.copytree(TEMPLATES / "readmission-30j", tmp_path / "readmission-30j")


def test_every_shipped_template_is_whole():
    assert "readmission-30j" in [template.slug for template in templates()]


def test_an_unknown_template_is_named():
    with pytest.raises(NotFound, match="nowhere"):
        find_template("../nowhere")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("slug: readmission-30j", "slug: other", "slug: other is not the folder's name"),
        ("version: 1.0.0", "version: '1'", "version"),
        ("licence: Apache-2.0", "licence: Apache-2.0\nnetwork: true", "network: unknown key"),
        ("notebook: notebook.ipynb", "notebook: ../notebook.ipynb", "notebook"),
        ("default: diabetes130", "default: insee", "parameters.0: the default 'insee' is not accepted"),
        ("default: 11", "default: 5", "11 ≤ integer ≤ 1000"),
        ("name: seuil", "name: minimum", "differ: minimum, seuil"),
        ("name: seuil", "name: source", "a name is given twice"),
        ("exports/readmission-30j/{source}-taux.csv", "/etc/{source}", "outputs"),
        ("exports/readmission-30j/{source}-taux.csv", "../{source}", "outputs"),
        ("exports/readmission-30j/{source}-taux.csv", "{unknown}", "outputs"),
        ("slug:", "slug: [", "template.yaml"),
    ],
)
def test_bad_yaml_is_one_sentence_that_names_the_key(folder: Path, old: str, new: str, named: str):
    file = folder / "template.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(Invalid) as refusal:
        load_template(folder)
    assert named in refusal.value.text.en
    assert "\n" not in refusal.value.text.en


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"parameters"', '"other"', "one cell tagged parameters is needed, 0 found"),
        ("seuil = 11", "seuil = max(11, 5)", "differ"),
        ('"outputs": []', '"outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}]', "cleared"),
        ('"cells"', '"cell"', "not a notebook"),
    ],
)
def test_a_bad_notebook_is_refused(folder: Path, old: str, new: str, named: str):
    file = folder / "notebook.ipynb"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(Invalid, match=named):
        load_template(folder)


class TestValues:
    """Values are checked before anything runs."""

    def test_defaults_fill_what_was_not_given(self):
        values = find_template("readmission-30j").values({"source": "omop-1001"})
        assert values == {"source": "omop-1001", "delai_jours": 30, "seuil": 11}

    @pytest.mark.parametrize(
        ("given", "accepted"),
        [
            ({"seuil": 10}, "11 ≤ integer ≤ 1000"),
            ({"seuil": True}, "integer"),
            ({"seuil": "11"}, "integer"),
            ({"source": "x'; import os"}, "diabetes130"),
            ({"code": "1"}, "there are: source"),
        ],
    )
    def test_others_are_refused_with_what_is_accepted(self, given: dict[str, object], accepted: str):
        with pytest.raises(Invalid, match=accepted):
            find_template("readmission-30j").values(given)
