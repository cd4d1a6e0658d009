"""Tables of coefficients: small numbers and minus signs are not cells, but the number of observations must be there.

Source: CASD guide 06/2022 §3 (give N with a regression); UK SDC Handbook (residual degrees of freedom of 10 or more).
"""

import re
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, block, flag, info
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Kind, plain
from hub_extensions.exports.checks.tables.roles import Column, Table
from hub_extensions.exports.checks.tables.shares import numbers_in_notes
from hub_extensions.exports.checks.tables.words import Role

_N_LABELS = frozenset(
    """
    n nobs n_obs obs observations no_observations number_of_observations nombre_d_observations
    nombre_observations effectif n_total num_obs n_observations taille_echantillon sample_size effectif_total
    nb_obs n_patients patients
    """.split()
)


#: Residual degrees of freedom as R and statsmodels print them below or above the coefficients.
_FREEDOM = re.compile(
    r"Df Residuals:\s*(\d+)|(?:Residual deviance|Residual standard error)[^\n]*\bon\s+(\d+)\s+degrees of freedom"
)


def printed_freedom(text: str) -> int | None:
    """Return the residual degrees of freedom that a printed model gives, the fewest of them."""
    return min((int(a or b) for a, b in _FREEDOM.findall(text)), default=None)


def observations_said(text: str) -> int | None:
    """Return the number of observations that a printed model gives, from its freedom when it gives no more."""
    noted = numbers_in_notes([text])
    freedom = printed_freedom(text)
    return int(min(noted)) if noted else freedom


#: What prints coefficients for an article, and says so below them.
_ARTICLE = re.compile(
    r"(?:standard errors?|robust standard errors?|[tz][- ]statistics|p-?values?|[ée]carts?[- ]types?|erreurs?[- ]types?|confidence intervals?)"  # noqa: E501
    r" (?:in|entre) (?:parenthes[ei]s|brackets|parenth[èe]ses)|\\sym\{\*|\*{1,3}\s?\$?p\s?\$?<\s?\$?0?[.,]\d",
    re.IGNORECASE,
)
_N_LINE = re.compile(
    r"^[^\S\n]*(?:\\\(N\\\)|\$?N\$?|Obs\w*|Observations|Num\.\s?Obs\.?|No\.? of obs\w*|Effectifs?)(?=\W)[^\n]{0,60}?\d",
    re.MULTILINE,
)


def check_printed_models(text: str, where: str = "texte") -> Iterator[Finding]:
    """Yield models printed for an article (esttab, stargazer, texreg) without their number of observations."""
    if _ARTICLE.search(text) and not _N_LINE.search(text) and observations_said(text) is None:
        yield flag(
            "regression.no_n",
            where,
            "Régression sans nombre d'observations : ajoutez N.",
            "A regression without its number of observations: add N.",
        )


#: A ratio and its interval in one column: « OR [IC 95 %] ».
_RATIO = frozenset("or hr rr irr aor ahr shr".split())


def _effects(table: Table) -> list[Column]:
    """Return the columns of coefficients and ratios, those that write their interval beside them too."""
    beside = [column for column in table.of(Role.INTERVAL) if _RATIO & set(column.name.split("_"))]
    return [*table.of(Role.COEFFICIENT, Role.RATIO), *beside]


def is_regression(table: Table) -> bool:
    """Whether the table reports effects: coefficients or ratios, with errors, intervals or p-values beside them."""
    effects = _effects(table)
    return bool(effects) and (
        bool(table.of(Role.ERROR, Role.P_VALUE, Role.INTERVAL))
        or len(effects) == len(table.columns) - len(table.dimensions)
    )


def observations(table: Table) -> float | None:
    """Return the number of observations that the table gives, wherever it is written."""
    columns = [
        cell.value
        for column in table.of(Role.COUNT)
        for cell in table.grid.column(column.index)
        if cell.kind is Kind.NUMBER
    ]
    rows = [
        cell.value
        for row in table.grid.cells
        if row and _labels_n(row[0].text)
        for cell in row[1:]
        if cell.kind is Kind.NUMBER
    ]
    found = [
        *columns,
        *rows,
        *numbers_in_notes((*table.grid.notes, *table.grid.header, *(text for row in table.grid.rows for text in row))),
    ]
    return min(found) if found else None


def _labels_n(text: str) -> bool:
    return plain(text) in _N_LABELS


def check_regression(table: Table, policy: Policy, context: str = "") -> Iterator[Finding]:
    """Yield a missing number of observations and too few degrees of freedom.

    Args:
        table: the table of coefficients.
        policy: gives the least degrees of freedom.
        context: text of the rest of the file, where ``N = 20 186`` may stand.
    """
    if not is_regression(table):
        return
    n = observations(table)
    if n is None:
        noted = numbers_in_notes([context])
        n = min(noted) if noted else None
    freedom = printed_freedom(context)
    if freedom is None and n is not None:
        freedom = int(n - len(table.grid.rows))
    where = table.grid.place(0, _effects(table)[0].index) if table.grid.rows else table.grid.where
    if freedom is None:
        bare = table.of(Role.INTERVAL) and not table.of(Role.P_VALUE)  # a model's own output, not a table of results
        ratios_only = bool(table.of(Role.RATIO)) and not table.of(Role.ERROR) and not bare
        said = info if ratios_only else flag
        yield said(
            "regression.no_n",
            where,
            "Régression sans nombre d'observations : ajoutez N.",
            "A regression without its number of observations: add N.",
        )
    elif freedom < policy.min_dof:
        yield block(
            "regression.dof",
            where,
            f"Moins de {policy.min_dof} degrés de liberté : trop d'estimations pour si peu d'observations.",
            f"Fewer than {policy.min_dof} degrees of freedom: too many estimates for so few observations.",
        )
