"""What programs print of crossed tables, trees and summaries, and what people say of it in sentences and in LaTeX."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, table
from hub_extensions.exports.checks.findings import Verdict


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _crossed()
    yield from _trees()
    yield from _ends()
    yield from _sentences()
    yield from _emphasised()
    yield from _marked()
    yield from _pyramids()


def _judged(smallest: int) -> Verdict:
    return BLOCK if smallest < 11 else PASS


def _sas(smallest: int) -> str:
    return f"""\
                     Table of sexe by deces

sexe     deces

Frequency|
Percent  |
Row Pct  |non     |oui     |  Total
---------+--------+--------+
F        |     812 |    {smallest:4d} | {812 + smallest:7d}
         |   62.01 |    1.02 |   63.03
         |   98.40 |    1.60 |
---------+--------+--------+
M        |     402 |      61 |     463
         |   31.10 |    4.71 |   35.81
         |   86.83 |   13.17 |
---------+--------+--------+
Total        1214       {61 + smallest:3d}     {1275 + smallest}
"""


def _gmodels(smallest: int) -> str:
    return f"""\
             | d$deces
      d$sexe |         0 |         1 | Row Total |
-------------|-----------|-----------|-----------|
           F |       410 |        33 |       443 |
             |     0.926 |     0.074 |     0.533 |
-------------|-----------|-----------|-----------|
           M |       380 |       {smallest:3d} |       {380 + smallest} |
             |     0.976 |     0.024 |     0.467 |
-------------|-----------|-----------|-----------|
Column Total |       790 |       {33 + smallest:3d} |       {823 + smallest} |
"""


def _stata(smallest: int) -> str:
    return f"""\
           |         deces
      sexe |         0          1 |     Total
-----------+----------------------+----------
         F |       412        {smallest:3d} |       {412 + smallest}
           |     98.00       2.00 |    100.00
-----------+----------------------+----------
         M |       380         51 |       431
           |     88.17      11.83 |    100.00
