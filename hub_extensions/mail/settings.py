"""Settings of mail: which server takes the portal's notifications, and how it is spoken to. Part of ``Settings``."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class MailSettings(BaseSettings):
    """Mail; without a server people are told in the portal only."""

    mail_host: str = Field("", description="SMTP server that takes people's notifications; none is mailed when empty.")
    mail_port: int = Field(587, ge=1, le=65535, description="Its port.")
    mail_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How it is spoken to; none is accepted for a server on this machine only."
    )
    mail_from: str = Field("", pattern=r"^([^@\s]+@[^@\s]+)?$", description="Address that mails come from.")
    mail_user: str = Field("", description="Name to sign in with; no sign-in when empty.")
    mail_password_file: Path | None = Field(None, description="File whose first line is that name's password.")
    mail_webhook: str = Field(
        "",
        pattern="^(https?://.+)?$",
        description="Address that the same messages are posted to as JSON, instead of mail.",
    )
    mail_webhook_secret_file: Path | None = Field(
        None, description="File whose first line signs what is posted (HMAC-SHA256, X-Bureau-Signature)."
    )
    mail_authorities: Path | None = Field(None, description="PEM file of the authority that signed its certificate.")

    @model_validator(mode="after")
    def _mail_is_whole_and_encrypted(self) -> Self:
        if self.mail_host and not self.mail_from:
            msg = f"mail_host {self.mail_host} needs mail_from, the address that mails come from"
            raise ValueError(msg)
        if self.mail_security == "none" and self.mail_host and self.mail_host not in _THIS_MACHINE:
            msg = f"mail_security none would send mails to {self.mail_host} in clear: give starttls or tls"
            raise ValueError(msg)
        if self.mail_host and self.mail_webhook:
            msg = "mail_host and mail_webhook exclude each other: each message goes one way"
            raise ValueError(msg)
        if bool(self.mail_user) != (self.mail_password_file is not None):
            msg = "mail_user and mail_password_file belong together"
            raise ValueError(msg)
        return self
