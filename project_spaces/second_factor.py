"""The second factor: time-based codes (RFC 6238, six digits, 30 seconds) of which each works once.

A code is accepted one step early or late, because clocks drift; a step that was used, and every step before it, is not
accepted again (replay). Comparison costs the same whether or not there is a secret.
"""

import hmac
from datetime import datetime

import pyotp

STEP_S = 30
DRIFT_STEPS = 1
DIGITS = 6
#: 32 characters of base 32 are 160 bits, the length RFC 4226 recommends.
SECRET_LENGTH = 32
_NOBODY = "A" * SECRET_LENGTH


def new_secret() -> str:
    """Return a fresh secret, in base 32."""
    return pyotp.random_base32(SECRET_LENGTH)


def provisioning_uri(secret: str, username: str, issuer: str) -> str:
    """Return the ``otpauth://`` address that authenticator applications read from a QR code."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).provisioning_uri(name=username, issuer_name=issuer)


def matching_step(secret: str | None, code: str, now: datetime) -> int | None:
    """Return the step (30-second periods since 1970) whose code is *code*, None when none in reach is."""
    generator = pyotp.TOTP(secret or _NOBODY, digits=DIGITS, interval=STEP_S)
    current = int(now.timestamp()) // STEP_S
    typed = "".join(code.split()).encode("utf-8", "surrogatepass")
    steps = range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1)
    found = [step for step in steps if hmac.compare_digest(generator.generate_otp(step).encode(), typed)]
    return max(found) if found and secret is not None else None


def fresh(step: int | None, last_used: int | None) -> bool:
    """Tell whether *step* was matched and neither it nor a later one was used before."""
    return step is not None and (last_used is None or step > last_used)
