"""Sample media by name: ``find("bigbuckbunny")`` gives the file, fetched when it is not here."""

from __future__ import annotations

from pathlib import Path

from multiplane.hub import lookup
from multiplane.hub.table import entry_of


def find(
    name: str, explicit: Path | None = None, folder: Path | None = None,
    cache: Path | None = None, *, offline: bool = False,
) -> Path:  # fmt: skip
    """Find sample media by name: explicit path, local folder, cache, source, in this order.

    Args:
        name: An entry of :data:`multiplane.hub.table.MEDIA`.
        explicit: A file of the user's own; taken as it is.
        folder: A folder of media.
        cache: The cache; None for the default one.
        offline: Do not fetch.

    Returns:
        The file.

    Raises:
        ConfigError: There are no media of that name.
        WeightsError: They are not there and cannot be fetched, or have another hash.
        OutputError: The cache cannot be written.
    """
    return lookup.find(entry_of("media", name), explicit, folder, cache, offline=offline)
