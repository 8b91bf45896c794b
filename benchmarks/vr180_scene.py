"""The recipe vr180-matte from end to end on the synthetic scene, held against the truth.

    python benchmarks/vr180_scene.py [--size 1024] [--frames 60] [--people 2]
        [--backends motion selfie characters sam] [--scales 0.25 0.5 1] [--gpu]

Two people walk through a room and cross. The clip is filmed with exact alphas and ids, then each
backend takes the people out of it at each working size, in a process of its own. --gpu adds the
detector and SAM 2.1, whose weights must be here (multiplane models pull).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dated import write_report
from multiplane.core.arrays import Alpha, Mask
from multiplane.core.threads import cpu_count
from multiplane.measure.matting import MattingScores
from multiplane.media.clip import open_clip
from multiplane.media.matte_video import read_mattes
from multiplane.split.stereo.edges import EdgeRefiner
from multiplane.split.stereo.edges_config import EdgesOptions
from multiplane.split.stereo.people_file import FramePeople, read_people

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from stereo_scene import people_scene, times_of, write_clip

RATE = Fraction(30000, 1001)
FIGURES = ("mad", "mse", "grad", "conn", "dtssd")
LEAST_SHARE = 0.0005
"""Who covers less of an eye is not looked for, as in the options of split.stereo."""
MATCH = 0.5
"""IoU from which somebody found is the true person."""
HEAD = (
    "| backend | scale | MAD | MSE | Grad | Conn | dtSSD | found | ids | agreement | s a frame | "
    "of which stereo | GiB |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Truth:
    """A filmed clip and what is true of each of its eyes, frame by frame.

    Attributes:
        clip: The file.
        alphas: Frame → eye → uint8 (N, N), 255 = people.
        ids: Frame → eye → uint8 (N, N), who; 0 is nobody.
    """

    clip: Path
    alphas: list[list[NDArray[np.uint8]]]
    ids: list[list[NDArray[np.uint8]]]


@dataclass(frozen=True)
class Outcome:
    """What one run came to."""

    figures: dict[str, float]
    found: float
    same: float
    agreement: float | None
    seconds: float
    stereo_s: float
    peak_gib: float


def film(folder: Path, size_px: int, frames: int, people: int) -> Truth:
    """Film the scene; frames are drawn once."""
    scene = people_scene(size_px, people)
    truth = Truth(folder / "scene.mp4", [], [])
    drawn: dict[float, NDArray[np.uint8]] = {}

    def shown(t: float) -> NDArray[np.uint8]:
        if t not in drawn:
            pair = scene.pair(t)
            drawn.clear()
            drawn[t] = np.hstack([eye.frame for eye in pair])
            truth.alphas.append([np.rint(eye.alpha * 255).astype(np.uint8) for eye in pair])
            truth.ids.append([eye.ids for eye in pair])
        return drawn[t]

    write_clip(truth.clip, shown, frames, RATE, spherical=True)
    assert len(truth.alphas) == len(times_of(frames, RATE))
    return truth


def run(truth: Truth, backend: str, scale: float, out: Path) -> tuple[float, float]:
    """Run the recipe in a process of its own: wall seconds and peak of memory in GiB.

    Raises:
        SystemExit: It failed; it has said why.
    """
    settings = (
        f"chunks.scale={scale}",
        f"stereo.people.backend={backend}",
        'export.formats=["matte"]',
    )
    words = [sys.executable, "-m", "multiplane", "run", "vr180-matte", str(truth.clip), "-q"]
    words += ["-o", str(out), *(word for text in settings for word in ("--set", text))]
    started = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{backend} at {scale:g} ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss / 2**20


def alpha_figures(truth: Truth, out: Path) -> dict[str, float]:
    """Means over frames and eyes, each eye by itself."""
    (path,) = out.glob("export/videos/*/*matte*.mkv")
    scores = [MattingScores(), MattingScores()]
    for (_, matte), true in zip(read_mattes(path), truth.alphas, strict=True):
        for eye, part in enumerate(np.hsplit(matte, 2)):
            scores[eye].add(as_alpha(part), as_alpha(true[eye]))
    left, right = (score.means() for score in scores)
    return {name: (left[name] + right[name]) / 2 for name in FIGURES}


def from_true_masks(truth: Truth, scale: float) -> tuple[dict[str, float], float]:
    """What edges alone come to, from the true masks at working size; seconds a frame."""
    scores = [MattingScores(), MattingScores()]
    refiners = [EdgeRefiner(EdgesOptions()) for _ in scores]
    seconds = 0.0
    for picture, true in zip(open_clip(truth.clip).frames(), truth.alphas, strict=True):
        for eye, view in enumerate(np.hsplit(picture.frame, 2)):
            size = (round(view.shape[1] * scale), round(view.shape[0] * scale))
            small = cv2.resize(true[eye], size, interpolation=cv2.INTER_AREA)
            frame, mask = np.ascontiguousarray(view), (small >= 128).astype(np.float32)
            started = time.perf_counter()
            found = refiners[eye].refine(frame, mask)
            seconds += time.perf_counter() - started
            scores[eye].add(found, as_alpha(true[eye]))
    left, right = (score.means() for score in scores)
    means = {name: (left[name] + right[name]) / 2 for name in FIGURES}
    return means, seconds / len(truth.alphas)


def as_alpha(grey: NDArray[np.uint8]) -> Alpha:
    """From bytes."""
    return grey.astype(np.float32) / np.float32(255)


def people_figures(truth: Truth, out: Path) -> tuple[float, float, float | None]:
    """Share of true people found, share of those with one id throughout, mean agreement."""
    (path,) = out.glob("stereo/people/*/*/people.json")
    asked, met, agreements = 0, [], []
    for frame in read_people(path).frames():
        agreements += [pair.agreement for pair in frame.pairs if pair.agreement is not None]
        for eye, ids in enumerate(truth.ids[frame.index]):
            known = list(true_people(ids))
            asked += len(known)
            met += [(who, found) for who, found in matched(frame, eye, known)]
    best = {who: most_often([f for w, f in met if w == who]) for who, _ in met}
    right = sum(best[who] == found for who, found in met)
    if len(set(best.values())) < len(best):
        right = 0  # two people go by one id
    agreement = statistics.fmean(agreements) if agreements else None
    return len(met) / max(1, asked), right / max(1, len(met)), agreement


def true_people(ids: NDArray[np.uint8]) -> Iterator[tuple[int, Mask]]:
    """Who of the true ones is large enough to be looked for."""
    for who in np.unique(ids[ids > 0]):
        mask: Mask = ids == who
        if mask.mean() >= LEAST_SHARE:
            yield int(who), mask


def matched(
    frame: FramePeople, eye: int, known: Sequence[tuple[int, Mask]]
) -> Iterator[tuple[int, int]]:
    """Pairs of a true person and the id it was found under."""
    found = {person.id: person.mask.unpack() for person in frame.eyes[eye]}
    for who, mask in known:
        shares = {number: overlap(seen, at_size_of(mask, seen)) for number, seen in found.items()}
        number = max(shares, key=lambda n: shares[n], default=0)
        if shares and shares[number] >= MATCH:
            yield who, number


def at_size_of(mask: Mask, like: Mask) -> Mask:
    """A mask made smaller: where half of what a pixel covers is selected."""
    grey = mask.astype(np.uint8) * np.uint8(255)
    small = cv2.resize(grey, like.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small >= 128, np.bool_)


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def most_often(values: Sequence[int]) -> int:
    """The commonest."""
    return Counter(values).most_common(1)[0][0]


def outcome(truth: Truth, backend: str, scale: float) -> Outcome:
    """Run one backend at one scale, and look at what came out."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        seconds, peak = run(truth, backend, scale, out)
        told = json.loads((out / "stereo" / "stereo_metadata.json").read_text(encoding="utf-8"))
        figures = alpha_figures(truth, out)
        return Outcome(
            figures, *people_figures(truth, out), seconds, float(told["timings"]["wall"]), peak
        )


