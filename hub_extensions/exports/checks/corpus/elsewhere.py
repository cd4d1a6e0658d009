"""The same disclosing tables as other people make them: other languages, separators and layouts."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case

_TEXTS = (
    ("else_places_d.csv", BLOCK, "d1 and d2 are places, not deciles", "lieu,H,F\nd1,120,4\nd2,130,44\n"),
    ("else_deciles_few.csv", BLOCK, "deciles of five persons", "bras,n,d1,d5,d9\nA,5,101.5,120.2,183.9\nB,60,98.1,119.4,170.2\n"),
    ("else_deciles_some.csv", FLAG, "deciles of forty", "bras,n,d1,d5,d9\nA,40,101.5,120.2,183.9\nB,45,98.1,119.4,170.2\n"),
    ("else_deciles.csv", PASS, "deciles of many", "bras,n,d1,d5,d9\nA,2040,101.5,120.2,183.9\nB,1960,98.1,119.4,170.2\n"),
    ("else_progression.csv", BLOCK, "4 persons whose disease progressed", "bras,n,progression\nA,120,4\nB,130,44\n"),
    ("else_count_german.csv", BLOCK, "German words", """\
Bundesland;Anzahl
Bayern;120
Hessen;6
"""),
    ("else_count_spanish.csv", BLOCK, "Spanish words", """\
Provincia;Pacientes
Madrid;120
Soria;6
"""),
    ("else_count_italian.csv", BLOCK, "Italian words", """\
Regione;Numero pazienti
Lazio;120
Molise;6
"""),
    ("else_count_pipe.csv", BLOCK, "parted by bars", """\
region|n
A|120
B|6
C|44
"""),
    ("else_sep_line.csv", BLOCK, "a first line for Excel", """\
sep=;
region;n
A;120
B;6
C;44
"""),
    ("else_crosstab_pandas.csv", BLOCK, "crosstab() with its margins", """\
sexe,F,H,All
dep,,,
75,120,133,253
92,4,60,64
All,124,193,317
"""),
    ("else_transposed_counts.csv", BLOCK, "statistics run downwards", """\
,75,92,93
patients,120,4,48
age moyen,61.2,60.1,58.8
"""),
    ("else_long_stat.csv", BLOCK, "one statistic a line", """\
groupe,statistique,valeur
75,n,120
75,moyenne,61.2
92,n,5
92,moyenne,58.2
"""),
    ("else_value_counts.csv", BLOCK, "value_counts()", """\
,count
I10,1204
E11,320
Q87,3
"""),
    ("else_no_header_counts.csv", BLOCK, "no header", """\
75,1204
92,320
93,3
"""),
    ("else_percent_frac.csv", BLOCK, "0.75 % of 400 is 3", """\
dep,n,prop
75,400,0.0075
92,800,0.12
"""),
    ("else_cell_n_pct.csv", BLOCK, "number and share in one cell", """\
Variable;Cas (N=52);Témoins (N=104)
Femmes;28 (53,8 %);51 (49,0 %)
Diabète;4 (7,7 %);12 (11,5 %)
"""),
    ("else_cell_slash.csv", BLOCK, "4/120 in one cell", """\
Groupe;Événements
A;4/120
B;31/118
"""),
    ("else_rate_per_100k.csv", BLOCK, "16 for 100,000 of 25,000 is 4", """\
commune,population,taux pour 100 000
X,25000,16.0
Y,812000,22.4
"""),
    ("else_pct_complement.csv", BLOCK, "98.5 % of 200 leaves 3", """\
dep;effectif;vaccinés (%)
75;200;98.5
92;340;82.1
"""),
    ("else_difference_col.csv", BLOCK, "included and a mask add up to the total", """\
dep,inclus,exclus,total
75,120,<11,125
92,300,40,340
"""),
    ("else_masked_total_fr.csv", BLOCK, "a margin called Ens.", """\
age;Hommes;Femmes;Ens.
0-20;120;<11;128
21-40;140;150;290
Ens.;260;158;418
"""),
    ("else_mean_n7.csv", BLOCK, "a mean of 7 persons", """\
service,n,age_moyen,ecart_type
A,7,61,8
B,120,58,9
"""),
    ("else_dominance_top.csv", BLOCK, "one contributor makes 91 %", """\
secteur,nb_etab,total,part_max
A,14,1200000,0.91
B,30,400000,0.2
"""),
    ("else_dominance_top2.csv", BLOCK, "the largest is 92 % of the sum", """\
secteur,n,somme,max
A,14,1200000,1100000
B,30,400000,50000
"""),
    ("else_stacked_header.csv", BLOCK, "two lines of headers, years above sexes", """\
;2019;;2020;
;Hommes;Femmes;Hommes;Femmes
75;120;130;140;150
2A;44;7;60;61
"""),
    ("else_units_row.csv", BLOCK, "a line of units", """\
