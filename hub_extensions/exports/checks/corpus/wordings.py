"""The same cell in other words: headers, masks and numbers as people write them, and what only looks like a count."""

import json
from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, table

_HEADERS = (
    "Nb pat.", "effectifs_2021", "#patients", "cas incidents", "patients_count", "N_obs", "Freq.", "nb_benef",
    "nombre_assures", "Hommes (n)", "pers.", "volumes", "nbr_sej", "Decedes", "Population", "N=", "nombre de personnes",
    "unique_patients", "individuals", "subjects",
)  # fmt: skip
_FOURS = ("4\u200b", "4,0", "+4", "0004", "4.", "\u00a04", "«4»", "4 ", "quatre", "four", "1e1")
_MASKS = (
    "≤ 10",
    "<=10",
    "1 à 10",
    "[1-10]",
    "1–10",
    "< 11",
    "moins de 11",
    "*",
    "NS",
    "n.d.",
    "-",
    "masqué",
    "0-10",
    ".",
)


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for number, header in enumerate(_HEADERS):
        body = table(["dep", header], [["75", 120], ["92", 4], ["93", 48]])
        yield Case(f"header_{number:02d}.csv", BLOCK, f"four persons under « {header} »", body)
    for number, text in enumerate(_FOURS):
        body = table(["dep", "n"], [["75", 120], ["92", text], ["93", 48]], ";")
        yield Case(f"four_{number:02d}.csv", BLOCK, f"a small count, written {text!r}", body)
    for number, mask in enumerate(_MASKS):
        rows = [["75", 120, 133, 253], ["92", mask, 91, 96], ["93", 50, 60, 110]]
        body = table(["dep", "H", "F", "Total"], rows)
        yield Case(f"mask_{number:02d}.csv", BLOCK, f"one mask « {mask} » in a row with its total", body)
    yield from _ends()
    yield from _honest()
    yield from _settings()


def _ends() -> Iterator[Case]:
    yield Case(
        "p0_p100.csv",
        BLOCK,
        "the quantiles 0 and 100 are persons",
        table(["var", "n", "p0", "p25", "p50", "p75", "p100"], [["age", 1204, 18, 51, 62, 74, 104]]),
    )
    yield Case(
        "spread.csv",
        BLOCK,
        "the two ends in one cell",
        table(["var", "n", "moyenne", "etendue"], [["age", 1204, 62.1, "18–104"], ["imc", 1204, 25.1, "14.2–61.3"]]),
    )
    yield Case(
        "table1_ends.csv",
        BLOCK,
        "the two ends in brackets, as the label says",
        table(
            ["Caractéristique", "Total (N = 1204)"],
            [["Âge, moyenne [min–max]", "62 [18–104]"], ["Femmes, n (%)", "620 (51,5 %)"]],
            ";",
        ),
    )
    yield Case(
        "first_dates.csv",
        BLOCK,
        "the first and the last date are persons'",
        table(
            ["dep", "n", "date_min", "date_max"],
            [["75", 120, "2019-01-03", "2021-12-30"], ["92", 140, "2019-01-05", "2021-12-29"]],
        ),
    )
    yield Case(
        "zero_for_mask.csv",
        BLOCK,
        "a zero stands for a mask, and the total tells",
        table(["dep", "n"], [["75", 120], ["92", 0], ["93", 48], ["Total", 172]]),
    )
    for name, value in {
        "nested": {"75": {"H": 120, "F": 3}, "92": {"H": 44, "F": 57}},
        "object": {"counts": {"A": 120, "B": 3, "C": 44}},
        "pairs": [["75", 120], ["92", 3], ["93", 44]],
        "series": {"name": "n", "index": ["75", "92"], "data": [120, 3]},
    }.items():
        yield Case(f"three_{name}.json", BLOCK, f"three persons in JSON: {name}", json.dumps(value).encode())


