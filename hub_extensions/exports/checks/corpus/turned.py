"""Statistics in rows, a column for each group; counts under the names of groups; means that are shares."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case
from hub_extensions.exports.checks.corpus.pages import html_table, page

_TEXTS = (
    ("turned_small.csv", BLOCK, "four persons in a row of counts above percentages", """\
Variable;Groupe A;Groupe B
Effectif;120;4
% décès;12,5;25,0
"""),
    ("turned_part.csv", BLOCK, "three deaths between their whole and their share", """\
Variable;Groupe A;Groupe B
N;120;144
Décès, n;14;3
Décès, %;11,7;2,1
"""),
    ("turned_implied.csv", BLOCK, "a percentage of the count above it is three men", """\
Indicateur;Hommes;Femmes
Effectif;1204;1310
% décès;0,25;3,1
"""),
    ("turned_rest.csv", BLOCK, "all but four live", """\
indicator,2019,2020
count,120,145
percent alive,97.0,80.0
"""),
    ("turned_masked.csv", BLOCK, "a masked count above its mean", """\
Variable;Groupe A;Groupe B
N;120;< 11
Âge, moyenne;61,2;58,4
Âge, ET;12,1;11,0
"""),
    ("turned_long.csv", BLOCK, "four persons, one statistic to a line", """\
groupe,statistique,valeur
A,n,120
A,% décès,12.5
B,n,4
B,% décès,25.0
"""),
    ("turned_stages.csv", BLOCK, "stages as columns, and no column that is called a count", """\
region;Stade I;Stade II
IDF;120;84
PACA;90;4
"""),
    ("turned_pairs.csv", BLOCK, "counts with their share in brackets", """\
dep;Décès, n (%)
75;14 (11,7 %)
92;4 (3,3 %)
"""),
    ("turned.md", BLOCK, "the same in Markdown", """\
| Variable | Groupe A | Groupe B |
|---|---|---|
| Effectif | 120 | 4 |
| % décès | 12,5 | 25,0 |
"""),
    ("binary_name.csv", BLOCK, "the mean of a death: three persons", """\
dep,n,moyenne_deces
75,1204,0.0025
92,2408,0.11
93,1440,0.31
"""),
    ("binary_label.csv", BLOCK, "the same, a variable to a line", """\
variable;n;moyenne
décès;1204;0,0025
âge;1204;62,1
"""),
    ("binary_deviation.csv", BLOCK, "a standard deviation that only a share has", """\
dep,n,moyenne,ecart_type
75,1204,0.0025,0.05
92,2408,0.11,0.313
"""),
    ("binary_describe.csv", BLOCK, "what describe() prints of a death", """\
,deces,age
count,1204,1204
mean,0.0025,62.1
std,0.05,12.1
"""),
    ("binary_rest.csv", BLOCK, "all but five were admitted again", """\
hospital,n,mean_readmission
N,500,0.99
S,400,0.50
"""),
    ("binary_all.csv", FLAG, "everybody of a group died", """\
dep,n,moyenne_deces
75,120,0.12
92,58,1.00
93,44,0.31
"""),
    ("binary_unknown.csv", FLAG, "maybe the mean of a yes or no", """\
dep,n,moyenne_flag
75,1204,0.0025
92,2408,0.11
"""),
    ("honest_turned.csv", PASS, "counts and percentages in rows", """\
Variable;Groupe A;Groupe B
N;1200;1440
Décès, n;144;36
Décès, %;12,0;2,5
"""),
    ("honest_turned_small_share.csv", PASS, "percentages below eleven are no counts", """\
Indicateur;Hommes;Femmes
Effectif;620;584
% décès;2,5;3,1
"""),
    ("honest_turned_long.csv", PASS, "one statistic to a line", """\
groupe,statistique,valeur
A,n,1200
A,% décès,12.5
B,n,1400
B,% décès,25.0
"""),
    ("honest_turned_masked.csv", PASS, "a masked count and its masked share", """\
Variable;Région IDF;Région PACA
Effectif;1200;< 11
Part de décès (%);12,5;NS
"""),
    ("honest_describe.csv", PASS, "what describe() prints, its ends removed", """\
,age,imc
count,1204,1204
mean,62.1,27.3
std,12.0,4.1
25%,51.0,24.0
50%,62.0,27.0
75%,73.0,30.0
"""),
    ("honest_codes_two.csv", PASS, "two codes and no count", """\
dep,code_region,code_zone
75,11,3
92,11,4
"""),
    ("honest_groups_means.csv", PASS, "means by group", """\
variable,groupe 1,groupe 2,p
n,412,388,
âge,61.2,58.4,0.03
imc,27.1,26.9,0.4
"""),
    ("honest_mean_deaths.csv", PASS, "deaths of many", """\
dep,n,moyenne_deces
75,1204,0.025
92,2408,0.11
93,1440,0.31
"""),
    ("honest_mean_creatinine.csv", PASS, "creatinine is no share", """\
groupe,n,creatinine_moyenne
A,120,0.95
B,133,0.90
"""),
    ("honest_mean_visits.csv", PASS, "a mean number is no share", """\
groupe,n,nombre moyen de visites
A,120,0.02
B,133,0.95
"""),
    ("honest_mean_score.csv", PASS, "a standard deviation that no share has", """\
groupe,n,moyenne,ecart_type
A,120,0.02,1.00
B,133,0.03,0.98
"""),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for name, expected, reason, text in _TEXTS:
        yield Case(name, expected, reason, text.encode())
    rows = [["Variable", "Groupe A", "Groupe B"], ["Effectif", 120, 4], ["% décès", "12,5", "25,0"]]
    yield Case("turned.html", BLOCK, "four persons in a row of a page", page(html_table(rows)))
    named = b'{"Effectif": {"A": 120, "B": 4}, "% deces": {"A": 12.5, "B": 25.0}}'
    yield Case("turned.json", BLOCK, "four persons in a mapping of JSON", named)
