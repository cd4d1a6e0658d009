"""Settings of publication: the repositories in which public results may be deposited. Part of ``Settings``."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from hub_extensions.exports.publishing.repositories import RepositorySettings

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,29}$")]


class PublicationSettings(BaseSettings):
    """Where public results may go; nowhere when empty."""

    publication_repositories: dict[Name, RepositorySettings] = Field(
        default_factory=dict,
        description="Repositories for public results, by name: `kind` (git, invenio), `url`, and how to sign in.",
    )
