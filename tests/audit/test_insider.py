"""Somebody with root on the server and the log's own key, and what those who are elsewhere see of it.

Every other row of "Somebody with root" in docs/security.md names a test elsewhere; here is what takes two histories.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from audit import merkle
from audit.anchor_checks import check_witnesses
from audit.anchors import Anchors
from audit.errors import Malformed
from audit.places import Places
from audit.policy import Policy
from audit.proof import prove, verify_proof
from audit.standings import COPY, standings
from audit.tiles import ENTRIES, decode_bundle, encode_entry, tile_path
from audit.verify import verify_log

from .conftest import Log
from .lite_witness import LiteWitness
from .test_anchors import NOW, Site, site

__all__ = ["site"]
MINUTE = timedelta(minutes=1)


def other_history(folder: Path, log: Log, size: int, without: int) -> Log:
    """A log of the same key and size in which one act never was: signed as well as the real one."""
    made = Log(folder)
    made.signer = log.signer
    (folder / "log.vkey").write_text(f"{log.signer.vkey}\n")
    entries = [entry for n in range(-(-size // 256)) for entry in _entries(log.folder, n, size)]
    for number, entry in enumerate(entries):
        made.grow(entry if number != without else b'{"n":"nothing happened"}')
    return made


def _entries(folder: Path, number: int, size: int) -> list[bytes]:
    return decode_bundle((folder / tile_path(ENTRIES, number, min(256, size - 256 * number))).read_bytes())


def test_two_histories_shown_to_two_witnesses_convince_neither_quorum(site: Site, tmp_path: Path) -> None:
    """Each cosigns what it was shown first; a reader who asks for both finds no state that both saw."""
    second = LiteWitness("witness.test/w2").knows(site.log.signer.vkey).start()
    try:
        first = site.lite.policy.partition("quorum")[0]
        both = Policy.parse(f"{first}witness w2 {second.vkey} {second.url}\ngroup both all w1 w2\nquorum both\n")
        site.log.grow_to(300)
        forged = Places(tmp_path / "forged")
        forged.prepare()
        other_history(forged.log, site.log, 300, without=40)
        alone = Policy.parse(f"witness w2 {second.vkey} {second.url}\nquorum w2\n")
        Anchors(site.places, site.events.append, policy=site.policy).tick(NOW)
        Anchors(forged, site.events.append, policy=alone).tick(NOW)
        for places in (site.places, forged):
            Anchors(places, site.events.append, policy=both).tick(NOW + MINUTE)
            report = verify_log(places.log, site.log.signer.vkey)
            assert report.good, "each is whole by itself"
            check_witnesses(places.log, both, site.log.signer_verifier, report)
            assert not report.good
        assert standings(site.places)["witness w2"].contradicted == "fork"
        assert standings(forged)["witness w1"].contradicted == "fork"
    finally:
        second.close()


def test_an_act_that_is_made_to_vanish_is_missed_by_whoever_holds_its_proof(site: Site, tmp_path: Path) -> None:
    """A receipt from before stands against every later state that lacks the entry."""
    site.log.grow_to(300)
    entry = b'{"n":40}'
    old = (site.places.log / "checkpoint").read_text()
    receipt = verify_proof(prove(site.places.log, 40), entry, site.log.signer.vkey)
    forged = other_history(tmp_path / "forged", site.log, 300, without=40)
    assert verify_log(forged.folder, site.log.signer.vkey).good
    report = verify_log(forged.folder, site.log.signer.vkey, old)
    assert [each.en[:6] for each in report.problems] == ["forked"]
    assert receipt.root != report.root
    with pytest.raises(Malformed):
        verify_proof(prove(forged.folder, 40), entry, site.log.signer.vkey)


def test_an_act_that_is_made_to_appear_earlier_is_contradicted_by_every_anchor(site: Site, tmp_path: Path) -> None:
    """From the last anchor on root can append what it likes; before it, nothing."""
    site.log.grow_to(300)
    site.set(NOW)
    inserted = other_history(tmp_path / "inserted", site.log, 300, without=40)
    for file in inserted.folder.rglob("*"):
        if file.is_file() and file.name != "log.vkey":
            (site.places.log / file.relative_to(inserted.folder)).write_bytes(file.read_bytes())
    site.set(NOW + timedelta(days=2))
    found = standings(site.places)
    assert found["witness w1"].contradicted == "fork"
    assert found[COPY].why.startswith("forked: its first 300 entries are not those signed before")
    assert verify_log(site.elsewhere, site.log.signer.vkey).good, "the copy holds what it held"


def test_the_daily_copy_edited_with_the_servers_own_key_contradicts_what_auditors_remember(site: Site) -> None:
    site.log.grow_to(300)
    site.set(NOW)
    remembered = (site.elsewhere / "checkpoint").read_text()
    bundle = site.elsewhere / tile_path(ENTRIES, 0)
    entries = decode_bundle(bundle.read_bytes())
    entries[40] = b'{"n":41}'
    bundle.write_bytes(b"".join(map(encode_entry, entries)))
    tile = bytearray((site.elsewhere / tile_path(0, 0)).read_bytes())
    tile[32 * 40 : 32 * 41] = merkle.hash_leaf(entries[40])
    (site.elsewhere / tile_path(0, 0)).write_bytes(tile)
    report = verify_log(site.elsewhere, site.log.signer.vkey, remembered)
    assert not report.good
    assert report.problems[-1].where in {"checkpoint", tile_path(1, 0, 1)}
