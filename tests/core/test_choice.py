from typing import Literal

from multiplane.core.choice import ASKED, Choice
from multiplane.core.config import Options


class Quick(Options):
    """Options of a backend."""

    kind: Literal["quick"] = "quick"


def test_a_choice_names_its_backend() -> None:
    choice = Choice(Quick(), ASKED)
    assert (choice.kind, choice.why) == ("quick", "asked for")
