"""Files that are clean alone: judged against the project's data, what was released before, and their population."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, seeded, table
from hub_extensions.exports.checks.corpus.workbooks import word, workbook

#: The stem of the project's table in the corpus.
DATASET = "sejours"
COLUMNS = ("patient", "age", "sexe", "dep", "entree", "duree", "cout", "diag")


def stays(count: int = 6000) -> list[dict[str, Any]]:
    """Return the project's table of the corpus: stays of invented patients; two of them fill one hospital's count."""
    source = seeded("stays")
    found = []
    for _ in range(count):
        patient = source.randrange(100_000, 104_500)
        traits = seeded(str(patient))
        found.append({
            "patient": patient, "age": traits.randrange(18, 97), "sexe": traits.choice("HF"), "dep": traits.choice(["75", "92", "93", "94"]),
            "entree": f"20{source.randrange(18, 24)}-{source.randrange(1, 13):02d}-{source.randrange(1, 29):02d}", "duree": source.randrange(0, 40),
            "cout": round(source.lognormvariate(7, 1), 2), "diag": source.choices(["I10", "E11", "J45", "G30"], [50, 30, 18, 2])[0],
        })  # fmt: skip
    found += [{**found[0], "diag": "Z99", "patient": 100_001 + i % 2, "cout": 100.0 + i} for i in range(40)]
    return found


def sidecar(
    dimensions: Sequence[str], *, kept: dict[str, Any] | None = None, measure: str = "count", version: str = "1"
) -> bytes:
    """Return the declaration of a population."""
    return json.dumps(
        {
            "dataset": DATASET,
            "version": version,
            "filter": kept or {},
            "dimensions": list(dimensions),
            "measure": measure,
            "person_column": "patient",
        }
    ).encode()


def persons(records: Sequence[dict[str, Any]], by: Sequence[str]) -> list[list[Any]]:
    """Return the distinct patients of each class, with its labels."""
    groups: dict[tuple[Any, ...], set[Any]] = {}
    for record in records:
        groups.setdefault(tuple(record[name] for name in by), set()).add(record["patient"])
    return [[*key, len(patients)] for key, patients in sorted(groups.items())]


def rounded(value: Any) -> Any:
    """Return a number with two significant digits, as someone who hides rows would."""
    return float(f"{value:.2g}") if isinstance(value, int | float) else value


def cases() -> Iterator[Case]:
    """Yield every case that needs a neighbour."""
    yield from _rows()
    yield from _persons()
    yield from _differences()


def _rows() -> Iterator[Case]:
    records = [record for record in stays() if record["diag"] != "Z99"]
    some = [records[i] for i in (17, 450, 1203, 2718, 3141)]
    names = [name for name in COLUMNS if name != "patient"]
    plain = [[record[name] for name in names] for record in some]
    yield Case(
        "five_patients_no_header.csv",
        BLOCK,
        "five rows, names stripped",
        b"\n".join(table([str(cell) for cell in row], []).strip() for row in plain) + b"\n",
        data=True,
    )
    order = [4, 2, 6, 0, 5, 1, 3]
    yield Case(
        "five_shuffled.csv",
        BLOCK,
        "columns shuffled and renamed",
        table(list("abcdefg"), [[row[i] for i in order] for row in plain]),
        data=True,
    )
    moved = [[rounded(cell) if not isinstance(cell, str) else cell for cell in row] for row in plain]
    for row in moved:
        row[3] = f"{row[3][:8]}{int(row[3][8:]) + 1:02d}"
    yield Case(
        "five_rounded.csv", BLOCK, "two significant digits, dates a day later", table(list("abcdefg"), moved), data=True
    )
    yield Case(
        "identifiers_only.csv",
        BLOCK,
        "one column of the project's identifiers",
        table(["code", "n"], [[record["patient"], 20 + i] for i, record in enumerate(records[:30])]),
        data=True,
    )
    yield Case(
        "aggregate_with_data.csv",
        PASS,
        "an aggregate is not taken for rows",
        table(["dep", "sexe", "n"], [row for row in persons(records, ["dep", "sexe"]) if row[-1] >= 11]),
        data=True,
    )
    yield Case(
        "aggregate_age_with_data.csv",
        PASS,
        "an aggregate by age and sex",
        table(["age", "sexe", "n"], [row for row in persons(records, ["age", "sexe"]) if row[-1] >= 11]),
        data=True,
    )


def _persons() -> Iterator[Case]:
    records = stays()
    counts: dict[str, int] = {}
    for record in records:
        counts[record["diag"]] = counts.get(record["diag"], 0) + 1
    rows = [[diag, count] for diag, count in sorted(counts.items())]
    yield Case(
        "forty_stays_declared.csv",
        BLOCK,
        "40 stays that the data show to be two patients'",
        table(["diag", "sejours"], rows),
        beside={"forty_stays_declared.csv.table.json": sidecar(["diag"])},
        data=True,
    )
    clean = [record for record in records if record["diag"] != "Z99"]
    yield Case(
        "persons_declared.csv",
        PASS,
        "persons counted again in the data",
        table(["dep", "n"], persons(clean, ["dep"])),
        beside={"persons_declared.csv.table.json": sidecar(["dep"], kept={"diag": ["I10", "E11", "J45", "G30"]})},
        data=True,
    )
    yield Case(
        "sidecar_broken.csv",
        BLOCK,
        "a declaration that can't be read",
        table(["dep", "n"], persons(clean, ["dep"])),
        beside={"sidecar_broken.csv.table.json": b'{"dataset": 3}'},
    )


def _differences() -> Iterator[Case]:
    before = [["0-20", 145], ["21-60", 610], ["61+", 342]]
    after = [["0-20", 142], ["21-60", 590], ["61+", 320]]
    refreshed = [["0-20", 146], ["21-60", 613], ["61+", 342]]
    yield Case(
        "filtered.csv",
        BLOCK,
        "the released table less this one is 3 persons",
        table(["classe_age", "n"], after),
        released={"release_a.csv": table(["classe_age", "n"], before)},
    )
    yield Case(
        "filtered_in_request.csv",
        BLOCK,
        "the same within one request",
        table(["classe_age", "n"], after),
        request={"a.csv": table(["classe_age", "n"], before)},
    )
    yield Case("first_release.csv", PASS, "nothing was released before", table(["classe_age", "n"], before))
    yield Case(
        "rerun.csv",
        FLAG,
        "the same table after a refresh: one person more",
        table(["classe_age", "n"], refreshed),
        released={"release_a.csv": table(["classe_age", "n"], before)},
    )
    yield Case(
        "same_again.csv",
        PASS,
        "the very same table again",
        table(["classe_age", "n"], before),
        released={"release_a.csv": table(["classe_age", "n"], before)},
    )
    yield Case(
        "unrelated.csv",
        PASS,
        "another table of other things",
        table(["dep", "n"], [["75", 320], ["92", 410], ["93", 275]]),
        released={"release_a.csv": table(["classe_age", "n"], before)},
    )
    yield from _one_file(before, after)
    detailed = [
        [age, sex, count // 2 if sex == "H" else count - count // 2 - 4] for age, count in before for sex in "HF"
    ]
    yield Case(
        "finer.csv",
        BLOCK,
        "a finer table whose sums fall 4 short of the released one",
        table(["classe_age", "sexe", "n"], detailed),
        released={"release_a.csv": table(["classe_age", "n"], before)},
    )
    all_of, women = (
        table(["age", "n"], [["21-30", 78], ["31-40", 120]]),
        table(["age", "n"], [["21-30", 71], ["31-40", 60]]),
    )
    yield Case(
        "nested_declared.csv",
        BLOCK,
        "everyone less men is 7 women",
        women,
        beside={"nested_declared.csv.table.json": sidecar(["age"], kept={"sexe": "H"})},
        released={"all.csv": all_of, "all.csv.table.json": sidecar(["age"])},
    )
    masked = table(["dep", "sexe", "n"], [["75", "H", 120], ["75", "F", "< 11"], ["92", "H", 84], ["92", "F", 97]])
    yield Case(
        "gives_back_mask.csv",
        BLOCK,
        "this total gives back a cell masked before",
        table(["dep", "n"], [["75", 127], ["92", 181]]),
        beside={"gives_back_mask.csv.table.json": sidecar(["dep"])},
        released={"m.csv": masked, "m.csv.table.json": sidecar(["dep", "sexe"])},
    )
    yield Case(
        "other_population.csv",
        PASS,
        "another data set's table of the same shape",
        table(["dep", "n"], [["75", 122], ["92", 180]]),
        beside={"other_population.csv.table.json": sidecar(["dep"]).replace(b"sejours", b"naissances")},
        released={"m.csv": table(["dep", "n"], [["75", 127], ["92", 185]]), "m.csv.table.json": sidecar(["dep"])},
    )
    yield Case(
        "refreshed_version.csv",
        FLAG,
        "the same cell on another version of the data",
        table(["dep", "n"], [["75", 129], ["92", 185]]),
        beside={"refreshed_version.csv.table.json": sidecar(["dep"], version="2")},
        released={"m.csv": table(["dep", "n"], [["75", 127], ["92", 185]]), "m.csv.table.json": sidecar(["dep"])},
    )


def _one_file(before: list[list[Any]], after: list[list[Any]]) -> Iterator[Case]:
    """Yield pairs of tables of one file, and tables that left as something else than CSV."""
    whole, part = table(["classe_age", "n"], before), table(["classe_age", "n"], after)
    header = ["classe_age", "n"]
    yield Case("two_nested_tables.csv", BLOCK, "the first table less the second is 3 persons", whole + b"\n" + part)
    yield Case(
        "two_nested_sheets.xlsx",
        BLOCK,
        "one sheet less the other is 3 persons",
        _book({"tous": [header, *before], "sans rares": [header, *after]}),
    )
    grown = [["0-20", 188], ["21-60", 655], ["61+", 301]]
    yield Case(
        "two_years.xlsx",
        PASS,
        "the same table in two years",
        _book({"2021": [header, *before], "2022": [header, *grown]}),
    )
    many = b"".join(table(["zone", "n"], [[f"{number}A", 120], [f"{number}B", 131]]) + b"\n" for number in range(25))
    yield Case(
        "behind_25_tables.csv",
        BLOCK,
        "the difference is in the 26th table of a file",
        many + part,
        released={"release_a.csv": whole},
    )
    yield Case(
        "second_table_declared.csv",
        BLOCK,
        "a declaration is about the first table: the second one is compared all the same",
        table(["dep", "n"], [["75", 120], ["92", 131]]) + b"\n" + part,
        beside={"second_table_declared.csv.table.json": sidecar(["dep"])},
        released={
            "release_a.csv": table(["dep", "n"], [["75", 120], ["92", 131]]) + b"\n" + whole,
            "release_a.csv.table.json": sidecar(["dep"]),
        },
    )
    lines = "".join(f"| {age} | {count} |\n" for age, count in before)
    for name, left in (
        ("report.md", f"# Résultats\n\n| classe_age | n |\n|---|---|\n{lines}".encode()),
        ("report.txt", whole),
        ("report.docx", word([header, *before], "Rapport")),
    ):
        yield Case(
            f"after_{name.replace('.', '_')}.csv",
            BLOCK,
            f"the table in {name}, which left before, less this one is 3 persons",
            part,
            released={name: left},
        )


def _book(sheets: dict[str, list[list[Any]]]) -> bytes:
    def change(book: Any) -> None:
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)

    return workbook(change)
