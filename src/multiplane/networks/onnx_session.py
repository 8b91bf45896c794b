"""ONNX files on the CPU: opened and asked alike, whatever network is in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.core.errors import BackendError, WeightsError
from multiplane.core.threads import cpu_count


def open_session(weights: Path, threads: int, fix: str) -> onnxruntime.InferenceSession:
    """Load a network.

    Args:
        weights: The ONNX file.
        threads: Processors one picture may use; 0 means all.
        fix: What to do about a file that is none.

    Returns:
        It, ready, with an input and an output; several threads may ask it at once.

    Raises:
        WeightsError: The file is not there or holds no such network.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its own errors reach us as exceptions
    options.intra_op_num_threads = threads or cpu_count()
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others work too
    try:
        session = onnxruntime.InferenceSession(
            str(weights), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise WeightsError(
            f"{weights} cannot be loaded as an ONNX network",
            why=str(error).split("\n")[0],
            fix=fix,
        ) from error
    if not (session.get_inputs() and session.get_outputs()):
        raise WeightsError(
            f"{weights} cannot be loaded as an ONNX network",
            why="it takes nothing, or gives nothing",
            fix=fix,
        )
    return session


def ask(
    session: onnxruntime.InferenceSession, output: str, given: dict[str, NDArray[Any]], frame: Frame
) -> NDArray[np.float32]:
    """Run a network on what was made of a frame.

    Args:
        session: The network.
        output: The name of the output that is wanted.
        given: Name of an input → its array.
        frame: (H, W, 3), which an error tells of.

    Returns:
        The output.

    Raises:
        BackendError: ONNX Runtime failed.
    """
    try:
        (found,) = session.run([output], given)
    except Exception as error:
        raise BackendError(
            f"ONNX Runtime failed on a frame of {frame.shape[1]}x{frame.shape[0]}",
            why=str(error).split("\n")[0],
            fix="multiplane doctor",
        ) from error
    return np.asarray(found, np.float32)
