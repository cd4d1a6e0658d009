"""Pages of those who act on requests for access: what waits for me, requests that are stuck, owners, embargoes."""

from typing import Any, ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import closures, embargoes, instruction
from project_spaces.requests.steps import Step
from project_spaces.text import Text


class InstructionPage(PageHandler):
    """The steps that wait for me."""

    template = "instruction.html"

    async def page(self) -> Page:
        """The queue."""
        return await self.run(instruction.queue, Nothing())


class StuckPage(PageHandler):
    """Requests that nobody can bring to an end."""

    template = "instruction_stuck.html"

    async def page(self) -> Page:
        """All of them."""
        return await self.run(instruction.stuck, Nothing())


class ReassignHandler(StuckPage):
    """Gives one of them to somebody else."""

    acts: ClassVar = {
        "reassign": Form(
            instruction.reassign,
            Text("Demande confiée.", "Request given."),
            instruction.Reassign,
            next=lambda _result: "instruction/stuck",
        )
    }


class OwnersPage(PageHandler):
    """Owners of data: circuits and stewards."""

    template = "instruction_owners.html"
    acts: ClassVar = {
        "entrust": Form(instruction.entrust, Text("Producteur confié.", "Owner entrusted."), instruction.Perimeter),
        "dismiss": Form(instruction.dismiss, Text("Producteur retiré.", "Owner taken back."), instruction.Perimeter),
        "circuit": Form(
            instruction.set_owner_circuit,
            Text(
                "Circuit enregistré : il vaut pour les prochains dépôts.",
                "Circuit saved: it holds for the next submissions.",
            ),
            instruction.CircuitOf,
        ),
    }

    async def page(self) -> Page:
        """All of them."""
        return await self.run(instruction.owners, Nothing())

    def _fields(self, form: Form) -> dict[str, Any]:
        """A circuit's form has one row a step; the rows that are ticked are its steps."""
        fields = super()._fields(form)
        if form.verb is not instruction.set_owner_circuit:
            return fields
        rows = [
            {part: fields[f"{part}_{step}"] for part in ("actor", "days", "silence") if f"{part}_{step}" in fields}
            | {"step": step}
            for step in Step
            if f"asked_{step}" in fields
        ]
        return {"owner": fields.get("owner", ""), "steps": rows}


class EmbargoesPage(PageHandler):
    """Embargoes."""

    template = "instruction_embargoes.html"
    acts: ClassVar = {
        "set": Form(
            embargoes.set_embargo,
            Text("Embargo posé : les bureaux concernés sont coupés.", "Embargo set: the workspaces concerned are cut."),
            embargoes.NewEmbargo,
        ),
        "lift": Form(embargoes.lift_embargo, Text("Embargo levé.", "Embargo lifted."), embargoes.Lift),
        "keep": Form(embargoes.keep_embargo, Text("Embargo maintenu.", "Embargo kept."), embargoes.Lift),
        "accept": Form(
            closures.accept,
            Text("Jeu fermé : les bureaux concernés sont coupés.", "Closed: the workspaces concerned are cut."),
            closures.Which,
        ),
        "decline": Form(closures.decline, Text("Fermeture refusée.", "Closure declined."), closures.Declined),
    }

    async def page(self) -> Page:
        """Those on the data sets that I answer for."""
        return await self.run(embargoes.embargoes, Nothing())
