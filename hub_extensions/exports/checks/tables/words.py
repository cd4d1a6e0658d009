"""The words that name columns in French and English health tables, and the role that each gives.

Data, not code: a new word is one line here. The order of ``ROLE_PATTERNS`` is the order of decision, from the narrow to
the broad (``part_max`` is a share of dominance before it is a share or a maximum).
"""

import re
from enum import StrEnum

from hub_extensions.exports.checks.tables.cells import plain


class Role(StrEnum):
    """What the numbers of a column are."""

    DIMENSION = "dimension"
    COUNT = "count"
    AT_RISK = "at_risk"
    PERCENT = "percent"
    MEAN = "mean"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    QUANTILE = "quantile"
    STD = "std"
    MAX_SHARE = "max_share"
    TOP_TWO = "top_two"
    TOP_TWO_SHARE = "top_two_share"
    COEFFICIENT = "coefficient"
    RATIO = "ratio"
    ERROR = "error"
    P_VALUE = "p_value"
    INTERVAL = "interval"
    SURVIVAL = "survival"
    TIME = "time"
    DOF = "dof"
    VALUE = "value"


def _words(words: str) -> re.Pattern[str]:
    """Return the pattern of a header in which one of *words* (patterns, parted by blanks) stands whole."""
    return re.compile(rf"(?:^|_)(?:{'|'.join(words.split())})(?:_|$)")