def row(backend: str, scale: float, found: Outcome, frames: int) -> str:
    """One line of the table."""
    cells = [backend, f"{scale:.0%}", *(f"{found.figures[name]:.3f}" for name in FIGURES)]
    cells += [f"{found.found:.3f}", f"{found.same:.3f}"]
    cells.append("" if found.agreement is None else f"{found.agreement:.4f}")
    cells += [f"{found.seconds / frames:.3f}", f"{found.stereo_s / frames:.3f}"]
    return f"| {' | '.join([*cells, f'{found.peak_gib:.2f}'])} |"


def main() -> None:
    """Film, run, compare, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024, metavar="PX")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--people", type=int, default=2)
    parser.add_argument("--backends", nargs="+", default=["motion", "selfie"])
    parser.add_argument("--scales", nargs="+", type=float, default=[0.25, 0.5, 1.0])
    parser.add_argument("--gpu", action="store_true")
    words = parser.parse_args()
    backends = [*words.backends, *(["sam"] if words.gpu else [])]
    with tempfile.TemporaryDirectory() as folder:
        truth = film(Path(folder), words.size, words.frames, words.people)
        table = [HEAD]
        for scale in words.scales:
            means, seconds = from_true_masks(truth, scale)
            cells = ["*true masks*", f"{scale:.0%}", *(f"{means[name]:.3f}" for name in FIGURES)]
            table.append(f"| {' | '.join([*cells, '', '', '', '', f'{seconds:.3f}', ''])} |")
            print(table[-1], flush=True)
        for backend in backends:
            for scale in words.scales:
                found = outcome(truth, backend, scale)
                table.append(row(backend, scale, found, words.frames))
                print(table[-1], flush=True)
        share = np.mean([alpha.mean() / 255 for eyes in truth.alphas for alpha in eyes])
    notes = (
        f"{words.frames} frames, {words.size}x{words.size} px an eye, {words.people} people who "
        f"cover {share:.2%} of it. MAD and MSE x 1000, Grad and Conn / 1000, dtSSD x 100, each eye "
        "by itself, against the exact alpha of the scene before it was compressed; an empty alpha "
        f"has a MAD of {share * 1000:.1f}. *true masks*: the exact masks, hard, at working size, "
        "through the edges alone. *found*: of the true people in each eye of each frame, "
        f"those that somebody found covers with an IoU of {MATCH}; *ids*: of these, those under "
        "the id that the person has most often, in either eye; *agreement*: of the eyes on each "
        "person after the warp by the person's plane. Seconds are of the whole run with its start, "
        "decoding and encoding; GiB is the peak of its process. The load was "
        f"{os.getloadavg()[0]:.1f} on {cpu_count()} cores at the end."
    )
    body = "\n".join([*table, "", notes])
    packages = ("opencv-python-headless", "av", "torch", "transformers")
    path = write_report("vr180_scene", "People out of VR180, against the truth", body, packages)
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
