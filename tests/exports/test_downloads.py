"""Fetching: the named person only, counted, until a day, recorded before the first byte, cut by a revocation."""

import hashlib
from datetime import timedelta

import pytest

from audit.events import Kind
from hub_extensions.exports import downloads, reviewing
from hub_extensions.exports.details import detail
from hub_extensions.exports.downloads import issue_link, open_download, revoke
from hub_extensions.exports.states import State
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, COLLEAGUE, CYD, DAY, SETUP, STRANGER, Bench
from hub_extensions.exports.views import received
from project_spaces.errors import BureauError, Conflict, NotFound, Refused, Unavailable
from project_spaces.people import disable_person


def link_of(bench: Bench, recipient: str = AUTHOR) -> str:
    """The newest link of a person."""
    return received(bench.desk, recipient, now=bench.now)[0]["id"]


def fetch(bench: Bench, link_id: str, actor: str = AUTHOR) -> bytes:
    """Download whole."""
    return b"".join(open_download(bench.desk, link_id, actor=actor, clock=bench.clock).chunks)


def big(bench: Bench) -> str:
    """A released package of many chunks, whose links are known."""
    noise = "".join(hashlib.sha256(b"%d" % number).hexdigest() for number in range(8 * downloads.CHUNK // 32))
    bench.write("big.csv", noise.encode())
    return bench.released("big.csv")


def test_a_download_is_recorded_before_its_first_byte(bench: Bench) -> None:
    bench.released()
    got = open_download(bench.desk, link_of(bench), actor=AUTHOR, clock=bench.clock)
    event = bench.ledger.events[-1]
    assert (event.kind, event.actor, event.subject["sha256"]) == (Kind.EXPORT_DOWNLOADED, AUTHOR, got.sha256)
    assert len(b"".join(got.chunks)) == got.size


def test_without_the_ledger_no_byte(bench: Bench) -> None:
    bench.released()
    link = link_of(bench)
    bench.ledger.stop()
    with pytest.raises(Unavailable):
        open_download(bench.desk, link, actor=AUTHOR, clock=bench.clock)
    bench.ledger.start()
    assert received(bench.desk, AUTHOR, now=bench.now)[0]["used"] == 0


@pytest.mark.parametrize("other", [COLLEAGUE, STRANGER, ADA, BEA])
def test_a_link_works_for_its_recipient_only(bench: Bench, other: str) -> None:
    bench.released()
    for link in (link_of(bench), "0" * 32):
        with pytest.raises(NotFound, match="no such link"):
            fetch(bench, link, other)


def test_each_named_recipient_has_a_link(bench: Bench) -> None:
    bench.released(recipients=[AUTHOR, STRANGER])
    assert fetch(bench, link_of(bench, STRANGER), STRANGER) == fetch(bench, link_of(bench))


def test_the_count_is_the_servers(bench: Bench) -> None:
    bench.released()
    link = link_of(bench)
    for _ in range(bench.desk.rules.download_max_count):
        fetch(bench, link)
    with pytest.raises(Conflict, match="as often as allowed"):
        fetch(bench, link)
    assert not received(bench.desk, AUTHOR, now=bench.now)[0]["usable"]


def test_a_link_expires(bench: Bench) -> None:
    bench.released()
    link = link_of(bench)
    bench.now += bench.desk.rules.download_days * DAY - timedelta(seconds=1)
    fetch(bench, link)
    bench.now += timedelta(seconds=1)
    with pytest.raises(Conflict, match="expired"):
        fetch(bench, link)


def test_the_author_gives_a_fresh_link_to_approved_recipients_only(bench: Bench) -> None:
    request_id = bench.released()
    old = link_of(bench)
    bench.now += 30 * DAY
    fresh = issue_link(bench.desk, request_id, AUTHOR, actor=AUTHOR, now=bench.now)
    fetch(bench, fresh)
    with pytest.raises(Conflict, match="revoked"):
        fetch(bench, old)
    with pytest.raises(Conflict, match="recipients that were approved"):
        issue_link(bench.desk, request_id, STRANGER, actor=AUTHOR, now=bench.now)
    for other in (COLLEAGUE, ADA):
        with pytest.raises(Refused):
            issue_link(bench.desk, request_id, AUTHOR, actor=other, now=bench.now)


def test_a_revocation_kills_issued_links(bench: Bench) -> None:
    """TRAPS A12, first half."""
    request_id = bench.released()
    link = link_of(bench)
    revoke(bench.desk, request_id, actor=CYD, now=bench.now, message="Erreur d'effectif.")
    with pytest.raises(Conflict, match="revoked"):
        fetch(bench, link)
    with pytest.raises(Conflict):
        issue_link(bench.desk, request_id, AUTHOR, actor=AUTHOR, now=bench.now)
    assert bench.state(request_id) is State.REVOKED
    assert detail(bench.desk, request_id, AUTHOR, now=bench.now)["release"]["reason"] == "Erreur d'effectif."


@pytest.mark.parametrize("by", [AUTHOR, CYD])
def test_a_revocation_cuts_a_running_download(bench: Bench, by: str) -> None:
    """TRAPS A12, second half: not one more chunk."""
    request_id = big(bench)
    got = open_download(bench.desk, link_of(bench), actor=AUTHOR, clock=bench.clock)
    sent = len(next(got.chunks)) + len(next(got.chunks))
    revoke(bench.desk, request_id, actor=by, now=bench.now, message="Stop.")
    with pytest.raises(Refused, match="revoked"):
        next(got.chunks)
    assert sent < got.size


def test_a_fresh_link_cuts_the_download_of_the_old_one(bench: Bench) -> None:
    request_id = big(bench)
    got = open_download(bench.desk, link_of(bench), actor=AUTHOR, clock=bench.clock)
    next(got.chunks)
    issue_link(bench.desk, request_id, AUTHOR, actor=AUTHOR, now=bench.now)
    with pytest.raises(Refused):
        next(got.chunks)


def test_a_disabled_person_gets_no_further_byte(bench: Bench) -> None:
    big(bench)
    got = open_download(bench.desk, link_of(bench), actor=AUTHOR, clock=bench.clock)
    next(got.chunks)
    disable_person(bench.desk.store, AUTHOR, actor=SETUP, now=bench.now, reason="départ")
    with pytest.raises(Refused):
        next(got.chunks)


def test_an_unrelated_act_does_not_disturb_a_download(bench: Bench) -> None:
    big(bench)
    got = open_download(bench.desk, link_of(bench), actor=AUTHOR, clock=bench.clock)
    data = next(got.chunks)
    bench.draft()
    assert len(data + b"".join(got.chunks)) == got.size


def test_a_package_altered_on_disk_is_not_handed_out(bench: Bench) -> None:
    bench.released()
    link = link_of(bench)
    for file in bench.desk.vault.root.glob("objects/*/*"):
        file.chmod(0o600)
        file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(Unavailable, match="no longer the one"):
        fetch(bench, link)
    assert received(bench.desk, AUTHOR, now=bench.now)[0]["used"] == 0


def test_nothing_is_there_to_fetch_before_the_release(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    assert received(bench.desk, AUTHOR, now=bench.now) == []
    with pytest.raises(BureauError):
        revoke(bench.desk, request_id, actor=AUTHOR, now=bench.now, message="x")
    reviewing.return_(bench.desk, request_id, actor=ADA, now=bench.now, message="Précisez.")
    assert received(bench.desk, AUTHOR, now=bench.now) == []
