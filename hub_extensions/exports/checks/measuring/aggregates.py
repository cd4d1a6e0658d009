"""Honest results of every kind that people publish, made from the same tables: none of them may be taken for rows.

Every group holds at least as many persons as the rule asks. Medians and modes are values of persons by construction,
which is the hard part: they stay, because honest results have them.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

from hub_extensions.exports.checks.measuring.extracts import Rows

FEWEST = 11
#: Values that a column tells apart at most to serve as a class.
CLASSES = 1200


def _texts(frame: Any) -> Rows:
    shown = frame.astype(object).where(frame.notna(), "")
    return [[str(cell) for cell in row] for row in shown.itertuples(index=False)]


class _Maker:
    """Picks classes and measures of one table at random."""

    def __init__(self, frame: Any, source: random.Random) -> None:
        import pandas as pd

        self.frame, self.source = frame, source
        kinds = {name: frame[name].nunique() for name in frame.columns}
        self.classes = [name for name in frame.columns if 2 <= kinds[name] <= CLASSES]
        self.measures = [
            name
            for name in frame.columns
            if pd.api.types.is_numeric_dtype(frame[name])
            and not pd.api.types.is_bool_dtype(frame[name])
            and 10 < kinds[name] < 0.9 * len(frame)
        ]
        self.dates = [name for name in frame.columns if pd.api.types.is_datetime64_any_dtype(frame[name])]

    def by(self, most: int = 3) -> list[str]:
        """Return one to *most* classes."""
        return self.source.sample(self.classes, self.source.randint(1, min(most, len(self.classes))))

    def some(self, most: int) -> list[str]:
        """Return one to *most* measures."""
        return self.source.sample(self.measures, self.source.randint(1, min(most, len(self.measures))))

    def grouped(self, by: list[str], spec: dict[str, tuple[str, Any]]) -> Any:
        """Return the groups with enough persons, at most 300 of them."""
        made = self.frame.groupby(by, observed=True).agg(n=(by[0], "size"), **spec).reset_index()
        return made[made["n"] >= FEWEST].head(300)


def counts(m: _Maker) -> Any:
    """Count by one to three classes."""
    return m.grouped(m.by(), {})


def means(m: _Maker) -> Any:
    """Means and standard deviations by class."""
    spec = {f"{name}_{how}": (name, how) for name in m.some(3) for how in ("mean", "std")}
    return m.grouped(m.by(2), spec).round(m.source.choice([1, 2, 3]))


def means_whole(m: _Maker) -> Any:
    """Means rounded to whole numbers: ages and lengths look like those of persons."""
    return m.grouped(m.by(2), {f"{name}_m": (name, "mean") for name in m.some(4)}).round(0)


def medians(m: _Maker) -> Any:
    """Medians of several measures by class: each is the value of a person."""
    return m.grouped(m.by(2), {f"{name}_med": (name, "median") for name in m.some(4)})


def medians_without_counts(m: _Maker) -> Any:
    """The same without the column of counts."""
    return medians(m).drop(columns="n")


def quantiles(m: _Maker) -> Any:
    """Quartiles of one measure by class."""
    (name,) = m.source.sample(m.measures, 1)
    part = m.frame.groupby(by := m.by(1), observed=True)[name]
    made = part.quantile([0.25, 0.5, 0.75]).unstack().reset_index()
    return made[(part.size() >= FEWEST).to_numpy()].head(300).drop(columns=by if m.source.random() < 0.2 else [])


def described(m: _Maker) -> Any:
    """``describe()`` without the extremes."""
    made = m.frame[m.some(6)].describe().drop(index=["min", "max"]).round(2)
    return made.reset_index() if m.source.random() < 0.5 else made.T.reset_index()


def crosstab(m: _Maker) -> Any:
    """A wide table of counts."""
    import pandas as pd

    rows, columns = m.source.sample([name for name in m.classes if m.frame[name].nunique() <= 120], 2)
    made = pd.crosstab(m.frame[rows], m.frame[columns])
    return made[(made >= FEWEST).all(axis=1)].iloc[:300, :40].reset_index()


def daily(m: _Maker) -> Any:
    """Counts and means by day or month."""
    date = m.source.choice(m.dates)
    step = m.source.choice(["D", "M"])
    name = m.source.choice(m.measures)
    made = m.frame.groupby(m.frame[date].dt.to_period(step)).agg(n=(date, "size"), m=(name, "mean")).reset_index()
    made[date] = made[date].astype(str)
    return made[made["n"] >= FEWEST].round(2).head(300)


def dated(m: _Maker) -> Any:
    """Median dates and measures by class."""
    spec = {"d": (m.source.choice(m.dates), "median"), **{f"{name}_med": (name, "median") for name in m.some(2)}}
    made = m.grouped(m.by(2), spec)
    made["d"] = made["d"].astype(str).str[:10]
    return made


def modes(m: _Maker) -> Any:
    """The most frequent class within each class, with its share."""
    one, other = m.source.sample(m.classes, 2)
    pairs = m.frame.groupby([one, other], observed=True).size().rename("n").reset_index().sort_values("n")
    made = pairs.groupby(one, observed=True).tail(1)
    whole = m.frame.groupby(one, observed=True).size()
    made["part"] = (made["n"] / made[one].map(whole).astype(float) * 100).round(1)
    return made[made["n"] >= FEWEST].head(300)


def shares(m: _Maker) -> Any:
    """Counts and percentages of a class."""
    made = m.grouped(m.by(1), {})
    made["pct"] = (made["n"] / len(m.frame) * 100).round(1)
    return made


def bins(m: _Maker) -> Any:
    """A histogram: bounds and counts."""
    import numpy as np
    import pandas as pd

    values = m.frame[m.source.choice(m.measures)].dropna()
    low, high = values.quantile([0.01, 0.99])
    heights, edges = np.histogram(values[(values >= low) & (values <= high)], bins=m.source.choice([10, 20, 40]))
    made = pd.DataFrame({"de": edges[:-1].round(2), "a": edges[1:].round(2), "n": heights})
    return made[made["n"] >= FEWEST]


def regression(m: _Maker) -> Any:
    """Coefficients, errors, statistics, p-values and bounds of a linear model."""
    import numpy as np
    import pandas as pd

    names = m.source.sample(m.measures, min(5, len(m.measures)))
    part = m.frame[names].dropna().iloc[:20_000].to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(part)), part[:, 1:]])
    beta, *_ = np.linalg.lstsq(design, part[:, 0], rcond=None)
    spread = np.var(part[:, 0] - design @ beta)
    error = np.sqrt(np.abs(np.diag(spread * np.linalg.pinv(design.T @ design))))
    made = {"terme": ["const", *names[1:]], "coef": beta, "se": error, "t": beta / np.maximum(error, 1e-12)}
    return pd.DataFrame({**made, "bas": beta - 1.96 * error, "haut": beta + 1.96 * error}).round(3)


def survival(m: _Maker) -> Any:
    """A life table by periods: at risk, events, survival, bounds."""
    import numpy as np
    import pandas as pd

    at_risk, lines, left = len(m.frame), [], 1.0
    for month in range(0, 60, m.source.choice([3, 6])):
        events = int(at_risk * m.source.uniform(0.01, 0.05))
        left *= 1 - events / at_risk
        lines.append((month, at_risk, events, left, left - 0.01, left + 0.01))
        at_risk = int((at_risk - events) * 0.95)
    made = pd.DataFrame(lines, columns=["t", "n", "e", "s", "bas", "haut"])
    return made.replace([np.inf], 0).round(3)


def correlations(m: _Maker) -> Any:
    """A matrix of correlations."""
    return m.frame[m.source.sample(m.measures, min(6, len(m.measures)))].iloc[:50_000].corr().round(2).reset_index()


def compared(m: _Maker) -> Any:
    """Table 1 of an article: each measure in two groups, medians and quartiles."""
    import pandas as pd

    group = m.source.choice([name for name in m.classes if m.frame[name].nunique() <= 12])
    top = m.frame[group].value_counts().index[:2]
    lines = []
    for name in m.some(8):
        line: list[Any] = [name]
        for value in top:
            line += m.frame.loc[m.frame[group] == value, name].quantile([0.5, 0.25, 0.75]).tolist()
        lines.append(line)
    return pd.DataFrame(lines)


def rounded_means(m: _Maker) -> Any:
    """Five rows of means rounded to two digits, names stripped: an aggregate in the extract's own disguise."""
    made = m.grouped(m.by(2), {f"{name}_m": (name, "mean") for name in m.some(6)}).head(5).drop(columns="n")
    return made.map(lambda value: float(f"{value:.2g}") if isinstance(value, float) else value)


KINDS: tuple[Callable[[_Maker], Any], ...] = (
    counts, means, means_whole, medians, medians_without_counts, quantiles, described, crosstab, daily, dated, modes,
    shares, bins, regression, survival, correlations, compared, rounded_means,
)  # fmt: skip


def aggregates(frame: Any, seed: int, each: int) -> Iterator[tuple[str, Rows]]:
    """Yield *each* aggregates of every kind that have three rows or more."""
    source = random.Random(seed)
    maker = _Maker(frame, source)
    for kind in KINDS:
        for _ in range(each):
            rows = _texts(kind(maker))
            if len(rows) >= 3:
                yield kind.__name__, rows
