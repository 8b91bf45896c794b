"""Pipelines of diffusers: found by a name of the table, on the model hub, or by a path."""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path

from multiplane.core.config import nearest
from multiplane.core.errors import ConfigError, MultiplaneError, WeightsError
from multiplane.hub import anyone, bundles, pulling
from multiplane.hub.architecture import architecture_of, shapes_of
from multiplane.hub.bundles import Found
from multiplane.hub.cache import default_cache, remembered_sha256
from multiplane.hub.diffusion import DIFFUSION, WITHDRAWN, configurations
from multiplane.hub.entries import Bundle
from multiplane.hub.layout import INDEX, files_of, read_index
from multiplane.hub.own import contents, find_own, is_path
from multiplane.hub.table import entry_of

logger = logging.getLogger(__name__)

ARCHIVES = (".ckpt", ".pt", ".pth")
"""Older single files, of which tensors are taken and nothing else."""
_TABLE = {bundle.name: bundle for bundle in DIFFUSION}
_REPOSITORIES = {bundle.repository: bundle for bundle in DIFFUSION}
_ON_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class FoundPipeline:
    """A pipeline on this machine.

    Attributes:
        path: A folder of diffusers, or one file with all weights.
        config: For one file, the folder whose configurations and tokenizers it is loaded with.
        name: What it is called in records.
        fingerprint: What tells its weights from others, 40 or 64 hex digits.
        licence: Its terms; empty where nobody here knows them.
        notes: What the user should know.
    """

    path: Path
    config: Path | None
    name: str
    fingerprint: str
    licence: str = ""
    notes: tuple[str, ...] = ()


def find(model: str, config: str = "", *, offline: bool = False) -> FoundPipeline:
    """Find a pipeline on this machine, and fetch it when it is not there.

    Args:
        model: A path that exists: a folder of diffusers or one file with all weights; else a name
            of the table, or ``owner/name`` on the model hub.
        config: For a single file, the folder of diffusers whose configurations belong to it;
            empty for those of the table's pipeline of the same architecture.
        offline: Do not fetch.

    Returns:
        Where it is.

    Raises:
        ConfigError: There is nothing of that name.
        MissingDependencyError: It is to be fetched, and ``huggingface_hub`` is not installed.
        WeightsError: It is not there and cannot be fetched, or is damaged.
        OutputError: The cache cannot be written.
    """
    if _is_own(model):
        return _own(model, config, offline)
    bundle, notes = _known(model)
    if bundle is not None and not _still_here(model, bundle):
        original = _original(bundle)
        if original:
            logger.warning("%s", original)
        return _of_table(bundle, pulling.find(bundle, offline=offline), notes)
    if _ON_HUB.fullmatch(model):
        found = anyone.find(model, offline=offline)
        terms = bundle.licence if bundle else f"see https://huggingface.co/{model}"
        mark = bundles.identity(anyone.named(model), found)
        return FoundPipeline(found.folder, None, model, mark, terms, _of_others(model, found))
    if is_path(model):
        find_own(model)  # says that nothing is there
    unknown = _unknown(model)
    raise unknown


def ready(model: str, config: str = "") -> str:
    """Have a pipeline here, and tell it apart: what a stage's fingerprint is made of.

    Args:
        model: See :func:`find`.
        config: See :func:`find`.

    Returns:
        A name, ``@`` and 16 hex digits.

    Raises:
        ConfigError: There is nothing of that name.
        MissingDependencyError: It is to be fetched, and ``huggingface_hub`` is not installed.
        WeightsError: It is not there and cannot be fetched, or is damaged.
        OutputError: The cache cannot be written.
    """
    found = find(model, config)
    name = "own" if _is_own(model) else found.name
    return f"{name}@{found.fingerprint[:16]}"


def why_absent(model: str) -> str:
    """Why a pipeline cannot be used without fetching; empty when it is here and whole.

    Args:
        model: See :func:`find`.

    Raises:
        ConfigError: There is nothing of that name.
    """
    try:
        bundle, _ = (None, ()) if _is_own(model) else _known(model)
        if bundle is not None and not _still_here(model, bundle):
            there = bundles.locate(bundle) is not None
        elif _is_own(model) or not _ON_HUB.fullmatch(model):
            there = bool(find(model, offline=True))
        else:
            there = anyone.locate(model) is not None
    except ConfigError:
        raise
    except MultiplaneError as error:
        return error.what
    if there:
        return ""
    how = f"; multiplane models pull {bundle.name} fetches it" if bundle else ""
    original = _original(bundle) if bundle else ""
    return f"{model} is not here{how}{f'; {original}' if original else ''}"


def _is_own(model: str) -> bool:
    """Whether there is something at a path: what exists wins over names."""
    try:
        return bool(model) and Path(model).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long, a null byte, no home
        return False


