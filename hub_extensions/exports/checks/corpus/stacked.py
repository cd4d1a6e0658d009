"""Tables as pandas, tableone and lifelines write them, sets and flows, totals in sentences; parts that nobody opens."""

import io
import json
import random
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, seeded, table
from hub_extensions.exports.checks.corpus.workbooks import workbook
from hub_extensions.exports.checks.findings import Verdict


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _levels()
    yield from _codes()
    yield from _beside()
    yield from _totals()
    yield from _articles()
    yield from _unopened()


def _judged(smallest: int) -> Verdict:
    return BLOCK if smallest < 11 else PASS


_GROUPS = (("I", 247, 270, 255), ("II", 164, 146, 135))


def _wide(n: int, line: str) -> str:
    rows = [*_GROUPS, ("III", 94, 84, n)]
    return "".join(line.format(label, *numbers) for label, *numbers in rows)


def _levels() -> Iterator[Case]:
    for n in (4, 74):
        verdict = _judged(n)
        printed = "        F         H\n      ARA  IDF  ARA\nstade\n" + _wide(n, "{:<5} {:3d}  {:3d}  {:3d}\n")
        yield Case(f"levels_{n}.txt", verdict, "two unnamed levels above the columns", printed.encode())
        written = ",F,F,H\n,ARA,IDF,ARA\nstade,,,\n" + _wide(n, "{},{},{},{}\n")
        yield Case(f"levels_{n}.csv", verdict, "two unnamed levels, as to_csv writes them", written.encode())
        latex = (
            "\\begin{tabular}{lrrr}\n & \\multicolumn{2}{r}{F} & H \\\\\n & ARA & IDF & ARA \\\\\nstade &  &  &  \\\\\n"
        )
        latex += _wide(n, "{} & {} & {} & {} \\\\\n") + "\\end{tabular}\n"
        yield Case(f"levels_{n}.tex", verdict, "two levels, one over two columns", latex.encode())
        head = ",,,cout,cout,cout\n,,,count,mean,std\nregion,stade,sexe,,,\n"
        body = "".join(
            f"{r},{s},F,{c},3578.5,2723.8\n{r},{s},H,{c + 7},3449.1,2251.7\n"
            for r in ("ARA", "IDF", "PACA")
            for s, c in (("I", 247), ("II", 164))
        )
        yield Case(
            f"several_functions_{n}.csv",
            verdict,
            "agg with several functions",
            f"{head}{body}PACA,III,F,{n},3170.0,1978.2\n".encode(),
        )
        spanned = "<table><tr><th></th><th></th><th colspan=2>cout</th></tr><tr><th></th><th></th><th>count</th><th>mean</th></tr>"
        spanned += "<tr><th>region</th><th>sexe</th><th></th><th></th></tr><tr><th rowspan=2>ARA</th><th>F</th><td>247</td><td>3578.5</td></tr>"
        spanned += f"<tr><th>H</th><td>{n}</td><td>3449.1</td></tr></table>"
        yield Case(f"spanned_{n}.html", verdict, "a label that spans rows", spanned.encode())
    maximum = (
        "       cout\n      count    mean      max\nstade\nI      1538  3536.8  21120.3\nII      882  3625.3  28360.6\n"
    )
    yield Case("levels_max.txt", BLOCK, "a maximum below a group of columns", maximum.encode())


def _codes() -> Iterator[Case]:
    for n in (10, 110):
        rows = [[1, 53990], [2, 18480], [3, 18869], [4, n], [5, 4785]]
        yield Case(
            f"codes_of_kinds_{n}.csv",
            _judged(n),
            "codes of a kind beside a count",
            table(["admission_type_id", "n"], rows),
        )
        sets = [[1, 0, 0, 1204], [0, 1, 0, 410], [1, 1, 0, 302], [0, 0, 1, 220], [1, 1, 1, n + 20 if n > 10 else 5]]
        yield Case(
            f"sets_{n}.csv", _judged(n), "who is in which set, 1 or 0", table(["hta", "diabete", "obesite", "n"], sets)
        )
    yield Case(
        "needed_to_treat.csv",
        PASS,
        "numbers needed to treat",
        table(["critere", "n", "nnt"], [["deces", 1204, 8], ["avc", 1204, 25]]),
    )


