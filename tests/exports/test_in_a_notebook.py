"""``import bureau`` in a cell: from a refused table to one that may be submitted, with the desk's own answers."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from audit.testing import capture
from hub_extensions.exports.checking import Checker
from hub_extensions.exports.notebook.answering import Asker, Helper
from hub_extensions.exports.notebook.dropbox import Dropbox
from hub_extensions.exports.notebook.pace import Pace
from hub_extensions.exports.testing import AUTHOR, PROJECT, Bench, open_bench

PACKAGE = Path(__file__).parents[2] / "spawner_images" / "datascience" / "notebook"
COUNTS = pd.DataFrame({"age": ["0-20", "21-40", "41-60", "61-80"], "patients": [4, 120, 230, 310]})


@pytest.fixture
def bench(new_home: Callable[[str], Path], one_worker: Checker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A desk whose helper answers, and a workspace's environment."""
    with capture() as ledger:
        made = open_bench(new_home("home"), ledger)
        made.desk = replace(made.desk, checker=one_worker)
        home = made.home / "homes" / PROJECT / AUTHOR
        home.mkdir(parents=True)
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("BUREAU_PROJECT", str(made.project_dir))
        monkeypatch.setenv("BUREAU_DATA", str(made.home / "data"))
        over = threading.Event()
        thread = threading.Thread(target=_answer, args=(made, home, over))
        thread.start()
        yield made
        over.set()
        thread.join()
        made.desk.store.close()


def _answer(bench: Bench, home: Path, over: threading.Event) -> None:
    helper = Helper(bench.desk, Pace(1000), "https://bureau.example/services/bureau")
    while not over.wait(0.02):
        for ask in Dropbox(home).waiting():
            helper.serve(Asker(AUTHOR, PROJECT, home), ask, bench.now)


