"""The write-ahead file: a torn tail is cut, damage is refused, no room is told."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import merkle
from audit.checkpoint import Checkpoint, Signer
from audit.errors import LedgerDamaged
from audit.journal import Journal, read_all, segments
from audit.leaf import Entry
from audit.places import Places
from audit.records import Packed, pack, pack_batch, unpack
from audit.writer import Writer, load_signer, recover

ORIGIN = "bureau.test/ledger"


def entries(*numbers: int, size: int = 20) -> list[Packed]:
    raw = [pack(Entry(n.to_bytes(16, "big"), n, b'{"v":1,"n":%d}' % n, b"", b"x" * size)) for n in numbers]
    return [entry for data in raw for entry in unpack(data)]


@pytest.fixture
def open_writer(tmp_path):
    places = Places(tmp_path)
    places.prepare()

    def open_it(segment_bytes: int = 64 * 1024):
        signer = load_signer(places, ORIGIN)
        journal = Journal(places.journal, segment_bytes)
        found = recover(places, signer, journal)
        writer = Writer(places, signer, journal, found.frontier)
        for waiting in found.waiting:
            writer.known.add(*waiting)
        return writer, found

    return open_it


def test_what_was_written_is_read_back_after_a_restart(open_writer):
    writer, _ = open_writer()
    first = writer.commit([entries(1, 2), entries(3)])
    assert [[receipt.index for receipt in answer] for answer in first] == [[0, 1], [2]]
    again, found = open_writer()
    assert (again.head(), found.cut) == (writer.head(), 0)
    assert again.commit([entries(2), entries(4)])[0] == [first[0][1]]
    assert again.size == 4


def test_the_same_event_twice_in_one_batch_is_one_entry(open_writer):
    writer, _ = open_writer()
    one, two = writer.commit([entries(7), entries(7)])
    assert one == two
    assert writer.size == 1


@pytest.mark.parametrize("cut", [1, 10, 40, 120])
def test_a_torn_tail_is_cut_to_the_last_whole_batch(open_writer, cut):
    writer, _ = open_writer()
    writer.commit([entries(1)])
    before, offset = writer.head(), writer.journal.used
    writer.commit([entries(2)])
    end = writer.journal.used
    path = segments(writer.places.journal)[-1].path
    with path.open("r+b") as file:
        file.seek(end - cut)
        file.write(bytes(cut))
    again, found = open_writer()
    assert again.head() == before
    assert 0 < found.cut <= end - cut - offset
    assert again.commit([entries(3)])[0][0].index == 1
    assert [batch.end for _, _, batch in read_all(writer.places.journal, 0)] == [1, 2]


@pytest.mark.parametrize("place", [0, 20, 40, 230])
def test_damage_before_the_end_is_never_cut(open_writer, place):
    writer, _ = open_writer()
    for number in range(3):
        writer.commit([entries(number)])
    path = segments(writer.places.journal)[0].path
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(LedgerDamaged):
        open_writer()


def test_a_lost_segment_is_refused(open_writer):
    writer, _ = open_writer(4096)
    for number in range(40):
        writer.commit([entries(number, size=500)])
    found = segments(writer.places.journal)
    assert len(found) > 4
    found[2].path.unlink()
    with pytest.raises(LedgerDamaged, match="begins at"):
        open_writer(4096)


def test_entries_that_were_exchanged_behind_the_crc_are_refused(open_writer):
    writer, _ = open_writer()
    writer.commit([entries(1)])
    voucher = writer.signer.vouch(merkle.Frontier(1, [merkle.hash_leaf(entries(1)[0].leaf)]).encode())
    path = segments(writer.places.journal)[0].path
    path.write_bytes(pack_batch(0, voucher, [entries(2)[0].raw]) + bytes(1000))
    with pytest.raises(LedgerDamaged, match="not those that were recorded"):
        open_writer()


def test_a_published_entry_that_the_journal_lost_is_told(open_writer):
    writer, _ = open_writer()
    writer.commit([entries(1)])
    later = Checkpoint(ORIGIN, 2, merkle.hash_leaf(b"other"))
    writer.places.checkpoint.write_text(writer.signer.sign(later.text()))
    with pytest.raises(LedgerDamaged, match="lost some"):
        open_writer()


def test_a_published_tree_that_is_another_one_is_told(open_writer):
    writer, _ = open_writer()
    writer.commit([entries(1)])
    other = Checkpoint(ORIGIN, 1, merkle.hash_leaf(b"other"))
    writer.places.checkpoint.write_text(writer.signer.sign(other.text()))
    with pytest.raises(LedgerDamaged, match="published entries"):
        open_writer()


def test_another_key_or_origin_is_refused(open_writer, tmp_path):
    open_writer()
    places = Places(tmp_path)
    with pytest.raises(LedgerDamaged, match="not other/log"):
        load_signer(places, "other/log")
    places.key.write_text(Signer.generate(ORIGIN).dump())
    with pytest.raises(LedgerDamaged, match="not the key"):
        load_signer(places, ORIGIN)


def test_a_batch_larger_than_a_segment_gets_one_of_its_size(open_writer):
    writer, _ = open_writer(4096)
    writer.commit([entries(1, size=100_000)])
    writer.commit([entries(2)])
    again, _ = open_writer(4096)
    assert again.head() == writer.head()


@given(st.lists(st.lists(st.binary(min_size=1, max_size=40), max_size=4), max_size=6), st.data())
@settings(max_examples=60, deadline=None)
def test_any_cut_leaves_a_prefix_of_whole_batches(tmp_path_factory, batches, data):
    folder = tmp_path_factory.mktemp("journal")
    journal, start, ends = Journal(folder, 8192), 0, [0]
    for batch in batches:
        raw = [pack(Entry(os.urandom(16), 0, leaf, b"", b"")) for leaf in batch]
        journal.append(pack_batch(start, b"voucher", raw), start)
        start += len(batch)
        ends.append(journal.used)
    journal.close()
    if not batches:
        return
    cut = data.draw(st.integers(0, ends[-1]))
    path = segments(folder)[0].path
    path.write_bytes(path.read_bytes()[:cut] + bytes(50))
    left = [leaf for _, _, batch in read_all(folder, 0) for leaf in (entry.leaf for entry in batch.entries)]
    whole = sum(1 for end in ends[1:] if end <= cut)
    assert left[: sum(map(len, batches[:whole]))] == [leaf for batch in batches[:whole] for leaf in batch]
