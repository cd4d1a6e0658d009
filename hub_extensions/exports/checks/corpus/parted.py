"""Parts of a count that stand left of it or bear the name of a trait, and numbers there that are labels or measures."""

from collections.abc import Iterator, Sequence
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case
from hub_extensions.exports.checks.corpus.pages import html_table, page
from hub_extensions.exports.checks.corpus.workbooks import workbook

_TEXTS = (
    ("parted_two.csv", BLOCK, "four not treated, left of the count of both", """\
dep,traites,non_traites,n
75,120,4,124
92,84,97,181
93,60,55,115
"""),
    ("parted_one.csv", BLOCK, "three of a class, left of all persons of it", """\
classe_age,diabetiques,effectif
0-20,3,145
21-60,61,610
61+,90,342
"""),
    ("parted_trait.csv", BLOCK, "a trait counted, its count nowhere named", """\
dep,n,fumeur,ald
75,610,120,200
92,400,3,100
"""),
    ("parted_trait_left.csv", BLOCK, "ALD and the rest of it", """\
centre;ALD;sans ALD;Effectif
A;120;84;204
B;3;97;100
"""),
    ("parted_english.tsv", BLOCK, "eight smokers, English", """\
hospital\tsmokers\tnon_smokers\tpersons
North\t8\t1192\t1200
South\t410\t1890\t2300
"""),
    ("parted_stages.csv", BLOCK, "stages of a disease side by side", """\
region;Stade I;Stade II;Stade III;n
IDF;120;84;40;244
PACA;90;4;36;130
"""),
    ("parted_masked.csv", BLOCK, "a masked part, and the whole that gives it back", """\
dep,réponse,échec,n
75,120,<11,124
92,84,97,181
93,60,55,115
"""),
    ("parted_alone.csv", BLOCK, "no label at all", """\
vaccinés;non vaccinés;patients
4;120;124
30;90;120
"""),
    ("parted_years.csv", BLOCK, "classes, years and one part", """\
sexe;annee;obèses;n
H;2019;12;300
F;2019;9;340
H;2020;30;310
F;2020;31;333
"""),
    ("parted.md", BLOCK, "the same in Markdown", """\
| service | exposés | nombre de patients |
|---|---|---|
| A | 5 | 310 |
| B | 87 | 400 |
| C | 40 | 220 |
"""),
    ("parted.json", BLOCK, "the same in JSON", """\
[{"dep": "75", "grippe": 120, "covid": 84, "patients": 204}, {"dep": "92", "grippe": 3, "covid": 97, "patients": 100}]
"""),
    ("parted_tablets.csv", FLAG, "tablets in a box, or patients who take them: the name says neither", """\
atc;comprimes;patients
A10;30;1204
C09;5;900
N02;90;410
"""),
    ("honest_cumulated.csv", PASS, "shares that are cumulated end at the whole", """\
classe,n,part,cumul_pct
A,120,24.0,24.0
B,180,36.0,60.0
C,200,40.0,100.0
"""),
    ("honest_per_thousand.csv", PASS, "beds for a thousand", """\
pays;lits_pour_1000;population
FR;6;67000000
DE;8;83000000
IT;13;60000000
"""),
    ("honest_dose_mg.csv", PASS, "doses in milligrammes", """\
molécule;dose (mg);patients
metformine;500;4204
gliclazide;30;1310
ramipril;5;900
"""),
    ("honest_beds.csv", PASS, "beds left of patients", """\
hopital,lits,patients
A,8,1204
B,120,8400
C,45,3000
"""),
    ("honest_beds_right.csv", PASS, "beds right of patients", """\
hopital,patients,lits
A,1204,8
B,8400,120
C,3000,45
"""),
    ("honest_months.csv", PASS, "months by number", """\
dep,mois,n
75,1,120
75,2,133
75,12,140
92,1,44
92,2,50
92,12,61
"""),
    ("honest_sectors.csv", PASS, "sectors by number", """\
dep,secteur_hospitalier,n
75,3,120
75,14,133
92,3,44
92,14,60
"""),
    ("honest_categories.csv", PASS, "how many categories a variable has", """\
variable,categories,n
age,5,1204
sexe,2,1204
dep,96,1204
"""),
    ("honest_distance.csv", PASS, "kilometres", """\
hopital;distance_km;patients
A;4;1204
B;12;900
C;80;410
"""),
    ("honest_ranks_second.csv", PASS, "ranks in the second column", "diagnostic,rang,n\n" + "".join(f"D{i:02d},{i},{2400 - 30 * i}\n" for i in range(1, 15))),
    ("honest_visits.csv", PASS, "visits by their number", """\
groupe;visite;n
A;1;400
A;2;380
B;1;390
B;12;300
"""),
    ("honest_parts.csv", PASS, "parts of a count, all large", """\
region;vaccinés;non vaccinés;population
IDF;12000;3400;15400
PACA;8000;2100;10100
"""),
    ("honest_trait.csv", PASS, "traits counted, all large", """\
dep,n,diabete,hta
75,610,120,200
92,400,31,100
"""),
)  # fmt: skip


def sheet(rows: list[list[Any]], notes: Sequence[str] = ()) -> bytes:
    """Return a workbook of one table, and a sheet of *notes*."""

    def change(book: Any) -> None:
        book.active.delete_rows(1, 9)
        for row in rows:
            book.active.append(row)
        for line in notes:
            said = book["Notes"] if "Notes" in book else book.create_sheet("Notes")
            said.append([line])

    return workbook(change)


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for name, expected, reason, text in _TEXTS:
        yield Case(name, expected, reason, text.encode())
    small = [["dep", "vivants", "decedes", "n"], ["75", 120, 14, 134], ["92", 84, 4, 88]]
    large = [["dep", "vivants", "decedes", "n"], ["75", 120, 14, 134], ["92", 84, 40, 124]]
    yield Case("parted.xlsx", BLOCK, "four deaths in a workbook", sheet(small))
    yield Case("parted.html", BLOCK, "four deaths in a page", page(html_table(small)))
    yield Case("honest_parted.xlsx", PASS, "parts in a workbook", sheet(large))
    yield Case("honest_parted.html", PASS, "parts in a page", page(html_table(large)))
