"""Results as articles, agencies and programs print them: the same causes as elsewhere in the corpus, other writing."""

import json
from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, seeded, table
from hub_extensions.exports.checks.corpus.workbooks import workbook

AGES = [f"{low}-{low + 4}" for low in range(20, 95, 5)]


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _articles()
    yield from _implied()
    yield from _writing()
    yield from _models()
    yield from _structured()


def _pyramid(last: int) -> bytes:
    source = seeded("pyramid")
    rows = [[age, -source.randrange(200, 900), source.randrange(200, 900)] for age in AGES]
    return table(["age", "hommes", "femmes"], [*rows, ["95+", -48, last]])


def _articles() -> Iterator[Case]:
    yield Case("pyramid.csv", PASS, "an age pyramid, men drawn to the left", _pyramid(112))
    yield Case("pyramid_small.csv", BLOCK, "four women of 95 or more", _pyramid(4))
    yield Case(
        "table1.csv",
        PASS,
        "the first table of an article",
        table(
            ["Caractéristique", "Traités (N = 1204)", "Témoins (N = 2410)"],
            [
                ["Âge, médiane [Q1–Q3]", "62 [51–74]", "61 [50–73]"],
                ["Femmes, n (%)", "620 (51,5 %)", "1 231 (51,1 %)"],
                ["Diabète, n (%)", "212 (17,6 %)", "401 (16,6 %)"],
            ],
            ";",
        ),
    )
    yield Case(
        "table1_small.csv",
        BLOCK,
        "three patients in the first table of an article",
        table(
            ["Caractéristique", "Traités (N = 1204)", "Témoins (N = 2410)"],
            [["Femmes, n (%)", "620 (51,5 %)", "1 231 (51,1 %)"], ["Cirrhose, n (%)", "3 (0,2 %)", "41 (1,7 %)"]],
            ";",
        ),
    )
    yield Case(
        "flow.csv",
        PASS,
        "a flow chart of inclusions",
        table(["etape", "n"], [["base", 12004], ["exclus, age", 1204], ["exclus, doublons", 310], ["inclus", 10490]]),
    )
    yield Case(
        "flow_small.csv",
        BLOCK,
        "four persons excluded for one reason",
        table(["etape", "n"], [["base", 12004], ["exclus, age", 1204], ["exclus, refus", 4], ["inclus", 10796]]),
    )
    yield Case(
        "monthly.csv",
        PASS,
        "a series by month",
        table(["mois", "passages", "patients"], [[f"2021-{m:02d}", 1200 + 31 * m, 900 + 17 * m] for m in range(1, 13)]),
    )
    yield Case(
        "standardised.csv",
        PASS,
        "rates for 100,000 with their bounds",
        table(
            ["region", "cas", "population", "taux_100000", "ic_inf", "ic_sup"],
            [["IDF", 812, 12_271_794, 6.6, 6.2, 7.1], ["PACA", 401, 5_127_840, 7.8, 7.1, 8.6]],
        ),
    )
    yield Case(
        "correlations.csv",
        PASS,
        "a matrix of correlations",
        table(["", "age", "imc", "crp"], [["age", 1, 0.12, 0.31], ["imc", 0.12, 1, -0.04], ["crp", 0.31, -0.04, 1]]),
    )
    yield Case(
        "markdown.md",
        PASS,
        "a table in a note",
        "# Résultats\n\n| dep | n |\n|---|---|\n| 75 | 120 |\n| 92 | 84 |\n".encode(),
    )
    yield Case(
        "markdown_small.md",
        BLOCK,
        "a small cell of a table in a note",
        "# Résultats\n\n| dep | n |\n|---|---|\n| 75 | 120 |\n| 92 | 4 |\n".encode(),
    )
    yield Case(
        "latex.tex",
        PASS,
        "a table for an article",
        b"\\begin{tabular}{lr}\ndep & n \\\\\n\\hline\n75 & 120 \\\\\n92 & 84 \\\\\n\\end{tabular}\n",
    )
    yield Case(
        "latex_small.tex",
        BLOCK,
        "a small cell in a table for an article",
        b"\\begin{tabular}{lr}\ndep & n \\\\\n\\hline\n75 & 120 \\\\\n92 & 4 \\\\\n\\end{tabular}\n",
    )