def _honest() -> Iterator[Case]:
    for name, header, rows, separator in (
        ("ci_cells", ["variable", "OR [IC 95 %]", "p"], [["age", "1,23 [1,10–1,40]", "<0,001"], ["sexe", "0,88 [0,71–1,09]", "0,24"], ["N", "12 004", ""]], ";"),
        ("pct_with_n", ["dep", "part"], [["75", "45,6 % (n = 12 345)"], ["92", "54,4 % (n = 14 722)"]], ";"),
        ("open_classes", ["age", "n"], [["[0;18)", 412], ["[18;65)", 2104], ["≥ 65", 1310], ["Inconnu", 45]], ","),
        ("transitions", ["de", "vers", "n"], [["urgences", "médecine", 1204], ["urgences", "domicile", 8120]], ","),
        ("subgroups", ["sous_groupe", "n", "hr", "ic_bas", "ic_haut"], [["hommes", 1204, 0.91, 0.8, 1.03], ["femmes", 1310, 0.85, 0.74, 0.98]], ","),
        ("thousands_english", ["region", "patients"], [["North", "1,204"], ["South", "12,310"]], ","),
        ("hours", ["heure", "lundi", "mardi"], [[h, 100 + h * 3, 110 + h * 2] for h in range(24)], ","),
        ("single_years", ["age", "n"], [[a, 300 + abs(50 - a) * 7] for a in range(90)], ","),
        ("hexagons", ["x", "y", "n"], [[i * 0.5, j * 1.5, 20 + i * j] for i in range(8) for j in range(6)], ","),
        ("deciles_of_cost", ["ghm", "n", "p10", "p50", "p90"], [["05M09", 1204, 812.5, 2310, 7120], ["04M05", 940, 700, 2101, 6900]], ","),
    ):  # fmt: skip
        yield Case(f"honest_{name}.csv", PASS, f"an honest table: {name}", table(header, rows, separator))
    yield Case(
        "hazards.csv",
        FLAG,
        "a hazard without its risk set",
        table(["time", "hazard"], [[round(i * 3.7 + (i * i) % 5, 1), round(0.0007 * i, 5)] for i in range(1, 200)]),
    )
    yield Case(
        "days_and_words.csv",
        FLAG,
        "days and words, and nothing that counts",
        table(
            ["evenement", "date", "service"],
            [["sortie", f"2021-{i % 12 + 1:02d}-{i % 28 + 1:02d}", "A"] for i in range(40)],
        ),
    )


def _settings() -> Iterator[Case]:
    yield Case(
        "metrics.json",
        PASS,
        "how well a model does",
        json.dumps({"auc": 0.81, "n_train": 12000, "n_test": 3000, "seed": 7}).encode(),
    )
    settings = {"max_depth": 4, "n_estimators": 200, "learning_rate": 0.05, "min_child_weight": 5}
    yield Case("settings.json", PASS, "how a model is set", json.dumps(settings).encode())
    codes = [f"I{number:02d}" for number in range(10, 60)]
    quoted = ", ".join(f'"{code}"' for code in codes)
    yield Case(
        "codes.R",
        PASS,
        "a list of diagnoses in a program",
        f"codes <- c({quoted})\nres <- df[df$dp %in% codes, ]\n".encode(),
    )
    yield Case(
        "codes.py", PASS, "a list of diagnoses in a program", f"CODES = [{quoted}]\nAGES = [18, 65, 80]\n".encode()
    )
    yield Case(
        "codes.yaml", PASS, "a list of diagnoses", ("codes:\n" + "".join(f"  - {code}\n" for code in codes)).encode()
    )
    losses = [(i, round(0.7 / (1 + i / 9), 4), round(0.72 / (1 + i / 11), 4)) for i in range(1, 101)]
    yield Case("learning.csv", PASS, "how a model learns", table(["epoch", "loss", "val_loss"], losses))
    lines = "".join(f"epoch {i:03d} loss {a:.4f} val_loss {b:.4f}\n" for i, a, b in losses[:50])
    yield Case("training.log", PASS, "what a training prints", lines.encode())