@pytest.fixture
def bureau(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The package as the image ships it."""
    monkeypatch.syspath_prepend(str(PACKAGE))
    import bureau

    yield bureau
    bureau.set_language("fr")
    for name in [name for name in sys.modules if name == "bureau" or name.startswith("bureau.")]:
        monkeypatch.delitem(sys.modules, name)


def test_from_refused_to_a_file_that_may_be_submitted(bench: Bench, bureau: Any) -> None:
    refused = bureau.check(COUNTS, name="ages")
    assert refused.verdict == "block"
    assert '<td class="bureau-block"' in refused._repr_html_()
    assert "▲ 4" in refused._repr_html_()
    assert "Bloqué" in repr(refused)
    assert "merge" in refused.mends
    mended = refused.mend("merge")
    assert mended.verdict != "block"
    assert mended.note.startswith("Classes regroupées")
    assert mended.path == "exports/ages-corrige.csv"
    assert (bench.project_dir / mended.path).is_file()
    assert mended.frame["patients"].min() >= 11
    link = mended.submit()
    assert link.url.endswith("exports/new?project=readmission&file=exports%2Fages-corrige.csv")
    assert not any((Path.home() / ".bureau/sas/asks").iterdir())


def test_a_french_table_is_cut_at_its_semicolons_and_marked_below_its_notes(bench: Bench, bureau: Any) -> None:
    file = bench.project_dir / "exports" / "fr.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_text("# Source : SNDS, 2022\n# Champ : France\ndep;taux;n\n75;0,25;120\n92;0,5;4\n")
    refused = bureau.check(file)
    html = refused._repr_html_()
    assert html.count('<td class="bureau-block"') == 1
    assert "▲ 4</mark>" in html
    assert "<p># Champ : France</p><table>" in html
    assert list(refused.frame["taux"]) == [0.25, 0.5]


def test_it_speaks_english_when_asked(bench: Bench, bureau: Any) -> None:
    bureau.set_language("en")
    assert "Blocked" in repr(bureau.check(COUNTS))
    assert "At least 11 persons in a cell." in repr(bureau.policy())
    assert "No two contributors above 90 % of a sum." in repr(bureau.policy())
    with pytest.raises(bureau.Refused, match="This mend would change nothing here"):
        bureau.check(COUNTS).mend("trim")


def test_a_series_a_path_and_a_figure_are_files_too(bench: Bench, bureau: Any) -> None:
    assert bureau.check(COUNTS.set_index("age")["patients"]).verdict == "block"
    bench.write("exports/t.csv", b"age,patients\r\n0-20,4\r\n21-40,100\r\n41-60,90\r\n")
    checked = bureau.check(bench.project_dir / "exports" / "t.csv")
    assert (checked.verdict, checked.path) == ("block", "exports/t.csv")
    assert bureau.check(Figure()).verdict == "flag"
    with pytest.raises(TypeError):
        bureau.check(42)
    with pytest.raises(ValueError, match="20 fichiers"):
        bureau.check(*[COUNTS] * 21)


def test_things_of_one_call_are_judged_as_one_request(bench: Bench, bureau: Any) -> None:
    whole = pd.DataFrame({"dep": ["75", "92"], "n": [200, 300]})
    less = pd.DataFrame({"dep": ["75", "92"], "n": [196, 250]})
    alone = bureau.check(less)
    _, beside = bureau.check(whole, less)
    assert len(beside.findings) > len(alone.findings)


def test_the_magics(bench: Bench, bureau: Any) -> None:
    shell = Shell()
    bureau.load_ipython_extension(shell)
    assert shell.magics["bureau_check"]("COUNTS").blocked
    assert shell.magics["bureau_check"]("ages", "COUNTS.head(3)").blocked
    assert shell.magics["bureau_check"]("", "None") is None


def test_acro_says_pass_and_nothing_changes(bench: Bench, bureau: Any) -> None:
    """A forged session: the table it praises stays blocked, and the evidence is blocked with it."""
    folder = bench.project_dir / "acro"
    folder.mkdir()
    COUNTS.to_csv(folder / "output_0.csv", index=False)
    results = {"output_0": {"uid": "output_0", "status": "pass", "type": "table", "files": [{"name": "output_0.csv"}]}}
    (folder / "results.json").write_text(json.dumps({"version": "1.0.2", "results": results}))
    evidence, table = bureau.check_acro(folder)
    assert table.verdict == "block"
    assert evidence.verdict == "block"
    assert "evidence.contradicted" in {finding["rule"] for finding in evidence.findings}
    for text in ("[]", "{", '{"results": {"output_0": 1}}'):
        (folder / "results.json").write_text(text)
        with pytest.raises(ValueError, match="ACRO"):
            bureau.check_acro(folder)


class Figure:
    """What is asked of a matplotlib figure; the real one is drawn in the end-to-end tests."""

    def savefig(self, target: Any, **_options: Any) -> None:
        Image.new("RGB", (200, 100), "white").save(target, format="PNG")


class Shell:
    """What the magics need of IPython; the real one runs them in the end-to-end tests."""

    def __init__(self) -> None:
        self.magics: dict[str, Callable[..., Any]] = {}

    def register_magic_function(self, function: Callable[..., Any], _kind: str, name: str) -> None:
        self.magics[name] = function

    def ev(self, line: str) -> Any:
        return {"COUNTS": COUNTS, "COUNTS.head(3)": COUNTS.head(3), "None": None}[line]

    def run_cell(self, cell: str, *, store_history: bool) -> SimpleNamespace:
        assert not store_history
        return SimpleNamespace(success=True, result=self.ev(cell))


def stays() -> pd.DataFrame:
    """Sixty persons, two stays each; the last department has three persons."""
    persons = [f"p{number // 2}" for number in range(120)]
    return pd.DataFrame(
        {
            "person": persons,
            "dep": ["75"] * 60 + ["92"] * 54 + ["93"] * 6,
            "sexe": ["F", "F", "H", "H"] * 30,
            "age": [20 + number // 2 for number in range(120)],
            "cout": [100.0] * 120,
        }
    )


def test_a_table_carries_its_population(bench: Bench, bureau: Any) -> None:
    made = bureau.table(stays(), "dep", "sexe", dataset="sejours", where="age >= 30 and dep != '93'", person="person")
    assert list(made.frame.columns) == ["dep", "F", "H"]
    assert made.sidecar["filter"]["dep"] == ["75", "92"]
    assert made.sidecar["filter"]["age"] == list(range(30, 77))
    assert made.sidecar["dimensions"] == ["dep", "sexe"]
    assert {each["persons"] for each in made.sidecar["contributors"]} == {10, 13, 14}
    with pytest.raises(ValueError, match="modalités"):
        bureau.table(
            stays(), "dep", dataset="sejours", where="(dep == '75' and sexe == 'F') or (dep == '92' and sexe == 'H')"
        )


def test_rows_that_are_few_persons_are_blocked_by_the_declared_counts(bench: Bench, bureau: Any) -> None:
    """Thirty-odd stays pass as a count; twelve of them are six persons' and the table says so itself."""
    frame = pd.DataFrame(
        {"person": [f"p{n // 5}" for n in range(100)], "dep": ["75"] * 30 + ["92"] * 70, "cout": [10.0] * 100}
    )
    made = bureau.table(frame, "dep", dataset="sejours", person="person")
    assert bureau.check(made.frame).verdict == "pass"
    assert "evidence.few_persons" in {finding["rule"] for finding in bureau.check(made).findings}


def test_a_sum_that_two_persons_make_is_blocked_by_the_declared_contributors(bench: Bench, bureau: Any) -> None:
    costs = [5000.0, 5000.0, *[10.0] * 78]
    frame = pd.DataFrame({"person": [f"p{n}" for n in range(80)], "dep": ["75"] * 40 + ["92"] * 40, "cout": costs})
    made = bureau.table(frame, "dep", values="cout", agg="sum", dataset="sejours", person="person")
    assert [each["largest_two"] for each in made.sidecar["contributors"]] == [0.9634, 0.05]
    assert "table.dominance" in {finding["rule"] for finding in bureau.check(made).findings}


def test_a_forged_population_opens_nothing(bench: Bench, bureau: Any) -> None:
    made = bureau.table(stays(), "dep", dataset="sejours", person="person")
    made.frame = pd.DataFrame({"dep": ["75", "92", "93"], "effectif": [60, 54, 4]})
    made.sidecar["contributors"] = [{"labels": [dep], "persons": 9000} for dep in ("75", "92", "93")]
    assert bureau.check(made).verdict == "block"
    made.sidecar["contributors"] = "tout va bien"
    assert "sidecar.unreadable" in {finding["rule"] for finding in bureau.check(made).findings}