def _implied() -> Iterator[Case]:
    yield Case(
        "cumulated.csv",
        BLOCK,
        "two cumulated counts differ by three",
        table(["mois", "n_cumule"], [["2021-01", 120], ["2021-02", 241], ["2021-03", 244], ["2021-04", 380]]),
    )
    yield Case(
        "cumulated_ok.csv",
        PASS,
        "cumulated counts that grow by many",
        table(["mois", "n_cumule"], [["2021-01", 120], ["2021-02", 241], ["2021-03", 300], ["2021-04", 380]]),
    )
    yield Case(
        "sum_and_mean.csv",
        BLOCK,
        "the sum divided by the mean is five",
        table(["service", "cout_total", "cout_moyen"], [["A", 512_400, 2_100], ["B", 11_500, 2_300]]),
    )
    yield Case(
        "rate_100000.csv",
        BLOCK,
        "16.7 for 100,000 of 12,000 is two",
        table(["canton", "population", "taux_pour_100000"], [["A", 212_000, 51.4], ["B", 12_000, 16.7]]),
    )
    yield Case(
        "title_n.csv",
        BLOCK,
        "0.4 % of the 842 of the title is three",
        b"Complications (N = 842)\n\ncomplication,pct\ninfection,12.1\nembolie,0.4\n",
    )
    yield Case(
        "masked_ensemble.csv",
        BLOCK,
        "one mask in a row whose margin is called « Ensemble »",
        table(["dep", "H", "F", "Ensemble"], [["75", 120, 133, 253], ["92", "moins de 11", 91, 98]]),
    )
    yield Case(
        "boxplot.csv",
        BLOCK,
        "what a box plot is drawn from: the ends are persons",
        table(
            ["service", "n", "min", "q1", "mediane", "q3", "max"],
            [["A", 412, 18, 51, 64, 77, 104], ["B", 300, 19, 50, 63, 75, 101]],
        ),
    )
    yield Case(
        "outliers.csv",
        BLOCK,
        "the points outside the whiskers are persons",
        table(
            ["service", "n", "q1", "mediane", "q3", "outliers"],
            [["A", 412, 51, 64, 77, "104; 107"], ["B", 300, 50, 63, 75, "101"]],
        ),
    )
    yield Case(
        "km_last_three.csv",
        BLOCK,
        "three persons at risk at the end of a curve",
        table(["mois", "a_risque", "survie"], [[0, 412, 1.0], [12, 290, 0.91], [24, 118, 0.85], [36, 3, 0.61]]),
    )


def _writing() -> Iterator[Case]:
    for name, text in {
        "fullwidth": "４",
        "unit": "4 patients",
        "named": "n=4",
        "brackets": "(4)",
        "about": "≈ 4",
        "starred": "4*",
    }.items():
        yield Case(
            f"written_{name}.csv",
            BLOCK,
            f"four, written « {text} »",
            table(["dep", "patients"], [["75", 120], ["92", text], ["93", 48]]),
        )
    yield Case(
        "written_units_ok.csv",
        PASS,
        "counts with their unit",
        table(["dep", "effectif"], [["75", "120 patients"], ["92", "84 patients"], ["93", "48 patients"]]),
    )
    yield Case(
        "weighted.csv",
        PASS,
        "weighted counts have decimals",
        table(["dep", "n", "n_pondere"], [["75", 120, 1204.6], ["92", 84, 911.2]]),
    )
    yield Case(
        "two_levels.csv",
        BLOCK,
        "a small cell under two lines of headers",
        b"dep,2020,2020,2021,2021\n,H,F,H,F\n75,120,131,118,140\n92,44,57,51,6\n",
    )
    yield Case(
        "semicolons_quotes.csv",
        PASS,
        "everything in quotes, French numbers",
        '"dep";"effectif";"part"\r\n"75";"1\u202f204";"12,5 %"\r\n"92";"844";"8,8 %"\r\n'.encode("utf-8-sig"),
    )
    yield Case(
        "sheet_percent.xlsx",
        PASS,
        "shares of a sheet",
        workbook(lambda book: [book.active.append(row) for row in (["93", "H", 122], ["93", "F", 141])]),
    )


