"""Time-stamps of an authority made with openssl: read by rfc3161-client here, by openssl in ``test_audit_page``."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from audit.errors import Malformed
from audit.http_post import Unreachable
from audit.timestamp import Authority, keep, kept, stamp

from .local_authority import LocalAuthority

NOTE = b"log.test\n1\nhash\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    local = LocalAuthority(tmp_path_factory.mktemp("tsa") / "one")
    yield local
    local.close()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    local = LocalAuthority(tmp_path_factory.mktemp("tsa") / "two")
    yield local
    local.close()


def test_a_stamp_states_the_time_and_what_it_covers(authority):
    known = Authority(authority.chain)
    made = stamp(NOTE, authority.url, known)
    assert abs(made.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert known.verify(made.answer, NOTE) == made.at
    with pytest.raises(Malformed, match="not good"):
        known.verify(made.answer, NOTE + b"x")


def test_the_root_alone_is_enough_when_the_authority_sends_its_certificate(authority):
    known = Authority((authority.folder / "root.pem").read_bytes())
    assert stamp(NOTE, authority.url, known).at


def test_an_answer_with_two_certificates_is_asked_for_again_without(authority):
    authority.reply_options = ("-chain", "root.pem")
    try:
        known = Authority(authority.chain)
        made = stamp(NOTE, authority.url, known)
        assert known.verify(made.answer, NOTE) == made.at
    finally:
        authority.reply_options = ()


def test_the_stamp_of_another_authority_is_refused(authority, stranger):
    with pytest.raises(Unreachable, match="not good"):
        stamp(NOTE, stranger.url, Authority(authority.chain))


def test_a_replayed_answer_is_refused(authority):
    first = stamp(NOTE, authority.url, Authority(authority.chain))
    original, authority.reply = authority.reply, lambda _query: first.answer
    try:
        with pytest.raises(Unreachable, match="Nonce"):
            stamp(NOTE, authority.url, Authority(authority.chain))
    finally:
        authority.reply = original


def test_no_byte_of_the_signature_or_the_stamped_hash_can_be_changed(authority):
    known = Authority(authority.chain)
    answer = stamp(NOTE, authority.url, known).answer
    imprint = answer.index(hashlib.sha256(NOTE).digest())
    for place in (*range(len(answer) - 48, len(answer)), *range(imprint, imprint + 32)):
        changed = answer[:place] + bytes([answer[place] ^ 1]) + answer[place + 1 :]
        with pytest.raises(Malformed):
            known.verify(changed, NOTE)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_changed_byte_anywhere_is_refused_in_words_or_changes_nothing(authority):
    known = Authority((authority.folder / "root.pem").read_bytes())
    made = stamp(NOTE, authority.url, known)
    refused = 0
    for place in range(len(made.answer)):
        changed = made.answer[:place] + bytes([made.answer[place] ^ 4]) + made.answer[place + 1 :]
        try:
            found = known.verify(changed, NOTE)
        except Malformed:
            refused += 1
            continue
        assert found == made.at  # a byte that nothing depends on, such as a status text
    assert refused > 0.9 * len(made.answer)


@pytest.mark.parametrize("pem", [b"", b"no certificate", "signer"])
def test_certificates_without_a_root_are_refused(pem, authority):
    with pytest.raises(Malformed):
        Authority((authority.folder / "tsa.pem").read_bytes() if pem == "signer" else pem)


def test_what_is_no_answer_is_refused(authority):
    for answer in (b"", b"\x30\x03\x02\x01\x02", b"x" * 1000):
        with pytest.raises(Malformed):
            Authority(authority.chain).verify(answer, NOTE)


def test_kept_stamps_are_listed_by_size(tmp_path):
    for size in (1000, 9, 70):
        keep(tmp_path, size, NOTE, b"answer")
    assert kept(tmp_path) == [9, 70, 1000]
    assert (tmp_path / "timestamp/70.checkpoint").read_bytes() == NOTE
