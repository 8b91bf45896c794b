from __future__ import annotations

import os
from pathlib import Path

import pytest

from multiplane.engine import fingerprint
from multiplane.engine.fingerprint import FileDigests, hash_json, stage_key
from multiplane.engine.stages import find_stage


def digest(path: Path, known: FileDigests | None = None) -> str | None:
    return (known or FileDigests({})).read([str(path)]).get(str(path))


def test_equal_content_is_equal_whatever_its_name_and_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"x" * 1000)
    second.write_bytes(b"x" * 1000)
    os.utime(second, ns=(5, 5))
    assert digest(first) == digest(second)
    second.write_bytes(b"x" * 999 + b"y")
    assert digest(first) != digest(second)


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    first = FileDigests({})
    digest(path, first)
    stamp = first.fresh[str(path)]
    second = FileDigests({str(path): (*stamp[:2], "as remembered")})
    assert digest(path, second) == "as remembered"
    assert second.fresh == {}
    path.write_bytes(b"xy")
    assert digest(path, FileDigests({str(path): stamp})) not in {stamp[2], None}


def test_a_name_that_is_no_text_is_digested_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"a\xe9")
    try:
        path.write_bytes(b"x")
    except OSError:
        pytest.skip("here all file names are text")
    plain = tmp_path / "a"
    plain.write_bytes(b"x")
    digests = FileDigests({})
    assert digest(path, digests) == digest(plain, digests)
    assert list(digests.fresh) == [str(plain)]


def test_a_folder_stands_for_the_files_directly_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    (folder / "out").mkdir(parents=True)
    (folder / "1.png").write_bytes(b"1")
    before = digest(folder)
    (folder / ".hidden").write_bytes(b"2")
    (folder / "out" / "x.png").write_bytes(b"3")
    assert digest(folder) == before
    (folder / "2.png").write_bytes(b"1")
    after = digest(folder)
    assert after != before
    (folder / "2.png").rename(folder / "3.png")
    assert digest(folder) != after


def test_what_is_not_there_has_no_digest(tmp_path: Path) -> None:
    assert digest(tmp_path / "gone") is None


def test_large_files_are_known_by_three_parts_and_their_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "WHOLE_BYTES", 100)
    monkeypatch.setattr(fingerprint, "PART_BYTES", 10)
    path = tmp_path / "long.mp4"
    path.write_bytes(bytes(200))
    os.utime(path, ns=(5, 5))
    first = digest(path)
    assert first is not None
    assert first.endswith("-parts")
    path.write_bytes(bytes(199) + b"x")
    os.utime(path, ns=(5, 5))
    assert digest(path) not in {first, None}
    path.write_bytes(bytes(200))
    os.utime(path, ns=(6, 6))
    assert digest(path) not in {first, None}


def test_json_is_hashed_in_its_canonical_form() -> None:
    assert hash_json({"a": 1, "b": [2]}) == hash_json({"b": [2], "a": 1})
    assert hash_json({"a": 1}) != hash_json({"a": 2})


def test_a_stage_key_holds_version_options_and_weights() -> None:
    stage = find_stage("toy.copy")
    options = stage.options()
    key = stage_key(stage, options, "weights:1")
    assert key == stage_key(find_stage("toy.copy"), stage.options(), "weights:1")
    assert key != stage_key(stage, stage.options.model_validate({"repeat": 2}), "weights:1")
    assert key != stage_key(stage, options, "weights:2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(stage), "version", 2)
        assert key != stage_key(stage, options, "weights:1")
