"""Statistics on few persons: their number in a note, or masked beside them; and the honest tables of the same shapes."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, PASS, Case
from hub_extensions.exports.checks.corpus.pages import html_table, page
from hub_extensions.exports.checks.corpus.parted import sheet

_NOTES = ("# n = 8", "# Effectif : 8", "# Étude sur 8 patients", "# sample size: 8", "# huit patients opérés")
_TABLES = (
    ("shares", "dep,pct\n75,25.0\n92,75.0\n"),
    ("means", "variable,moyenne,ecart_type\nage,62.1,3.2\nimc,27.3,2.0\n"),
    ("quantiles", "variable;médiane;Q1;Q3\nâge;62,1;50,0;70,2\n"),
)
_TEXTS = (
    ("based_title.csv", BLOCK, "percentages on eight persons, in the title", """\
Patients opérés (n = 8),
dep,pct
75,25.0
92,75.0
"""),
    ("based_masked_mean.csv", BLOCK, "a mean beside its masked count, the whole in a note", """\
# n = 1204
dep,n,moyenne_age
75,120,61.2
92,< 11,48.5
93,44,60.1
"""),
    ("based_masked_sum.csv", BLOCK, "a sum beside its masked count", """\
dep,n,cout_total,part_max
75,120,61200,0.1
92,< 11,485,0.2
93,44,6010,0.1
"""),
    ("based_masked_share.csv", BLOCK, "a share beside its masked count", """\
dep;effectif;% décès
75;120;12,5
92;*;25,0
"""),
    ("based_masked_half.csv", BLOCK, "women masked, their mean shown", """\
dep,n_H,age_moyen_H,n_F,age_moyen_F
75,120,61.2,133,62.1
92,84,60.0,<11,58.2
"""),
    ("based_masked_pairs.csv", BLOCK, "pairs of columns of the same names", """\
sexe,n,%,n,%
H,120,12.5,< 11,25.0
F,130,14.0,140,15.2
"""),
    ("based.md", BLOCK, "a median beside a masked count, in Markdown", """\
| region | patients | median cost |
|---|---|---|
| North | 140 | 812 |
| South | 1-10 | 640 |
| West | 90 | 702 |
"""),
    ("based_prose.md", BLOCK, "six patients in the text above", """\
# Titre

Moyennes calculées sur 6 patients.

| variable | moyenne | ET |
|---|---|---|
| âge | 62,1 | 3,2 |
| imc | 27,1 | 2,2 |
"""),
    ("based_masked_median.csv", BLOCK, "a median and its quartiles beside a masked count", """\
dep;n;médiane [IQR]
75;120;61 [50-70]
92;< 11;48 [40-50]
"""),
    ("based.json", BLOCK, "a mean beside a masked count, in JSON", """\
[{"dep": "75", "n": 120, "mean": 61.2}, {"dep": "92", "n": "<11", "mean": 48.5}, {"dep": "93", "n": 44, "mean": 60.1}]
"""),
    ("honest_masked_with.csv", PASS, "the mean is masked with its count", """\
dep,n,moyenne_age
75,120,61.2
92,< 11,NS
93,44,60.1
94,<11,
"""),
    ("honest_masked_parts.csv", PASS, "parts are masked, the mean is of all", """\
dep,n,hommes,femmes,age_moyen
75,320,200,120,61.2
92,160,<11,<11,60.2
"""),
    ("honest_masked_half.csv", PASS, "women masked with their mean", """\
dep,n_H,age_moyen_H,n_F,age_moyen_F
75,120,61.2,133,62.1
92,84,60.0,<11,NS
"""),
    ("honest_note_words.csv", PASS, "the number of persons in words, and the rule of masks", """\
# 1 204 patients ; cases de moins de 11 patients masquées
dep,pct
75,25.0
92,75.0
"""),
    ("honest_note_centres.csv", PASS, "the number of centres is none of persons", """\
# n = 1 204 dans 8 centres
variable,moyenne
age,62.1
imc,27.3
"""),
    ("honest_note_rule.csv", PASS, "a threshold is none of persons", """\
# n = 1204
# seuil n = 10
variable,moyenne
age,62.1
"""),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for number, note in enumerate(_NOTES):
        for name, body in _TABLES:
            noted = f"{note}\n{body}".encode()
            yield Case(f"based_{name}_{number}.csv", BLOCK, f"{name} on eight persons, as a note says: {note}", noted)
    for name, expected, reason, text in _TEXTS:
        yield Case(name, expected, reason, text.encode())
    shares = html_table([["dep", "pct"], ["75", "25.0"], ["92", "75.0"]])
    yield Case(
        "based_sheet.xlsx",
        BLOCK,
        "eight persons, on a sheet of notes",
        sheet([["dep", "pct"], ["75", 25.0], ["92", 75.0]], ["Note", "n = 8 patients"]),
    )
    yield Case("based.html", BLOCK, "eight persons above a table", page(f"<p>Effectif : n = 8</p>{shares}"))
