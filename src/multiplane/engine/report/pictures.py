"""Small pictures for the page: frame, mask, cut-out, background, as JPEG inside the HTML."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.errors import MultiplaneError
from multiplane.engine.report.read import RunResult
from multiplane.media.images import read_alpha, read_frame, read_mask

WIDTH_PX = 420
OUTLINE = (255, 48, 160)
"""A colour that hardly occurs in footage."""
CHECKER_PX = 12


def data_uri(picture: NDArray[np.uint8], quality: int = 82) -> str:
    """A picture as the ``src`` of an image tag.

    Args:
        picture: uint8 (H, W, 3), RGB.
        quality: JPEG quality, 1 to 100.
    """
    _, code = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return "data:image/jpeg;base64," + base64.b64encode(code.tobytes()).decode()


def frame_row(run: RunResult, shot: str, index: int) -> list[tuple[str, str]]:
    """The pictures of one frame side by side: before, mask, cut-out, after.

    Without a finished background its plate stands in, with what no frame shows in a loud colour.

    Args:
        run: The run.
        shot: The id of its shot.
        index: The frame's place in the shot.

    Returns:
        (caption, data URI) pairs; planes that were not made are left out, and a file that cannot
        be read any more is left out too.
    """
    row: list[tuple[str, str]] = []
    frames = run.plane("frames", shot)
    frame = _read(frames, index)
    if frame is None:
        return row
    row.append((f"{shot} · {frames[index].stem}", data_uri(frame)))
    masks = run.plane("masks", shot)
    if index < len(masks):
        row.append(("mask", data_uri(outlined(frame, masks[index]))))
    alphas = run.plane("alphas", shot)
    if index < len(alphas):
        row.append(("cut-out", data_uri(on_checker(frame, alphas[index]))))
    background = _read(run.plane("backgrounds", shot), index)
    if background is not None:
        row.append(("background", data_uri(background)))
        return row
    plate = _read(run.plane("plates", shot), index)
    if plate is not None:
        unseen = run.plane("unseen", shot)
        drawn = marked(plate, unseen[index]) if index < len(unseen) else plate
        row.append(("plate; pink: no frame shows it", data_uri(drawn)))
    return row


def outlined(frame: NDArray[np.uint8], mask_file: Path) -> NDArray[np.uint8]:
    """The frame, darkened outside the mask and with its outline drawn."""
    try:
        selected = read_mask(mask_file).astype(np.uint8)
    except MultiplaneError:
        return frame
    mask = cv2.resize(selected, frame.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    drawn = np.where(mask[..., None] > 0, frame, frame // 3)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    picture = np.ascontiguousarray(drawn, dtype=np.uint8)
    cv2.drawContours(picture, contours, -1, OUTLINE, 1, cv2.LINE_AA)
    return picture


def marked(frame: NDArray[np.uint8], mask_file: Path) -> NDArray[np.uint8]:
    """The frame with the mask painted over it."""
    try:
        selected = read_mask(mask_file).astype(np.uint8)
    except MultiplaneError:
        return frame
    mask = cv2.resize(selected, frame.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.where(mask[..., None] > 0, np.asarray(OUTLINE, np.uint8), frame)


def on_checker(frame: NDArray[np.uint8], alpha_file: Path) -> NDArray[np.uint8]:
    """The character on the grey squares that stand for nothing."""
    try:
        alpha = read_alpha(alpha_file)
    except MultiplaneError:
        return frame
    share = cv2.resize(alpha, frame.shape[1::-1], interpolation=cv2.INTER_AREA)[..., None]
    rows, columns = np.indices(frame.shape[:2]) // CHECKER_PX
    squares = np.where((rows + columns) % 2 == 0, 205, 245)[..., None]
    return np.asarray(frame * share + squares * (1 - share), dtype=np.uint8)


def spread(count: int, most: int) -> list[int]:
    """At most ``most`` places evenly over ``count``, first and last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})


def small_picture(path: Path, width_px: int) -> str:
    """A picture as the ``src`` of an image tag, reduced; empty when it cannot be read.

    Args:
        path: The picture.
        width_px: Its width at most.
    """
    picture = _reduced(path, width_px)
    return "" if picture is None else data_uri(picture)


def _read(files: Sequence[Path], index: int) -> NDArray[np.uint8] | None:
    return _reduced(files[index], WIDTH_PX) if index < len(files) else None


def _reduced(path: Path, width_px: int) -> NDArray[np.uint8] | None:
    try:
        frame = read_frame(path)
    except (MultiplaneError, OSError):
        return None
    height = max(1, round(frame.shape[0] * width_px / frame.shape[1]))
    if frame.shape[1] <= width_px:
        return frame
    small = cv2.resize(frame, (width_px, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)
