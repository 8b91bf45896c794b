from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from multiplane.core.errors import OutputError
from multiplane.engine import lock

HOLD = """
import sys, time
from pathlib import Path
from multiplane.engine import lock
with lock.hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    with lock.hold(tmp_path):
        assert lock.is_held(tmp_path)
        with pytest.raises(OutputError) as caught, lock.hold(tmp_path):
            pass
        assert caught.value.what == f"{tmp_path} is in use by process {os.getpid()}"
        assert caught.value.fix == f"wait for it, watch it with: multiplane status {tmp_path}"
    assert not lock.is_held(tmp_path)
    with lock.hold(tmp_path):
        pass


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    assert not lock.is_held(tmp_path)


def test_a_killed_holder_holds_no_more(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(OutputError, match=f"in use by process {process.pid}"):
            lock.hold(tmp_path).__enter__()
        process.kill()
    with lock.hold(tmp_path):
        pass