dep;effectif;âge moyen
;(n);(ans)
75;120;61,2
2A;7;59,1
"""),
    ("else_title_block.csv", BLOCK, "a title of two lines", """\
Tableau 3. Répartition des patients
Population : ALD 2020

dep;patients
75;1 204
2A;8

Source : SNDS
"""),
    ("else_trailing_sep.csv", BLOCK, "a separator at the end of lines", """\
dep;patients;
75;1 204;
2A;8;
"""),
    ("else_n_paren_header.csv", BLOCK, "a group of 8 by its header", """\
dep;A (n=1204);B (n=8)
âge moyen;61,2;59,3
IMC moyen;25,1;26,0
"""),
    ("else_pct_header_n.csv", BLOCK, "each header has its own denominator", """\
Complication;Groupe A, N=120 (%);Groupe B, N=1310 (%)
Hémorragie;12,5;10,1
AVC;2,5;3,4
"""),
    ("else_pct_in_table1.csv", BLOCK, "2.5 % of the 120 of the header is 3", """\
Caractéristique;Cas (N = 120);Témoins (N = 480)
Femmes;51,5 %;51,5 %
Transplantés;2,5 %;12,5 %
"""),
    ("else_dash_total.csv", BLOCK, "a dash, and women and men add up", """\
age;H;F;H+F
0-20;120;–;127
21-40;140;150;290
"""),
    ("else_star_masked_total.csv", BLOCK, "stars and a total", """\
age,n
0-20,120
21-40,***
41+,158
TOTAL,284
"""),
    ("else_odds_events.csv", BLOCK, "4 events beside an odds ratio", """\
exposition;événements;sujets;OR;IC95
oui;4;120;2,1;[1,2;3,6]
non;31;400;1;réf
"""),
    ("else_incid_py.csv", BLOCK, "9 cases beside person-years", """\
groupe,personnes-années,cas,incidence
A,1204.5,9,7.5
B,3204.1,44,13.7
"""),
    ("else_lab_max.csv", BLOCK, "the highest value in words", """\
analyte;n;valeur la plus élevée
CRP;1204;412.5
Hb;1204;19.2
"""),
    ("else_first_last.csv", BLOCK, "the first and the last death", """\
groupe,n,premier décès,dernier décès
A,240,2019-01-03,2021-12-30
B,300,2019-02-03,2021-11-30
"""),
    ("else_q01.csv", FLAG, "1.2 persons lie beyond", """\
groupe,n,q0.01,q0.5,q0.99
A,120,18,60,99
B,300,19,61,98
"""),
    ("else_hist_bins.csv", BLOCK, "a bin of 2", """\
bin_left,bin_right,freq
0,10,120
10,20,310
20,30,44
90,100,2
"""),
    ("else_cumulative_incidence.csv", BLOCK, "an incidence that climbs one person at a time", """\
jour,cif
4,0.005
6,0.01
10,0.015
12,0.02
16,0.025
18,0.03
22,0.035
24,0.04
28,0.045
30,0.05
34,0.055
36,0.06
40,0.065
42,0.07
46,0.075
48,0.08
52,0.085
54,0.09
58,0.095
60,0.1
64,0.105
66,0.11
70,0.115
72,0.12
76,0.125
78,0.13
82,0.135
84,0.14
88,0.145
90,0.15
94,0.155
96,0.16
100,0.165
102,0.17
106,0.175
108,0.18
112,0.185
114,0.19
118,0.195
"""),
    ("else_box_outliers.json", BLOCK, "points outside the whiskers", '{"groupe": "A", "n": 240, "q1": 45, "med": 58, "q3": 70, "outliers": [101, 104, 107, 3]}'),
    ("else_nested.json", BLOCK, "a 6 four levels down", """\
{"resultats": {"2019": {"hommes": {"I10": 120, "G30": 6}, "femmes": {"I10": 130, "G30": 25}}}}"""),
    ("else_jsonstat.json", BLOCK, "a 6 in JSON-stat", """\
{"version": "2.0", "class": "dataset", "id": ["dep", "sexe"], "size": [2, 2], "dimension": {"dep": {"category": {"index": ["75", "92"]}}, "sexe": {"category": {"index": ["H", "F"]}}}, "value": [120, 130, 6, 48]}"""),
    ("else_grouped.json", BLOCK, "a 4 in a list in a list", '{"par_dep": [{"dep": "75", "par_sexe": [{"sexe": "H", "n": 120}, {"sexe": "F", "n": 4}]}]}'),
    ("else_strings.json", BLOCK, "4 patients in a sentence", '{"r\\u00e9sultat": "75: 1 204; 2A: 4 patients", "n": "moins"}'),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for name, expected, reason, text in _TEXTS:
        yield Case(name, expected, reason, text.encode())
