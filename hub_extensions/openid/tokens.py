"""What a token of the identity provider must prove before anybody believes it (OpenID Connect Core 1.0, 3.1.3.7).

oauthenticator reads an id token without verifying it (TRAPS B20), so it is verified here, with PyJWT: a signature by a
key that the provider publishes, with an algorithm of our list (never ``none``, never a shared secret), its issuer, its
audience, its times, the nonce of the very request it answers, the hash of the access token beside it, and how long ago
the person proved who it is. Time is a parameter, as everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from jwt import PyJWK

from hub_extensions.openid.refusals import Cause, Unproved

#: How far two clocks may be apart.
LEEWAY = timedelta(seconds=30)
#: A logout token is delivered at once or not at all (OpenID Connect Back-Channel Logout 1.0, 2.4).
LOGOUT_AGE = timedelta(minutes=2)
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
#: Signatures with a key that only the provider holds; each with the kind of key it needs.
KEY_KINDS = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
    "EdDSA": "OKP",
}
LONGEST_TOKEN = 64 * 1024
Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token is held against."""

    issuer: str
    client_id: str
    algorithms: frozenset[str]


def key_id(token: str) -> str | None:
    """Return which key a token says it is signed with; nothing of it is believed yet."""
    return _header(token, frozenset(KEY_KINDS)).get("kid")


def verify_id_token(
    token: str,
    keys: Sequence[PyJWK],
    expected: Expected,
    *,
    nonce: str,
    access_token: str | None,
    max_age: timedelta | None,
    now: datetime,
) -> Claims:
    """Return the claims of an id token that proves everything it must.

    Raises
    ------
    Unproved
        with what it does not prove.
    """
    claims = _verified(token, keys, expected, now)
    if not nonce or claims.get("nonce") != nonce:
        raise Unproved(Cause.NONCE)
    if "exp" not in claims:
        raise Unproved(Cause.TIME)
    _check_access_token(token, claims, access_token)
    if max_age is not None and authenticated_at(claims, now) < now - max_age - LEEWAY:
        raise Unproved(Cause.TOO_OLD)
    return claims


def verify_logout_token(token: str, keys: Sequence[PyJWK], expected: Expected, *, now: datetime) -> Claims:
    """Return the claims of a logout token (Back-Channel Logout 1.0, 2.6).

    Raises
    ------
    Unproved
        it is none, or proves nothing.
    """
    claims = _verified(token, keys, expected, now, subject=False)
    events = claims.get("events")
    about = claims.get("sub") or claims.get("sid")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict) or "nonce" in claims or not about:
        raise Unproved(Cause.NOT_LOGOUT)
    if not isinstance(claims.get("jti"), str) or _time(claims, "iat") < now - LOGOUT_AGE:
        raise Unproved(Cause.TIME)
    return claims


def authenticated_at(claims: Claims, now: datetime) -> datetime:
    """Return when the person proved who it is, by the provider's clock, never after *now*.

    Raises
    ------
    Unproved
        the token does not say, or says the future.
    """
    at = _time(claims, "auth_time")
    if at > now + LEEWAY:
        raise Unproved(Cause.TIME)
    return min(at, now)


def ways(claims: Claims) -> tuple[str, ...]:
    """Return the ways in which the person proved who it is (RFC 8176), as far as they are words."""
    amr = claims.get("amr")
    return tuple(each for each in amr if isinstance(each, str) and len(each) <= 40) if isinstance(amr, list) else ()


def level(claims: Claims) -> str | None:
    """Return the level that the provider states."""
    acr = claims.get("acr")
    return acr if isinstance(acr, str) and 0 < len(acr) <= 200 else None


def _verified(
    token: str, keys: Sequence[PyJWK], expected: Expected, now: datetime, *, subject: bool = True
) -> dict[str, Any]:
    header = _header(token, expected.algorithms)
    fitting = [key for key in keys if key.key_type == KEY_KINDS[header["alg"]]]
    if "kid" in header:
        fitting = [key for key in fitting if key.key_id == header["kid"]]
    for key in fitting:
        claims = _signed_by(key, token, header["alg"])
        if claims is not None:
            break
    else:
        raise Unproved(Cause.SIGNATURE)
    if claims.get("iss") != expected.issuer:
        raise Unproved(Cause.ISSUER)
    _check_audience(claims, expected.client_id)
    _check_times(claims, now)
    sub = claims.get("sub")
    if (subject or sub is not None) and not (isinstance(sub, str) and 0 < len(sub) <= 255 and sub.isprintable()):
        raise Unproved(Cause.MALFORMED)
    return claims


def _header(token: str, algorithms: frozenset[str]) -> dict[str, Any]:
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN:
        raise Unproved(Cause.MALFORMED)
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise Unproved(Cause.MALFORMED) from None
    if header.get("alg") not in algorithms & KEY_KINDS.keys() or "crit" in header:
        raise Unproved(Cause.ALGORITHM)
    return header


def _signed_by(key: PyJWK, token: str, algorithm: str) -> dict[str, Any] | None:
    """Return the claims when *key* signed them; what they say is checked elsewhere, with our clock."""
    unchecked = {f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}
    try:
        return jwt.decode(token, key.key, algorithms=[algorithm], options=unchecked)
    except (jwt.InvalidTokenError, jwt.InvalidKeyError, TypeError, ValueError):
        return None


def _check_audience(claims: Claims, client_id: str) -> None:
    """The token is for us, and for us alone where it names a party (``azp``)."""
    audience = claims.get("aud")
    many = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp")
    if client_id not in many or (party is not None and party != client_id) or (len(many) > 1 and party is None):
        raise Unproved(Cause.AUDIENCE)


def _check_times(claims: Claims, now: datetime) -> None:
    if "exp" in claims and _time(claims, "exp") <= now - LEEWAY:
        raise Unproved(Cause.TIME)
    if _time(claims, "iat") > now + LEEWAY or ("nbf" in claims and _time(claims, "nbf") > now + LEEWAY):
        raise Unproved(Cause.TIME)


def _time(claims: Claims, name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unproved(Cause.TIME)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        raise Unproved(Cause.TIME) from None


def _check_access_token(token: str, claims: Claims, access_token: str | None) -> None:
    """``at_hash`` ties the access token to this very id token (3.1.3.8); where it is given, it must fit."""
    stated = claims.get("at_hash")
    if stated is None:
        return
    algorithm = jwt.get_algorithm_by_name(jwt.get_unverified_header(token)["alg"])
    digest = algorithm.compute_hash_digest((access_token or "").encode())
    half = jwt.utils.base64url_encode(digest[: len(digest) // 2]).decode()
    if access_token is None or stated != half:
        raise Unproved(Cause.ACCESS_TOKEN)
