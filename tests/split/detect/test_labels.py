from __future__ import annotations

import pytest

from multiplane.core.errors import ConfigError
from multiplane.split.detect.labels import wanted_labels

COCO = {name: name for name in ("person", "bicycle", "traffic light", "dog")}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("person", {"person"}),
        ("Person , dog,", {"person", "dog"}),
        ("traffic light", {"traffic light"}),
        ("all", set(COCO)),
    ],
)
def test_what_is_looked_for(asked: str, wanted: set[str]) -> None:
    assert wanted_labels(asked, COCO, "d_fine") == wanted


def test_what_stands_for_another_label() -> None:
    known = {"person": "character", "character": "character"}
    assert wanted_labels("person", known, "parts") == {"character"}
    assert wanted_labels("all", known, "parts") == {"character"}


@pytest.mark.parametrize(
    ("asked", "what", "fix"),
    [
        ("persons", "did you mean 'person'?", "--labels person, or --labels all"),
        ("trafic light", "did you mean 'traffic light'?",
         "--labels 'traffic light', or --labels all"),
        ("dog,zebra", "d_fine knows no label 'zebra'", "--labels person, or --labels all"),
        (" , ", "knows no label ' , '", "--labels person, or --labels all"),
        ("all,dog", "knows no label 'all'", "--labels person, or --labels all"),
    ],
)  # fmt: skip
def test_what_it_does_not_know(asked: str, what: str, fix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        wanted_labels(asked, COCO, "d_fine")
    assert what in caught.value.what
    assert caught.value.why == "it knows: person, bicycle, traffic light, dog"
    assert caught.value.fix == fix


def test_a_model_whose_person_is_spelled_otherwise() -> None:
    with pytest.raises(ConfigError) as caught:
        wanted_labels("person", {"human": "human", "Personne": "Personne"}, "rf_detr")
    assert caught.value.fix == "--labels Personne, or --labels all"


def test_classes_without_names() -> None:
    known = {f"LABEL_{number}": f"LABEL_{number}" for number in range(80)}
    with pytest.raises(ConfigError, match="its classes have no names: LABEL_0") as caught:
        wanted_labels("person", known, "d_fine")
    assert "and 68 more" in caught.value.what
    assert caught.value.fix.startswith("put the config.json there that came with the weights")


def test_no_classes_at_all() -> None:
    with pytest.raises(ConfigError) as caught:
        wanted_labels("all", {}, "rf_detr")
    assert caught.value.why == "it knows: none"
