"""What a token must prove: forged, foreign, stale and replayed ones open nothing (TRAPS A4, B20)."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from hub_extensions.openid.provider import LOOK_AGAIN_AFTER, Provider, read_keys, read_metadata
from hub_extensions.openid.refusals import Cause, ProviderDown, Unproved
from hub_extensions.openid.tokens import LOGOUT_EVENT, Expected, key_id, verify_id_token, verify_logout_token

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
ISSUER, CLIENT, NONCE, ACCESS = "https://id.example.org", "bureau", "n-once", "access-token"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FOREIGN = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
EXPECTED = Expected(ISSUER, CLIENT, frozenset({"RS256", "ES256"}))


def published(*pairs: tuple[str, Any]) -> dict[str, Any]:
    algorithms = {"RSA": RSAAlgorithm, "EC": ECAlgorithm}
    keys = []
    for name, key in pairs:
        kind = "RSA" if isinstance(key, rsa.RSAPrivateKey) else "EC"
        keys.append({**algorithms[kind].to_jwk(key.public_key(), as_dict=True), "kid": name, "use": "sig"})
    return {"keys": keys}


KEYS = read_keys(published(("one", KEY), ("curve", CURVE)))


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def claims(**changed: Any) -> dict[str, Any]:
    half = sha256(ACCESS.encode()).digest()[:16]
    whole = {
        "iss": ISSUER,
        "sub": "248289761001",
        "aud": CLIENT,
        "exp": seconds(NOW + timedelta(minutes=5)),
        "iat": seconds(NOW),
        "auth_time": seconds(NOW - timedelta(minutes=1)),
        "nonce": NONCE,
        "at_hash": urlsafe_b64encode(half).decode().rstrip("="),
    }
    return {name: value for name, value in {**whole, **changed}.items() if value is not None}


def token(key: Any = KEY, algorithm: str = "RS256", kid: str | None = "one", **changed: Any) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=headers)


def verified(text: str, max_age: timedelta | None = timedelta(hours=1)) -> dict[str, Any]:
    found = verify_id_token(text, KEYS, EXPECTED, nonce=NONCE, access_token=ACCESS, max_age=max_age, now=NOW)
    return dict(found)


def hmac_with_the_public_key() -> str:
    """The old attack: the provider's public key, taken for a shared secret."""
    import hmac

    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "one"}, claims())]
    signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = hmac.new(pem, signed, "sha256").digest()
    return (signed + b"." + urlsafe_b64encode(mac).rstrip(b"=")).decode()


def cut_off() -> str:
    return token().rpartition(".")[0] + "."


class TestIdToken:
    def test_a_right_one_says_who(self) -> None:
        assert verified(token())["sub"] == "248289761001"
        assert verified(token(CURVE, "ES256", "curve"))["sub"] == "248289761001"
        assert verified(token(aud=[CLIENT, "other"], azp=CLIENT))["sub"]

    @pytest.mark.parametrize(
        ("forged", "cause"),
        [
            (jwt.encode(claims(), None, algorithm="none"), Cause.ALGORITHM),
            (hmac_with_the_public_key(), Cause.ALGORITHM),
            (token(FOREIGN), Cause.SIGNATURE),
            (token(FOREIGN, kid="two"), Cause.SIGNATURE),
            (token(algorithm="RS512"), Cause.ALGORITHM),
            (token(CURVE, "ES256", "one"), Cause.SIGNATURE),
            (cut_off(), Cause.SIGNATURE),
            ("", Cause.MALFORMED),
            ("a.b.c", Cause.MALFORMED),
            ("x" * 100_000, Cause.MALFORMED),
            (token(iss="https://id.example.org.evil.test"), Cause.ISSUER),
            (token(iss="https://id.example.org/"), Cause.ISSUER),
            (token(iss=None), Cause.ISSUER),
            (token(aud="bureau2"), Cause.AUDIENCE),
            (token(aud=None), Cause.AUDIENCE),
            (token(aud=[CLIENT, "other"]), Cause.AUDIENCE),
            (token(azp="other"), Cause.AUDIENCE),
            (token(exp=seconds(NOW - timedelta(minutes=2))), Cause.TIME),
            (token(exp=None), Cause.TIME),
            (token(iat=seconds(NOW + timedelta(minutes=2))), Cause.TIME),
            (token(iat=None), Cause.TIME),
            (token(nbf=seconds(NOW + timedelta(minutes=2))), Cause.TIME),
            (token(exp=10**30), Cause.TIME),
            (token(nonce="another"), Cause.NONCE),
            (token(nonce=None), Cause.NONCE),
            (token(at_hash="AAAA"), Cause.ACCESS_TOKEN),
            (token(auth_time=None), Cause.TIME),
            (token(auth_time=seconds(NOW + timedelta(hours=1))), Cause.TIME),
            (token(auth_time=seconds(NOW - timedelta(hours=2))), Cause.TOO_OLD),
            (token(auth_time=True), Cause.TIME),
            (token(sub=None), Cause.MALFORMED),
            (token(sub=""), Cause.MALFORMED),
            (token(sub="x" * 256), Cause.MALFORMED),
        ],
        ids=lambda value: str(value) if isinstance(value, Cause) else "token",  # signatures differ in each process
    )
    def test_anything_less_opens_nothing(self, forged: str, cause: Cause) -> None:
        with pytest.raises(Unproved) as refused:
            verified(forged)
        assert refused.value.cause is cause
        assert refused.value.text.fr != refused.value.text.en

    def test_a_clock_that_is_a_little_off_is_forgiven(self) -> None:
        assert verified(token(iat=seconds(NOW + timedelta(seconds=20))))
        assert verified(token(exp=seconds(NOW - timedelta(seconds=20))))