def _known(model: str) -> tuple[Bundle | None, tuple[str, ...]]:
    """The entry of the table for a name or a repository, and what there is to say of it."""
    if model in WITHDRAWN:
        bundle = _TABLE[WITHDRAWN[model]]
        note = (
            f"{model} was withdrawn by its maker; taken instead: {bundle.name} "
            f"({bundle.repository}), the copy of it"
        )
        return bundle, (note,)
    return _TABLE.get(model) or _REPOSITORIES.get(model), ()


def _still_here(model: str, bundle: Bundle) -> bool:
    """Whether another program fetched a withdrawn repository while it was there, and we no copy."""
    return (
        model in WITHDRAWN and bundles.locate(bundle) is None and anyone.locate(model) is not None
    )


def _original(bundle: Bundle) -> str:
    """What to type where the withdrawn original of a pipeline is here, and the pipeline not."""
    if bundles.locate(bundle) is None:
        for repository, name in WITHDRAWN.items():
            if name == bundle.name and anyone.locate(repository) is not None:
                return f"{repository}, its withdrawn original, is here: --model {repository}"
    return ""


def _of_table(bundle: Bundle, found: Found, notes: tuple[str, ...]) -> FoundPipeline:
    identity = bundles.identity(bundle, found)
    notes += _of_others(bundle.name, found)
    return FoundPipeline(found.folder, None, bundle.name, identity, bundle.licence, notes)


def _of_others(name: str, found: Found) -> tuple[str, ...]:
    """What there is to say of a pipeline that another program has fetched."""
    if not found.shared:
        return ()
    commit = found.folder.name[:12]
    other = "" if found.revision else ", with the weights that it chose"
    return (f"{name} was read from the cache of another program, at commit {commit}{other}",)


def _own(model: str, config: str, offline: bool) -> FoundPipeline:
    """A pipeline of the user's own.

    Raises:
        WeightsError: It is none.
    """
    path = find_own(model)
    if path.is_dir():
        unused = ("config is for a single file; a folder has its own",) if config else ()
        return FoundPipeline(path, None, path.resolve().name, _contents(path), notes=unused)
    if config:
        home = find_own(config)
        read_index(home)
        marks = f"{_contents(path)}\n{_contents(home, weights=False)}"
        mark = hashlib.sha256(marks.encode()).hexdigest()
        return FoundPipeline(path, home, path.name, mark)
    if path.suffix in ARCHIVES:
        raise WeightsError(
            f"{path} is an older archive of PyTorch",
            why="its architecture is told from a .safetensors file alone",
            fix=f"name the folder of diffusers that it belongs to: config: FOLDER, or take "
            f"{path.stem}.safetensors of the same model",
        )
    kind = architecture_of(shapes_of(path), path)
    found = _configurations(kind, path, offline)
    note = f"{path.name} was loaded with the configurations of {kind}"
    return FoundPipeline(path, found.folder, path.name, _contents(path), notes=(note,))


def _configurations(kind: str, path: Path, offline: bool) -> Found:
    """The configurations of an architecture: of the whole pipeline if it is here, else alone.

    Raises:
        WeightsError: They are not here and cannot be fetched.
    """
    bundle = _TABLE[kind]
    here = bundles.locate(bundle)
    if here is not None:
        return here
    try:
        return pulling.find(configurations(bundle), offline=offline)
    except MultiplaneError as error:
        raise type(error)(
            f"{path.name} is a {kind}, whose configurations are not here: {error.what}",
            why=error.why,
            fix=f"name a folder of diffusers of the same architecture: config: FOLDER. Or, with a "
            f"network, type: multiplane models pull {kind}",
        ) from error


def _contents(path: Path, weights: bool = True) -> str:
    """The SHA-256 of the files that are read of a file or folder."""
    cache = default_cache()
    if path.is_file():
        return remembered_sha256(path, cache)
    names = [one.relative_to(path).as_posix() for one in path.glob("*/*") if one.is_file()]
    read = files_of(read_index(path), [INDEX, *names])
    kept = [name for name in read if weights or not name.endswith(".safetensors")]
    return contents(path, cache, tuple(kept))


def _unknown(model: str) -> ConfigError:
    """The error of a name that stands for no pipeline."""
    try:
        other = entry_of("models", model)
    except ConfigError as error:
        names = ", ".join(_TABLE)
        guess = nearest(model, list(_TABLE))
        return ConfigError(
            f"{error.what}{f'; did you mean {guess!r}?' if guess else ''}",
            why=f"pipelines of diffusers in the table: {names}",
            fix=f"--model {guess}"
            if guess
            else f"use one of {names}; owner/name on the model hub; or the path of a folder or "
            "a .safetensors file",
        )
    return ConfigError(
        f"{model!r} is no pipeline of diffusers: {other.title}",
        why=f"it is for something else: {other.purpose}",
        fix=f"use one of {', '.join(_TABLE)}",
    )
