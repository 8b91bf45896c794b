"""The errors a user can meet, and what each of them tells.

    MultiplaneError                 what went wrong, why, and what to type to fix it
    ├── InputError                  a file, picture or value handed to us (also ValueError)
    │   └── DamagedFileError        the file is there but cannot be decoded
    ├── ConfigError                 a recipe or an option; knows file, line and key
    ├── MissingDependencyError      an optional package (also ImportError)
    ├── WeightsError                weights that are absent, of another hash or cannot be fetched
    ├── OutputError                 a place we cannot write to: no permission, no space, in use
    └── BackendError                a model library failed; raised ``from`` its own error

Only ``cli`` and ``studio`` catch them to show; the engine turns those of one item into a failed
record and goes on. Anything that is not a MultiplaneError is a bug of ours.
"""

from __future__ import annotations


class MultiplaneError(Exception):
    """What went wrong, why it matters, and what to type to fix it.

    Attributes:
        what: The value got and the value wanted.
        why: Why it cannot go on; may be empty.
        fix: Something to type or do; may be empty.
    """

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        """Three lines at most: what, why, fix."""
        lines = [self.what]
        if self.why:
            lines.append(f"why: {self.why}")
        if self.fix:
            lines.append(f"fix: {self.fix}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling with the keyword-only parts, as executors in other processes need."""
        return (_rebuild, (type(self), self.what, self.why, self.fix))


def _rebuild(kind: type[MultiplaneError], what: str, why: str, fix: str) -> MultiplaneError:
    return kind(what, why=why, fix=fix)


class InputError(MultiplaneError, ValueError):
    """Something handed to us is not what it should be."""


class DamagedFileError(InputError):
    """A file exists but cannot be decoded, wholly or from some point on."""


class ConfigError(MultiplaneError):
    """A recipe or an option is wrong."""


class MissingDependencyError(MultiplaneError, ImportError):
    """An optional package is not installed."""


class WeightsError(MultiplaneError):
    """Model weights are absent, damaged or cannot be fetched."""


class OutputError(MultiplaneError):
    """A file or folder cannot be written."""


class BackendError(MultiplaneError):
    """A model library failed; its own error is the ``__cause__``."""
