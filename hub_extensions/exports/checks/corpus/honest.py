"""Honest tables that look small: scores, ranks, doses, changes, curves and coefficients."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import PASS, Case

_TEXTS = (
    ("honest_masked_two.csv", PASS, "masks without margins", """\
age;Hommes;Femmes
0-20;<11;128
21-40;140;<11
41+;260;158
"""),
    ("honest_roc.csv", PASS, "a ROC curve of 21 points", """\
fpr,tpr,threshold
0.0,0.0,1.0
0.05,0.302,0.95
0.1,0.398,0.9
0.15,0.468,0.85
0.2,0.525,0.8
0.25,0.574,0.75
0.3,0.618,0.7
0.35,0.657,0.65
0.4,0.693,0.6
0.45,0.727,0.55
0.5,0.758,0.5
0.55,0.787,0.45
0.6,0.815,0.4
0.65,0.842,0.35
0.7,0.867,0.3
0.75,0.891,0.25
0.8,0.915,0.2
0.85,0.937,0.15
0.9,0.959,0.1
0.95,0.98,0.05
1.0,1.0,0.0
"""),
    ("honest_roc_sklearn.csv", PASS, "a ROC curve in French", """\
Taux de faux positifs;Sensibilité
0,0;0,0
0,02;0,2091
0,04;0,2759
0,06;0,3245
0,08;0,3641
0,1;0,3981
0,12;0,4282
0,14;0,4555
0,16;0,4804
0,18;0,5036
0,2;0,5253
0,22;0,5457
0,24;0,565
0,26;0,5834
0,28;0,601
0,3;0,6178
0,32;0,634
0,34;0,6495
0,36;0,6645
0,38;0,6791
0,4;0,6931
0,42;0,7068
0,44;0,7201
0,46;0,733
0,48;0,7456
0,5;0,7579
0,52;0,7698
0,54;0,7816
0,56;0,793
0,58;0,8042
0,6;0,8152
0,62;0,826
0,64;0,8365
0,66;0,8469
0,68;0,857
0,7;0,867
0,72;0,8769
0,74;0,8865
0,76;0,896
0,78;0,9054
0,8;0,9146
0,82;0,9237
0,84;0,9326
0,86;0,9415
0,88;0,9502
0,9;0,9587
0,92;0,9672
0,94;0,9756
0,96;0,9838
0,98;0,992
1,0;1,0
"""),
    ("honest_flow.csv", PASS, "inclusions", """\
Étape;Effectif
Identifiés;45 210
Exclus (< 18 ans);1 204
Inclus;44 006
"""),
    ("honest_metrics.csv", PASS, "how well models do", """\
modèle,AUC,sensibilité,spécificité,F1
RF,0.81,0.74,0.79,0.71
LR,0.78,0.7,0.8,0.69
"""),
    ("honest_codebook.csv", PASS, "a list of variables", """\
variable	type	modalités	description
age	entier		âge en années à la date index
sexe	catégorie	1=homme;2=femme	sexe
ald	catégorie	0=non;1=oui	affection longue durée
"""),
    ("honest_empty_result.csv", PASS, "no line", "dep,n\n"),
    ("honest_cox.csv", PASS, "hazard ratios", """\
Variable;HR;IC95 inf;IC95 sup;p
Âge (par 10 ans);1,35;1,21;1,50;<0,001
Homme;0,92;0,80;1,06;0,25
N patients;12 004;;;
Événements;1 310;;;
"""),
    ("honest_regr_models.csv", PASS, "two models side by side", """\
,Modèle 1,Modèle 2
Âge,0.041***,0.039***
,(0.003),(0.003)
Homme,0.21**,0.20**
,(0.08),(0.08)
Observations,20186,20186
R²,0.12,0.13
"""),
    ("honest_pvalues.csv", PASS, "tests", """\
test,statistique,ddl,p
chi2,12.3,4,0.015
Wilcoxon,3.2,,0.001
"""),
    ("honest_table1.csv", PASS, "the first table of an article", """\
Caractéristique;Cas (N = 1 204);Témoins (N = 4 816)
Âge, moy. (ET);61,2 (14,1);60,9 (14,4)
Femmes, n (%);620 (51,5 %);2 480 (51,5 %)
Diabète, n (%);210 (17,4 %);602 (12,5 %)
"""),
    ("honest_prevalence.csv", PASS, "shares of large populations", """\
