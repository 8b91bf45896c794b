import importlib.util
import sys
from pathlib import Path

import pytest

ORACLE = Path(__file__).resolve().parents[2] / "benchmarks" / "oracle_scene.py"


@pytest.fixture(scope="session")
def oracle():
    """The module that draws scenes of which everything is known."""
    spec = importlib.util.spec_from_file_location("oracle_scene", ORACLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
