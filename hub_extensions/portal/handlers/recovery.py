"""My recovery codes: a form that asks for both factors, and the new codes on its answer alone."""

from typing import Any, ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.handlers.trace import SecretsPage
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form
from hub_extensions.portal.verbs import recovery


class RecoveryCodesPage(SecretsPage):
    """How many are left, and a way to have new ones."""

    template = "recovery.html"
    acts: ClassVar = {"renew": Form(recovery.renew, None, recovery.BothFactors)}

    async def page(self) -> Page:
        """What there is."""
        return {**await self.run(recovery.state, Nothing()), "codes": []}

    async def after(self, form: Form, result: Any) -> None:  # noqa: ARG002 - the base's signature
        """Show the codes on this answer only: nothing keeps them."""
        self.set_header("Cache-Control", "no-store")
        await self.show(codes=result["codes"])