region,annee,population,cas,prevalence (%)
IDF,2020,1204000,48160,4.0
PACA,2020,504000,25200,5.0
"""),
    ("honest_lt11.csv", PASS, "masks without margins", """\
diag;2019;2020
I10;1 204;1 310
G30;< 11;< 11
E11;320;340
"""),
    ("honest_smd.csv", PASS, "standardised differences", """\
variable,smd_avant,smd_apres
age,0.21,0.03
sexe,0.05,0.01
ald,-0.31,-0.02
"""),
    ("honest_forest.csv", PASS, "subgroups", """\
sous-groupe;n;RR;IC
<65 ans;3 204;0,91;[0,80;1,03]
≥65 ans;2 120;0,85;[0,74;0,98]
"""),
    ("honest_survival_grid.csv", PASS, "survival by half-years", """\
mois,à risque,survie (%)
0,1204,100.0
6,1090,94.2
12,930,88.1
24,610,79.6
36,402,71.3
"""),
    ("honest_negative.csv", PASS, "changes in per cent", """\
variable;variation (%)
âge;-3,5
coût;+12,1
durée;-0,4
"""),
    ("honest_counts_wide_en.csv", PASS, "English thousands", """\
Region;Male;Female;Total
North;1,204;1,310;2,514
South;804;910;1,714
"""),
    ("honest_rank.csv", PASS, "ranks are labels", """\
rang;diagnostic;séjours
1;I10;4204
2;E11;3310
3;C50;1204
"""),
    ("honest_delay.csv", PASS, "delays in days", """\
étape;n;délai médian (jours)
diagnostic;812;3
traitement;640;12
"""),
    ("honest_dose.csv", PASS, "doses are labels", """\
molécule;dose quotidienne;patients
metformine;2;4204
gliclazide;1;1310
"""),
    ("honest_likert.csv", PASS, "scores", """\
question;score moyen;écart-type;n
Q1;3.2;1.1;412
Q2;4.1;0.9;408
"""),
    ("honest_pr_curve.csv", PASS, "precision against recall", """\
recall,precision
0.0,1.0
0.025,0.9875
0.05,0.975
0.075,0.9625
0.1,0.95
0.125,0.9375
0.15,0.925
0.175,0.9125
0.2,0.9
0.225,0.8875
0.25,0.875
0.275,0.8625
0.3,0.85
0.325,0.8375
0.35,0.825
0.375,0.8125
0.4,0.8
0.425,0.7875
0.45,0.775
0.475,0.7625
0.5,0.75
0.525,0.7375
0.55,0.725
0.575,0.7125
0.6,0.7
0.625,0.6875
0.65,0.675
0.675,0.6625
0.7,0.65
0.725,0.6375
0.75,0.625
0.775,0.6125
0.8,0.6
0.825,0.5875
0.85,0.575
0.875,0.5625
0.9,0.55
0.925,0.5375
0.95,0.525
0.975,0.5125
1.0,0.5
"""),
    ("honest_threshold.csv", PASS, "thresholds of a test", """\
seuil;sensibilité;spécificité;VPP;VPN
0.1;0.98;0.31;0.4;0.97
0.5;0.74;0.81;0.6;0.88
"""),
    ("honest_missing.csv", PASS, "missing values", """\
variable;manquants;% manquants;n
imc;1204;5,9 %;20186
crp;4310;21,4 %;20186
"""),
    ("honest_calib.csv", PASS, "a calibration", """\
décile;n;observé;prédit
1;420;0.051;0.049
2;421;0.102;0.108
3;419;0.151;0.149
"""),
    ("honest_corr_matrix.csv", PASS, "correlations", """\
,age,imc,crp
age,1.0,0.12,0.2
imc,0.12,1.0,0.31
crp,0.2,0.31,1.0
"""),
    ("honest_timeseries.csv", PASS, "weeks", """\
semaine;passages;dont grippe
2020-S01;12040;310
2020-S02;11800;402
2020-S03;11950;512
"""),
    ("honest_ipp_drug.csv", PASS, "IPP is a drug here", """\
traitement,utilisateurs
IPP,1204
AINS,3310
"""),
    ("honest_commune.csv", PASS, "communes with large counts", """\
code_insee,cas
75101,336
75102,243
75103,328
75104,142
75105,261
75106,259
75107,259
75108,362
75109,290
75110,141
75111,206
75112,27
75113,187
75114,375
75115,372
75116,83
75117,233
75118,212
75119,176
75120,30
"""),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for name, expected, reason, text in _TEXTS:
        yield Case(name, expected, reason, text.encode())
