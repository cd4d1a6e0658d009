"""Why can't I? Reached from every refusal."""

from hub_extensions.portal.pages import PageHandler
from hub_extensions.portal.verbs import why
from project_spaces.errors import BureauError


class WhyPage(PageHandler):
    """Every condition of one act, with its state."""

    template = "why.html"

    async def get(self, **_path: str) -> None:
        """Answer the question of the address."""
        fields = {name: self.get_query_argument(name, "") for name in why.Question.model_fields}
        offered = await self.run(why.choices, why.Question())
        try:
            found = await self.run(why.explained, self.parsed(why.Question, {k: v for k, v in fields.items() if v}))
        except BureauError as error:
            self.set_status(error.status)
            await self.finish(self.render_page(self.template, error=error, found=None, offered=offered, asked=fields))
            return
        await self.finish(self.render_page(self.template, found=found, offered=offered, asked=fields))
