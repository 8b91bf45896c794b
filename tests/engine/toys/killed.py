"""A run to be killed: python killed.py FOLDER. Its texts lie in FOLDER/texts."""

from __future__ import annotations

import sys
from pathlib import Path

import toys

from multiplane.engine import api
from multiplane.engine.recipe import Recipe
from multiplane.engine.stages import STAGES

STAGES.update(toys.STAGES)
RECIPE = Recipe.model_validate(
    {
        "name": "killed",
        "stages": [
            {"id": "cut", "stage": "toy.cut", "inputs": {"source": "input.source"}},
            {
                "id": "copy",
                "stage": "toy.copy",
                "inputs": {"texts": "cut.texts"},
                "options": {"files": 5, "pause_s": 0.005, "repeat": 9, "batch": 2},
            },
            {
                "id": "join",
                "stage": "toy.join",
                "inputs": {"texts": "cut.texts", "copies": "copy.copies"},
            },
        ],
    }
)


def main() -> None:
    folder = Path(sys.argv[1])
    texts = sorted((folder / "texts").iterdir())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    report = api.run(RECIPE, texts, folder / "out")
    sys.stdout.write(f"{report.done} {report.reused}\n")


if __name__ == "__main__":
    main()