ROLE_PATTERNS: tuple[tuple[Role, re.Pattern[str]], ...] = (
    (
        Role.VALUE,
        re.compile(
            r"^(?:seed|random_state|(?:n_)?epochs?|(?:n_)?iter(?:ations?)?|max_iter|batch_size|(?:n_)?(?:folds|splits|jobs|estimators|layers|trees|components|clusters)"
            r"|(?:max|min)_(?:depth|child_weight|samples_(?:leaf|split)|features|leaf_nodes|data_in_leaf|node_size)|num_leaves|degree|verbose|patience|learning_rate|lr|eta|subsample|colsample\w*|dropout|momentum|tol)$"
        ),
    ),
    (
        Role.TOP_TWO_SHARE,
        re.compile(
            r"(?:^|_)(?:part|share|contribution|contrib|pct|poids|percent|proportion)_(?:cumulee?_)?(?:des_|de_|of_|of_the_)?(?:top_?2|top_two|(?:deux|2)_(?:premiers?|premieres?|plus_gros\w*|plus_grand\w*)|two_largest|2_largest|largest_(?:two|2))(?:_contribut\w+)?$"
            r"|(?:^|_)(?:top_?2|top_two|two_largest)_(?:share|part|contribution|contrib|pct|poids|percent|proportion)$|^(?:k2|top_?2|dominance_(?:2|two|deux|nk))$"
        ),
    ),
    (
        Role.TOP_TWO,
        re.compile(
            r"(?:^|_)(?:top_?2|top_two)(?:_(?:sum|somme|total|contribut\w+))?$|(?:^|_)(?:deux|2)_plus_(?:gros\w*|grand\w*)(?:_contribut\w+)?$"
            r"|(?:^|_)(?:deux|2)_premiers?_contribut\w+$|(?:^|_)(?:two_largest|2_largest|largest_two)(?:_contribut\w+)?$"
        ),
    ),
    (
        Role.MAX_SHARE,
        _words(
            r"""
            (?:part|share|contribution|contrib|pct|poids|percent|proportion)_(?:du_|de_la_|of_)?(?:max|maximum|maximale|maxi|top_?1|largest|premiere?|dominant\w*|plus_gros\w*)
            (?:max|maximum|top_?1|largest|dominant)_(?:share|part|contribution|contrib|pct|poids|percent|proportion)
            dominance k1 top1
            """
        ),
    ),
    (
        Role.P_VALUE,
        re.compile(
            r"^(?:p|pval|pvalue|p_value|p_val|valeur_p|p>\|[tz]\||p>[tz]|pr_?>\|[tz]\||sig|signif\w*|p_(?:adj|ajuste|bonferroni))$|(?:^|_)(?:pvalue|p_value|p_val)(?:_|$)"
        ),
    ),
    (
        Role.INTERVAL,
        re.compile(
            r"(?:^|_)(?:ic\d*%?|ci\d*%?|lower|upper|conf|icinf|icsup|borne_?(?:inf|sup|basse|haute)|lcl|ucl|ll|ul|lci|uci|0_025|0_975|2_5_?%|97_5_?%)(?:_|$)"
        ),
    ),
    (
        Role.DOF,
        _words(
            r"""
            dof ddl df df_resid degres_de_liberte degrees_of_freedom df_residuals?
            """
        ),
    ),
    (
        Role.ERROR,
        re.compile(
            r"^(?:t|z|se|stderr|sem|wald|chi2|statistic)$|(?:^|_)(?:std_err\w*|std_error|stderr|standard_error|erreur_(?:type|standard|std)|[tz]_(?:value|stat\w*)|es|se)(?:_|$)"
        ),
    ),
    (
        Role.RATIO,
        _words(
            r"""
            or hr rr irr aor ahr shr odds_ratio hazard_ratio risk_ratio rate_ratio rapport_de_cotes
            risque_relatif smr or_ajuste
            """
        ),
    ),
    (
        Role.SURVIVAL,
        _words(
            r"""
            survie survival surv s_t km_estimate kaplan_meier prob_surv\w* surv_prob cum_?inc
            incidence_cumulee cif survie_km cum_?haz(?:ard)? base_?haz(?:ard)? baseline_hazard hazard h0
            """
        ),
    ),
    (Role.SURVIVAL, re.compile(r"^km$")),  # elsewhere in a name it is a distance
    (
        Role.AT_RISK,
        _words(
            r"""
            at_risk a_risque risque_n n_risk n_risque nrisk risk_set exposes_au_risque num_at_risk
            """
        ),
    ),
    (
        Role.VALUE,
        _words(
            r"""
            r2 rsquared r_squared aic bic auc auroc kappa correlation corr rho vif importance smd c_index sensibilite
            specificite sensitivity specificity precision recall f1 brier
            """
        ),
    ),
    (
        Role.COEFFICIENT,
        _words(
            r"""
            coef coefs coeff coefficient coefficients beta betas estimate estimation estimateur log_or log_hr
            intercept
            """
        ),
    ),
    (Role.VALUE, _words("taux_de_(?:faux|vrais)_(?:positifs|negatifs) (?:false|true)_(?:positive|negative)s?_rate")),
    (
        Role.VALUE,
        _words("sum_sq mean_sq sums?_of_squares somme_des_carres"),
    ),
    (Role.VALUE, re.compile(r"sex_?ratio|ratio_(?:h|m|homme|male)\w{0,6}_(?:f|femme|female)")),
    (Role.VALUE, re.compile(r"(?:^|_)(?:variation|evolution|croissance|growth|change)_.*%")),
    (
        Role.PERCENT,
        re.compile(
            r"%|‰|(?:^|_)(?:pct|pcent|perc|percent\w*|pourcent\w*|part|parts|proportions?|prop|share|shares|taux|rate|rates|prevalence|incidence|frac|fraction|ratio|frequence_relative|freq_rel\w*|tx)(?:_|$)"
        ),
    ),
    (
        Role.STD,
        _words(
            r"""
            std sd ecart_?type ecarts_types variance var cv std_dev stdev
            """
        ),
    ),
    (Role.QUANTILE, re.compile(r"^q(?:uantile)?_?0_\d{1,3}$")),
    (
        Role.QUANTILE,
        re.compile(
            r"(?:^|_)(?:median|mediane?|med|mdn|p(?:\d{1,2}|100)|q[123]|quantile|percentile|iqr|1st_qu|3rd_qu)(?:_|$)|^(?:\d{1,2}(?:_\d)?|100)_?%$"
        ),
    ),
    (
        Role.MIN,
        _words(
            r"""
            etendue min_max minmax min_et_max
            plus_(?:basse?|faible|courte?)
            min minimum mini minimale? plus_petite? plus_jeune first lowest smallest youngest amin
            """
        ),
    ),
    (
        Role.MAX,
        _words(
            r"""
            plus_(?:elevee?|haute?|forte?|longue?)
            max maximum maxi maximale? plus_grande? plus_age plus_agee last highest largest oldest amax
            """
        ),
    ),
    (
        Role.MEAN,
        _words(
            r"""
            mean means moyen moyenne moyennes moyens moy avg average dms
            """
        ),
    ),
    (
        Role.SUM,
        re.compile(
            r"(?:^|_)(?:sum|somme|sommes|cumul|depenses?|montants?_(?:total|rembourse|cumule)\w*|(?:total|totale|somme)_(?:des_|du_|de_|of_)?(?:cout|couts|montants?|depenses?|cost|costs|euros?|remb\w*|amount|duree)|(?:cout|couts|montants?|cost|costs|amount|duree|charges|remb\w*)_(?:total|totale|totaux|cumule)\w*|ca|chiffre_d_affaires?)(?:_|$)"
        ),
    ),
    (
        Role.COUNT,
        _words(
            r"""
            n nb nbre nombre eff effectif effectifs count counts cnt freq frequency frequence frequences
            patients? personnes? persons? people individus? beneficiaires? assures? sejours? stays?
            hospitalisations? passages? actes deces deaths? cas cases temoins controls evenements? events? total
            totaux totals ensemble all overall population denominateur denominator denom numerateur numerator
            obs nobs n_obs observations? consommants? sujets? subjects? inclus records size midpoint6
            readmissions? readmis naissances? accouchements? admissions? consultations? prescriptions?
            delivrances? vaccines? visits visites femmes hommes malades censored censures? observed volume nbr
            headcount pazienti numero_pazienti pacientes pacientas numero_(?:de_)?pacientes patienten anzahl
            fallzahl casi casos falle faelle
            """
        ),
    ),
)

