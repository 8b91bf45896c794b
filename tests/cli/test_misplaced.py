from __future__ import annotations

import pytest

from multiplane.cli.main import main
from multiplane.cli.misplaced import refuse_misplaced
from multiplane.core.errors import ConfigError

RUN = ["restore-artwork", "--images", "imgs", "-o", "out"]


@pytest.mark.parametrize(
    ("typed", "fix"),
    [
        (["--backend", "patchmatch"], "--set candidates.backend=patchmatch"),
        (["--rows=3"], "--set candidates.rows=3"),
        (["--mask_mode", "black"], "--set candidates.mask_mode=black"),
        (["--captions"], "--set collage.captions=true"),
        (["--no-score", "--images"], "--set candidates.score=false"),
        (["--prompt", "a wall"],
         "--set candidates.backend=diffusion --set 'candidates.backend.prompt=a wall'"),
        (["--size", "512"],
         "--set candidates.backend=diffusion --set candidates.backend.size_px=512"),
        (["--seed"], "--set candidates.seed=VALUE"),
    ],
)  # fmt: skip
def test_the_option_of_a_step_is_told_where_it_is(typed: list[str], fix: str) -> None:
    with pytest.raises(ConfigError, match="multiplane run has no --") as caught:
        refuse_misplaced([*RUN, *typed], {"--images"})
    assert caught.value.fix == fix


def test_each_step_that_has_it_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        refuse_misplaced(["clean-backgrounds", "a.mp4", "--device", "cpu"], set())
    assert caught.value.fix == (
        "--set segment.device=cpu or --set matte.device=cpu or --set inpaint.device=cpu"
    )


@pytest.mark.parametrize("args", [[*RUN, "--foo"], ["--rows", "3"], ["no.yaml", "--rows", "3"]])
def test_what_no_step_has_is_left_to_the_parser(args: list[str]) -> None:
    refuse_misplaced(args, {"--images"})


def test_the_command_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["run", *RUN, "--rows", "2"])
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert "error: multiplane run has no --rows\n" in err
    assert "fix: --set candidates.rows=2\n" in err
    with pytest.raises(SystemExit):
        main(["run", *RUN, "--foo"])
    assert "No such option: --foo" in capsys.readouterr().err
