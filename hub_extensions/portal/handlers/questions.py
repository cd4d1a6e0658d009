"""The public page of questions that newcomers ask."""

from hub_extensions.portal.context import Page
from hub_extensions.portal.public import PublicPage
from hub_extensions.portal.questions import QUESTIONS


class QuestionsPage(PublicPage):
    """Every question with its answer."""

    template = "questions.html"
    section = "questions"

    async def page(self) -> Page:
        """The questions by chapter, and whom else to ask."""
        return {"chapters": list(QUESTIONS.items()), "rights_contact": self.portal.rights_contact}
