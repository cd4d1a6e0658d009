"""The conditions that decisions are made of, one function each: does it hold, until when, and if not, why not.

A condition looks at the facts it is given and at the moment it is told, at nothing else. ``states`` says what it
answers; the other modules hold the conditions by what they are about. Which act asks for which is ``decisions``'.
"""

from project_spaces.conditions.states import (
    WHO_LABELS,
    Condition,
    ConditionState,
    Reason,
    States,
    Who,
    earliest,
)

__all__ = ["WHO_LABELS", "Condition", "ConditionState", "Reason", "States", "Who", "earliest"]
