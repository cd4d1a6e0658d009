"""Makes ``outputs/`` beside it again with the real library: every kind of output that ACRO knows, suppression on.

Not run by the tests, which read what it left. From this folder, in a throw-away environment::

    python -m venv /tmp/acro && /tmp/acro/bin/pip install acro==1.0.2
    /tmp/acro/bin/python make_session.py

The persons are invented. ACRO writes the time of each output; everything else comes out alike.
"""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from acro import ACRO

OUTPUTS = Path(__file__).resolve().parent / "outputs"
PERSONS = 1200


def people() -> pd.DataFrame:
    """Return invented persons; few live in one département, which a table of counts gives away."""
    source = np.random.default_rng(20)
    age = source.integers(18, 95, PERSONS)
    dep = source.choice(["75", "92", "93", "94"], PERSONS, p=[0.5, 0.3, 0.195, 0.005])
    sex = source.choice(["F", "M"], PERSONS)
    days = np.round(source.gamma(2.0, 3.0, PERSONS) + age / 30, 1)
    died = days + source.normal(0, 3, PERSONS) > 12
    return pd.DataFrame({"dep": dep, "sex": sex, "age": age, "days": days, "died": died})


def main() -> None:
    """Run the session and finalise it as JSON."""
    shutil.rmtree(OUTPUTS, ignore_errors=True)
    persons = people()
    session = ACRO(suppress=True)
    session.crosstab(persons.dep, persons.sex)
    session.crosstab(persons.dep, persons.sex, values=persons.days, aggfunc="mean")
    session.pivot_table(persons, values=["days"], index=["sex"], columns=["died"], aggfunc=["sum"])
    session.ols(persons.days, persons[["age"]])
    session.logit(persons.died.astype(int), persons[["age"]])
    session.hist(persons[["days"]], "days", filename="days.png")
    session.surv_func(persons.days, persons.died, output="table")
    session.disable_suppression()
    session.crosstab(persons.dep, persons.sex)
    session.add_comments("output_0", "Counts by département and sex")
    session.add_exception("output_0", "invented persons")
    session.finalise(str(OUTPUTS), "json")


if __name__ == "__main__":
    main()
