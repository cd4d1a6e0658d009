"""Settings of rights: what work on sensitive data asks of people and projects, what roles ask, reviews of rights.

Sensitive is what is neither open nor synthetic; what is empty here is not asked. Part of ``Settings``.
"""

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from project_spaces.errors import Invalid
from project_spaces.requirements import network
from project_spaces.reviews.calendar import ReviewRules
from project_spaces.slugs import is_slug


class AccessSettings(BaseSettings):
    """Conditions of work on sensitive data, and reviews of rights."""

    access_sign_in_hours: int | None = Field(None, ge=1, le=720, description="Age that its sign-in may have, in hours.")
    access_networks: str = Field(
        "", description="Address ranges of its sign-in and of every request, separated by spaces: 10.0.0.0/8 …"
    )
    access_trainings: str = Field(
        "",
        description="Slugs of the trainings it needs: snds. Defined and confirmed in admin/trainings.",
    )
    access_approvals: str = Field(
        "", description="Slugs of the approvals its project needs: cnil. Recorded on the project's page."
    )
    access_agreement: bool = Field(
        False, description="Its owner signed an agreement with the project. Recorded on the data set's page."
    )
    access_identity: bool = Field(
        False,
        description="Somebody reviewed who its persons are and for whom they work: on each person's page.",
    )
    access_role_trainings: str = Field(
        "",
        description="Slugs of the trainings that reviewers, data stewards, the committee and auditors need to act.",
    )
    access_role_identity: bool = Field(
        False, description="Somebody reviewed who they are and for whom they work, before they act."
    )
    review_every_months: int = Field(12, ge=1, le=36, description="From one review of all rights to the next.")
    review_answer_days: int = Field(30, ge=7, le=120, description="Days in which a review is to be answered.")
    review_before_end_days: int = Field(30, ge=7, le=180, description="A project is reviewed so long before its end.")
    review_unanswered: Literal["withdraw", "wait"] = Field(
        "withdraw", description="What becomes of rights that nobody answered for by the deadline of a review."
    )
    end_export_days: int = Field(
        30, ge=0, le=365, description="Days in which results may still leave a project that has ended."
    )
    end_notice_days: int = Field(
        7,
        ge=1,
        le=90,
        description="Days between the decision on an ended project's files and their archiving or deletion.",
    )
    end_two_people: bool = Field(True, description="That decision takes two people, none of them a member.")
    access_strong_acr: str = Field("", description="Values of acr by which the identity provider states two factors.")

    @field_validator("access_networks")
    @classmethod
    def _address_ranges(cls, value: str) -> str:
        try:
            for each in value.split():
                network(each)
        except Invalid as error:
            msg = f"{error.text.en.rstrip('.')}: give ranges such as 10.0.0.0/8, separated by spaces"
            raise ValueError(msg) from None
        return value

    @field_validator("access_trainings", "access_approvals", "access_role_trainings")
    @classmethod
    def _kinds(cls, value: str) -> str:
        if not all(map(is_slug, value.split())):
            msg = "must be slugs (a-z, 0-9 and hyphens), separated by spaces"
            raise ValueError(msg)
        return value

    @property
    def review_rules(self) -> ReviewRules:
        """When reviews open, how long they take, and what silence means."""
        return ReviewRules(
            every=timedelta(days=365 * self.review_every_months / 12),
            answer_within=timedelta(days=self.review_answer_days),
            before_end=timedelta(days=self.review_before_end_days),
            withdraw=self.review_unanswered == "withdraw",
        )
