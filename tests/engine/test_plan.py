from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.core.items import Planes
from multiplane.engine.check import Step
from multiplane.engine.plan import Made, Plan, Source, check_ids, plan_step
from multiplane.engine.stages import find_stage

ROOT = Path("/run")


def made(name: str, key: str = "k", **files: str) -> Made:
    planes = Planes(name, {plane: (file,) for plane, file in files.items()}, {"of": name})
    return Made(planes, key, "clip")


def source(*entries: Made, blocked: str = "") -> Source:
    found = {entry.planes.id: entry for entry in entries}
    return Source(found, {blocked: ("clip", "broken")} if blocked else {})


def plan(cut: Source, copy: Source, stage_key: str = "s") -> Plan:
    stage = find_stage("toy.join")
    inputs = {"texts": ("cut", "texts"), "copies": ("copy", "copies")}
    step = Step("join", stage, stage.options(), inputs)
    return plan_step(step, stage_key, {"cut": cut, "copy": copy}, ROOT)


def test_planes_are_joined_by_their_id() -> None:
    found = plan(
        source(made("a", texts="t/a"), made("b", texts="t/b")), source(made("a", copies="c/a"))
    )
    first, second = (planned.item for planned in found.items)
    assert first.files == {"texts": ("t/a",), "copies": ("c/a",)}
    assert first.data == {"of": "a"}
    assert (first.id, first.root, first.folder) == ("a", ROOT, "join")
    assert second.files == {"texts": ("t/b",)}
    assert found.items[0].origin == "clip"


def test_what_failed_upstream_is_skipped_and_says_so() -> None:
    found = plan(source(made("a", texts="t/a"), blocked="b"), source(blocked="a"))
    assert [planned.item.id for planned in found.items] == ["a"]
    assert found.skipped == {"b": ("clip", "waits for 'b' of 'cut', which failed")}


def test_a_plane_that_never_came_is_told() -> None:
    found = plan(source(made("a", other="t/a")), source())
    assert found.items == ()
    assert found.skipped == {"a": ("clip", "'cut' made no 'texts' for 'a'")}


def test_the_key_holds_all_that_the_result_depends_on() -> None:
    def key(cut: Made, *copy: Made, stage_key: str = "s") -> str:
        return plan(source(cut), source(*copy), stage_key).items[0].key

    usual = key(made("a", texts="t"), made("a", copies="c"))
    assert usual == key(made("a", texts="t"), made("a", copies="c"))
    others = {
        key(made("a", texts="t")),
        key(made("a", "other", texts="t"), made("a", copies="c")),
        key(made("a", texts="t"), made("a", "other", copies="c")),
        key(made("a", texts="t"), made("a", copies="c"), stage_key="other"),
        key(made("b", texts="t"), made("b", copies="c")),
        key(made("a", texts="t"), made("a", unused="c")),
    }
    assert len(others) == 6
    assert usual not in others


def gather(clips: Source, cut: Source, copy: Source) -> Plan:
    stage = find_stage("toy.gather")
    inputs = {
        "source": ("input", "source"), "texts": ("cut", "texts"), "copies": ("copy", "copies")
    }  # fmt: skip
    step = Step("gather", stage, stage.options(), inputs)
    return plan_step(step, "s", {"input": clips, "cut": cut, "copy": copy}, ROOT)


CLIPS = source(made("clip", source="/film"))
TEXTS = [made("clip/1", "k1", texts="t/1"), made("clip/2", "k2", texts="t/2")]
COPIES = [made("clip/1", "c1", copies="c/1"), made("clip/2", "c2", copies="c/2")]
STRANGER = Made(Planes("other/1", {"texts": ("t/o",), "copies": ("c/o",)}, {}), "o", "other")


def test_a_gathering_stage_has_the_parts_of_its_input_in_order() -> None:
    found = gather(CLIPS, source(*TEXTS, STRANGER), source(*COPIES, STRANGER))
    (item,) = (planned.item for planned in found.items)
    assert item.id == "clip"
    assert item.files == {"source": ("/film",), "texts": ("t/1", "t/2"), "copies": ("c/1", "c/2")}
    assert item.data["parts"] == [
        {
            "id": f"clip/{n}",
            "files": {"texts": [f"t/{n}"], "copies": [f"c/{n}"]},
            "data": {"of": f"clip/{n}"},
        }
        for n in (1, 2)
    ]


def test_what_is_gathered_is_in_the_key() -> None:
    keys = {
        gather(CLIPS, source(*texts), source(*COPIES)).items[0].key
        for texts in (TEXTS, [TEXTS[0], made("clip/2", "new", texts="t/2")], TEXTS[::-1])
    }
    assert len(keys) == 3


def test_a_gathering_stage_waits_for_all_parts() -> None:
    held = source(COPIES[0], blocked="clip/2")
    found = gather(CLIPS, source(*TEXTS), held)
    assert found.items == ()
    assert found.skipped == {"clip": ("clip", "waits for 'clip/2' of 'copy': broken")}
    assert gather(CLIPS, source(), source()).skipped["clip"][1].startswith("nobody made texts")
    assert gather(CLIPS, source(*TEXTS), source(COPIES[0])).items == ()


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "a//b", "../a", "a/..", ".a", "a/.b", "a\\b", "c:x", "a?", "a\0b"]
)
def test_ids_are_safe_as_paths(name: str) -> None:
    with pytest.raises(InputError, match="cannot be the id of planes") as caught:
        check_ids([name])
    assert caught.value.fix == "give each of the planes an id such as 'clip' or 'clip/0001'"


def test_ids_are_apart_from_each_other() -> None:
    check_ids(["a", "ab", "b/1", "b/2"])
    with pytest.raises(InputError, match="there are two of it"):
        check_ids(["a", "a"])
    with pytest.raises(InputError, match="the id 'a' is a folder of the id 'a/b/c'") as caught:
        check_ids(["a/b/c", "a"])
    assert caught.value.fix == "give one of them another id"
