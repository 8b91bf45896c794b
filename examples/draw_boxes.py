"""Who is where: the boxes of a shot's first frames, drawn into the frame with the most of them.

python examples/draw_boxes.py film.mp4 boxes.png
"""

import sys
from pathlib import Path

import cv2

from multiplane import MultiplaneError
from multiplane.media.images import write_frame
from multiplane.media.video import open_clip
from multiplane.split.detect.config import DetectOptions
from multiplane.split.detect.run import detect


def main(source: str, out: str) -> str:
    """Write the picture; gives what looked at the frames, and why."""
    frames = [picture.frame for picture in open_clip(Path(source)).frames(stop=24)]
    found = detect(frames, DetectOptions(threshold=0.5))
    fullest = max(found.frames, key=lambda one: len(one.boxes))
    drawn = frames[fullest.index].copy()
    for one in fullest.boxes:
        x0, y0, x1, y1 = one.pixels  # half-open: the last pixel inside is x1 - 1, y1 - 1
        cv2.rectangle(drawn, (x0, y0), (x1 - 1, y1 - 1), (0, 255, 0), 2)
        text = f"{one.label} {one.score:.2f}"
        cv2.putText(drawn, text, (x0 + 4, y0 + 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 255, 0), 1)
    write_frame(Path(out), drawn)
    return f"{found.figures['backend']}: {found.figures['why']}; {found.figures['boxes']} boxes"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        print(main(*sys.argv[1:]))
    except MultiplaneError as error:
        sys.exit(str(error))
