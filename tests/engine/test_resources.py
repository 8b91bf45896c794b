from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import OutputError
from multiplane.engine import api, resources
from multiplane.engine.recipe import Recipe
from multiplane.engine.resources import FILE_NAME, Samples, Usage, read_usage, watched
from multiplane.engine.run import quiet


class Looks:
    """How often the sampler has looked: what a test waits for, so that no clock decides."""

    def __init__(self) -> None:
        self.count = 0
        self.tree_bytes = resources._tree_bytes

    def __call__(self) -> int:
        found = self.tree_bytes()
        self.count += 1
        return found

    def wait(self, more: int) -> None:
        """Wait until it has looked so many times more."""
        end = self.count + more
        while self.count < end:
            time.sleep(0.001)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    found = Looks()
    monkeypatch.setattr(resources, "_tree_bytes", found)
    return found


def watch(root: Path, looks: Looks, *steps: str) -> None:
    with watched(root, quiet, 0.005) as tell:
        for step in steps:
            tell(step, 0, 2)
            looks.wait(2)
            tell(step, 2, 2)


def test_memory_and_steps_are_kept(tmp_path: Path, looks: Looks) -> None:
    watch(tmp_path, looks, "one", "two")
    [usage] = read_usage(tmp_path)
    assert len(usage.at_s) == len(usage.ram_mb) > 3
    assert sorted(usage.at_s) == list(usage.at_s)
    assert 10 < min(usage.ram_mb) <= usage.ram_peak_mb < psutil.virtual_memory().total / 1e6
    assert [step for step, _ in usage.steps] == ["one", "two"]
    assert 0 <= usage.steps[0][1] < usage.steps[1][1] <= usage.seconds
    assert usage.vram_peak_mb is None


def test_what_a_run_allocates_is_seen(tmp_path: Path, looks: Looks) -> None:
    with watched(tmp_path, quiet, 0.005) as tell:
        tell("work", 0, 1)
        looks.wait(1)
        held = bytearray(b"x" * 80_000_000)
        looks.wait(2)  # one may have begun before
        del held
    [usage] = read_usage(tmp_path)
    assert usage.ram_peak_mb - usage.ram_mb[0] > 60


def test_resumed_runs_append_and_those_with_nothing_to_do_leave_nothing(
    tmp_path: Path, looks: Looks
) -> None:
    watch(tmp_path, looks, "one")
    before = (tmp_path / FILE_NAME).read_bytes()
    watch(tmp_path, looks)
    assert (tmp_path / FILE_NAME).read_bytes() == before
    watch(tmp_path, looks, "two")
    assert [usage.steps[0][0] for usage in read_usage(tmp_path)] == ["one", "two"]


def test_old_entries_go(tmp_path: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "MOST_RUNS", 3)
    for name in "abcde":
        watch(tmp_path, looks, name)
    assert [usage.steps[0][0] for usage in read_usage(tmp_path)] == ["c", "d", "e"]


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=300), st.integers(2, 20))
def test_samples_are_thinned_and_the_peak_stays(values: list[float], most: int) -> None:
    samples = Samples(every_s=1.0, most=most)
    for at, value in enumerate(values):
        samples.add(float(at), value, value / 2)
    assert len(samples.at_s) == len(samples.ram_mb) == len(samples.vram_mb) <= most
    assert max(samples.ram_mb) == round(max(values), 1)
    assert sorted(samples.at_s) == samples.at_s


def test_a_run_that_is_killed_keeps_what_was_written(
    tmp_path: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "WRITE_EVERY_S", 0.0)
    with watched(tmp_path, quiet, 0.005) as tell:
        tell("work", 0, 1)
        looks.wait(2)  # the second begins when what the first has seen is written
        assert read_usage(tmp_path)[0].steps[0][0] == "work"


def test_nothing_is_written_where_the_system_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> int:
        raise psutil.AccessDenied

    monkeypatch.setattr(resources, "_tree_bytes", silent)
    with watched(tmp_path, quiet, 0.005) as tell:
        tell("one", 0, 2)
    assert not (tmp_path / FILE_NAME).exists()


def test_a_full_disk_does_not_reach_the_run(
    tmp_path: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OutputError("no space left")

    monkeypatch.setattr(resources, "write_json", full)
    watch(tmp_path, looks, "one")
    assert not (tmp_path / FILE_NAME).exists()


def test_an_error_of_the_run_goes_on_its_way(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), watched(tmp_path, quiet) as tell:
        tell("one", 0, 1)
        raise KeyboardInterrupt
    assert read_usage(tmp_path)[0].steps[0][0] == "one"


def test_torch_is_asked_where_it_is_at_work(
    tmp_path: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda = SimpleNamespace(
        is_initialized=lambda: True, device_count=lambda: 2, memory_reserved=lambda gpu: 5e8 + gpu
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))  # type: ignore[arg-type]
    watch(tmp_path, looks, "one")
    assert read_usage(tmp_path)[0].vram_peak_mb == 1000.0
    cuda.is_initialized = lambda: False
    watch(tmp_path, looks, "two")
    assert read_usage(tmp_path)[1].vram_mb == ()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())  # type: ignore[arg-type]
    watch(tmp_path, looks, "three")
    assert read_usage(tmp_path)[2].vram_mb == ()


@pytest.mark.parametrize(
    "text",
    [
        "", "[", "{}", '{"runs": 3}', '{"runs": [3, {"started": 1}]}',
        '{"runs": [{"started": "x", "seconds": 1, "at_s": [0], "ram_mb": [1, 2], "vram_mb": [], '
        '"steps": []}]}',
        '{"runs": [{"started": "x", "seconds": 1, "at_s": [0], "ram_mb": [NaN], "vram_mb": [], '
        '"steps": []}]}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_damage_is_left_out(text: str, tmp_path: Path, looks: Looks) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert read_usage(tmp_path) == []
    watch(tmp_path, looks, "one")
    assert len(read_usage(tmp_path)) == 1


def test_what_is_written_is_read(tmp_path: Path) -> None:
    usage = Usage("2026-01-01", 3.0, (0.0, 1.0), (5.0, 7.5), (1.0, 2.0), (("one", 0.5),))
    (tmp_path / FILE_NAME).write_text(json.dumps({"version": 1, "runs": [usage.to_json()]}))
    assert read_usage(tmp_path) == [usage]
    assert resources.total_seconds([usage, usage]) == 6.0


def test_the_peak_of_each_step() -> None:
    steps = (("one", 0.5), ("quick", 1.2), ("two", 1.5))
    at, ram = (0.0, 1.0, 2.0, 3.0), (5.0, 7.0, 6.0, 9.0)
    usage = Usage("", 3.0, at, ram, (1.0, 2.0, 3.0, 0.0), steps)
    assert usage.step_peaks() == [("one", 7.0, 2.0), ("quick", 7.0, 2.0), ("two", 9.0, 3.0)]
    assert Usage("", 3.0, at, ram, (), steps[:1]).step_peaks() == [("one", 9.0, None)]
    assert Usage("", 3.0, (), (), (), steps).step_peaks() == []
    assert Usage("", 3.0, at, ram).step_peaks() == []


def test_a_run_of_a_recipe_is_watched(recipe: Recipe, texts: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    api.run(recipe, texts, out)
    [usage] = read_usage(out)
    assert [step for step, _ in usage.steps] == ["cut", "copy", "join"]
    assert usage.ram_peak_mb > 10
    api.run(recipe, texts, out)
    assert read_usage(out) == [usage]
