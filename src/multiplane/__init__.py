"""Multiplane: takes footage and pictures apart into planes.

The verbs (``split``, ``restore``) are functions over streams; :func:`run` runs a whole recipe.
Nothing heavy is imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multiplane.core.errors import MultiplaneError

if TYPE_CHECKING:
    from multiplane.engine.api import RunReport, run
    from multiplane.engine.pictures import pictures

__version__ = "0.1.0"
__all__ = ["MultiplaneError", "RunReport", "__version__", "pictures", "run"]


def __dir__() -> list[str]:
    """What is public, also before it is loaded."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute
    if name in {"run", "RunReport"}:
        from multiplane.engine import api  # noqa: PLC0415 - the engine loads when it is used

        return getattr(api, name)
    if name == "pictures":
        from multiplane.engine import pictures as module  # noqa: PLC0415 - likewise

        return module.pictures
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
