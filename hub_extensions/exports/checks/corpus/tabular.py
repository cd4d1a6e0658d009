"""Tables: counts, shares, margins, magnitudes, regressions, curves, rows of persons."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv, seeded, table

NBSP, NARROW = "\u00a0", "\u202f"


def cases() -> Iterator[Case]:
    """Yield every table of the corpus."""
    yield from _counts()
    yield from _margins()
    yield from _shares()
    yield from _magnitudes()
    yield from _effects()
    yield from _curves()
    yield from _persons()
    yield from _labels()


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


def _magnitudes() -> Iterator[Case]:
    yield Case(
        "mean_n5.csv",
        BLOCK,
        "a mean of 5 persons",
        table(["groupe", "n", "moyenne"], [["A", 5, 12.3], ["B", 50, 13.1]]),
    )
    yield Case(
        "means_ok.csv",
        PASS,
        "means with their counts",
        table(["groupe", "n", "age_moyen", "ecart_type"], [["A", 55, 62.3, 12.1], ["B", 50, 63.1, 11.7]]),
    )
    yield Case(
        "mean_without_n.csv",
        FLAG,
        "a mean without its count",
        table(["groupe", "age_moyen"], [["A", 62.3], ["B", 63.1]]),
    )
    yield Case(
        "min_max_age.csv",
        BLOCK,
        "a maximum of 107 is one person",
        table(["groupe", "n", "age_min", "age_max"], [["A", 155, 18, 107], ["B", 150, 19, 98]]),
    )
    yield Case(
        "describe.csv",
        BLOCK,
        "describe() shows the extremes",
        b",age,cout\ncount,200,200\nmean,45.2,1200.1\nstd,12.1,300.0\nmin,18,12\n25%,30,500\n50%,45,1000\n75%,60,1500\nmax,107,50000\n",
    )
    yield Case(
        "max_in_rows.csv",
        BLOCK,
        "a maximum in a list of indicators",
        table(["indicateur", "valeur"], [["n", 1204], ["âge moyen", 65.2], ["âge maximum", 107]]),
    )
    yield Case(
        "class_bounds.csv",
        PASS,
        "min and max are bounds of classes",
        table(["age_min", "age_max", "n"], [[18, 30, 120], [30, 45, 210], [45, 60, 180]]),
    )
    yield Case(
        "median_ok.csv",
        PASS,
        "medians and quartiles of large groups",
        table(["dep", "n", "mediane", "q1", "q3"], [["75", 320, 61, 50, 72], ["92", 280, 60, 49, 71]]),
    )
    yield Case(
        "p99_of_50.csv",
        BLOCK,
        "the 99th percentile of 50 persons is the maximum",
        table(["dep", "n", "p99"], [["75", 50, 96], ["92", 60, 95]]),
    )
    yield Case(
        "sum_dominated.csv",
        BLOCK,
        "one contributor makes up 92 % of the sum",
        table(["secteur", "n", "montant_total", "part_max"], [["A", 50, 100000, "92 %"], ["B", 60, 120000, "12 %"]]),
    )
    yield Case(
        "sum_controlled.csv",
        PASS,
        "the control column stays under 85 %",
        table(["secteur", "n", "montant_total", "part_max"], [["A", 50, 100000, "22 %"], ["B", 60, 120000, "12 %"]]),
    )
    yield Case(
        "sum_with_control_file.csv",
        BLOCK,
        "the control file of the request shows 92 %",
        table(["secteur", "n", "montant_total"], [["A", 50, 100000], ["B", 60, 120000]]),
        request={"sum_with_control_file_controle.csv": table(["secteur", "part_max"], [["A", 0.92], ["B", 0.12]])},
    )
    yield Case(
        "sum_uncontrolled.csv",
        FLAG,
        "a sum without a control of dominance",
        table(["secteur", "n", "montant_total"], [["A", 50, 100000], ["B", 60, 120000]]),
    )
    yield Case(
        "all_equal.csv",
        FLAG,
        "a standard deviation of 0: everybody has the mean",
        table(["groupe", "n", "moyenne", "ecart_type"], [["A", 55, 62.0, 0], ["B", 50, 63.1, 11.7]]),
    )


def _effects() -> Iterator[Case]:
    yield Case(
        "or_pvalues.csv",
        PASS,
        "odds ratios and p-values are no cells",
        table(
            ["variable", "or", "ic_bas", "ic_haut", "p"],
            [["age", 1.23, 1.1, 1.4, 0.012], ["sexe", 0.7, 0.5, 0.9, 0.001], ["imc", 1.02, 0.98, 1.07, 0.35]],
        ),
    )
    yield Case(
        "negative_coefs.csv",
        PASS,
        "minus signs are not formulas",
        table(["variable", "coef", "p", "n"], [["age", -0.35, 0.012, 20186], ["sexe", -1.2, 0.5, 20186]]),
    )
    yield Case(
        "ols_n20186.csv",
        PASS,
        "observations given",
        table(
            ["variable", "coef", "std_err", "t", "p", "nobs"],
            [["const", 12.1, 0.5, 24.2, 0.0, 20186], ["age", 0.03, 0.01, 3.0, 0.003, 20186]],
        ),
    )
    yield Case(
        "ols_n_row.csv",
        PASS,
        "observations in a row of their own",
        b"variable,coef,std_err,p\nage,0.03,0.01,0.003\nsexe,-0.2,0.05,0.0001\nN,20186,,\n",
    )
    yield Case(
        "ols_n_comment.csv",
        PASS,
        "observations in a comment",
        b"# N = 20186\nvariable,coef,std_err,p\nage,0.03,0.01,0.003\nsexe,-0.2,0.05,0.0001\n",
    )
    yield Case(
        "ols_no_n.csv",
        FLAG,
        "N must be reported",
        table(
            ["variable", "coef", "std_err", "t", "p"],
            [["age", 0.03, 0.01, 3.0, 0.003], ["sexe", -0.2, 0.05, -4.0, 0.0001]],
        ),
    )
    yield Case(
        "ols_n_12.csv",
        BLOCK,
        "12 observations for 5 estimates",
        table(["variable", "coef", "p", "n"], [[f"x{i}", 0.1 * i, 0.01, 12] for i in range(5)]),
    )
    yield Case(
        "dof_3.csv",
        BLOCK,
        "3 degrees of freedom",
        table(["variable", "coef", "std_err", "ddl", "n"], [["age", 0.03, 0.01, 3, 200]]),
    )


def _curves() -> Iterator[Case]:
    yield Case(
        "km_every_event.csv",
        BLOCK,
        "the risk set falls by one",
        table(
            ["temps", "a_risque", "evenements", "survie"],
            [[3 * i, 200 - i, 1, round((200 - i) / 200, 4)] for i in range(30)],
        ),
    )
    yield Case(
        "km_no_risk_column.csv",
        BLOCK,
        "steps of one person, no risk set",
        table(["temps", "survie"], [[3 * i, round((100 - i) / 100, 4)] for i in range(30)]),
    )
    yield Case(
        "km_grouped_11.csv",
        PASS,
        "grouped times, falls of 11 or more",
        table(
            ["temps", "n_risque", "n_evenements", "survie"],
            [[0, 1000, 0, 1.0], [90, 900, 40, 0.96], [180, 800, 35, 0.921], [270, 650, 50, 0.861]],
        ),
    )
    yield Case(
        "km_two_strata.csv",
        PASS,
        "two strata, each grouped",
        table(
            ["groupe", "temps", "n_risque", "n_evenements"],
            [["A", 0, 500, 20], ["A", 90, 450, 30], ["B", 0, 480, 15], ["B", 90, 430, 22]],
        ),
    )
    yield Case(
        "hist_tail_bin_2.csv",
        BLOCK,
        "a tail bin of 2",
        table(["bin_gauche", "bin_droite", "effectif"], [[0, 10, 120], [10, 20, 300], [20, 30, 44], [30, 40, 2]]),
    )
    yield Case(
        "hist_ok.csv",
        PASS,
        "a histogram with large bins",
        table(["tranche", "n"], [["[0;10[", 120], ["[10;20[", 300], ["[20;30[", 44]]),
    )


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
