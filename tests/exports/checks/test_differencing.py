"""Ten clean releases of one table: every cell of 1 to 10 persons that can be worked out is found, and nothing else
is."""

import itertools
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hub_extensions.exports.checks import FileVerdict
from tests.exports.conftest import Checked

PERSONS = 20_000
SPECIFICATIONS: list[tuple[list[str], dict[str, object]]] = [
    (["sexe", "age"], {}),
    (["dep", "diag"], {}),
    (["age", "diag"], {}),
    (["sexe", "diag"], {"rare": "non"}),
    (["dep", "age"], {}),
    (["dep", "age"], {"rare": "non"}),
    (["sexe", "dep", "rare"], {}),
    (["diag", "age"], {"sexe": "H"}),
    (["dep"], {"diag": ["I10", "E11", "J45", "C50"]}),
    (["sexe", "diag", "age"], {}),
]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """Twenty thousand invented persons."""
    source = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "person": np.arange(PERSONS),
            "sexe": source.choice(["H", "F"], PERSONS),
            "age": source.choice(["0-20", "21-30", "31-50", "51-70", "71+"], PERSONS, p=[0.1, 0.2, 0.3, 0.3, 0.1]),
            "dep": source.choice([f"D{i}" for i in range(8)], PERSONS),
            "diag": source.choice(
                ["I10", "E11", "J45", "C50", "G30", "K50"], PERSONS, p=[0.4, 0.3, 0.2, 0.085, 0.01, 0.005]
            ),
            "rare": source.choice(["non", "oui"], PERSONS, p=[0.992, 0.008]),
        }
    )
    path = tmp_path_factory.mktemp("data") / "personnes.parquet"
    frame.to_parquet(path)
    return path, frame


def _publish(frame: pd.DataFrame, folder: Path) -> list[Path]:
    """Write each table with its small cells masked, and the population that it declares."""
    folder.mkdir()
    paths = []
    for number, (dimensions, kept) in enumerate(SPECIFICATIONS):
        part = frame
        for name, values in kept.items():
            part = part[part[name].isin(values if isinstance(values, list) else [values])]
        whole = pd.MultiIndex.from_product([sorted(part[name].unique()) for name in dimensions], names=dimensions)
        counts = (
            part.groupby(dimensions)
            .size()
            .reindex(whole if len(dimensions) > 1 else whole.get_level_values(0), fill_value=0)
        )
        made = counts.rename("n").reset_index()
        made["n"] = made["n"].map(lambda value: "< 11" if 0 < value < 11 else str(value))
        path = folder / f"t{number:02d}.csv"
        made.to_csv(path, index=False)
        declared = {
            "dataset": "personnes",
            "version": "1",
            "filter": kept,
            "dimensions": dimensions,
            "measure": "count",
            "person_column": "person",
        }
        Path(f"{path}.table.json").write_text(json.dumps(declared))
        paths.append(path)
    return paths


def _masked_and_derivable(frame: pd.DataFrame, paths: list[Path]) -> set[tuple[str, int]]:
    """Return (table, row) of each masked cell that is a combination of shown ones, by exact elimination over the
    atoms."""
    names = ["sexe", "age", "dep", "diag", "rare"]
    domains = [sorted(frame[name].unique()) for name in names]
    atoms = list(itertools.product(*domains))
    shown, masked = [], []
    for path, (dimensions, kept) in zip(paths, SPECIFICATIONS, strict=True):
        for number, record in enumerate(pd.read_csv(path, dtype=str).to_dict("records")):
            allowed = {name: [record[name]] for name in dimensions}
            for name, values in kept.items():
                wanted = values if isinstance(values, list) else [values]
                allowed[name] = [value for value in allowed.get(name, wanted) if value in wanted]
            row = np.array(
                [all(atom[i] in allowed.get(name, (atom[i],)) for i, name in enumerate(names)) for atom in atoms]
            )
            (masked if record["n"] == "< 11" else shown).append((path.name, number, row))
    matrix = np.stack([row for _, _, row in shown])
    _, first = np.unique(np.concatenate([matrix, np.stack([row for _, _, row in masked])]), axis=1, return_index=True)
    reduced = [[Fraction(int(value)) for value in row[first]] for _, _, row in shown]
    pivots = _eliminate(reduced)
    return {
        (name, number)
        for name, number, row in masked
        if _reduces_to_zero([Fraction(int(value)) for value in row[first]], pivots)
    }


