"""The settings of the way in: how long a session lasts, what locks an account, and the identity provider, if any."""

from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

from project_spaces.lockout import LockPolicy
from project_spaces.sessions.idleness import IdleLimit

#: Signatures of tokens that only the provider can make.
SIGNATURES = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
#: Hosts of this machine: what is said between two of its programs crosses no network.
HERE = frozenset({"127.0.0.1", "::1", "localhost"})


class SignInSettings(BaseSettings):
    """Part of the installation's settings."""

    lockout_failures: int = Field(10, ge=3, le=10, description="Wrong codes in a row before an account is locked.")
    lockout_minutes: int = Field(15, ge=5, le=24 * 60, description="First lock; each further one lasts twice as long.")
    session_hours: int = Field(
        12, ge=1, le=24, description="Hours after which a session ends and both factors are asked."
    )
    session_idle_minutes: int = Field(
        30, ge=5, le=480, description="Minutes without a person's own act after which a session ends, too."
    )
    # Identity provider (docs/sign-in.md); without an issuer people sign in with accounts of this installation
    openid_issuer: str = Field(
        "",
        pattern=r"^(https?://[^\s?#]+)?$",
        max_length=255,
        description="Name of the OpenID Connect provider, exactly as it spells it; empty: local accounts.",
    )
    openid_name: str = Field("", max_length=60, description="What people call it, on the sign-in page.")
    openid_client_id: str = Field("", description="Name of this installation at the provider.")
    openid_client_secret: Path | None = Field(None, description="File that holds the secret shared with it.")
    openid_scopes: str = Field("openid", description="What is asked of it, separated by spaces; openid is among them.")
    openid_algorithms: str = Field("RS256 PS256 ES256", description="Signatures that its tokens may have.")
    openid_max_age_minutes: int = Field(
        480, ge=5, le=24 * 60, description="Age that an authentication at the provider may have."
    )
    openid_organisation_claim: str = Field("", description="Claim that names the person's organisation.")
    openid_organisations: str = Field(
        "", description="Organisations that have access, separated by spaces; empty: all of them."
    )
    openid_logout: bool = Field(True, description="Signing out here signs out at the provider, too.")

    @field_validator("openid_client_secret")
    @classmethod
    def _absolute_secret(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()

    @field_validator("openid_algorithms")
    @classmethod
    def _public_keys_only(cls, value: str) -> str:
        if not value.split() or not SIGNATURES.issuperset(value.split()):
            msg = f"accepted: {' '.join(sorted(SIGNATURES))} (never none, never a shared secret)"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        if not self.openid_issuer:
            return self
        parts = urlsplit(self.openid_issuer)
        if parts.scheme != "https" and parts.hostname not in HERE:
            msg = f"openid_issuer {self.openid_issuer} must be https: what it says opens every door"
            raise ValueError(msg)
        if not self.openid_client_id or self.openid_client_secret is None:
            msg = "openid_issuer needs openid_client_id and openid_client_secret"
            raise ValueError(msg)
        if "openid" not in self.openid_scopes.split():
            msg = f"openid_scopes {self.openid_scopes!r} must hold openid"
            raise ValueError(msg)
        if bool(self.openid_organisations) != bool(self.openid_organisation_claim):
            msg = "openid_organisations and openid_organisation_claim belong together"
            raise ValueError(msg)
        return self

    @property
    def idle_limit(self) -> IdleLimit:
        """How long a session lasts that nobody uses."""
        return IdleLimit(timedelta(minutes=self.session_idle_minutes))

    @property
    def lock_policy(self) -> LockPolicy:
        """When wrong passwords and codes lock an account, and for how long."""
        return LockPolicy(self.lockout_failures, timedelta(minutes=self.lockout_minutes))
