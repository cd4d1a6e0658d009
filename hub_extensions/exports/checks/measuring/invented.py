"""Tables of invented health data, twenty columns each, of different shapes: stays, claims, a cohort, a survey.

Columns depend on one another as real ones do (a stay's cost on its length, weight on height, a birth date on the age),
because a matcher that takes columns for independent is right on independent columns only.
"""

from collections.abc import Callable, Mapping
from typing import Any

DAY_ONE = "2016-01-01"
DAYS = 2900


def _codes(letters: str, count: int) -> Any:
    """Return *count* codes such as ``C50`` or ``DEQP003``, all different."""
    import numpy as np

    return np.array(sorted({f"{letters[i % len(letters)]}{i * 7 % 1000:03d}" for i in range(count)}))


def _skewed(source: Any, values: Any, rows: int, power: float = 1.1) -> Any:
    """Return *rows* of *values*, few of them frequent, most of them rare."""
    import numpy as np

    weights = 1 / np.arange(1, len(values) + 1) ** power
    return values[source.choice(len(values), rows, p=weights / weights.sum())]


def _days(source: Any, rows: int, days: int = DAYS) -> Any:
    import numpy as np

    return np.datetime64(DAY_ONE) + source.integers(0, days, rows).astype("timedelta64[D]")


def _ages(source: Any, rows: int) -> Any:
    import numpy as np

    return np.clip(
        np.round(np.concatenate([source.normal(62, 18, rows - rows // 4), source.uniform(0, 100, rows // 4)])), 0, 105
    ).astype(int)


def stays(source: Any, rows: int) -> Any:
    """Return hospital stays, as the PMSI holds them."""
    import numpy as np
    import pandas as pd

    age, length = _ages(source, rows), source.geometric(0.22, rows) - 1
    entry = _days(source, rows)
    cost = np.round(source.lognormal(6.4, 0.7, rows) * (1 + length * 0.35), 2)
    hospital = _skewed(source, np.array([f"{75 + i % 20:02d}{i * 131 % 10**7:07d}" for i in range(400)]), rows, 0.7)
    return pd.DataFrame(
        {
            "num_sejour": source.permutation(rows) + 40_000_000,
            "age": age,
            "sexe": source.choice([1, 2], rows),
            "dep": _skewed(source, np.array([f"{i:02d}" for i in range(1, 96)]), rows, 0.4),
            "code_geo": _skewed(
                source, np.array([f"{i * 17 % 95 + 1:02d}{i % 900 + 100}" for i in range(5600)]), rows, 0.6
            ),
            "finess": hospital,
            "date_entree": entry,
            "date_sortie": entry + length.astype("timedelta64[D]"),
            "duree": length,
            "ghm": _skewed(source, _codes("MCKZ", 900), rows),
            "dp": _skewed(source, _codes("ABCDEFGHIJKLMNOP", 990), rows),
            "das": np.where(source.random(rows) < 0.4, None, _skewed(source, _codes("RSTVWXYZ", 500), rows)),
            "mode_entree": source.choice([6, 7, 8], rows, p=[0.05, 0.1, 0.85]),
            "mode_sortie": source.choice([6, 7, 8, 9], rows, p=[0.06, 0.09, 0.82, 0.03]),
            "severite": source.choice(list("1234"), rows, p=[0.55, 0.25, 0.15, 0.05]),
            "nb_actes": source.poisson(2.5, rows),
            "igs2": np.where(source.random(rows) < 0.7, np.nan, np.round(source.gamma(5, 8, rows))),
            "cout": cost,
            "remb": np.round(cost * source.choice([0.8, 0.9, 1.0], rows), 2),
            "deces": source.random(rows) < 0.03,
        }
    )


def claims(source: Any, rows: int) -> Any:
    """Return reimbursed acts, as the DCIR holds them: many rows of one person, long codes, prices that recur."""
    import numpy as np
    import pandas as pd

    people = rows // 12
    who = source.integers(0, people, rows)
    born, sex = 2022 - _ages(source, people), source.choice(["M", "F"], people)
    town = _skewed(source, np.array([f"{i * 37 % 95 + 1:02d}{i % 99:03d}" for i in range(3000)]), people, 0.5)
    prices = np.round(source.lognormal(2.5, 1.2, 2500), 2)
    act = np.minimum(source.zipf(1.25, rows) - 1, 2499)
    quantity = source.choice([1, 2, 3, 4, 6, 10], rows, p=[0.7, 0.15, 0.06, 0.05, 0.03, 0.01])
    rate = source.choice([15, 30, 65, 70, 100], rows, p=[0.05, 0.1, 0.45, 0.1, 0.3])
    date = _days(source, rows)
    base = np.round(prices[act] * quantity, 2)
    prescriber = source.integers(0, 18_000, rows)
    return pd.DataFrame(
        {
            "ben_nir_ano": np.array([f"{(i * 2_654_435_761) % 2**48:012x}" for i in range(people)])[who],
            "ben_nai_ann": born[who],
            "ben_sex": sex[who],
            "ben_dep": np.array([code[:2] for code in town])[who],
            "ben_com": town[who],
            "exe_soi_dtd": date,
            "flx_trt_dtd": date + source.integers(2, 60, rows).astype("timedelta64[D]"),
            "pha_cip_c13": (3_400_930_000_000 + np.arange(2500) * 977)[act],
            "quantite": quantity,
            "prix_unitaire": prices[act],
            "base_remb": base,
            "taux": rate,
            "mnt_remb": np.round(base * rate / 100, 2),
            "ps_specialite": _skewed(source, np.arange(1, 60), rows, 0.9),
            "ps_num": 10_000_000 + prescriber * 431,
            "ps_dep": np.array([f"{i % 95 + 1:02d}" for i in range(18_000)])[prescriber],
            "regime": source.choice(["01", "02", "03", "90"], rows, p=[0.85, 0.06, 0.05, 0.04]),
            "ald": source.random(rows) < 0.22,
            "css": source.choice(["O", "N"], rows, p=[0.1, 0.9]),
            "nature": _skewed(source, np.array([str(1000 + i * 11) for i in range(120)]), rows),
        }
    )


def cohort(source: Any, rows: int) -> Any:
    """Return visits of a cohort: mostly measures, many of them with one decimal, correlated."""
    import numpy as np
    import pandas as pd

    age, height = source.uniform(18, 90, rows), np.round(source.normal(169, 9.5, rows), 1)
    weight = np.round(np.clip(source.normal(0, 13, rows) + (height - 100) * 0.95, 38, 190), 1)
    pressure = np.round(110 + age * 0.35 + source.normal(0, 14, rows)).astype(int)
    entered = _days(source, rows, 1800)
    follow = source.integers(0, 1100, rows)
    birth = entered - (age * 365.25).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "sujet": np.char.add("S", (source.permutation(rows) + 1_000_000).astype(str)),
            "naissance": birth,
            "age": np.round(age, 1),
            "sexe": source.choice(["homme", "femme"], rows),
            "taille": height,
            "poids": weight,
            "imc": np.round(weight / (height / 100) ** 2, 1),
            "pas": pressure,
            "pad": np.round(pressure * 0.6 + source.normal(0, 7, rows)).astype(int),
            "fc": np.round(source.normal(74, 12, rows)).astype(int),
            "hba1c": np.round(source.gamma(30, 0.2, rows), 1),
            "creatinine": np.round(source.lognormal(4.35, 0.3, rows)).astype(int),
            "ldl": np.round(source.normal(1.25, 0.35, rows), 2),
            "crp": np.where(source.random(rows) < 0.15, np.nan, np.round(source.gamma(0.9, 8, rows), 1)),
            "inclusion": entered,
            "derniere_visite": entered + follow.astype("timedelta64[D]"),
            "suivi_jours": follow,
            "evenement": (source.random(rows) < 0.18).astype(int),
            "bras": source.choice(["A", "B", "C"], rows),
            "centre": _skewed(source, np.array([f"C{i:02d}" for i in range(45)]), rows, 0.5),
        }
    )


def survey(source: Any, rows: int) -> Any:
    """Return answers to a survey matched with a few measures: most columns tell few values apart."""
    import numpy as np
    import pandas as pd

    answers = ["jamais", "rarement", "parfois", "souvent", "toujours"]
    scale = {f"q{number}": source.integers(0, 11, rows) for number in range(1, 5)}
    words = {f"q{number}": source.choice(answers, rows, p=[0.3, 0.25, 0.2, 0.15, 0.1]) for number in range(5, 9)}
    return pd.DataFrame(
        {
            "uid": source.permutation(rows) + 1,
            "date_reponse": np.datetime64(DAY_ONE, "s")
            + source.integers(0, 400 * 86_400, rows).astype("timedelta64[s]"),
            "annee_naissance": 2017 - _ages(source, rows),
            "code_postal": _skewed(source, np.arange(1_000, 96_000, 17), rows, 0.5),
            "profession": _skewed(source, np.array([f"csp {i}" for i in range(42)]), rows, 0.6),
            "revenu": np.round(source.lognormal(7.5, 0.5, rows), -1).astype(int),
            "foyer": source.choice([1, 2, 3, 4, 5, 6], rows, p=[0.3, 0.3, 0.16, 0.14, 0.07, 0.03]),
            **scale,
            **words,
            "score": np.round(source.normal(50, 10, rows), 2),
            "tabac": source.choice(["oui", "non", "ancien"], rows),
            "alcool_verres": source.poisson(4, rows),
            "sommeil_h": np.round(source.normal(7, 1.1, rows) * 2) / 2,
            "poids_sondage": np.round(source.lognormal(0, 0.4, rows), 6),
        }
    )


SHAPES: Mapping[str, Callable[[Any, int], Any]] = {"stays": stays, "claims": claims, "cohort": cohort, "survey": survey}
