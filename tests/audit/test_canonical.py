"""The laws of the one written form and of the strict reader (TRAPS C2)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import MAX_SAFE_INTEGER, dumps, loads_strict, reserialise
from audit.errors import Malformed

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_back_equal_and_written_the_same(value):
    written = dumps(value)
    assert loads_strict(written) == value
    assert dumps(loads_strict(written)) == written


@given(st.dictionaries(text, st.integers(0, 9), max_size=6))
def test_order_of_insertion_does_not_matter(value):
    assert dumps(dict(reversed(value.items()))) == dumps(value)


def test_keys_sort_by_utf16_units_as_rfc_8785_says():
    # The example of RFC 8785, section 3.2.3, without its control characters.
    keys = ["€", "\r", "\ufb33", "1", "😀", "\u0080", "ö"]
    assert list(json.loads(dumps(dict.fromkeys(keys, 0)))) == ["\r", "1", "\u0080", "ö", "€", "😀", "\ufb33"]


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), 2**53, {1: 2}, "\ud800", {"\udfff": 1}, b"x", {"a": {1, 2}}], ids=repr
)
def test_a_value_without_one_form_is_refused(value):
    with pytest.raises(Malformed):
        dumps(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"code":"A","code":"B"}',
        b'{"code":"A","c\\u006fde":"B"}',
        b'[{"a":{"b":1,"b":1}}]',
        b"NaN",
        b"[Infinity]",
        b'{"a":-Infinity}',
        b"1e999",
        b"\xef\xbb\xbf{}",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'{"\\uDC00":1}',
        b"{} {}",
        b"{'a':1}",
        b'"\x01"',
        b"",
        b"01",
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[" * 100_000,
        b"9" * 5000,
    ],
    ids=lambda data: repr(data[:24]),
)
def test_input_with_two_readings_or_none_is_refused(data):
    with pytest.raises(Malformed):
        loads_strict(data)


def test_depth_64_is_accepted_and_paired_surrogates_are():
    assert loads_strict(b"[" * 64 + b"]" * 64)
    assert loads_strict(b'"\\ud83d\\ude00"') == "😀"


def test_many_brackets_in_flat_data_are_not_depth():
    assert len(loads_strict(b"[" + b"[],[{}]," * 1000 + b"0]")) == 2001


@given(st.recursive(st.floats(allow_nan=False, allow_infinity=False) | text, lambda i: st.lists(i, max_size=3)))
def test_reserialised_messages_keep_their_floats(value):
    assert loads_strict(reserialise(value)) == value


@given(st.binary(max_size=60))
def test_the_reader_answers_or_says_malformed_never_anything_else(data):
    try:
        value = loads_strict(data)
    except Malformed:
        return
    assert loads_strict(reserialise(value)) == value
