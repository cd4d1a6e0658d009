"""Tables of persons, and tables whose labels look like persons or counts."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv, seeded, table

NBSP, NARROW = "\u00a0", "\u202f"


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _persons()
    yield from _labels()


def _persons() -> Iterator[Case]:
    people = patients(500, "persons")
    yield Case("rows_500.csv", BLOCK, "500 rows of persons", rows_csv(people))
    yield Case(
        "rows_no_id.csv",
        BLOCK,
        "rows of persons without identifiers",
        rows_csv(people, ["age", "sexe", "dep", "diag", "crp"]),
    )
    yield Case(
        "rows_dates.csv", BLOCK, "dates to the day, one row each", rows_csv(people[:60], ["date_entree", "age", "cout"])
    )
    yield Case(
        "rows_fake_count.csv",
        BLOCK,
        "a constant column n does not make an aggregate",
        table(
            ["age", "sexe", "dep", "date_entree", "cout", "n"],
            [[p["age"], p["sexe"], p["dep"], p["date_entree"], p["cout"], 20] for p in people[:80]],
        ),
    )
    source = seeded("predictions")
    yield Case(
        "predictions_per_patient.csv",
        BLOCK,
        "one prediction for each person",
        table(["y_true", "y_score"], [[source.randrange(2), round(source.random(), 4)] for _ in range(150)]),
    )
    yield Case(
        "rows_rounded_age_cost.csv",
        FLAG,
        "300 rows of age and cost",
        table(["age", "cout"], [[source.randrange(20, 95, 5), source.randrange(500, 20000, 100)] for _ in range(300)]),
    )
    yield Case(
        "header_BEN_NIR_ANO.csv",
        BLOCK,
        "pseudonymised identifiers",
        table(["BEN_NIR_ANO", "n"], [[f"A{i:016x}", 11 + i] for i in range(20)]),
    )
    yield Case(
        "header_omop.csv",
        BLOCK,
        "person_id of OMOP",
        table(["person_id", "visits"], [[1000 + i, 15 + i] for i in range(20)]),
    )
    yield Case(
        "header_num_enq.csv",
        BLOCK,
        "NUM_ENQ of the SNDS",
        table(["NUM_ENQ", "total"], [[f"{i:017d}", 15 + i] for i in range(20)]),
    )
    yield Case(
        "hashes.csv",
        BLOCK,
        "hashed identifiers under a plain name",
        table(["code", "n"], [[f"{seeded(str(i)).getrandbits(128):032x}", 15 + i] for i in range(20)]),
    )


def _labels() -> Iterator[Case]:
    yield Case(
        "years_labels.csv",
        PASS,
        "years and class numbers are not counts",
        table(
            ["annee", "classe_age", "n"], [[2019, 1, 120], [2019, 2, 35], [2019, 5, 11], [2020, 1, 44], [2020, 5, 99]]
        ),
    )
    yield Case(
        "quintiles.csv",
        PASS,
        "quintiles 1 to 5 are labels",
        table(
            ["quintile", "n", "proportion"], [[1, 240, 0.2], [2, 240, 0.2], [3, 240, 0.2], [4, 240, 0.2], [5, 240, 0.2]]
        ),
    )
    yield Case(
        "crohn_table.csv",
        PASS,
        "eponyms are not names of persons",
        table(
            ["diagnostic", "n"],
            [
                ["Maladie de Crohn", 120],
                ["Syndrome de Guillain-Barré", 35],
                ["Lymphome de Hodgkin", 48],
                ["Maladie d'Alzheimer", 340],
            ],
            ";",
        ),
    )
    yield Case(
        "score_points.csv",
        PASS,
        "points of a score are no counts",
        table(["variable", "points"], [["age > 65", 2], ["diabète", 1], ["HTA", 1], ["AVC", 2]]),
    )
    yield Case(
        "labels_plus.csv",
        PASS,
        "« + de 65 ans » is a label",
        table(["classe", "n"], [["- de 18 ans", 120], ["18-65 ans", 640], ["+ de 65 ans", 410]]),
    )
    yield Case(
        "finess_table.csv",
        FLAG,
        "named establishments",
        table(["finess", "patients"], [["750100042", 120], ["750100075", 130], ["690781810", 150]]),
    )
    yield Case(
        "iris_codes.csv",
        FLAG,
        "fine geography",
        table(
            ["iris", "diagnostic", "n"], [[751010100 + i, diag, 20 + i] for i in range(30) for diag in ("I10", "E11")]
        ),
    )
    yield Case(
        "rpps.csv",
        BLOCK,
        "identifiers of professionals",
        table(["RPPS", "patients"], [["10003858395", 120], ["10002526175", 130], ["10101120391", 150]]),
    )
    yield Case(
        "formula.csv",
        BLOCK,
        "a formula that opens a link",
        table(["libelle", "n"], [['=HYPERLINK("http://x.example";"a")', 120], ["b", 130]]),
    )
    yield Case(
        "formula_dde.csv",
        BLOCK,
        "a command behind a minus sign",
        table(["libelle", "n"], [["-2+3+cmd|' /C calc'!A0", 120], ["b", 130]]),
    )
    yield Case(
        "formula_at.csv",
        BLOCK,
        "a formula that starts with @",
        table(["libelle", "n"], [["@SUM(A1:A2)", 120], ["b", 130]]),
    )
    yield Case(
        "formula_split.csv",
        BLOCK,
        "a formula behind a separator that Excel cuts at",
        table(["libelle", "n"], [["a;=1+1", 120], ["b", 130]]),
    )