def _beside() -> Iterator[Case]:
    for few in (4, 44):
        rows = [["IDF", 420, 380], ["PACA", 310, 310 - few], ["ARA", 288, 210]]
        yield Case(
            f"left_over_{few}.csv", _judged(few), "who is not treated", table(["region", "patients", "traites"], rows)
        )
        flows = [["Urgences", "Médecine", 1204], ["Urgences", "Réanimation", few], ["Médecine", "SSR", 220]]
        yield Case(
            f"flows_{few}.csv",
            _judged(few),
            "who went from where to where",
            table(["source", "target", "value"], flows),
        )
        counts = [["I", 724, 724, 701], ["II", 477, 477, 460], ["III", few, few, few]]
        yield Case(
            f"counted_alike_{few}.csv",
            _judged(few),
            "groupby().count() of every variable",
            table(["stade", "age", "sexe", "crp"], counts),
        )
    yield Case(
        "two_sexes.csv",
        PASS,
        "men are no part of women",
        table(["region", "hommes", "femmes"], [["IDF", 420, 418], ["PACA", 310, 302]]),
    )
    yield Case(
        "edges.csv",
        PASS,
        "correlations between variables",
        table(["source", "target", "weight"], [["age", "crp", 0.31], ["age", "imc", 0.12]]),
    )
    whole = [["Femmes, n (%)", "620 (51.5)", "31 (53.4)"], ["VIH, n (%)", "88 (7.3)", "58 (100.0)"]]
    yield Case(
        "whole_group.csv", FLAG, "58 of 58", table(["variable", "Total (N=1204)", "Groupe B (N=58)"], whole, ";")
    )
    parts = [["Total", "1204 (100.0)"], ["Femmes", "620 (51.5)"], ["Hommes", "584 (48.5)"]]
    yield Case("whole_total.csv", PASS, "the total is 100 %", table(["variable", "n (%)"], parts, ";"))


def _totals() -> Iterator[Case]:
    masked = "stade;n\nI;120\nII;< 11\nIII;77\n"
    yield Case(
        "total_below.csv",
        BLOCK,
        "one masked cell, the total in a line below",
        f"{masked}Total des patients : 204;\n".encode(),
    )
    yield Case(
        "total_above.csv",
        BLOCK,
        "one masked cell, the total in the title",
        f"Répartition des 204 patients;\n{masked}".encode(),
    )
    sentence = "L'étude porte sur 204 patients.\n\n| stade | n |\n|---|---|\n| I | 120 |\n| II | <11 |\n| III | 77 |\n"
    yield Case("total_said.md", BLOCK, "one masked cell, the total in a sentence", sentence.encode())
    yield Case(
        "total_far.csv", PASS, "a note about a larger base", f"{masked}Source : base de 12 410 patients;\n".encode()
    )
    yield Case("total_two.csv", PASS, "two masked cells", f"{masked}IV;< 11\nTotal des patients : 206;\n".encode())
    for last in (0.002492, 0.098007):
        series = f"n = 1204\n>>> df.stade.value_counts(normalize=True)\nstade\nI      0.601329\nII     {0.398671 - last:.6f}\nIII    {last:.6f}\nName: proportion, dtype: float64\n"
        yield Case(
            f"proportions_{last}.txt",
            BLOCK if last < 0.01 else PASS,
            "shares of a number that stands above",
            series.encode(),
        )


_COX = (
    "covariate",
    "coef",
    "exp(coef)",
    "se(coef)",
    "coef lower 95%",
    "coef upper 95%",
    "exp(coef) lower 95%",
    "exp(coef) upper 95%",
    "cmp to",
    "z",
    "p",
    "-log2(p)",
)
_COX_ROWS = (
    ("age", 0.0412, 1.0421, 0.0031, 0.0351, 0.0473, 1.0357, 1.0484, 0.0, 13.29, 2.6e-40, 131.5),
    ("sexe", 0.2103, 1.2341, 0.081, 0.0515, 0.3691, 1.0528, 1.4464, 0.0, 2.596, 0.0094, 6.73),
    ("traitement", -0.3101, 0.7334, 0.0712, -0.4496, -0.1705, 0.6379, 0.8432, 0.0, -4.355, 1.33e-05, 16.2),
)


