from __future__ import annotations

import collections
import io
import os
import pickle
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.networks.checkpoint.opcodes import (
    Call,
    Name,
    Outside,
    RunsCodeError,
    follow,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False)
    | st.text(max_size=9) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner)
    | st.tuples(inner) | st.tuples(inner, inner) | st.tuples(inner, inner, inner, inner),
    max_leaves=12,
)  # fmt: skip


class Calls:
    """Unpickled, it would call something."""

    def __init__(self, target, *arguments):
        self.pair = target, arguments

    def __reduce__(self):
        return self.pair


@given(PLAIN, st.sampled_from([3, 4, 5]))
def test_plain_values_are_what_pickle_makes(value, protocol):
    assert follow(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_old_protocols(protocol):
    value = {"a": [1, 2.5, None, True, "ö", (3, 4), ()], "b": {2**70: -1}, "c": [300, 70000]}
    assert follow(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", range(6))
def test_ordered_dictionaries_and_shared_values(protocol):
    shared = ["again"]
    value = collections.OrderedDict(a=shared, b=shared)
    value.note = "attributes are of no interest"
    found = follow(pickle.dumps(value, protocol))
    assert found == {"a": ["again"], "b": ["again"]}
    assert found["a"] is found["b"]


def test_sets_become_lists():
    assert follow(pickle.dumps({1}, 4)) == [1]
    assert follow(pickle.dumps(frozenset({1}), 4)) == [1]


def test_what_would_be_called_is_not_called():
    counter = collections.Counter("aab")
    found = follow(pickle.dumps([counter, range(3), len, 1 + 2j], 4))
    assert isinstance(found[0], Call)
    assert str(found[0].target) == "collections.Counter"
    assert found[0].arguments == ({"a": 2, "b": 1},)
    assert isinstance(found[2], Name)
    assert (found[2].module, found[2].name) == ("builtins", "len")
    assert found[3].arguments == (1.0, 2.0)


class Thing:
    def __init__(self):
        self.inside = 3


@pytest.mark.parametrize("protocol", [2, 5])
def test_objects_keep_their_state(protocol):
    found = follow(pickle.dumps(Thing(), protocol))
    assert isinstance(found, Call)
    assert found.state == {"inside": 3}


def test_what_lies_outside_keeps_its_identity():
    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return ("storage", "7") if value is Thing else None

    file = io.BytesIO()
    Pickler(file).dump([Thing])
    (found,) = follow(file.getvalue())
    assert isinstance(found, Outside)
    assert found.identity == ("storage", "7")


def test_a_file_stands_behind_the_pickle():
    file = io.BytesIO(pickle.dumps(1) + pickle.dumps("two") + b"rest")
    assert (follow(file), follow(file), file.read()) == (1, "two", b"rest")


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "call",
    [
        Calls(os.system, "touch marker"),
        Calls(subprocess.check_output, ["touch", "marker"]),
        Calls(eval, "__import__('os').mkdir('marker')"),
        Calls(exec, "__import__('os').mkdir('marker')"),
        Calls(open, "marker", "w"),
        Calls(__import__, "os"),
    ],
    ids=lambda call: call.pair[0].__name__,
)
def test_what_runs_code_is_named_and_not_run(call, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickled = pickle.dumps({"weights": [call]}, protocol)
    with pytest.raises(RunsCodeError, match=call.pair[0].__name__):
        follow(pickled)
    assert not (tmp_path / "marker").exists()
    if call.pair[0] not in {__import__, open}:  # the attack would have worked
        pickle.loads(pickled)
        assert (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    "pickled",
    [
        b"cos\nsystem\n(S'touch marker'\ntR.",
        b"(S'touch marker'\nios\nsystem\n.",
        b"(cos\nsystem\nS'touch marker'\no.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0ctouch marker\x85R.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0ctouch marker\x85\x81.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0ctouch marker\x85}\x92.",
    ],
    ids=["REDUCE", "INST", "OBJ", "STACK_GLOBAL", "NEWOBJ", "NEWOBJ_EX"],
)
def test_whichever_opcode_calls(pickled):
    with pytest.raises(RunsCodeError, match=r"os\.system"):
        follow(pickled)


def test_a_call_in_disguise_is_not_run_either(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # getattr(some module, "system") cannot be told by name, so it is only left undone
    pickled = b"cbuiltins\ngetattr\n(cantigravity\n__loader__\nS'load'\ntR(S'x'\ntR."
    found = follow(pickled)
    assert isinstance(found, Call)
    assert isinstance(found.target, Call)


WHOLE = pickle.dumps({"a": [1, 2], "b": collections.Counter("aab")}, 2)


@given(st.integers(0, len(WHOLE) - 1))
def test_cut_off(length):
    with pytest.raises(ValueError):
        follow(WHOLE[:length])


@given(st.binary(max_size=60))
@example(b"\x80\x02]q\x00h\x00a.")
@example(b"}(]K\x01u.")
@example(b"K\x01K\x02a.")
@example(b"P7\n.")
@example(b"\x82\x01.")
@example(b"N(R.")
@example(b"h\x07.")
@example(b"t.")
def test_no_bytes_do_anything_else_than_being_refused(pickled):
    try:
        follow(pickled)
    except ValueError as error:
        assert str(error)


def test_bombs_of_shared_parts_are_refused():
    doubled = b"\x80\x02)" + b"2\x86" * 60  # a pair of itself, sixty times
    assert isinstance(follow(doubled + b"."), tuple)
    with pytest.raises(ValueError, match="nested keys"):
        follow(b"\x80\x02}" + doubled[2:] + b"Ns.")
    called = b"\x80\x02cnobody\nnothing\n" + doubled[2:] + b"R."
    assert len(repr(follow(called))) < 200
