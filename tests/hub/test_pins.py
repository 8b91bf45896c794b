import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.hub.pins import FILE_NAME, Pin, read_pin, write_pin

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
PIN = Pin("owner/name", "a" * 40, {"config.json": "b" * 64})


@given(files=st.dictionaries(st.text(min_size=1), HEX))
def test_a_record_is_read_as_it_was_written(tmp_path_factory, files):
    path = tmp_path_factory.mktemp("pin") / FILE_NAME
    pin = Pin("owner/name", "0123456789" * 4, files)
    write_pin(path, pin)
    assert read_pin(path) == pin


def test_no_record(tmp_path):
    assert read_pin(tmp_path / FILE_NAME) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("revision", "main"),
        ("revision", 1),
        ("files", {"config.json": "short"}),
        ("files", ["config.json"]),
        ("files", {"config.json": 1}),
        ("repository", None),
    ],
)
def test_a_record_that_makes_no_sense_is_none(tmp_path, key, value):
    path = tmp_path / FILE_NAME
    write_pin(path, PIN)
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    assert read_pin(path) is None


@pytest.mark.parametrize("text", ["", "[]", "{", "1", '{"revision": "x"}', "\xff"])
def test_damaged_records_are_none(tmp_path, text):
    path = tmp_path / FILE_NAME
    path.write_bytes(text.encode("latin-1"))
    assert read_pin(path) is None
