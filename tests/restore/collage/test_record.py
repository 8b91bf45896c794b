from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.restore.collage.record import Account, in_order, read_account


def read(tmp_path: Path, raw: object, names: tuple[str, ...] | None = None) -> Account:
    path = tmp_path / "wall.json"
    path.write_text(raw if isinstance(raw, str) else json.dumps(raw))
    if names is None:
        names = tuple(f"wall_{n}.png" for n in (1, 2, 3))
    layers = [tmp_path / "l" / f"wall_{n}_layer.png" for n in (1, 2)]
    return read_account(path, [tmp_path / "c" / name for name in names], layers)


def test_it_knows_the_pictures_by_name(tmp_path: Path, record: Any) -> None:
    record["rows"].reverse()
    account = read(tmp_path, record)
    first, second, third = account.restorations
    assert [one.row for one in account.restorations] == [1, 2, 3]
    assert first.picture == tmp_path / "c" / "wall_1.png"
    assert first.layer == tmp_path / "l" / "wall_1_layer.png"
    assert third.layer is None
    assert (first.backend, first.seed, first.rank) == ("diffusion", 7, 3)
    assert second.scores == {"seam": 0.1, "likeness": None, "total": 0.25}
    assert second.seed is None
    assert account.missing == ("Row 4 (diffusion) is missing: no memory (fix: buy)",)
    assert [one.row for one in in_order(account, "rows")] == [1, 2, 3]
    assert [one.row for one in in_order(account, "rank")] == [2, 3, 1]


def test_without_ranks_the_rows_stay_in_their_order(tmp_path: Path, record: Any) -> None:
    for row in record["rows"]:
        row["rank"] = row["scores"] = None
    assert [one.row for one in in_order(read(tmp_path, record), "rank")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"row": 2, "backend": "lama", "error": "no weights"},
            "Row 2 (lama) is missing: no weights",
        ),
        ({"candidate": None, "failed": {"what": "a", "fix": "b"}}, "Row 1 is missing: a (fix: b)"),
        ({"candidate": "", "notes": ["too dark"]}, "Row 1 is missing: too dark"),
        ({"candidate": 3}, "Row 1 is missing: the record does not say why"),
    ],
)
def test_rows_that_failed_are_told(tmp_path: Path, record: Any, row: Any, told: str) -> None:
    raw = {"rows": [row, record["rows"][2]]}
    account = read(tmp_path, raw)
    assert account.missing == (told,)
    assert len(account.restorations) == 1
    with pytest.raises(InputError) as caught:
        read(tmp_path, {"rows": [row]})
    assert caught.value.why == told
    assert "restore-artwork" in caught.value.fix


def test_pictures_that_are_not_there(tmp_path: Path, record: Any) -> None:
    for names, spoken in ((("wall_1.png", "wall_2.png"), "wall_3.png"), ((), "wall_1.png")):
        with pytest.raises(InputError, match=f"speaks of {spoken}") as caught:
            read(tmp_path, record, names)
        assert "restore-artwork" in caught.value.fix
    record["rows"][1]["candidate"] = "../../wall_1.png"  # taken twice, and from nowhere else
    with pytest.raises(InputError, match="is not among"):
        read(tmp_path, record)


@pytest.mark.parametrize("text", ["", "[]", "3", "{", "[" * 100_000, '{"rows": []}', "\xff"])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    kind = InputError if text.startswith('{"') else DamagedFileError
    with pytest.raises(kind) as caught:
        read(tmp_path, text)
    assert "restore-artwork" in caught.value.fix
    with pytest.raises(InputError, match="cannot be read"):
        read_account(tmp_path / "none.json", [])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
KEYS = ("row", "backend", "by", "seed", "settings", "scores", "rank", "notes", "layer")


@settings(max_examples=40, deadline=None)
@given(values=st.lists(ANYTHING, min_size=len(KEYS), max_size=len(KEYS)))
def test_anything_at_all_may_stand_in_a_row(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any]
) -> None:
    row = {"candidate": "wall_1.png", **dict(zip(KEYS, values, strict=True))}
    (one,) = read(tmp_path_factory.getbasetemp(), {"rows": [row]}).restorations
    assert isinstance(one.backend, str)
    assert one.seed is None or isinstance(one.seed, int)
    assert all(value is None or isinstance(value, float) for value in one.scores.values())
