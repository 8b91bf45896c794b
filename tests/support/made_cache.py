"""A cache of huggingface_hub, made on the spot."""

import hashlib
import os

SMALL = {"config.json": b"{}", "model.safetensors": b"tensors"}


def fill_shared(place, repository, files, commit="c" * 40, links=True):
    """Lay files out as huggingface_hub does: blobs called by their contents, links to them."""
    border = place / f"models--{repository.replace('/', '--')}"
    folder = border / "snapshots" / commit
    for name, held in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not links:
            path.write_bytes(held)
            continue
        large = name.endswith(".safetensors")
        framed = held if large else b"blob %d\0" % len(held) + held
        blob = border / "blobs" / hashlib.new("sha256" if large else "sha1", framed).hexdigest()
        blob.parent.mkdir(exist_ok=True)
        blob.write_bytes(held)
        path.unlink(missing_ok=True)
        path.symlink_to(os.path.relpath(blob, path.parent))
    (border / "refs").mkdir(parents=True, exist_ok=True)
    (border / "refs" / "main").write_text(commit)
    return folder
