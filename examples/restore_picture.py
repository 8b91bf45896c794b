"""Several restorations of one picture, as arrays: no recipe, no run folder, no network.

python examples/restore_picture.py picture.png mask.png collage.png
"""

import sys

from multiplane import MultiplaneError
from multiplane.media.images import read_frame, read_mask, write_frame
from multiplane.restore.candidates.config import CandidatesOptions
from multiplane.restore.candidates.repair import restore_picture
from multiplane.restore.collage.draw import draw_collage
from multiplane.restore.inpaint.config import PatchMatchOptions


def main(picture: str, mask: str, out: str) -> None:
    """Write original, damage and three restorations side by side."""
    frame, damage = read_frame(picture), read_mask(mask)  # white is repaired
    options = CandidatesOptions(backend=PatchMatchOptions(), rows=3, seed=1)

    found = restore_picture(frame, damage, options)
    write_frame(out, draw_collage(frame, damage, [one.picture for one in found]))
    for one in found:
        print(f"seed {one.seed}: rank {one.rank}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except MultiplaneError as error:
        sys.exit(str(error))
