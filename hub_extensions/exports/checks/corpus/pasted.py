"""What statistics programs print, pasted into a text: R, Stata, SAS, statsmodels, pandas, databases, LaTeX."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, PASS, Case

_TEXTS = (
    ("pasted_km_R.txt", BLOCK, "survfit steps of one person", """\
Call: survfit(formula = Surv(time, status) ~ 1, data = d)

 time n.risk n.event survival std.err lower 95% CI upper 95% CI
    5    228       1    0.9956 0.00438       0.9871        1.000
   11    227       3    0.9825 0.00869       0.9656        1.000
   12    224       1    0.9781 0.00970       0.9592        0.997
   13    223       2    0.9693 0.01142       0.9472        0.992
"""),
    ("pasted_stata_tab.txt", BLOCK, "tabulate with a cell of 4", """\

. tab diag sexe

           |         sexe
      diag |         F          M |     Total
-----------+----------------------+----------
       E11 |       120        133 |       253
       I10 |         4         60 |        64
-----------+----------------------+----------
     Total |       124        193 |       317
"""),
    ("pasted_fine_stata_tab.txt", PASS, "tabulate with large cells", """\

. tab diag sexe

           |         sexe
      diag |         F          M |     Total
-----------+----------------------+----------
       E11 |       120        133 |       253
       I10 |        44         60 |       104
-----------+----------------------+----------
     Total |       164        193 |       357
"""),
    ("pasted_sas_freq.txt", BLOCK, "PROC FREQ with a cell of 4", """\
                                 The FREQ Procedure

                                                Cumulative    Cumulative
          diag    Frequency     Percent     Frequency      Percent
          ---------------------------------------------------------
          E11          120       65.22           120        65.22
          I10           60       32.61           180        97.83
          Q87            4        2.17           184       100.00
"""),
    ("pasted_sas_means.txt", BLOCK, "PROC MEANS with a maximum", """\
                          The MEANS Procedure

   Analysis Variable : age

      N            Mean         Std Dev         Minimum         Maximum
    -------------------------------------------------------------------
     1204      61.2345678      14.2345678      18.0000000     107.0000000
    -------------------------------------------------------------------
"""),
    ("pasted_r_summary.txt", BLOCK, "summary() shows the extremes", """\
> summary(d$age)
   Min. 1st Qu.  Median    Mean 3rd Qu.    Max.
  18.00   45.00   61.00   60.12   74.00  107.00
"""),
    ("pasted_r_table.txt", BLOCK, "table() with a cell of 3", """\
> table(d$dep, d$sexe)

       F    H
  75 120  133
  92   3   60
"""),
    ("pasted_r_head.txt", BLOCK, "head() of persons", """\
> head(d)
   ipp age sexe dep   crp       date
1 8123456  61    F  75  12.5 2019-01-03
2 8123457  48    H  92   3.5 2019-02-11
3 8123458  77    F  93 120.5 2019-03-21
4 8123459  35    F  75   1.5 2019-04-30
5 8123460  90    H  92  45.5 2019-05-02
6 8123461  66    H  75   2.5 2019-06-14
"""),
    ("pasted_fine_r_glm.txt", PASS, "glm(), freedom given", """\
Call:
glm(formula = deces ~ age + sexe, family = binomial, data = d)

Coefficients:
             Estimate Std. Error z value Pr(>|z|)
(Intercept) -4.120345   0.230112 -17.906  < 2e-16 ***
age          0.041230   0.003456  11.930  < 2e-16 ***
sexeH        0.212340   0.081230   2.614  0.00895 **
---
Signif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1

    Null deviance: 5120.2  on 20185  degrees of freedom
Residual deviance: 4810.1  on 20183  degrees of freedom
AIC: 4816.1

Number of Fisher Scoring iterations: 5
"""),
    ("pasted_fine_stata_logit.txt", PASS, "logistic, observations given", """\

Logistic regression                             Number of obs     =     20,186
                                                LR chi2(2)        =     310.12
                                                Prob > chi2       =     0.0000
------------------------------------------------------------------------------
       deces | Odds ratio   Std. err.      z    P>|z|     [95% conf. interval]
-------------+----------------------------------------------------------------
         age |   1.042091   .0036014    11.93   0.000     1.035056    1.049174
        sexe |   1.236567   .1004465     2.61   0.009     1.054560    1.449991
       _cons |    .016240   .0037369   -17.91   0.000     .0103440    .0254966
------------------------------------------------------------------------------
"""),
    ("pasted_fine_statsmodels.txt", PASS, "statsmodels, observations given", """\
                            OLS Regression Results
==============================================================================
Dep. Variable:                   cout   R-squared:                       0.123
Model:                            OLS   Adj. R-squared:                  0.122
No. Observations:               20186   AIC:                         1.012e+05
Df Residuals:                   20183   BIC:                         1.013e+05
Df Model:                           2
==============================================================================
                 coef    std err          t      P>|t|      [0.025      0.975]