def _models() -> Iterator[Case]:
    yield Case(
        "confusion.csv",
        PASS,
        "a confusion matrix",
        table(["", "predit_0", "predit_1"], [["observe_0", 812, 44], ["observe_1", 39, 305]]),
    )
    yield Case(
        "confusion_small.csv",
        BLOCK,
        "a confusion matrix with three persons",
        table(["", "predit_0", "predit_1"], [["observe_0", 812, 3], ["observe_1", 39, 305]]),
    )
    yield Case(
        "calibration.csv",
        PASS,
        "a calibration by deciles",
        table(
            ["decile", "n", "predit", "observe"],
            [[d, 412, round(0.02 * d, 3), round(0.021 * d, 3)] for d in range(1, 11)],
        ),
    )
    yield Case(
        "roc_grid.csv",
        PASS,
        "a ROC curve on a grid",
        table(["fpr", "tpr"], [[round(i / 20, 2), round((i / 20) ** 0.4, 2)] for i in range(21)]),
    )
    yield Case(
        "tree.txt",
        BLOCK,
        "a leaf of a tree holds three persons",
        b"|--- age <= 61.50\n|   |--- samples: 412\n|   |--- class: 0\n|--- age >  61.50\n|   |--- samples: 3\n|   |--- class: 1\n",
    )
    yield Case(
        "rules.csv",
        BLOCK,
        "a rule that four persons support",
        table(
            ["antecedent", "consequent", "support_n", "confidence"], [["E11", "I10", 212, 0.61], ["G30", "F00", 4, 0.8]]
        ),
    )
    source = seeded("shap")
    yield Case(
        "shap.csv",
        BLOCK,
        "what each variable did for each person",
        table(
            ["shap_age", "shap_crp", "shap_sexe", "prediction"],
            [[*(round(source.gauss(0, 1), 4) for _ in range(3)), round(source.random(), 4)] for _ in range(120)],
        ),
    )
    yield Case(
        "components.csv",
        FLAG,
        "coordinates of 150 points that may be persons",
        table(["PC1", "PC2"], [[round(source.gauss(0, 2), 4), round(source.gauss(0, 1), 4)] for _ in range(150)]),
    )
    yield Case(
        "importances.csv",
        PASS,
        "importances of variables",
        table(["variable", "importance"], [["age", 0.41], ["crp", 0.33], ["sexe", 0.08]]),
    )


def _structured() -> Iterator[Case]:
    yield Case(
        "summary.json",
        PASS,
        "a few figures",
        json.dumps({"n": 1204, "age_moyen": 62.3, "ecart_type": 14.1, "part_femmes": 0.515}).encode(),
    )
    yield Case(
        "tree.json",
        BLOCK,
        "a node of a tree holds three persons",
        json.dumps({"feature": ["age", "crp"], "threshold": [61.5, 12.0], "n_node_samples": [412, 240, 3]}).encode(),
    )
    yield Case(
        "map.geojson",
        FLAG,
        "counts on a map: fine places",
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"iris": f"75{i:07d}", "n": 20 + i},
                        "geometry": {"type": "Polygon", "coordinates": [[[2.1, 48.1], [2.2, 48.1], [2.2, 48.2]]]},
                    }
                    for i in range(12)
                ],
            }
        ).encode(),
    )
    yield Case(
        "points.geojson",
        BLOCK,
        "a point for each person",
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"age": 20 + i, "sexe": "HF"[i % 2]},
                        "geometry": {"type": "Point", "coordinates": [2.1 + i / 977, 48.1 + i / 1237]},
                    }
                    for i in range(60)
                ],
            }
        ).encode(),
    )
