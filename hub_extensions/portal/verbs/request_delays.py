"""How long requests take and how they end: figures for everybody, with nothing about anybody in them.

Nobody signs in for them. An owner is named once something of his is in the public catalogue; nothing is told of fewer
than five cases, not even how many there are.
"""

from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.words import both
from project_spaces.catalogue.publications import public_owners
from project_spaces.requests.records import STATE_LABELS
from project_spaces.requests.statistics import (
    LEAST_CASES,
    Delay,
    decision_delay,
    outcomes,
    owner_delays,
    step_delays,
    told_cases,
)
from project_spaces.requests.steps import STEP_LABELS


def delays(call: Call, _body: Nothing) -> Page:
    """Days that requests and their steps take, by step and by owner, and how many ended how."""
    return call.portal.ready.answer("delays", call.now, lambda: _delays(call))


def _delays(call: Call) -> Page:
    with call.portal.store.read() as session:
        return _read(session)


def _read(session: Session) -> Page:
    named = public_owners(session)
    return {
        "least_cases": LEAST_CASES,
        "decision": _figures(decision_delay(session)),
        "steps": [
            {"step": step.value, "label": both(STEP_LABELS[step]), **_figures(found)}
            for step, found in step_delays(session).items()
        ],
        "owners": [
            {"owner": owner, "step": step.value, "label": both(STEP_LABELS[step]), **_figures(found)}
            for (owner, step), found in owner_delays(session).items()
            if owner in named
        ],
        "outcomes": [
            {"state": state.value, "label": both(STATE_LABELS[state]), "count": told_cases(count)}
            for state, count in outcomes(session).items()
        ],
    }


def _figures(found: Delay) -> Page:
    return {
        "cases": told_cases(found.cases),
        "median_days": found.median_days,
        "ninth_decile_days": found.ninth_decile_days,
        "late_share": found.late_share,
    }
