"""Words for the names of figures and timings, so that nobody has to know the code to read them."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """What a figure is called on the page, and what it tells."""

    title: str
    meaning: str = ""


FIGURES = {
    "frame": Word("frame"),
    "coverage": Word("covered", "share of the picture under the mask"),
    "coverage_before": Word("covered", "share of the picture under the mask"),
    "coverage_after": Word("covered, grown", "share of the picture that was filled"),
    "area_share": Word("covered", "share of the picture that the cut-out takes"),
    "soft_share": Word("soft", "share of the picture that is neither solid nor empty"),
    "band_px": Word("band, px", "pixels round the edge whose transparency was worked out"),
    "mask_px": Word("mask, px", "pixels under the mask"),
    "hole_px": Word("hole, px", "pixels that were to be filled"),
    "unseen_px": Word("unseen, px", "pixels of the hole that no other frame shows"),
    "seen_share": Word("seen", "share of the hole that other frames show"),
    "inliers": Word("points", "points that agree on how the camera moved"),
    "residual_px": Word("camera, px", "by how much these points miss each other"),
    "shift_px": Word("parallax, px", "how far sources had to be bent to fit, beyond the camera"),
    "rim_outliers": Word(
        "rim off", "share of the band round the hole that is unlike what fills it: a mask that "
        "is too small shows here",
    ),
    "invented_px": Word("invented, px", "pixels that no frame shows"),
    "invented_anew_px": Word("invented here, px", "those invented for this frame alone"),
    "invented_share": Word("invented", "share of what was filled that no frame shows"),
    "carried": Word("carried", "whether the invention is that of the frames around it"),
    "filled_by": Word("filled by", "who invented"),
    "lossless": Word("lossless", "whether the background's format keeps every pixel"),
    "outside_identical": Word("rest same", "whether all other pixels are those of the frame"),
    "outside_error": Word("rest off by", "the largest difference there, of 255"),
    "residual": Word("leftover", "how much there still catches the eye like the character did"),
    "seam": Word("seam", "change across the border of the fill over change beside it; 1: unseen"),
    "seam_worst": Word("worst seam", "the same at its worst place"),
    "joint": Word("joint", "the same where what was invented meets what frames saw"),
    "sharpness": Word("sharpness", "of the fill over that of its surroundings"),
    "flicker": Word("flicker", "change of the fill from the frame before, of 255"),
    "flicker_beside": Word("flicker beside", "the same beside the fill"),
    "flicker_ratio": Word("flicker ratio", "flicker over flicker beside"),
    "backend": Word("way", "what did the work"),
    "method": Word("way", "what did the work"),
    "why": Word("why"),
    "model": Word("network"),
    "evidence": Word("characters by", "what told characters from the rest of the picture"),
    "evidence_why": Word("why so"),
    "proposed": Word("masks", "of anything, in all frames together"),
    "taken": Word("of characters", "how many of these masks were taken for parts of characters"),
    "asked_again": Word("asked again", "places believed to be characters that no mask covered"),
    "memory": Word("memory", "what was done when it fell short"),
    "trust": Word("trust", "how far each kind of evidence proved right"),
    "salience_weight": Word("salience counts", "0 to 1: what catches the eye"),
    "dullness_weight": Word("dullness counts", "0 to 1: against what does not catch the eye"),
    "motion_weight": Word("motion counts", "0 to 1: what moves against the background"),
    "moving_that_is_salient": Word("moving and salient", "share of what moves"),
    "restless_background": Word("restless", "share of what is not salient and yet moves"),
    "moving": Word("moving", "share of the picture"),
    "camera_still": Word("camera still"),
    "median_inliers": Word("points", "points that agree on how the camera moved, median"),
    "median_residual_px": Word("camera, px", "by how much these points miss each other, median"),
    "coverage_mean": Word("covered", "share of the picture under the masks, mean"),
    "coverage_least": Word("least", "in the frame with the smallest mask"),
    "coverage_most": Word("most", "in the frame with the largest mask"),
    "empty_frames": Word("empty", "frames in which nobody was found"),
    "alpha_change": Word("alpha changes", "from frame to frame, share of the band"),
    "mask_change": Word("mask changes", "the same of the mask"),
    "looked_frames": Word("looked at", "frames in which somebody was looked for"),
    "boxes": Word("boxes", "people and characters that were found"),
    "boxes_most": Word("most boxes", "in one frame"),
    "overridden_frames": Word("your boxes", "frames with boxes of your own"),
    "score_most": Word("surest", "score of the surest box"),
    "score_least": Word("least sure", "score of the least sure box"),
    "labels": Word("looked for"),
    "source_frames": Word("frames in the source"),
    "frames": Word("frames"),
    "listed": Word("listed", "frames beyond a limit"),
    "next_step": Word("advice"),
}  # fmt: skip
"""Key in the metadata → how the page says it."""

TIMINGS = {
    "look_s": "looking at the shot",
    "draw_s": "drawing the masks",
    "camera_s": "finding the camera",
    "people": "people",
    "stereo": "both eyes",
    "export": "writing",
}
"""Part of a stage's time → what was done in it."""
WHOLE = {"total_s", "matte", "shots", "chunks", "stereo_s"}
"""Timings that are all of a stage's work, which the engine has measured too."""


def figure_word(key: str) -> Word:
    """How the page calls a figure; one that it does not know keeps its name, made readable."""
    if key in FIGURES:
        return FIGURES[key]
    for end, word in (("_mean", "mean"), ("_max", "highest")):
        inner = key.removesuffix(end)
        if inner != key and inner in FIGURES:
            title, meaning = FIGURES[inner]
            return Word(f"{title}, {word}", meaning)
    return Word(key.replace("_", " "))


def timing_word(key: str) -> str:
    """What was done in a part of a stage's time; empty for all of it."""
    if key in WHOLE:
        return ""
    return TIMINGS.get(key, key.removesuffix("_s").replace("_", " "))


def counted(count: int, noun: str) -> str:
    """A number and its noun: ``1 frame``, ``2 frames``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