"""


def _crossed() -> Iterator[Case]:
    for name, printed in (("sas", _sas), ("gmodels", _gmodels), ("stata_row", _stata)):
        for smallest in (9, 39):
            yield Case(
                f"crossed_{name}_{smallest}.txt",
                _judged(smallest),
                f"counts over shares, as {name} prints them, the smallest {smallest}",
                printed(smallest).encode(),
            )


def _trees() -> Iterator[Case]:
    for n in (6, 60):
        weights = f"|--- age <= 71.50\n|   |--- weights: [870.00, {n}.00] class: 0\n|--- age >  71.50\n"
        weights += "|   |--- weights: [122.00, 102.00] class: 0\n"
        yield Case(f"tree_weights_{n}.txt", _judged(n), f"a leaf with {n} persons of a class", weights.encode())
        anova = f"n= 1204\n\nnode), split, n, deviance, yval\n\n1) root 1204 30120.10  61.20\n  2) sexe=F {n}   120.40  88.10 *\n"
        yield Case(f"tree_rpart_{n}.txt", _judged(n), f"a regression tree with a leaf of {n}", anova.encode())
        party = f"[1] root\n|   [2] crp <= 120: 0 (n = 218, err = 44.0%)\n|   [3] crp > 120: 1 (n = {n}, err = 12.0%)\n"
        yield Case(f"tree_party_{n}.txt", _judged(n), f"partykit prints a leaf of {n}", party.encode())


def _ends() -> Iterator[Case]:
    summary = " age              crp\n Min.   : 18.00   Min.   :  0.20\n Median : 62.00   Median : 21.40\n Max.   :107.00   Max.   :412.00\n"
    yield Case("summary_frame.txt", BLOCK, "R's summary of a data frame", summary.encode())
    yield Case(
        "summary_line.md",
        BLOCK,
        "R's summary of a vector, in a note",
        b"```\n## Min. 1st Qu. Median Mean 3rd Qu. Max.\n## 120 1450 2310 4021 5120 98211\n```\n",
    )
    yield Case(
        "median_ends.txt",
        BLOCK,
        "a median age and its two ends",
        "1 204 patients, âge médian 61 [18-107] ans.\n".encode(),
    )
    yield Case(
        "median_quartiles.txt",
        PASS,
        "a median age and its quartiles",
        "1 204 patients, âge médian 61 [51-74] ans.\n".encode(),
    )
    yield Case("range_said.txt", BLOCK, "a range", b"We included 1,204 patients, aged 61 years (range 18-107).\n")
    yield Case(
        "range_laid_down.txt",
        PASS,
        "who could be included",
        "Critères d'inclusion : adultes de 18 à 75 ans ; 1 204 patients inclus.\n".encode(),
    )
    for last, verdict in (("18-107", BLOCK), ("51-74", PASS)):
        named = "min-max" if verdict is BLOCK else "Q1-Q3"
        rows = [[f"Âge, médiane [{named}]", f"61 [{last}]"], ["Femmes, n (%)", "620 (51,5)"]]
        yield Case(
            f"cell_{last}.csv",
            verdict,
            f"a median and its {named} in one cell",
            table(["variable", "Total (N=1204)"], rows, ";"),
        )
    residuals = (
        "Residuals:\n    Min      1Q  Median      3Q     Max\n-3210.1  -640.2   -21.1   580.3  9120.4\n\nN = 20186\n"
    )
    yield Case("residual_ends.txt", FLAG, "the ends of a model's residuals", residuals.encode())


_SAID = (
    "On observe 3 patients de moins de 18 ans.",
    "Le groupe B compte 7 femmes.",
    "Trois patients ont été perdus de vue.",
    "There were 5 deaths in the treated arm.",
    "Un seul patient était mineur.",
    "n = 4 dans le bras B",
    "Parmi eux, 9 sont décédés.",
    "Parmi les 620 femmes, quatre ont été opérées.",
    "L'âge allait de 18 à 104 ans.",
    "La durée de séjour maximale était de 212 jours.",
    "The oldest patient was 104 years old.",
)
_NOT_SAID = (
    "Les effectifs inférieurs à 11 patients sont masqués.",
    "2 patients sur 3 ont plus de 60 ans.",
    "Le taux est de 3 décès pour 1 000 patients-années.",
    "Les femmes ayant 2 enfants ou plus sont 412.",
    "Chambres de 2 personnes : 412 patients.",
    "La randomisation est faite par blocs de 4 patients.",
    "Deux personnes ont relu les dossiers, 2 personnes ont codé les causes.",
    "Groups = 10, 3 models, 5 visits per patient.",
    "Parmi les patients, ceux de stade 3 ont un pronostic réservé ; 9 sur 10 ont un suivi.",
    "The 95% CI ranged from 1.05 to 1.45; AUC ranged from 0.71 to 0.78.",
    "Âge minimum : 18 ans pour l'inclusion.",
    "Le score va de 0 à 10 ; l'étendue théorique est 0-10.",
    "La période s'étend de 2015 à 2019, la durée de suivi étant de 4 ans.",
    "Exemple : 5 patients sont remplacés par « < 11 ».",
    "Les taux variaient de 3 à 12 pour 1 000 selon les régions.",
)


def _sentences() -> Iterator[Case]:
    for number, said in enumerate(_SAID):
        yield Case(
            f"said_few_{number}.txt",
            BLOCK,
            "a few persons, said in words",
            f"1 204 patients inclus.\n{said}\n".encode(),
        )
    for number, said in enumerate(_NOT_SAID):
        yield Case(
            f"said_none_{number}.txt",
            PASS,
            "a small number that counts no persons",
            f"1 204 patients inclus.\n{said}\n".encode(),
        )


def _emphasised() -> Iterator[Case]:
    ways = (
        r"\textbf{%d}",
        r"\emph{%d}",
        r"\textcolor{red}{%d}",
        r"$%d$",
        r"\num{%d}",
        r"\cellcolor{gray!25}%d",
        r"%d\textsuperscript{a}",
    )
    for number, way in enumerate(ways):
        for count in (7, 97):
            rows = r"I & 120 & 141 \\" + "\n" + rf"II & 98 & {way % count} \\" + "\n" + r"III & 61 & 77 \\"
            text = (
                r"\begin{tabular}{lrr}"
                + "\n"
                + r"Stade & Femmes & Hommes \\"
                + "\n\\midrule\n"
                + rows
                + "\n\\end{tabular}\n"
            )
            yield Case(f"emphasised_{number}_{count}.tex", _judged(count), f"{way} in a table", text.encode())


def _marked() -> Iterator[Case]:
    for number, way in enumerate(("**%d**", "*%d*", "`%d`", "%d<sup>a</sup>", "<b>%d</b>", "~~%d~~", "%d[^1]")):
        for count in (7, 97):
            text = (
                f"| stade | F | H |\n|---|---|---|\n| I | 120 | 141 |\n| II | 98 | {way % count} |\n| III | 61 | 77 |\n"
            )
            yield Case(f"marked_{number}_{count}.md", _judged(count), f"{way} in a table of Markdown", text.encode())
    for count in (8, 88):
        line = rf"\begin{{tabular}}{{lr}} Stade & n \\ \hline I & 120 \\ II & {{\bfseries {count}}} \\ III & 61 \\ \end{{tabular}}"
        yield Case(f"one_line_{count}.tex", _judged(count), "a table of LaTeX on one line", f"{line}\n".encode())
        factors = f"  stade     sexe\n I  :724   F:620\n II :477   M:584\n III:{count:3d}\n"
        yield Case(f"summary_factors_{count}.txt", _judged(count), "R's summary of two factors", factors.encode())
    quantiles = "> quantile(d$age)\n  0%  25%  50%  75% 100%\n  18   51   62   74  107\n"
    yield Case("quantiles_ends.txt", BLOCK, "quantiles from the first to the last", quantiles.encode())
    yield Case("five_numbers.txt", BLOCK, "the five numbers of a box", b"> fivenum(d$age)\n[1]  18  51  62  74 107\n")
    extremes = "          Extreme Observations\n\n-----Lowest----        ----Highest---\n\n   18      411           101      902\n"
    yield Case("extreme_observations.txt", BLOCK, "SAS's extreme observations", extremes.encode())
    rows = [
        ["Sexe", "", ""],
        ["Femmes", 620, 51.5],
        ["Hommes", 584, 48.5],
        ["Stade", "", ""],
        ["I", 724, 60.1],
        ["II", 377, 31.3],
        ["III", 103, 8.6],
    ]
    yield Case("sections.csv", PASS, "shares of the section that they stand in", table(["variable", "n", "%"], rows))
    few = [*rows[:-2], ["II", 472, 39.2], ["III", 8, 0.7]]
    yield Case("sections_small.csv", BLOCK, "a small count in a section", table(["variable", "n", "%"], few))
    yield Case(
        "sex_ratio.csv",
        PASS,
        "a ratio of the sexes",
        table(["region", "n", "sex_ratio"], [["IDF", 420, 0.97], ["PACA", 310, 1.02]]),
    )


def _pyramids() -> Iterator[Case]:
    shares = ((12.1, 11.8), (14.0, 14.4), (13.1, 13.3), (9.8, 11.5))
    for name, side in (("left", -1), ("right", 1)):
        body = "".join(f"{20 * at}+,{side * men},{women}\n" for at, (men, women) in enumerate(shares))
        yield Case(f"pyramid_shares_{name}.csv", PASS, "percents of all", f"age,hommes,femmes\n{body}".encode())
    for name, men, women in (("fr", "hommes", "femmes"), ("en", "male", "female")):
        for last in (4, 94):
            rows = [["0-39", -712, 718], ["40-79", -690, 702], ["80+", -last, 120]]
            yield Case(
                f"pyramid_{name}_{last}.csv",
                _judged(last),
                f"{last} men, drawn to the left",
                table(["age", men, women], rows),
            )
    yield Case(
        "changes.csv",
        PASS,
        "how a rate has changed is no count",
        table(["region", "n", "evolution_pct"], [["IDF", 1204, -4], ["PACA", 980, 3], ["ARA", 771, -7]]),
    )
    yield Case(
        "logarithms.csv",
        PASS,
        "a column of logarithms, whose name begins as a formula would",
        table(
            ["exposition", "n", "beta", "se", "p", "-log10(p)"],
            [["A", 8120, 0.12, 0.04, 0.003, 2.5], ["B", 8120, -0.05, 0.03, 0.12, 0.9]],
        ),
    )
    text = "stade      I   II  III\nF        164  146  135\nH        141  145  151\n"
    yield Case("columns_of_three.txt", PASS, "columns of numbers are no NIR", text.encode())
