from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multiplane.core.errors import OutputError
from multiplane.core.items import Planes
from multiplane.engine import api, aside
from multiplane.engine.api import RunReport
from multiplane.engine.ledger import Ledger
from multiplane.engine.recipe import Recipe, stage_recipe


def counts(report: RunReport) -> dict[str, tuple[int, int, int, int]]:
    """Step → done, reused, failed, skipped."""
    return {s.id: (s.done, s.reused, s.failed, s.skipped) for s in report.steps}


def artefacts(out: Path) -> dict[str, bytes]:
    """All that a run leaves but what differs from run to run: times."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = str(path.relative_to(out))
        if path.suffix == ".json" and path.parent.parent == out:
            value = json.loads(path.read_text())
            del value["timings"]
            found[name] = json.dumps(value).encode()
        elif path.is_file() and path.parent != out:
            found[name] = path.read_bytes()
    return found


def worked(out: Path) -> list[str]:
    """What the toy stage copied since the last call."""
    log = out.parent / "works.log"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return sorted(lines)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_a_recipe_runs_from_end_to_end(recipe: Recipe, texts: list[Path], out: Path) -> None:
    report = api.run(recipe, texts, out)
    assert counts(report) == {"cut": (3, 0, 0, 0), "copy": (9, 0, 0, 0), "join": (9, 0, 0, 0)}
    assert report.exit_status == 0
    assert (out / "join/joined/a/0003/text.txt").read_text() == "a 4|0 a 4|1 a 4"
    assert (out / "copy/copies/b/0001/000001.txt").read_text() == "1 b 0\nb 1"


def test_metadata_holds_figures_outputs_and_times_apart(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    api.run(recipe, texts, out)
    value = json.loads((out / "copy/copies.json").read_text())
    assert (value["step"], value["stage"], value["version"]) == ("copy", "toy.copy", 1)
    assert value["options"]["files"] == 2
    first = value["items"][0]
    assert first["id"] == "a/0001"
    assert first["figures"] == {"length": 7, "data": {"of": "a"}}
    assert first["outputs"][0]["files"]["copies"][0] == "copy/copies/a/0001/000000.txt"
    times = value["timings"]["items"]["a/0001"]
    assert times["work"] == 0.5
    assert set(times) == {"load", "compute", "save", "work"}
    assert value["timings"]["wall"] > 0


def test_running_again_computes_nothing(recipe: Recipe, texts: list[Path], out: Path) -> None:
    api.run(recipe, texts, out)
    before = artefacts(out)
    assert len(worked(out)) == 9
    report = api.run(recipe, texts, out)
    assert counts(report) == {"cut": (3, 3, 0, 0), "copy": (9, 9, 0, 0), "join": (9, 9, 0, 0)}
    assert worked(out) == []
    assert artefacts(out) == before


def test_the_times_of_the_work_outlive_a_run_that_had_none(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    api.run(recipe, texts, out)
    path = out / "copy/copies.json"
    before = path.read_text()
    api.run(recipe, texts, out)
    assert path.read_text() == before
    path.unlink()
    api.run(recipe, texts, out)
    assert json.loads(path.read_text())["items"] == json.loads(before)["items"]


def test_other_options_redo_only_what_depends_on_them(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    api.run(recipe, texts, out, options={"copy.files": 3})
    report = api.run(recipe, texts, out, options={"join.separator": "/"})
    assert counts(report) == {"cut": (3, 3, 0, 0), "copy": (9, 0, 0, 0), "join": (9, 0, 0, 0)}
    assert not (out / "copy/copies/a/0001/000002.txt").exists()
    report = api.run(recipe, texts, out, options={"join.separator": "-"})
    assert counts(report) == {"cut": (3, 3, 0, 0), "copy": (9, 9, 0, 0), "join": (9, 0, 0, 0)}


def test_items_that_other_options_lead_to_no_more_go(
    recipe: Recipe, texts: list[Path], out: Path, tmp_path: Path
) -> None:
    api.run(recipe, texts, out)
    api.run(recipe, texts, out, options={"cut.lines": 4})
    assert not (out / "copy/copies/a/0003").exists()
    api.run(recipe, texts, tmp_path / "fresh", options={"cut.lines": 4})
    assert artefacts(out) == artefacts(tmp_path / "fresh")


def test_results_of_an_input_that_is_left_out_stay(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    api.run(recipe, texts, out)
    worked(out)
    report = api.run(recipe, texts[:1], out)
    assert counts(report)["copy"] == (3, 3, 0, 0)
    assert (out / "copy/copies/b/0001/000000.txt").exists()
    assert counts(api.run(recipe, texts, out))["copy"] == (9, 9, 0, 0)
    assert worked(out) == []


def test_a_changed_input_is_done_again(recipe: Recipe, texts: list[Path], out: Path) -> None:
    api.run(recipe, texts, out)
    worked(out)
    texts[0].write_text("new\nlines")
    report = api.run(recipe, texts, out)
    assert counts(report)["copy"] == (7, 6, 0, 0)
    assert worked(out) == ["copy a/0001"]
    assert not (out / "copy/copies/a/0002").exists()


@pytest.mark.parametrize("harm", ["gone", "cut short"])
def test_an_artefact_that_is_not_whole_is_made_again(
    harm: str, recipe: Recipe, texts: list[Path], out: Path
) -> None:
    api.run(recipe, texts, out)
    before = artefacts(out)
    worked(out)
    victim = out / "copy/copies/b/0002/000001.txt"
    victim.unlink() if harm == "gone" else victim.write_text("")
    report = api.run(recipe, texts, out)
    assert counts(report)["copy"] == (9, 8, 0, 0)
    assert counts(report)["join"] == (9, 9, 0, 0)
    assert worked(out) == ["copy b/0002"]
    assert artefacts(out) == before


@pytest.mark.parametrize("part", ["LOAD", "COMPUTE", "SAVE", "LIBRARY"])
def test_a_bad_item_fails_alone_and_is_not_tried_again_unasked(
    part: str, recipe: Recipe, texts: list[Path], out: Path
) -> None:
    texts[1].write_text(f"good\ngood\nFAIL-{part}\n\ngood")
    report = api.run(recipe, texts, out, options={"copy.batch": 4})
    assert counts(report) == {"cut": (3, 0, 0, 0), "copy": (8, 0, 1, 0), "join": (9, 0, 0, 0)}
    assert report.exit_status == 3
    (failure,) = report.failures
    assert (failure.step, failure.item) == ("copy", "b/0002")
    assert failure.fix
    assert not (out / "copy/copies/b/0002").exists()
    written = json.loads((out / "copy/copies.json").read_text())["failures"]
    assert [entry["what"] for entry in written] == [failure.what]
    worked(out)
    again = api.run(recipe, texts, out, options={"copy.batch": 4})
    assert counts(again)["copy"] == (8, 8, 1, 0)
    assert again.exit_status == 3
    assert again.failures == report.failures
    assert worked(out) == []
    third = api.run(recipe, texts, out, options={"copy.batch": 4}, retry_failed=True)
    assert counts(third)["copy"] == (8, 8, 1, 0)
    assert worked(out) == (["copy b/0002"] if part == "SAVE" else [])


def test_what_waits_for_a_failed_item_runs_once_it_is_mended(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    texts[1].write_text("BAD")
    report = api.run(recipe, texts, out)
    assert counts(report) == {"cut": (2, 0, 1, 0), "copy": (6, 0, 0, 1), "join": (6, 0, 0, 1)}
    skipped = json.loads((out / "copy/copies.json").read_text())["skipped"]
    assert skipped == {"b": "waits for 'b' of 'cut', which failed"}
    texts[1].write_text("fine")
    report = api.run(recipe, texts, out)
    assert counts(report) == {"cut": (3, 2, 0, 0), "copy": (7, 6, 0, 0), "join": (7, 6, 0, 0)}
    assert report.exit_status == 0


def test_a_failure_upstream_keeps_what_was_made_before(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    api.run(recipe, texts, out)
    good = texts[1].read_text()
    texts[1].write_text("BAD")
    api.run(recipe, texts, out)
    worked(out)
    texts[1].write_text(good)
    assert counts(api.run(recipe, texts, out))["copy"] == (9, 9, 0, 0)
    assert worked(out) == []


def test_what_an_input_gave_stays_until_it_can_be_read_again(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    api.run(recipe, texts, out)
    before = artefacts(out)
    good = texts[1].read_text()
    texts[1].write_text("BAD")
    assert api.run(recipe, texts, out).exit_status == 3
    pieces = {name: made for name, made in before.items() if "/b/" in name}
    assert pieces
    assert pieces.items() <= artefacts(out).items()
    texts[1].write_text(good)
    assert api.run(recipe, texts, out).exit_status == 0
    assert artefacts(out) == before


def test_a_full_disk_ends_the_run_and_the_same_command_goes_on(
    recipe: Recipe, texts: list[Path], out: Path
) -> None:
    real = Path.write_text

    def full(self: Path, text: str, **kwargs: object) -> int:
        if "copy/copies/b" in str(self):
            raise OSError(28, "No space left on device")
        return real(self, text, **kwargs)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OutputError, match="no space left to write") as caught:
            api.run(recipe, texts, out)
    assert "run the same command again" in caught.value.fix
    before = set(worked(out))
    report = api.run(recipe, texts, out)
    assert report.exit_status == 0
    assert counts(report)["copy"][1] >= 3
    assert not {line for line in before if " a/" in line} & set(worked(out))


def test_a_stage_takes_planes_of_ones_own(texts: list[Path], out: Path) -> None:
    planes = [Planes(path.stem, {"texts": (str(path),)}, {"n": 1}) for path in texts]
    report = api.run(stage_recipe("toy.join"), planes, out)
    assert counts(report) == {"join": (3, 0, 0, 0)}
    assert (out / "join/joined/c/text.txt").read_text() == texts[2].read_text()


def test_progress_is_told_step_by_step(recipe: Recipe, texts: list[Path], out: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    api.run(recipe, texts, out, progress=lambda *told: seen.append(told))
    assert seen[0] == ("cut", 0, 3)
    assert seen[-1] == ("join", 9, 9)
    for step in ("cut", "copy", "join"):
        done = [told[1] for told in seen if told[0] == step]
        assert done == sorted(done)


class Cut(Exception):  # noqa: N818 - what a kill is, as far as Python can raise one
    """The run is cut off here."""


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_run_that_was_cut_off_anywhere_ends_like_one_that_was_not(
    data: st.DataObject, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("resume")
    lines = st.lists(st.sampled_from(["x", "y", "FAIL-SAVE", "FAIL-COMPUTE"]), max_size=6)
    paths = []
    for name in "ab":
        path = folder / f"{name}.txt"
        path.write_text("\n".join(data.draw(lines)))
        paths.append(path)
    options = {"copy.batch": data.draw(st.integers(1, 3))}
    whole = api.run(recipe, paths, folder / "whole" / "out", options=options)
    out = folder / "cut" / "out"
    out.parent.mkdir()
    for _ in range(data.draw(st.integers(1, 4))):
        budget = data.draw(st.integers(0, 12))

        def cut(step: str, done: int, total: int, left: list[int] = [budget]) -> None:  # noqa: B006
            left[0] -= 1
            if left[0] < 0:
                raise Cut

        try:
            api.run(recipe, paths, out, options=options, progress=cut)
        except Cut:
            continue
    report = api.run(recipe, paths, out, options=options)
    assert artefacts(out) == artefacts(folder / "whole" / "out")
    assert report.exit_status == whole.exit_status
    log = worked(out)
    assert len(log) == len(set(log)), "what was done has been computed again"


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_renewal_that_was_cut_off_anywhere_ends_like_one_that_was_not(
    data: st.DataObject, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("renewal")
    lines = st.lists(st.sampled_from(["x", "y", "FAIL-SAVE", "FAIL-COMPUTE"]), max_size=5)
    paths = [folder / "a.txt", folder / "b.txt"]
    whole, cut = folder / "whole" / "out", folder / "cut" / "out"
    whole.parent.mkdir()
    cut.parent.mkdir()
    for path in paths:
        path.write_text("\n".join(data.draw(lines)))
    api.run(recipe, paths, whole)
    api.run(recipe, paths, cut)
    for path in paths:
        path.write_text("\n".join(data.draw(lines)))
    options = {"copy.repeat": data.draw(st.integers(1, 2))}
    once = api.run(recipe, paths, whole, options=options)
    for _ in range(data.draw(st.integers(1, 3))):
        with cut_short(after=data.draw(st.integers(0, 25))), contextlib.suppress(Cut):
            api.run(recipe, paths, cut, options=options)
    again = api.run(recipe, paths, cut, options=options)
    assert artefacts(cut) == artefacts(whole)
    assert again.exit_status == once.exit_status


@contextlib.contextmanager
def cut_short(after: int) -> Iterator[None]:
    """Nothing more is written down or moved after so many changes of the ledger and the disk."""
    left = itertools.count(after, -1)

    def counted(change: Callable[..., object]) -> Callable[..., object]:
        def changed(*words: object, **more: object) -> object:
            if next(left) <= 0:
                raise Cut
            return change(*words, **more)

        return changed

    with pytest.MonkeyPatch.context() as patch:
        for place, name in (
            (Ledger, "begin"),
            (Ledger, "settle"),
            (Ledger, "forget"),
            (aside.shutil, "rmtree"),
            (Path, "rename"),
        ):
            patch.setattr(place, name, counted(getattr(place, name)))
        yield