------------------------------------------------------------------------------
const        120.1234      2.345     51.225      0.000     115.527     124.720
age            3.1230      0.045     69.400      0.000       3.035       3.211
sexe          -0.3500      0.120     -2.917      0.004      -0.585      -0.115
==============================================================================
"""),
    ("pasted_statsmodels_n14.txt", BLOCK, "8 degrees of freedom", """\
                            OLS Regression Results
==============================================================================
Dep. Variable:                   cout   R-squared:                       0.923
No. Observations:                  12   AIC:                         1.012e+02
Df Residuals:                       8   BIC:                         1.013e+02
==============================================================================
                 coef    std err          t      P>|t|      [0.025      0.975]
------------------------------------------------------------------------------
const        120.1234      2.345     51.225      0.000     115.527     124.720
age            3.1230      0.045     69.400      0.000       3.035       3.211
sexe          -0.3500      0.120     -2.917      0.004      -0.585      -0.115
dep           -0.3500      0.120     -2.917      0.004      -0.585      -0.115
==============================================================================
"""),
    ("pasted_pandas_print.txt", BLOCK, "a printed series with a 4", """\
dep   sexe
75    F       120
      H       133
92    F         4
      H        60
Name: ipp, dtype: int64
"""),
    ("pasted_pandas_describe.txt", BLOCK, "describe() as printed", """\
               age         cout
count  1204.000000  1204.000000
mean     61.200000  2310.500000
std      14.100000   810.200000
min      18.000000    12.000000
25%      50.000000  1500.000000
50%      61.000000  2200.000000
75%      72.000000  3000.000000
max     107.000000 98210.000000
"""),
    ("pasted_polars.txt", BLOCK, "polars with a cell of 4", """\
shape: (3, 2)
┌─────┬──────┐
│ dep ┆ n    │
│ --- ┆ ---  │
│ str ┆ u32  │
╞═════╪══════╡
│ 75  ┆ 1204 │
│ 92  ┆ 320  │
│ 2A  ┆ 4    │
└─────┴──────┘
"""),
    ("pasted_psql.txt", BLOCK, "psql with a cell of 4", """\
 dep | count
-----+-------
 75  |  1204
 92  |   320
 2A  |     4
(3 rows)
"""),
    ("pasted_mysql.txt", BLOCK, "mysql with a cell of 4", """\
+------+-------+
| dep  | n     |
+------+-------+
| 75   |  1204 |
| 2A   |     4 |
+------+-------+
"""),
    ("pasted_tibble.txt", BLOCK, "a tibble with a cell of 4", """\
# A tibble: 3 × 3
  dep   sexe      n
  <chr> <chr> <int>
1 75    F      1204
2 92    F       320
3 2A    H         4
"""),
    ("pasted_gtsummary.md", BLOCK, "gtsummary with 4 persons", """\
| **Characteristic** | **N = 1,204** |
|:--|:-:|
| Age | 61 (50, 72) |
| Stage | |
| I | 1,100 (91%) |
| IV | 4 (0.3%) |
"""),
    ("pasted_fine_gtsummary.md", PASS, "gtsummary of large groups", """\
| **Characteristic** | **N = 1,204** |
|:--|:-:|
| Age | 61 (50, 72) |
| Stage | |
| I | 1,100 (91%) |
| IV | 104 (8.6%) |
"""),
    ("pasted_fine_coxph.txt", PASS, "coxph, observations given", """\
Call:
coxph(formula = Surv(t, e) ~ age + sexe, data = d)

  n= 2280, number of events= 1650

          coef exp(coef)  se(coef)      z Pr(>|z|)
age   0.017045  1.017191  0.009223  1.848  0.06459 .
sexe -0.513219  0.598566  0.167458 -3.065  0.00218 **
---
Signif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1

     exp(coef) exp(-coef) lower .95 upper .95
age     1.0172     0.9831    0.9990    1.0357
sexe    0.5986     1.6707    0.4311    0.8311

Concordance= 0.603  (se = 0.025 )
Likelihood ratio test= 14.12  on 2 df,   p=9e-04
"""),
    ("pasted_coxph_n.txt", BLOCK, "coxph on 10 persons", """\
Call:
coxph(formula = Surv(t, e) ~ age + sexe, data = d)

  n= 10, number of events= 8

          coef exp(coef)  se(coef)      z Pr(>|z|)
age   0.017045  1.017191  0.009223  1.848  0.06459 .
sexe -0.513219  0.598566  0.167458 -3.065  0.00218 **
"""),
    ("pasted_fine_survdiff.txt", PASS, "a log-rank test of large groups", """\
survdiff(formula = Surv(t, e) ~ sexe, data = d)

          N Observed Expected (O-E)^2/E (O-E)^2/V
sexe=1 1380     1120     91.6      4.55      10.3
sexe=2  900      530     73.4      5.68      10.3

 Chisq= 10.3  on 1 degrees of freedom, p= 0.001