def _eliminate(rows: list[list[Fraction]]) -> dict[int, list[Fraction]]:
    pivots: dict[int, list[Fraction]] = {}
    for row in rows:
        rest = _reduced(row, pivots)
        place = next((i for i, value in enumerate(rest) if value), None)
        if place is not None:
            pivots[place] = [value / rest[place] for value in rest]
    return pivots


def _reduced(row: list[Fraction], pivots: dict[int, list[Fraction]]) -> list[Fraction]:
    rest = list(row)
    for place in range(len(rest)):
        if rest[place] and place in pivots:
            factor = rest[place]
            rest = [a - factor * b for a, b in zip(rest, pivots[place], strict=True)]
    return rest


def _reduces_to_zero(row: list[Fraction], pivots: dict[int, list[Fraction]]) -> bool:
    return not any(_reduced(row, pivots))


def _recovered(verdicts: list[FileVerdict]) -> set[tuple[str, int]]:
    places = [
        finding.where for verdict in verdicts for finding in verdict.findings if finding.rule == "difference.recovered"
    ]
    return {(where.split(" · ")[0], int(where.split("ligne ")[1].split(",")[0]) - 2) for where in places}


@pytest.fixture(scope="module")
def judged(
    checked: Checked, people: tuple[Path, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Path], list[FileVerdict], list[FileVerdict]]:
    """The ten tables as one request, without and with the data."""
    path, frame = people
    paths = _publish(frame, tmp_path_factory.mktemp("out") / "tables")
    return paths, checked(paths), checked(paths, data=[path])


def test_each_table_is_clean_alone(
    checked: Checked, judged: tuple[list[Path], list[FileVerdict], list[FileVerdict]]
) -> None:
    paths, _, _ = judged
    assert {verdict.verdict.value for verdict in checked(paths, apart=True)} <= {"pass", "flag"}


def test_every_masked_cell_that_elimination_gives_back_is_found(
    people: tuple[Path, pd.DataFrame], judged: tuple[list[Path], list[FileVerdict], list[FileVerdict]]
) -> None:
    paths, without, with_data = judged
    truth = _masked_and_derivable(people[1], paths)
    assert len(truth) >= 5
    assert truth <= _recovered(without)
    assert truth <= _recovered(with_data)


def test_every_small_difference_of_nested_cells_is_found(
    people: tuple[Path, pd.DataFrame], judged: tuple[list[Path], list[FileVerdict], list[FileVerdict]]
) -> None:
    """Table 5 is table 4 without the rare: each class in which the rare are 1 to 10 is told by subtraction."""
    frame = people[1]
    _, _, with_data = judged
    rare = frame[frame["rare"] == "oui"].groupby(["dep", "age"]).size()
    plain = frame[frame["rare"] == "non"].groupby(["dep", "age"]).size()
    expected = {key for key, count in rare.items() if 0 < count < 11 and plain[key] >= 11}
    found = {finding.where for finding in with_data[5].findings if finding.rule == "difference.nested"}
    assert expected
    for dep, age in expected:
        assert any(f"age = {age.lower()}" in where and f"dep = {dep.lower()}" in where for where in found), (dep, age)


def test_what_was_released_before_counts(
    checked: Checked,
    people: tuple[Path, pd.DataFrame],
    judged: tuple[list[Path], list[FileVerdict], list[FileVerdict]],
    tmp_path: Path,
) -> None:
    """The same tables, one at a time: the later one is charged."""
    paths, without, _ = judged
    released = tmp_path / "released"
    released.mkdir()
    for path in paths[:5]:
        for file in (path, Path(f"{path}.table.json")):
            (released / file.name).write_bytes(file.read_bytes())
    (verdict,) = checked([paths[5]], released=released)
    wanted = {finding.where for finding in without[5].findings if finding.rule == "difference.nested"}
    assert wanted <= {finding.where for finding in verdict.findings}


def _declared(folder: Path, name: str, text: str, **said: object) -> Path:
    path = folder / name
    path.write_text(text)
    facts = {"dataset": "d", "version": "1", "filter": {}, "dimensions": [], "measure": "count", **said}
    Path(f"{path}.table.json").write_text(json.dumps(facts))
    return path


