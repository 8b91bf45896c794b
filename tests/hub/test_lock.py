import subprocess
import sys
import threading
import time

import pytest

from multiplane.core.errors import OutputError
from multiplane.hub.lock import only_one

HOLDER = """
import sys, time
from pathlib import Path
from multiplane.hub.lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_another_process_waits_until_the_holder_dies(tmp_path):
    path = tmp_path / "deep" / "file.lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        begin = time.monotonic()
        holder_kill = threading.Timer(0.4, holder.kill)
        holder_kill.start()
        with only_one(path, poll_s=0.02):
            assert time.monotonic() - begin > 0.3


def test_it_can_be_taken_again(tmp_path):
    for _ in range(2):
        with only_one(tmp_path / "file.lock"):
            pass


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError) as caught, only_one(tmp_path / "file" / "x.lock"):
        pass
    assert "choose another folder" in caught.value.fix
