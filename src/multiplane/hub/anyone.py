"""Pipelines of diffusers in anyone's repository on the model hub: ``owner/name``.

The first time, the hub is asked at which commit the repository stands; its index is read, and of
the parts it names configurations, tokenizers and one set of weights are fetched: never a pickle,
never code. Commit and hashes are written beside, and from then on compared.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from multiplane.core.atomic import explain_write_error
from multiplane.core.errors import MissingDependencyError, OutputError, WeightsError
from multiplane.hub import bundles, pulling, shared
from multiplane.hub.bundles import Found
from multiplane.hub.entries import Bundle, BundleFile, in_words
from multiplane.hub.layout import INDEX, MOST_JSON_BYTES, files_of, lacking_weights
from multiplane.hub.lock import only_one
from multiplane.hub.pins import FILE_NAME, read_pin
from multiplane.hub.repositories import Listing, fetch_into, look_at

MOST_BYTES = 120 * 10**9
"""No pipeline is larger."""


def find(repository: str, *, offline: bool = False) -> Found:
    """Find a pipeline on this machine, and fetch it when it is not there.

    Args:
        repository: ``owner/name``.
        offline: Do not fetch.

    Returns:
        Its folder and commit.

    Raises:
        MissingDependencyError: ``huggingface_hub`` is not installed.
        WeightsError: It is not there and cannot be fetched, is no pipeline of diffusers, or a
            file has another hash than when it was fetched.
        OutputError: The cache cannot be written.
    """
    found = locate(repository)
    if found is not None:
        if found.shared:
            shared.tell(repository, found.folder)
        return found
    if offline:
        raise WeightsError(
            f"{repository} is not on this machine",
            why="fetching was forbidden",
            fix=by_hand(repository),
        )
    try:
        return pulling.pull(_chosen(repository))
    except (WeightsError, MissingDependencyError) as error:
        raise type(error)(
            f"cannot get {repository}: {error.what.partition(': ')[2] or error.what}",
            why=error.why,
            fix=by_hand(repository),
        ) from error


def locate(repository: str) -> Found | None:
    """Look for a pipeline that was fetched before, by us or by another program.

    Args:
        repository: ``owner/name``.

    Returns:
        Its folder and commit, all files compared with what is known of them; None when it is not
        here. Of another program's the commit is None, since it may hold other weights of it.

    Raises:
        WeightsError: A file is not there any more, or has another hash.
    """
    bundle = _bundle(repository, None, ())
    pin = read_pin(bundles.home(bundle) / FILE_NAME)
    if pin is None or pin.repository != repository:
        return bundles.locate_shared(named(repository))
    files = tuple(BundleFile(name, digest) for name, digest in pin.files.items())
    return bundles.locate_in_cache(_bundle(repository, pin.revision, files))


def by_hand(repository: str) -> str:
    """What a person does on a machine that cannot fetch.

    Args:
        repository: ``owner/name``.
    """
    return (
        f"put {INDEX} and the folders that it names of https://huggingface.co/{repository} into a "
        "folder, and name it by its path: model: FOLDER. If it was to be a path, see whether it "
        "is written right"
    )


def named(repository: str) -> Bundle:
    """What is known of a repository without a look at it.

    Args:
        repository: ``owner/name``.
    """
    return _bundle(repository, None, (BundleFile(INDEX),))


def _bundle(repository: str, revision: str | None, files: tuple[BundleFile, ...]) -> Bundle:
    owner, _, name = repository.partition("/")
    return Bundle(
        name=f"{owner}--{name}",
        title=repository,
        repository=repository,
        revision=revision,
        files=files,
        limit_bytes=MOST_BYTES,
        licence=f"see https://huggingface.co/{repository}",
        commercial=False,
        credit=owner,
        purpose="named by the user",
    )


def _chosen(repository: str) -> Bundle:
    """What is to be fetched of a repository, at the commit where it stands now.

    Raises:
        WeightsError: It is no pipeline of diffusers, or has weights in unsafe formats only.
    """
    listing = look_at(repository, None)
    if INDEX not in listing.files:
        raise WeightsError(
            f"{repository}: no {INDEX} is in it",
            why="it is no pipeline of diffusers; a repository with one file of weights is not "
            "fetched, but the file is taken when it is here",
            fix="download the .safetensors file, and name it by its path: model: FILE",
        )
    index = _read_index(repository, listing)
    lacking = lacking_weights(index, listing.files)
    if lacking:
        raise WeightsError(
            f"{repository}: no .safetensors for {', '.join(lacking)}",
            why="only safetensors are fetched, since pickles can run code",
            fix="name another repository of the same model",
        )
    files = tuple(BundleFile(name) for name in files_of(index, listing.files))
    giants = [
        file.name
        for file in files
        if file.name.endswith((".json", ".txt"))
        and listing.files[file.name].size_bytes > MOST_JSON_BYTES
    ]
    if giants:
        raise WeightsError(
            f"{repository}: {', '.join(giants)} is larger than {in_words(MOST_JSON_BYTES)}",
            why="no configuration or vocabulary is so large",
            fix="name another repository of the same model",
        )
    return _bundle(repository, listing.revision, files)


def _read_index(repository: str, listing: Listing) -> dict[str, object]:
    """Fetch and read what a repository says that its pipeline is made of.

    Raises:
        WeightsError: It is too large, or no JSON object.
        OutputError: The cache cannot be written.
    """
    told: object = None
    if listing.files[INDEX].size_bytes <= MOST_JSON_BYTES:
        home = bundles.home(_bundle(repository, None, ()))
        part = home.with_name(f".index-{home.name}")
        with only_one(home.with_name(f".{home.name}.index.lock")):
            try:
                part.mkdir(parents=True, exist_ok=True)
                path = fetch_into(repository, listing.revision, INDEX, part)
                told = _parsed(path)
            except OSError as error:
                write = explain_write_error(part, error)
                raise OutputError(write.what, why=write.why, fix=write.fix) from error
            finally:
                shutil.rmtree(part, ignore_errors=True)
    if not isinstance(told, dict):
        raise WeightsError(
            f"{repository}: its {INDEX} is no JSON object of a bounded size",
            why="it says which networks a pipeline is made of",
            fix="name another repository of the same model",
        )
    return told


def _parsed(path: Path) -> object:
    try:
        return json.loads(path.read_bytes()) if path.stat().st_size <= MOST_JSON_BYTES else None
    except (ValueError, RecursionError):
        return None
