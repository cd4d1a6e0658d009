"""RFC 3161 time-stamps over checkpoints: a third party states that these entries existed by that time.

``timestamp/<size>.checkpoint`` is what was stamped, ``timestamp/<size>.tsr`` the authority's answer; ``openssl ts
-verify`` reads both. An answer is kept only after it was verified.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from audit.errors import Malformed
from audit.http_post import Unreachable, post
from audit.places import write_durably

FOLDER = "timestamp"
_CONTENT_TYPE = "application/timestamp-query"
_OK = 200
#: What ``cryptography`` raises for bytes that are no certificate; ``Malformed`` is a ``ValueError``.
_UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


class Authority:
    """A time-stamp authority, known by its certificates.

    Parameters
    ----------
    pem
        certificates, one after the other: the root (signed by itself), those between, and the authority's own when it
        is not sent along.

    Raises
    ------
    Malformed
        when there is no certificate or no root among them.
    """

    def __init__(self, pem: bytes) -> None:
        try:
            certificates = x509.load_pem_x509_certificates(pem)
        except ValueError:
            raise Malformed("no certificates in PEM form") from None
        self._roots = [each for each in certificates if each.issuer == each.subject]
        if not self._roots:
            raise Malformed("the authority's root certificate is missing: give the whole chain")
        self._others = [each for each in certificates if each.issuer != each.subject]
        #: What its root calls itself.
        self.name = self._roots[0].subject.rfc4514_string()

    def verify(self, answer: bytes, data: bytes, nonce: int | None = None) -> datetime:
        """Return the time at which the authority stamped *data*; raises ``Malformed``."""
        try:
            return self._verified(decode(answer), data, nonce)
        except _UNREADABLE as error:  # the parts are decoded when they are asked for
            raise Malformed(f"the time-stamp is not good: {error}") from None

    def _verified(self, stamp: TimeStampResponse, data: bytes, nonce: int | None) -> datetime:
        problem: VerificationError | None = None
        for certificate in [None] if stamp.signed_data.certificates else self._others:
            builder = VerifierBuilder(
                tsa_certificate=certificate, intermediates=list(self._others), roots=list(self._roots), nonce=nonce
            )
            try:
                builder.build().verify_message(stamp, data)
            except VerificationError as error:
                problem = error
            else:
                return stamp.tst_info.gen_time.astimezone(UTC)
        raise Malformed(str(problem or "its certificate is missing"))


@dataclass(frozen=True, slots=True)
class Stamp:
    """An authority's answer, verified, and the time in it."""

    answer: bytes
    at: datetime


def decode(answer: bytes) -> TimeStampResponse:
    """Read an authority's answer; raises ``Malformed`` also for one that is not strict DER."""
    try:
        return decode_timestamp_response(answer)
    except ValueError as error:
        raise Malformed(f"not a time-stamp: {error}") from None


def stamp(data: bytes, url: str, authority: Authority, timeout_s: float = 20.0) -> Stamp:
    """Have *data* stamped by the authority at *url*.

    Asked first for its certificate in the answer, then without: some authorities (OpenSSL with a chain) put several
    there in an order that strict DER forbids.

    Raises
    ------
    Unreachable
        no answer, a refusal, or an answer that is not good: try again later.
    """
    why = ""
    for with_certificate in (True, False):
        asked = _request(data, with_certificate=with_certificate)
        answer = post(url, asked.as_bytes(), _CONTENT_TYPE, timeout_s)
        if answer.status != _OK:
            raise Unreachable(f"{url} answered {answer.status}")
        try:
            return Stamp(answer.body, authority.verify(answer.body, data, asked.nonce))
        except Malformed as error:
            why = str(error)
    raise Unreachable(f"{url}: {why}")


def keep(log: Path, size: int, note: bytes, answer: bytes) -> None:
    """Put a verified time-stamp of the checkpoint of *size* beside the published log."""
    folder = log / FOLDER
    folder.mkdir(exist_ok=True)
    write_durably(folder / f"{size}.checkpoint", note, 0o644)
    write_durably(folder / f"{size}.tsr", answer, 0o644)


def kept(log: Path) -> list[int]:
    """Return the sizes whose checkpoint has a time-stamp beside the published log, smallest first."""
    return sorted(int(path.stem) for path in (log / FOLDER).glob("*.tsr") if path.stem.isdecimal())


def _request(data: bytes, *, with_certificate: bool) -> TimeStampRequest:
    builder = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
    return builder.cert_request(cert_request=with_certificate).build()
