"""Stages as functions, without recipe, ledger or run folder: frames in, frames out.

python examples/stages_as_functions.py film.mp4 clean.mkv
"""

import sys
from pathlib import Path

from multiplane import MultiplaneError
from multiplane.media.video import VideoOptions, open_clip, write_video
from multiplane.restore.inpaint.run import inpaint
from multiplane.restore.plate.run import plates
from multiplane.split.segment.config import MotionOptions, SegmentOptions
from multiplane.split.segment.run import segment


def main(source: str, out: str) -> None:
    """Write a video of the first shot's first frames with nobody in them, sound included."""
    clip = open_clip(Path(source))
    taken = list(clip.frames(stop=48))
    frames = [picture.frame for picture in taken]

    found = segment(frames, SegmentOptions(backend=MotionOptions(), min_instance_px=400))
    masks = [one.mask for one in found.frames]
    made = list(plates(frames, masks))
    seen = ([one.plate for one in made], [one.unseen for one in made])
    clean = [one.background for one in inpaint(frames, masks, plates=seen)]

    pictures = ((picture.pts, frame) for picture, frame in zip(taken, clean, strict=True))
    write_video(Path(out), pictures, like=clip, options=VideoOptions(codec="ffv1"))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except MultiplaneError as error:
        sys.exit(str(error))