#: Words that name classes: numbers below them are labels, however small.
DIMENSION_WORDS = frozenset(
    """
    annee annees year years an mois month trimestre quarter semaine week jour day date periode period decennie
    classe class classes tranche tranches groupe group groupes categorie category cat bin bins intervalle
    interval borne age ages agegroup age_group sexe sex gender genre sexes dep dept departement departements
    departement_code reg region regions commune communes code codes codgeo insee zone zonage iris canton epci
    pays country territoire bassin cp ghm ghs cim cim10 icd icd10 atc ccam dp das cmd diag diagnostic diagnosis
    maladie pathologie disease condition gravite severite stade stage grade quintile quartile_de decile_de
    defavorisation niveau level type statut status mode secteur specialite service etablissement hopital
    hospital finess variable variables modalite modalites terme term parametre parameter facteur indicateur
    libelle label nom name index rang rank ordre id strate stratum bras arm traitement treatment cohorte cohort
    scenario modele model numero num tertile quintiles lettre test outcome issue mesure statistique
    statistic_name metric
    """.split()
)

#: Words of persons' attributes: a table of several of them, one row each, is a table of persons.
ATTRIBUTE_WORDS = frozenset(
    """
    age sexe sex gender genre naissance birth dob ddn date entree sortie admission discharge sejour duree los
    cout cost montant poids weight taille height imc bmi crp creatinine hba1c glycemie glucose tension pas pad
    sbp dbp hemoglobine diag dp das ghm acte ccam atc cim icd commune code_postal cp postal ville deces death
    dead mort vital score charlson y_true y_pred y_score proba probability prediction predicted predit pred
    score_predit residual residu resid temps time delai survie event ald cmu css fumeur smoker diabete diabetes
    hta traitement drug medicament nationality profession csp marital charges rembourse temperature saturation
    spo2 fc pouls valeur_labo lactate sodium potassium ferritine cholesterol ldl hdl
    """.split()
)

#: Those of them that one has or has not: a column of such a name in a table of groups counts who has it.
TRAIT_WORDS = frozenset(
    """
    ald cmu css c2s fumeur smoker diabete diabetes hta mort dead deces death decede died vivant alive traitement treated
    hospitalise readmission readmitted reussite succes success echec failure complication obese obesite
    """.split()
)
#: What persons of a group are, have or undergo: a column of such a name beside a count counts them.
STATE_WORDS = TRAIT_WORDS | frozenset(
    """
    traites treated untreated exposes exposed unexposed vaccines vaccinated unvaccinated fumeurs smokers nonsmokers
    diabetiques diabetics diabetic hypertendus hypertensive obeses vivants vivantes decedes decedees survivants
    survivors inclus incluses exclus exclues included excluded perdus lost suivis suivies followed repondeurs
    responders positifs positives positive negatifs negatives negative malades sains saines healthy infectes
    infectees infected gueris recovered hospitalises hospitalisees hospitalized hospitalised operes operees
    operated readmitted greffes greffees dialyses asthmatiques epileptiques denutris immunodeprimes dependants
    dependantes institutionnalises retraites chomeurs salaries enceintes prematures enfants adultes adults children
    mineurs majeurs garcons filles boys girls men women males females accidents chutes falls fractures
    complications infections hemorragies thromboses embolies rechutes recidives relapses cancers cancer tumeurs
    metastases avc infarctus idm suicides grippe covid covid19 sida vih hiv vhc hepatite hepatites asthme asthma
    bpco copd epilepsie parkinson alzheimer demence dementia depression schizophrenie leucemie lymphome melanome
    sepsis pneumonie pneumonia bronchiolite tuberculose rougeole stroke strokes echecs abandons refus reponse
    response non sans avec without not dont exposees traitees vaccinees
    """.split()
)
#: What is measured, held or laid down: whole numbers under such a name are no persons, wherever they stand.
MEASURE_WORDS = frozenset(
    """
    dose dosage posologie mg ml ug kg cm mm km m2 ui lit lits bed beds place places fauteuil fauteuils salle salles
    chambre chambres heure heures hour hours minute minutes min jours days ans annees years semaines weeks mois months
    delai duree age ages score scores point points rang rank seuil niveau distance temperature altitude superficie
    surface densite prix tarif cout cotation coefficient etage tour essai version bloc lot chapitre article cycle
    cycles etp fte pas lag decalage horizon visite ligne numero categories modalites niveaux classes items questions
    """.split()
)