"""),
    ("pasted_survdiff.txt", BLOCK, "a log-rank test with 9 persons", """\
survdiff(formula = Surv(t, e) ~ sexe, data = d)

          N Observed Expected (O-E)^2/E (O-E)^2/V
sexe=1 1380     1120     91.6      4.55      10.3
sexe=2    9        5     73.4      5.68      10.3

 Chisq= 10.3  on 1 degrees of freedom, p= 0.001
"""),
    ("pasted_fine_anova.txt", PASS, "an analysis of variance", """\
            Df Sum Sq Mean Sq F value Pr(>F)
groupe       2   3766  1883.2   4.846 0.0159 *
Residuals 1204 104920   388.6
"""),
    ("pasted_fine_ttest.txt", PASS, "a test of means", """\
	Welch Two Sample t-test

data:  age by sexe
t = -1.2214, df = 1776.5, p-value = 0.2250
alternative hypothesis: true difference in means is not equal to 0
95 percent confidence interval:
 -11.052802   2.802802
sample estimates:
mean in group F mean in group H
         60.750          61.125
"""),
    ("pasted_fine_sklearn_report.txt", PASS, "a report of a classifier", """\
              precision    recall  f1-score   support

           0       0.91      0.94      0.92      3204
           1       0.71      0.62      0.66      1006

    accuracy                           0.86      4210
   macro avg       0.81      0.78      0.79      4210
weighted avg       0.86      0.86      0.86      4210
"""),
    ("pasted_sklearn_report.txt", BLOCK, "a class of 6 persons", """\
              precision    recall  f1-score   support

           0       0.91      0.94      0.92      3204
           1       0.71      0.62      0.66         6

    accuracy                           0.86      3210
"""),
    ("pasted_fine_cm.txt", PASS, "a matrix of large counts", """\
[[3012  192]
 [ 382  624]]
"""),
    ("pasted_cm.txt", BLOCK, "a matrix with a 4", """\
Matrice de confusion
[[3012    4]
 [ 382  624]]
"""),
    ("pasted_sas_tabulate.txt", BLOCK, "PROC TABULATE with a 3", """\
-----------------------------------------
|              |    Hommes |    Femmes  |
|--------------+-----------+------------|
|dep 75        |       120 |       133  |
|dep 2A        |         3 |        60  |
-----------------------------------------
"""),
    ("pasted_stata_sum.txt", BLOCK, "summarize shows the extremes", """\
. summarize age cout

    Variable |        Obs        Mean    Std. dev.       Min        Max
-------------+---------------------------------------------------------
         age |      1,204    61.20000    14.10000         18        107
        cout |      1,204    2310.500    810.2000         12      98210
"""),
    ("pasted_fine_toc.md", PASS, "a table of contents", """\
1. Introduction ........ 3
2. Méthodes ........ 7
3. Résultats ........ 12
"""),
    ("pasted_fine_session.txt", PASS, "versions of programs", """\
R version 4.4.1 (2024-06-14)
Platform: x86_64-pc-linux-gnu

attached base packages:
[1] stats     graphics  grDevices utils     datasets  methods   base
"""),
    ("pasted_fine_flow.md", PASS, "inclusions in a list", """\
# Diagramme de flux

- Patients identifiés : 45 210
- Exclus, âge < 18 ans : 1 204
- Exclus, données manquantes : 310
- Inclus : 43 696
"""),
    ("pasted_fine_lines.md", PASS, "results in a sentence", """\
## Résultats

L’incidence est de 12,3 pour 1 000 (IC95 : 11,8–12,9), soit 1 204 cas pour 97 886 personnes.
"""),
    ("pasted_fine_sap.md", PASS, "a plan of analysis", """\
# Plan d’analyse

1. Population : adultes de 18 ans et plus
2. Critère principal : décès à 30 jours
3. Modèle : Cox, ajusté sur 6 variables
"""),
    ("pasted_latex_booktabs.tex", BLOCK, "thousands parted by a thin space, one cell of 8", """\
\\begin{table}\\centering
\\begin{tabular}{lrr}\\toprule
 & Hommes & Femmes \\\\ \\midrule
Île-de-France & 1\\,204 & 1\\,310 \\\\
Corse & 8 & 14 \\\\ \\bottomrule
\\end{tabular}\\end{table}
"""),
    ("pasted_fine_latex_siunitx.tex", PASS, "odds ratios with siunitx", """\
\\begin{tabular}{l S[table-format=1.2] c}
Variable & {OR} & {IC95} \\\\ \\hline
Âge (10 ans) & 1.23 & [1.10--1.40] \\\\
Homme & 0.88 & [0.71--1.09] \\\\
\\multicolumn{3}{l}{N = 12\\,004} \\\\
\\end{tabular}
"""),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for name, expected, reason, text in _TEXTS:
        yield Case(name, expected, reason, text.encode())
