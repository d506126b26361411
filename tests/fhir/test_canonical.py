"""JSON in and out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.common.errors import DataError
from labkit.fhir.canonical import dumps, loads

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_round_trip_is_what_the_standard_library_reads(value: Any) -> None:
    assert json.loads(dumps(value)) == value
    assert json.loads(dumps(value, pretty=True)) == value
    assert loads(dumps(value)) == value


@pytest.mark.parametrize("text", ["1.0", "1.00", "-0.0010", "1E+2", "123456789.123456789123456789"])
def test_decimals_keep_their_precision(text: str) -> None:
    assert dumps(loads(text)) == text


def test_pretty() -> None:
    assert dumps({"a": [1, {}], "b": []}, pretty=True) == (
        '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}'
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"a":1,"a":2}', "twice"),
        (b'"\\ud800"', "surrogates"),
        (b"NaN", "NaN"),
        (b"-Infinity", "Infinity"),
        (b"[" * 150 + b"]" * 150, "deep"),
        (b"[" * 200_000, "deep"),
    ],
)
def test_refuses_with_a_remedy(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        loads(data)
    assert caught.value.remedy


def test_a_byte_order_mark_is_no_matter() -> None:
    assert loads(b"\xef\xbb\xbf{}") == {}
