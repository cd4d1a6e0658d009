"""The auditor's work of every month, and the meter of what is shown."""

from typing import ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import controls
from project_spaces.text import Text


class ControlsPage(PageHandler):
    """Every scope and period."""

    template = "audit_controls.html"

    async def page(self) -> Page:
        """Where each control stands."""
        return {**await self.run(controls.overview, Nothing()), "section": "controls"}


class ControlPage(PageHandler):
    """One period: hits to decide, and the signature."""

    template = "audit_control.html"
    acts: ClassVar = {
        "mark": Form(
            controls.mark, Text("Constats traités.", "Findings decided."), controls.MarkHits, frozenset({"entries"})
        ),
        "sign": Form(controls.sign, Text("Contrôle signé, inscrit au journal.", "Control signed and recorded.")),
        "hold": Form(controls.place_hold, Text("Effacement suspendu.", "Deletion suspended."), controls.Why),
        "lift": Form(controls.lift_hold, Text("L'effacement reprend.", "Deletion goes on."), controls.Why),
    }

    async def page(self) -> Page:
        """Everything to go through."""
        return {"control": await self.run(controls.control, Nothing()), "section": "controls"}


class EgressPage(PageHandler):
    """What was shown to whom."""

    template = "audit_egress.html"
    acts: ClassVar = {
        "lift": Form(controls.lift_pause, Text("L'affichage reprend.", "Output flows again."), controls.Lift)
    }

    async def page(self) -> Page:
        """The meter."""
        return {**await self.run(controls.meter, Nothing()), "section": "egress"}