class TestLogoutToken:
    def logout(self, **changed: Any) -> str:
        events = {LOGOUT_EVENT: {}}
        given = {"events": events, "jti": "1", "sid": "s", "nonce": None, "at_hash": None, "auth_time": None}
        return token(**{**given, **changed})

    def test_names_whom_it_signs_out(self) -> None:
        assert verify_logout_token(self.logout(), KEYS, EXPECTED, now=NOW)["sid"] == "s"

    @pytest.mark.parametrize(
        ("changed", "cause"),
        [
            ({"events": None}, Cause.NOT_LOGOUT),
            ({"events": {}}, Cause.NOT_LOGOUT),
            ({"nonce": NONCE}, Cause.NOT_LOGOUT),
            ({"sid": None, "sub": None}, Cause.NOT_LOGOUT),
            ({"jti": None}, Cause.TIME),
            ({"iat": seconds(NOW - timedelta(minutes=5))}, Cause.TIME),
            ({"aud": "other"}, Cause.AUDIENCE),
            ({"key": FOREIGN}, Cause.SIGNATURE),
        ],
        ids=lambda value: str(value) if isinstance(value, Cause) else ",".join(value),
    )
    def test_an_id_token_or_a_forged_one_signs_nobody_out(self, changed: dict, cause: Cause) -> None:
        with pytest.raises(Unproved) as refused:
            verify_logout_token(self.logout(**changed), KEYS, EXPECTED, now=NOW)
        assert refused.value.cause is cause


class Publishing:
    """A provider that publishes what a test says, and counts who asks."""

    def __init__(self) -> None:
        self.keys = published(("one", KEY))
        self.issuer = ISSUER
        self.down = False
        self.asked: list[str] = []

    async def __call__(self, url: str) -> dict[str, Any]:
        self.asked.append(url)
        if self.down:
            raise ProviderDown(Cause.DOWN)
        if url.endswith("/jwks"):
            return self.keys
        ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "jwks"}
        return {"issuer": self.issuer, **{name: f"{ISSUER}/{path}" for name, path in ends.items()}}


class TestProvider:
    async def test_a_new_key_is_found_and_a_made_up_one_asks_no_more(self) -> None:
        published_by = Publishing()
        provider = Provider(ISSUER, published_by)
        assert [each.key_id for each in await provider.keys("one", NOW)] == ["one"]
        published_by.keys = published(("two", FOREIGN))
        later = NOW + 2 * LOOK_AGAIN_AFTER
        assert [each.key_id for each in await provider.keys(key_id(token(FOREIGN, kid="two")), later)] == ["two"]
        asked = len(published_by.asked)
        for number in range(50):
            await provider.keys(f"made-up-{number}", later)
        assert len(published_by.asked) == asked

    async def test_known_keys_outlast_a_provider_that_is_down_for_a_day_at_most(self) -> None:
        published_by = Publishing()
        provider = Provider(ISSUER, published_by)
        await provider.keys("one", NOW)
        published_by.down = True
        assert await provider.keys("one", NOW + timedelta(hours=3))
        with pytest.raises(ProviderDown):
            await provider.keys("one", NOW + timedelta(hours=30))

    async def test_another_name_is_not_believed(self) -> None:
        published_by = Publishing()
        published_by.issuer = "https://id.example.org.evil.test"
        with pytest.raises(ProviderDown) as refused:
            await Provider(ISSUER, published_by).metadata(NOW)
        assert refused.value.cause is Cause.OTHER_ISSUER

    @pytest.mark.parametrize("address", [None, 7, "http://id.example.org/token", "javascript:alert(1)"])
    async def test_an_address_that_is_less_safe_than_the_issuer_is_not_followed(self, address: Any) -> None:
        found = {**await Publishing()("discovery"), "token_endpoint": address}
        with pytest.raises(ProviderDown):
            read_metadata(found, ISSUER)

    def test_shared_secrets_and_keys_for_encryption_are_no_keys(self) -> None:
        secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "use": "sig"}
        sealing = {**published(("one", KEY))["keys"][0], "use": "enc"}
        assert read_keys({"keys": [secret, sealing, "nonsense", {"kty": "EC", "crv": "none"}]}) == []
