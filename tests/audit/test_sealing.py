"""Sealed messages: who has no key learns nothing, who has one gets the bytes and the commitment."""

import hashlib
import os
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import sealing
from audit.errors import Malformed
from audit.keystore import KeyStore

NOV = datetime(2026, 11, 25, tzinfo=UTC)
DEC = datetime(2026, 12, 1, tzinfo=UTC)
ID = "0" * 32


@pytest.fixture
def keys(tmp_path):
    return KeyStore(tmp_path / "keys", tmp_path / "elsewhere")


@pytest.mark.parametrize("message", [b"", b"x", b"df.head()", os.urandom(255), os.urandom(100_000)], ids=len)
def test_what_is_sealed_opens_to_the_same_bytes_and_commitment(keys, message):
    sealed = keys.seal(message, "stays", NOV, ID)
    assert keys.unseal(sealed.blob, "stays", ID) == (message, sealed.commitment)
    assert message not in sealed.blob or not message or len(message) == 1


def test_equal_messages_look_different_and_a_guess_does_not_fit_the_commitment(keys):
    one, two = (keys.seal(b"df.head()", "stays", NOV, ID) for _ in range(2))
    assert one.commitment != two.commitment
    assert one.blob[-200:] != two.blob[-200:]
    assert hashlib.sha256(b"df.head()").digest() not in {one.commitment, two.commitment}


@pytest.mark.parametrize(("project", "number"), [("other", ID), ("stays", "1" * 32)])
def test_a_blob_is_bound_to_its_project_and_event(keys, project, number):
    blob = keys.seal(b"secret", "stays", NOV, ID).blob
    with pytest.raises(Malformed):
        keys.unseal(blob, project, number)


@given(st.data())
def test_any_flipped_bit_keeps_it_shut(tmp_path_factory, data):
    keys = KeyStore(tmp_path_factory.mktemp("keys"))
    blob = bytearray(keys.seal(b"secret", "stays", NOV, ID).blob)
    at = data.draw(st.integers(0, len(blob) - 1))
    blob[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Malformed):
        keys.unseal(bytes(blob), "stays", ID)


def test_each_month_and_project_has_a_key_of_its_own(keys):
    ids = {keys.seal(b"x", project, at, ID).key_id for project in ("a", "b", None) for at in (NOV, DEC)}
    assert len(ids) == 6


def test_without_the_private_directory_sealing_goes_on_and_opening_does_not(keys, tmp_path):
    blob = keys.seal(b"secret", "stays", NOV, ID).blob
    for path in (tmp_path / "elsewhere").rglob("*.key"):
        path.unlink()
    keys.seal(b"more", "stays", NOV, ID)
    with pytest.raises(Malformed, match="not here"):
        keys.unseal(blob, "stays", ID)


def test_keys_are_for_their_owner_alone_and_stay_the_same(keys, tmp_path):
    keys.seal(b"x", "stays", NOV, ID)
    for path in tmp_path.rglob("*.key"):
        assert path.stat().st_mode & 0o077 == 0
    again = KeyStore(tmp_path / "keys", tmp_path / "elsewhere")
    assert again.pseudonym("alice") == keys.pseudonym("alice")
    assert again.public("stays", "2026-11") == keys.public("stays", "2026-11")


def test_pseudonyms_are_keyed(keys, tmp_path):
    other = KeyStore(tmp_path / "other")
    assert keys.pseudonym("alice") != other.pseudonym("alice")
    assert keys.pseudonym("alice") != keys.pseudonym("alicf")
    assert keys.pseudonym("system:worker") == "system:worker"


def test_a_session_key_is_renewed(keys, monkeypatch):
    header = slice(0, 15 + 1120)
    first, second = (keys.seal(b"x", "stays", NOV, ID).blob[header] for _ in range(2))
    assert first == second
    later = time.monotonic() + sealing.SESSION_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert keys.seal(b"x", "stays", NOV, ID).blob[header] != first


@given(st.integers(0, 2**40))
def test_buckets_hide_the_length_at_little_cost(length):
    size = sealing.bucket(length)
    assert size >= max(length, 256)
    assert sealing.bucket(size) == size
    if length > 256:
        assert size <= length * 1.13


@pytest.mark.parametrize("blob", [b"", b"BVS1", b"BVS1\2" + bytes(40), b"nonsense" * 10])
def test_what_is_no_blob_is_refused(keys, blob):
    with pytest.raises(Malformed):
        keys.unseal(blob, "stays", ID)
