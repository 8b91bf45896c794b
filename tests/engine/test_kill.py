"""A run that is killed at any instant and run again ends like one that never was."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOYS = Path(__file__).parent / "toys"
CLIPS, PIECES = 4, 10


def start(folder: Path) -> subprocess.Popen[bytes]:
    """A run in a process of its own, up to where it begins to work."""
    process = subprocess.Popen(
        [sys.executable, str(TOYS / "killed.py"), str(folder)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def prepare(folder: Path) -> Path:
    for name in range(CLIPS):
        path = folder / "texts" / f"clip{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(f"{name} {line}" for line in range(2 * PIECES)))
    return folder


def finish(folder: Path) -> None:
    process = start(folder)
    process.communicate(timeout=60)
    assert process.returncode == 0


def wait_for_works(process: subprocess.Popen[bytes], folder: Path, count: int) -> None:
    """Wait until the run has worked on `count` pieces or has ended: no clock, so that a slow
    machine is killed at as many different moments as a fast one."""
    log = folder / "works.log"
    while process.poll() is None:
        if log.exists() and len(log.read_text().splitlines()) >= count:
            return
        time.sleep(0.001)


def result(folder: Path) -> dict[str, str]:
    """Every file of the steps, by content; the metadata without its times."""
    found = {}
    for path in sorted((folder / "out").glob("*/**/*")):
        if path.is_file():
            text = path.read_text()
            if path.parent.parent == folder / "out":
                value = json.loads(text)
                del value["timings"]
                text = json.dumps(value)
            found[str(path.relative_to(folder))] = text
    return found


def done(folder: Path) -> set[str]:
    """Copies that the ledger holds as done, read as another process may."""
    path = folder / "out" / "ledger.sqlite"
    if not path.exists():
        return set()
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        try:
            rows = db.execute("SELECT item FROM records WHERE step='copy' AND state='done'")
            return {f"copy {item}" for (item,) in rows}
        except sqlite3.OperationalError:  # killed before the tables were made
            return set()


def worked(folder: Path) -> list[str]:
    log = folder / "works.log"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_again_and_again_and_run_to_the_end(kills: int, tmp_path: Path) -> None:
    whole = prepare(tmp_path / "whole")
    finish(whole)
    assert len(worked(whole)) == CLIPS * PIECES
    folder = prepare(tmp_path / "killed")
    chance = random.Random(5)
    kept: set[str] = set()
    seen = set()
    for _ in range(kills):
        process = start(folder)
        wait_for_works(process, folder, chance.randrange(2 * CLIPS * PIECES // kills))
        time.sleep(chance.uniform(0, 0.02))  # somewhere between two pieces' writes
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert not kept & set(worked(folder)), "what was done has been computed again"
        now = done(folder)
        assert kept <= now, "what was done is no longer known"
        kept = now
        seen.add(len(kept))
    finish(folder)
    assert not kept & set(worked(folder)), "what was done has been computed again"
    assert result(folder) == result(whole)
    assert not list((folder / "out").rglob(".part-*"))
    assert len(seen) > 1, f"the kills came at no different moments: {seen}"
