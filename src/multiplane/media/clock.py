"""Timestamps for a file that is written: the source's own, made to rise where they do not."""

from __future__ import annotations

import logging
from fractions import Fraction

_log = logging.getLogger(__name__)

_TOLD = 3
"""How many moved timestamps are told one by one; the rest are counted."""
_RESTART_S = 1
"""A step back further than this is a clock that began anew, not frames out of order."""


class Clock:
    """Gives every frame a timestamp after the last one; no frame is ever dropped for it.

    Attributes:
        delay: How much later picture and sound lie in the file than in the source, in units of
            the clock: MP4 hides what lies before 0.
    """

    def __init__(self, rate: Fraction, time_base: Fraction) -> None:
        """Start without a frame.

        Args:
            rate: Frames a second, for frames without a timestamp.
            time_base: Seconds a unit of pts.
        """
        self.delay = 0
        self.step = max(round(1 / rate / time_base), 1)
        self._time_base = time_base
        self._last: int | None = None
        self._ahead = 0  # of what the source says, since its clock began anew
        self._moved = 0
        self._told: list[str] = []

    @property
    def notes(self) -> list[str]:
        """What a user should hear of."""
        more = self._moved - _TOLD
        if more > 0:
            return [*self._told, f"{more} more timestamps did not rise and were moved"]
        return list(self._told)

    def next(self, pts: int | None) -> int:
        """The timestamp of the next frame, without the delay.

        Args:
            pts: Its own, in units of the clock; None for one frame after the last.

        Returns:
            ``pts``, or the next that lies after the last frame's.
        """
        last = self._last
        follows = 0 if last is None else last + self.step
        given = follows if pts is None else pts + self._ahead
        if last is not None and given <= last:
            given = self._after(last, given)
        if last is None and given < 0:
            self.delay = -given
            seconds = float(self.delay * self._time_base)
            self._tell(
                f"the first timestamp is -{seconds:g} s; "
                f"picture and sound begin {seconds:g} s later"
            )
        self._last = given
        return given

    def _after(self, last: int, given: int) -> int:
        if (last - given) * self._time_base > _RESTART_S:
            self._ahead += last + self.step - given
            self._tell(
                f"the clock of the source fell back from {float(last * self._time_base):g} s to "
                f"{float(given * self._time_base):g} s; what follows goes on after it"
            )
            return last + self.step
        self._moved += 1
        note = f"timestamp {given} came after {last} and was moved behind it"
        if self._moved <= _TOLD:
            self._tell(note)
        else:
            _log.debug(note)
        return last + 1

    def _tell(self, note: str) -> None:
        self._told.append(note)
        _log.warning(note)
