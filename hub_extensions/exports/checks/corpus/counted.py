"""Tables of counts: small cells, masks, margins, shares."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, seeded, table

NBSP, NARROW = "\u00a0", "\u202f"


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _counts()
    yield from _margins()
    yield from _shares()


def _counts() -> Iterator[Case]:
    yield Case(
        "counts_ok.csv",
        PASS,
        "every cell is 11 or more and totals add up",
        table(["dep", "H", "F", "Total"], [["75", 120, 133, 253], ["92", 84, 91, 175], ["Total", 204, 224, 428]]),
    )
    yield Case(
        "count_10.csv",
        BLOCK,
        "one cell is 10, under 11",
        table(["dep", "sexe", "n"], [["75", "H", 120], ["75", "F", 133], ["92", "H", 10]]),
    )
    yield Case(
        "count_11.csv",
        PASS,
        "the smallest cell is 11",
        table(["dep", "sexe", "n"], [["75", "H", 120], ["75", "F", 133], ["92", "H", 11]]),
    )
    yield Case(
        "count_1_wide.csv",
        BLOCK,
        "a cell of 1 in a wide table",
        table(["classe_age", "2018", "2019", "2020"], [["0-20", 45, 51, 1], ["21-60", 210, 220, 190]]),
    )
    yield Case(
        "count_english.tsv",
        BLOCK,
        "a cell of 4, tab separated, English header",
        table(["region", "patients"], [["North", 140], ["South", 4]], "\t"),
    )
    yield Case(
        "count_10_multiples.csv",
        BLOCK,
        "10 among multiples of 5 without any sign of rounding",
        table(["dep", "n"], [["75", 120], ["92", 10], ["93", 45]]),
    )
    yield Case(
        "counts_utf16.csv",
        BLOCK,
        "a small cell in UTF-16",
        table(["dep", "n"], [["75", 130], ["92", 6]]).decode().encode("utf-16"),
    )
    yield Case(
        "counts_latin1.csv",
        PASS,
        "accents in Windows-1252",
        table(["département", "effectif"], [["Ardèche", 130], ["Isère", 260]], ";").decode().encode("cp1252"),
    )
    yield Case(
        "zero_structural.csv",
        FLAG,
        "a zero may be structural",
        table(["sexe", "accouchements"], [["H", 0], ["F", 1204]]),
    )
    yield Case(
        "midpoint_small.csv",
        BLOCK,
        "3 stands for 1 to 6 persons",
        table(["dep", "n_midpoint6"], [["75", 123], ["92", 3], ["93", 45]]),
    )
    yield Case(
        "title_and_note.csv",
        PASS,
        "a title above, a source below",
        b"Patients par d\xc3\xa9partement;;\n\ndep;H;F\n75;120;131\n92;44;57\n\nSource : SNDS 2023;;\n",
    )
    yield Case(
        "two_blocks.csv",
        BLOCK,
        "the second table of the file holds a small cell",
        b"dep,n\n75,120\n92,44\n\nage,n\n0-20,7\n21-60,90\n",
    )
    yield Case(
        "masked_ok.csv",
        PASS,
        "small cells masked, no margins",
        table(["dep", "n"], [["75", 120], ["92", "< 11"], ["93", 44], ["94", "< 11"]]),
    )
    yield Case(
        "masked_ns.csv",
        PASS,
        "« NS » and « s. » are masks",
        table(["dep", "n"], [["75", 120], ["92", "NS"], ["93", 44], ["94", "s."]]),
    )
    yield Case(
        "policy_3.csv",
        PASS,
        "4 is allowed by a rule of 3",
        table(["secteur", "n"], [["A", 4], ["B", 30]]),
        policy="insee-3-85",
    )
    yield Case(
        "policy_3_small.csv",
        BLOCK,
        "2 is under a rule of 3",
        table(["secteur", "n"], [["A", 2], ["B", 30]]),
        policy="insee-3-85",
    )
    yield Case(
        "policy_opensafely.csv",
        PASS,
        "10 is allowed when 7 and less are redacted and the rest rounded to 5",
        table(["dep", "n"], [["75", 120], ["92", 10], ["93", "[REDACTED]"], ["94", 45]]),
        policy="opensafely-7-5",
    )
    yield Case(
        "redact7_at_11.csv",
        FLAG,
        "10 rounded to 5 may be 8: under 11",
        table(
            ["dep", "n"],
            [["75", 120], ["92", 10], ["93", "[REDACTED]"], ["94", 45], ["95", 80], ["77", 35], ["78", 65]],
        ),
    )
    yield Case(
        "stays_40_patients_2.csv",
        BLOCK,
        "40 stays of 2 patients",
        table(["hopital", "sejours", "patients"], [["A", 40, 2], ["B", 160, 120]]),
    )
    yield Case(
        "clusters_small.csv",
        BLOCK,
        "« taille » is the size of a cluster of seven",
        table(["cluster", "taille", "age_moyen"], [[1, 340, 54.2], [2, 7, 81.0], [3, 290, 47.3]]),
    )
    yield Case(
        "groups_height.csv",
        PASS,
        "« taille » is a height here",
        table(["groupe", "n", "taille_moyenne"], [["A", 340, 1.72], ["B", 290, 1.68]]),
    )
    yield Case(
        "hospitals_named.csv",
        FLAG,
        "hospitals by their names",
        table(["hopital", "nb_patients"], [["CHU de Rennes", 340], ["CHU de Brest", 290], ["Clinique Pasteur", 120]]),
    )
    yield Case(
        "kinds_of_hospital.csv",
        PASS,
        "kinds of establishment name none",
        table(["categorie", "nb_patients"], [["CHU", 340], ["CH", 290], ["Clinique", 120]]),
    )
    yield Case(
        "stays_only_low.csv",
        FLAG,
        "few stays, persons not given",
        table(["hopital", "sejours"], [["A", 40], ["B", 160]]),
    )
    yield Case(
        "aggregate_300_rows.csv",
        PASS,
        "many rows are not rows of persons",
        table(
            ["commune", "annee", "n"],
            [
                [f"{75000 + i}", year, seeded(f"{i}{year}").randrange(11, 900)]
                for i in range(100)
                for year in (2019, 2020, 2021)
            ],
        ),
    )
    yield Case(
        "aggregate_4_dims.csv",
        PASS,
        "a long aggregate by four dimensions",
        table(
            ["dep", "sexe", "classe_age", "annee", "n"],
            [
                [dep, sexe, age, year, seeded(f"{dep}{sexe}{age}{year}").randrange(11, 500)]
                for dep in ("75", "92")
                for sexe in "HF"
                for age in ("0-20", "21-60", "61+")
                for year in (2019, 2020)
            ],
        ),
    )
    yield Case(
        "too_long.csv",
        FLAG,
        "more rows than the policy's limit",
        table(["code", "n"], [[f"C{i:05d}", 11 + i % 900] for i in range(5200)]),
    )


def _margins() -> Iterator[Case]:
    yield Case(
        "one_suppressed_with_totals.csv",
        BLOCK,
        "one mask for a row: recovered by subtraction",
        table(["dep", "H", "F", "Total"], [["75", 120, 133, 253], ["92", 84, "< 11", 91], ["Total", 204, 140, 344]]),
    )
    yield Case(
        "one_suppressed_long.csv",
        BLOCK,
        "the same in a long table",
        table(["dep", "sexe", "n"], [["75", "H", 120], ["75", "F", "*"], ["75", "Ensemble", 126]]),
    )
    yield Case(
        "blank_suppressed.csv",
        BLOCK,
        "an empty cell is a mask too",
        table(["dep", "A", "B", "Total"], [["75", 120, 133, 253], ["92", 84, "", 88]]),
    )
    yield Case(
        "suppressed_protected.csv",
        PASS,
        "two masks a row and a column: the intervals are wide",
        table(
            ["dep", "A", "B", "C", "Total"],
            [
                ["75", "*", "*", 121, 147],
                ["92", "*", "*", 132, 158],
                ["93", 101, 113, 94, 308],
                ["Total", 124, 142, 347, 613],
            ],
        ),
    )
    yield Case(
        "sum_of_two_is_two.csv",
        BLOCK,
        "two masks that add up to 2 are 1 each, zeros being shown",
        table(["dep", "A", "B", "C", "Total"], [["75", "< 11", "< 11", 121, 123], ["92", 0, 45, 60, 105]]),
    )
    yield Case(
        "unnamed_total.csv",
        BLOCK,
        "a total column that does not say so",
        table(["dep", "X", "Y", "S"], [["75", 120, 133, 253], ["92", 84, 56, 140], ["93", 77, "*", 82]]),
    )
    yield Case(
        "missing_class.csv",
        BLOCK,
        "the total exceeds the classes shown by 3",
        table(["sexe", "n"], [["H", 340], ["F", 412], ["Total", 755]]),
    )
    yield Case(
        "rounded5_unrounded_total.csv",
        BLOCK,
        "an exact total beside cells rounded to 5",
        table(["classe", "n"], [["A", 15], ["B", 20], ["C", 35], ["D", 40], ["Total", 112]]),
    )
    yield Case(
        "rounded5_total.csv",
        PASS,
        "the total is rounded too",
        table(["classe", "n"], [["A", 15], ["B", 20], ["C", 35], ["D", 40], ["Total", 110]]),
    )
    yield Case(
        "complement_of_total.csv",
        BLOCK,
        "120 less 115 is 5 persons",
        table(["dep", "total", "readmis"], [["75", 120, 115], ["92", 300, 40]]),
    )
    yield Case(
        "persons_in_two_classes.csv",
        PASS,
        "persons counted in several classes: totals are smaller than sums",
        table(["maladie", "n"], [["HTA", 340], ["Diabète", 212], ["Asthme", 155], ["Total", 601]]),
    )
    yield Case(
        "margins_clean.csv",
        PASS,
        "a cross table with margins",
        table(
            ["diag", "2019", "2020", "Total"],
            [["I10", 340, 322, 662], ["E11", 112, 140, 252], ["Total", 452, 462, 914]],
        ),
    )


def _shares() -> Iterator[Case]:
    yield Case(
        "pct_only_n1204.csv",
        BLOCK,
        "0.25 % of 1 204 is 3",
        f"issue;pct (n = 1{NBSP}204)\nguérison;97,50\ndécès;0,25\nperdu de vue;2,25\n".encode(),
    )
    yield Case(
        "pct_note_n.csv",
        BLOCK,
        "the denominator stands in a note",
        "issue;pct\nguérison;97,50\ndécès;0,25\nperdu de vue;2,25\nn = 1 204;\n".encode(),
    )
    yield Case(
        "pct_row_denominator.csv",
        BLOCK,
        "2.5 % of 120 is 3",
        table(["dep", "n", "pct"], [["75", 120, 2.5], ["92", 400, 25.0]]),
    )
    yield Case(
        "rate_per_1000.csv",
        BLOCK,
        "2.5 per 1 000 of 1 200 is 3",
        table(["dep", "population", "taux_pour_1000"], [["75", 1200, 2.5], ["92", 9000, 25.0]]),
    )
    yield Case(
        "proportion_07.csv",
        FLAG,
        "0.07 is a proportion, not a small count; its denominator is missing",
        table(["groupe", "proportion"], [["A", 0.07], ["B", 0.93]]),
    )
    yield Case(
        "pct_no_denominator.csv",
        FLAG,
        "no denominator anywhere",
        table(["classe", "pct"], [["A", 12.5], ["B", 30.4], ["C", 57.1]]),
    )
    yield Case(
        "pct_of_total.csv",
        PASS,
        "shares of the column's own total",
        table(["sexe", "effectif", "pct"], [["H", 620, 51.5], ["F", 584, 48.5], ["Total", 1204, 100]]),
    )
    yield Case(
        "pct_of_pair.csv",
        PASS,
        "numerator and denominator are given",
        table(["dep", "readmis", "patients", "taux"], [["75", 48, 320, 15.0], ["92", 33, 220, 15.0]]),
    )
    yield Case(
        "proportion_with_n.csv",
        PASS,
        "proportions of large groups",
        table(["dep", "n", "proportion"], [["75", 1204, 0.25], ["92", 3000, 0.31]]),
    )
    yield Case(
        "unanimous_58_of_58.csv",
        FLAG,
        "everyone in the group is positive",
        table(["dep", "n", "positifs", "pct"], [["75", 58, 58, 100], ["92", 120, 60, 50], ["93", 84, 42, 50]]),
    )
    yield Case(
        "unanimous_counts.csv",
        FLAG,
        "58 of 58, without a share",
        table(["dep", "total", "positifs", "traites"], [["75", 58, 58, 30], ["92", 120, 60, 55], ["93", 84, 42, 40]]),
    )
    yield Case(
        "complement_share.csv",
        BLOCK,
        "97.5 % of 120 leaves 3",
        table(["dep", "n", "pct"], [["75", 120, 97.5], ["92", 400, 25.0]]),
    )
    yield Case(
        "fr_locale.csv",
        PASS,
        "French numbers, no-break thousands, masks",
        f"dep;effectif;part\n75;1{NBSP}204;0,25\n92;2{NARROW}310;0,47\n93;< 11;\n94;1{NBSP}330;0,28\n".encode(),
    )
