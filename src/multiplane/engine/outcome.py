"""What came of an item: a checked record or a failure, in the form that the ledger keeps."""

from __future__ import annotations

import errno
import json
import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any

from multiplane.core.atomic import explain_write_error
from multiplane.core.errors import MultiplaneError, OutputError
from multiplane.core.items import Item, Planes, Record

ENDS_RUN = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""With these the next item would fail just the same, so the run ends."""


@dataclass(frozen=True)
class Failure:
    """Why an item failed.

    Attributes:
        what: What went wrong.
        why: Why it cannot go on; may be empty.
        fix: Something to do; may be empty.
        kind: The name of the error.
        bug: Whether it is a fault of the program and not of the input.
        trace: Where it happened; only for errors that nobody foresaw.
    """

    what: str
    why: str = ""
    fix: str = ""
    kind: str = "MultiplaneError"
    bug: bool = False
    trace: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of one item: a record as text and the sizes of its artefacts, or a failure."""

    item: str
    record: str | None = None
    artefacts: tuple[tuple[str, int], ...] = ()
    failure: Failure | None = None


def failed(item: str, error: Exception) -> Outcome:
    """Put an error into words.

    Args:
        item: The item it was raised for.
        error: Any error.

    Returns:
        The failed outcome.

    Raises:
        OutputError: The disk is full or read-only: no item can go on.
    """
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in ENDS_RUN:
            if isinstance(error, OutputError):
                raise error
            told = explain_write_error(Path(cause.filename or item), cause)
            raise told from error
    kind = type(error).__name__
    if isinstance(error, MultiplaneError):
        return Outcome(item, failure=Failure(error.what, error.why, error.fix, kind))
    trace = "".join(traceback.format_exception(error))
    package = _package(error)
    if package == "multiplane" or package in sys.stdlib_module_names:
        what = f"{kind}: {error}"
        why = "this is a fault of the program, not of your input"
        fix = "please report it with the trace that stands in the metadata of the step"
        return Outcome(item, failure=Failure(what, why, fix, kind, bug=True, trace=trace))
    what = f"{package} failed with {kind}: {error}"
    why = "a library that does the work could not go on with this item"
    fix = "look at the input of this item; the trace stands in the metadata of the step"
    return Outcome(item, failure=Failure(what, why, fix, "BackendError", bug=True, trace=trace))


def done(item: Item, record: Record) -> Outcome:
    """Check a record and measure its artefacts.

    Args:
        item: The item it belongs to.
        record: What the worker says came of it.

    Returns:
        The outcome.

    Raises:
        ValueError: It is the record of another item, names files where it may not write, or
            holds what JSON cannot.
        FileNotFoundError: An artefact it names is not there.
    """
    if record.item != item.id:
        raise ValueError(f"the record of {item.id!r} says it is of {record.item!r}")
    own = {name for names in item.files.values() for name in names}
    artefacts: dict[str, int] = {}
    for planes in record.outputs:
        if planes.id != item.id and not planes.id.startswith(f"{item.id}/"):
            raise ValueError(f"planes {planes.id!r} do not belong to the item {item.id!r}")
        for names in planes.files.values():
            for name in names:
                _check_place(name, item, own)
                artefacts[name] = (item.root / name).stat().st_size
    return Outcome(item.id, record_to_json(record), tuple(artefacts.items()))


def whole(root: Path, artefacts: tuple[tuple[str, int], ...]) -> bool:
    """Whether all artefacts are there with the size they had."""
    try:
        return all((root / name).stat().st_size == size for name, size in artefacts)
    except OSError:
        return False


def record_to_json(record: Record) -> str:
    """A record as text; what JSON cannot hold (NaN, arrays) is refused with ValueError."""
    outputs = [
        {"id": planes.id, "files": dict(planes.files), "data": dict(planes.data)}
        for planes in record.outputs
    ]
    value = {
        "outputs": outputs,
        "figures": dict(record.figures),
        "timings": dict(record.timings),
    }
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def record_from_json(item: str, text: str) -> Record:
    """The record that :func:`record_to_json` wrote."""
    value = json.loads(text)
    outputs = tuple(planes_from_json(entry) for entry in value["outputs"])
    return Record(item, outputs, value["figures"], value["timings"])


def planes_from_json(value: Mapping[str, Any]) -> Planes:
    """Planes from their JSON form: id, files and data."""
    files = {plane: tuple(names) for plane, names in value["files"].items()}
    return Planes(value["id"], files, value["data"])


def failure_to_json(failure: Failure) -> str:
    """A failure as text."""
    return json.dumps(asdict(failure), separators=(",", ":"))


def failure_from_json(text: str) -> Failure:
    """The failure that :func:`failure_to_json` wrote."""
    return Failure(**json.loads(text))


def _check_place(name: str, item: Item, own: set[str]) -> None:
    """See that an artefact lies in the item's own folders, or is a file that it was given.

    Raises:
        ValueError: It does not.
    """
    if name in own:
        return
    if PurePath(name).is_absolute():
        if any(PurePath(name).is_relative_to(given) for given in own):
            return
        raise ValueError(f"{name} is neither in the run folder nor one of the item's own files")
    parts = name.split("/")
    folder, owner = item.folder.split("/"), item.id.split("/")
    start = len(folder) + 1
    inside = parts[: start - 1] == folder and parts[start : start + len(owner)] == owner
    if not inside or len(parts) <= start + len(owner) or not {"", ".", ".."}.isdisjoint(parts):
        raise ValueError(f"{name} does not lie in {item.folder}/<plane>/{item.id}/")


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _package(error: Exception) -> str:
    """The top package of the code that raised it."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    name = str(frames[-1].f_globals.get("__name__", "")) if frames else ""
    return name.partition(".")[0] or "multiplane"
