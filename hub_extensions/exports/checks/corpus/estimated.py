"""Tables of estimates: means, quantiles, sums, regressions, survival curves."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, table


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _magnitudes()
    yield from _effects()
    yield from _curves()


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
    sums = table(["secteur", "n", "montant_total"], [["A", 50, 100000], ["B", 60, 120000]])
    yield Case(
        "sum_control_of_others.csv",
        FLAG,
        "a control by its name, of another table",
        sums,
        request={"dominance.csv": table(["dep", "n"], [["75", 120], ["92", 131]])},
    )
    yield Case(
        "sum_control_half.csv",
        FLAG,
        "the control speaks of one sum of two",
        sums,
        request={"sum_control_half_controle.csv": table(["secteur", "part_max"], [["A", 0.12]])},
    )
    yield Case(
        "sum_control_whole.csv",
        PASS,
        "the control shows the largest contributor of each sum",
        sums,
        request={"sum_control_whole_controle.csv": table(["secteur", "part_max"], [["B", "12 %"], ["A", "31 %"]])},
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