def _articles() -> Iterator[Case]:
    for n in (6, 60):
        written = ',,Missing,Overall,No,Yes,P-Value\nn,,,1204,992,212,\n"age, median [Q1,Q3]",,0,"61.0 [51.0,74.0]","59.0 [49.0,72.0]","70.0 [62.0,79.0]",<0.001\n'
        written += f'"sexe, n (%)",F,,620 (51.5),520 (52.4),100 (47.2),0.191\n,M,,584 (48.5),472 (47.6),{n} (52.8),\n"imc, mean (SD)",,14,26.1 (4.9),25.9 (4.8),27.0 (5.1),0.004\n'
        yield Case(f"tableone_{n}.csv", _judged(n), "a first table, as tableone writes it", written.encode())
        printed = f"  n                        1204\n  age (median [IQR])       61.00 [51.00, 74.00]\n  sexe = M (%)              584 (48.5)\n  cirrhose = 1 (%)           {n:2d} ( 0.3)\n"
        yield Case(f"tableone_{n}.txt", _judged(n), "a first table, as R's tableone prints it", printed.encode())
    cox = table(_COX, _COX_ROWS)
    yield Case("cox_summary_n.csv", PASS, "lifelines' summary and its number of persons", b"# n = 8120\n" + cox)
    yield Case("cox_summary.csv", FLAG, "lifelines' summary without it", cox)
    article = "                      (1)             (2)\nage                 0.041***        0.039***\n                  (0.003)         (0.003)\n{}Standard errors in parentheses\n* p<0.05, ** p<0.01, *** p<0.001\n"
    yield Case("esttab.txt", FLAG, "esttab without N", article.format("").encode())
    yield Case(
        "esttab_n.txt", PASS, "esttab with N", article.format("N                    8120            7904\n").encode()
    )
    mixed = "No. Observations: 8120    Method:             REML\nNo. Groups:       10      Scale:              812.1\nMin. group size:  312     Log-Likelihood:     -51204.1\n"
    yield Case("groups_of_model.txt", PASS, "ten groups of a mixed model", mixed.encode())


def _with_custom(xml: bytes) -> bytes:
    return workbook(extra={"customXml/item1.xml": xml})


def _tensors(arrays: dict[str, Any]) -> bytes:
    header, data = {}, b""
    for name, array in arrays.items():
        raw = array.tobytes()
        header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    written = json.dumps(header).encode()
    return struct.pack("<Q", len(written)) + written + data


def _drawn(paths: Sequence[str]) -> bytes:
    import pikepdf

    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    page.Contents = document.make_stream("\n".join(paths).encode())
    out = io.BytesIO()
    document.save(out, deterministic_id=True)
    return out.getvalue()


def _unopened() -> Iterator[Case]:
    import numpy as np

    source: random.Random = seeded("unopened")
    people = [(source.randrange(18, 97), round(source.gammavariate(2, 20), 1)) for _ in range(60)]
    rows = "".join(f"<p><age>{age}</age><crp>{crp}</crp></p>" for age, crp in people)
    yield Case("custom_rows.xlsx", BLOCK, "rows in data of one's own", _with_custom(f"<rows>{rows}</rows>".encode()))
    attributes = "".join(f'<r age="{age}" crp="{crp}"/>' for age, crp in people)
    yield Case("custom_attributes.xlsx", BLOCK, "rows in its attributes", _with_custom(f"<d>{attributes}</d>".encode()))
    own = b'<b:Sources xmlns:b="http://schemas.openxmlformats.org/officeDocument/2006/bibliography" StyleName="APA"/>'
    yield Case("custom_sources.xlsx", PASS, "what Office keeps by itself", _with_custom(own))
    places = [72 + source.random() * 450 for _ in range(120)]
    yield Case("rug.pdf", BLOCK, "a stroke for each person", _drawn([f"{x:.2f} 100 m {x:.2f} 110 l S" for x in places]))
    yield Case(
        "rug_thin.pdf", BLOCK, "a thin rectangle for each person", _drawn([f"{x:.2f} 100 0.4 10 re f" for x in places])
    )
    yield Case(
        "grid.pdf",
        FLAG,
        "a grid of equal steps",
        _drawn([f"{72 + 7 * i} 100 m {72 + 7 * i} 500 l S" for i in range(60)]),
    )
    noise = np.random.default_rng(7)
    measured = np.column_stack([noise.normal(37, 1, 400).round(1), noise.gamma(2, 20, 400).round(1)])
    yield Case("measured.safetensors", BLOCK, "two measures of 400 persons", _tensors({"support": measured}))
    scaled = (measured - measured.mean(0)) / measured.std(0)
    yield Case("scaled.safetensors", BLOCK, "the same, standardised", _tensors({"layer": scaled}))
    yield Case(
        "weights.safetensors",
        FLAG,
        "weights in double precision",
        _tensors({"w": noise.normal(size=(64, 8)), "b": noise.normal(size=8)}),
    )
