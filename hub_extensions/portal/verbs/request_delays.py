"""How long requests take and how they end: figures for everybody, with nothing about anybody in them."""

from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.words import both
from project_spaces.requests.records import STATE_LABELS
from project_spaces.requests.statistics import LEAST_CASES, Delay, decision_delay, outcomes, owner_delays, step_delays
from project_spaces.requests.steps import STEP_LABELS


def delays(call: Call, _body: Nothing) -> Page:
    """Days that requests and their steps take, by step and by owner, and how many ended how."""
    with call.portal.store.read() as session:
        return public_delays(session)


def public_delays(session: Session) -> Page:
    """The same, for pages that are shown without signing in."""
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
        ],
        "outcomes": [
            {"state": state.value, "label": both(STATE_LABELS[state]), "count": count}
            for state, count in outcomes(session).items()
        ],
    }


def _figures(found: Delay) -> Page:
    return {
        "cases": found.cases,
        "median_days": found.median_days,
        "ninth_decile_days": found.ninth_decile_days,
        "late_share": found.late_share,
    }
