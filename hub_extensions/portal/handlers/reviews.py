"""Reviews of habilitations: open, answer, close, and take the evidence away."""

from typing import ClassVar

from hub_extensions.portal.base import to_json
from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import FileHandler, Form, PageHandler
from hub_extensions.portal.verbs import reviews
from project_spaces.text import Text


class ReviewsPage(PageHandler):
    """Every review, and a new one."""

    template = "admin_reviews.html"
    acts: ClassVar = {
        "begin": Form(
            reviews.begin,
            Text("Revue ouverte.", "Review opened."),
            reviews.NewReview,
            next=lambda result: f"admin/reviews/{result['id']}",
        )
    }

    async def page(self) -> Page:
        """The list."""
        return await self.run(reviews.overview, Nothing())


class ReviewCampaignPage(PageHandler):
    """One review: a decision for each right."""

    template = "admin_review.html"
    acts: ClassVar = {
        "answer": Form(reviews.answer, Text("Décision inscrite.", "Decision recorded."), reviews.Answer),
        "close": Form(reviews.close, Text("Revue close.", "Review closed.")),
    }

    async def page(self) -> Page:
        """The rights."""
        return {"review": await self.run(reviews.review, Nothing())}


class EvidenceDocument(FileHandler):
    """The outcome with the ledger's proofs."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        found = await self.run(reviews.evidence, Nothing())
        self.attach(f"review-{found['id'][:8]}.json", "application/json", to_json(found).encode())


class EvidenceTable(FileHandler):
    """The outcome as a table."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        table = await self.run(reviews.evidence_table, Nothing())
        self.attach(f"review-{self.path_kwargs['campaign'][:8]}.csv", "text/csv; charset=utf-8", table)