#: Those that no class is ever named by: such a column counts no persons on either side of a count.
HELD_WORDS = frozenset(
    """
    lit lits bed beds etp fte dosage posologie fauteuil fauteuils superficie centres hopitaux hospitals services
    etablissements communes variables modalites clusters
    """.split()
)

#: Numbers that are neither counts nor labels, when their name is alone in the header.
VALUE_WORDS = frozenset(
    """
    score points point nnt nnh cmp rang poids weight weights note seuil threshold cutoff cut duree delai temps time cout
    cost montant tarif prix valeur value val mesure imc crp taille age coef pente slope skew kurtosis log lambda
    alpha gamma fpr tpr latitude longitude lat lon
    """.split()
)

#: Words of a margin: the row or the column is the sum of the others.
TOTAL_WORDS = frozenset(
    """
    total totaux totals tot ensemble all tous toutes overall both somme grand_total sum_total france_entiere
    total_general any margin marge
    """.split()
)

#: Units that are not persons: stays, acts, lines.
STAY_WORDS = frozenset(
    """
    sejour sejours stay stays hospitalisation hospitalisations acte actes passage passages prescription
    prescriptions delivrance delivrances consultation consultations visit visits visite visites ligne lignes
    rows records admissions admission
    """.split()
)
PERSON_WORDS = frozenset(
    """
    patient patients personne personnes person persons people individu individus beneficiaire beneficiaires
    assure assures sujet sujets subjects subject malades consommants femmes hommes
    """.split()
)
#: Words that say of a column that it counts; the name of who is counted may also stand above a share or a rate.
COUNTING_WORDS = frozenset(
    "n nb nbre nombre eff effectif effectifs count counts cnt size obs nobs headcount anzahl numero fallzahl".split()
)
DENOMINATOR_WORDS = frozenset(
    ["total", "denominateur", "denominator", "denom", "ensemble", "population", "all", "overall"]
)


#: A number that stands for a kind: ``admission_type_id``, ``code_sortie``, ``type_deces``.
_KIND = re.compile(r"^(?:code|id|type|kind|cd)_|_(?:id|code|cd|kind)$|(?<!ecart)(?<!erreur)_type$")
_CLASSES = frozenset("classe tranche groupe class group categorie bin quintile".split())


def _names_classes(name: str) -> bool:
    """Whether a column says which class or which kind each row is of, and doesn't count them."""
    counts = name.startswith(("n_", "nb_", "count_", "nombre_")) or "%" in name
    return not counts and bool(_KIND.search(name) or set(name.split("_")) & _CLASSES)


def _counts_things(name: str) -> bool:
    """Whether a column counts hospitals, beds or centres and says so: ``nb_hopitaux``."""
    number, _, what = name.partition("_")
    return number in {"n", "nb", "nbre", "nombre"} and set(what.split("_")) - {"de", "d"} <= HELD_WORDS and bool(what)


def role_of_header(header: str) -> Role | None:
    """Return the role that the words of *header* give, or ``None`` when they say nothing."""
    name = plain(header)
    if not name:
        return None
    if _names_classes(name) or _counts_things(name):
        return Role.DIMENSION if _names_classes(name) else Role.VALUE
    if re.fullmatch(r"\s*0[.,](?:0?[1-9]|[1-9]\d)\s*", header):
        return Role.QUANTILE
    for role, pattern in ROLE_PATTERNS:
        if pattern.search(name):
            return role
    tokens = set(name.split("_"))
    if tokens & VALUE_WORDS and not tokens & (DIMENSION_WORDS - VALUE_WORDS):
        return Role.VALUE
    return Role.DIMENSION if tokens & DIMENSION_WORDS else None


def is_total(label: str) -> bool:
    """Whether *label* names a margin."""
    name = plain(label)
    return name in TOTAL_WORDS or (bool(TOTAL_WORDS & set(name.split("_"))) and len(name.split("_")) <= 3)