def _rules(checked: Checked, paths: list[Path]) -> set[str]:
    return {finding.rule for verdict in checked(paths) for finding in verdict.findings}


def test_merged_classes_are_read_as_what_they_merge(checked: Checked, tmp_path: Path) -> None:
    """0-30 is 0-20 and 21-30: 100 people less 96 and none is four."""
    fine = _declared(
        tmp_path, "a.csv", "age,n\n0-20,96\n31-50,200\n", dimensions=["age"], filter={"age": ["0-20", "31-50"]}
    )
    for number, label in enumerate(("0-30", "0-20 + 21-30", "jeunes")):
        wide = _declared(
            tmp_path,
            f"b{number}.csv",
            f"age,n\n{label},100\n31-50,200\n",
            dimensions=["age"],
            classes={"age": {"jeunes": ["0-20", "21-30"]}} if label == "jeunes" else {},
        )
        assert _rules(checked, [fine, wide]) & {"difference.nested", "difference.derived"}, label


def test_three_tables_give_a_group_that_no_two_give(checked: Checked, tmp_path: Path) -> None:
    """dep × rare by 200 − 97 − 98 = 5: neither pair is nested closely enough to tell."""
    whole = _declared(tmp_path, "a.csv", "dep,n\nD1,200\nD2,300\n", dimensions=["dep"])
    men = _declared(tmp_path, "b.csv", "dep,n\nD1,97\nD2,100\n", dimensions=["dep"], filter={"sexe": "H"})
    women = _declared(tmp_path, "c.csv", "dep,n\nD1,98\nD2,200\n", dimensions=["dep"], filter={"sexe": "F"})
    assert not _rules(checked, [whole, men]) & {"difference.nested", "difference.derived"}
    assert "difference.derived" in _rules(checked, [whole, men, women])


def test_a_rounded_table_among_exact_ones_does_not_blind_the_check(checked: Checked, tmp_path: Path) -> None:
    whole = _declared(tmp_path, "a.csv", "dep,n\nD1,200\nD2,300\n", dimensions=["dep"])
    part = _declared(tmp_path, "b.csv", "dep,n\nD1,196\nD2,250\n", dimensions=["dep"], filter={"rare": "non"})
    round_ = _declared(
        tmp_path, "c.csv", "dep,n (arrondi à 5)\nD1,100\nD2,150\n", dimensions=["dep"], filter={"sexe": "H"}
    )
    assert _rules(checked, [whole, round_, part]) & {"difference.nested", "difference.derived"}


def test_tables_that_contradict_one_another_go_to_a_person(checked: Checked, tmp_path: Path) -> None:
    """A sidecar that lies must not switch the equations off unseen."""
    one = _declared(tmp_path, "a.csv", "dep,n\nD1,200\nD2,300\n", dimensions=["dep"])
    other = _declared(tmp_path, "b.csv", "dep,n\nD1,900\nD2,300\n", dimensions=["dep"])
    assert "difference.contradiction" in _rules(checked, [one, other])


def test_tables_about_different_people_are_left_alone(checked: Checked, tmp_path: Path) -> None:
    one = _declared(tmp_path, "a.csv", "sexe,n\nH,200\nF,300\n", dimensions=["sexe"], filter={"dep": "D1"})
    other = _declared(tmp_path, "b.csv", "sexe,n\nH,196\nF,297\n", dimensions=["sexe"], filter={"dep": "D2"})
    assert not {rule for rule in _rules(checked, [one, other]) if rule.startswith("difference")}


def test_a_description_that_the_data_contradict_goes_to_a_person(checked: Checked, tmp_path: Path) -> None:
    """Another filter in the sidecar than in the table would take it out of every comparison."""
    data = tmp_path / "d.csv"
    data.write_text("dep,sexe\n" + "D1,H\n" * 40 + "D1,F\n" * 60 + "D2,H\n" * 50)
    honest = _declared(tmp_path, "a.csv", "dep,n\nD1,100\nD2,50\n", dimensions=["dep"])
    lying = _declared(tmp_path, "b.csv", "dep,n\nD1,100\nD2,50\n", dimensions=["dep"], filter={"sexe": "H"})
    for path, told in ((honest, False), (lying, True)):
        (verdict,) = checked([path], data=[data])
        assert ("population.disagrees" in {finding.rule for finding in verdict.findings}) is told
