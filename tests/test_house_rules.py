"""What ruff and mypy cannot see: where things stand and who may import whom."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import multiplane
from multiplane.core.config import Options
from multiplane.core.plugins import EXTRAS

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "multiplane"
FILES = sorted(SOURCE.rglob("*.py"))

LAYERS = [
    ["core"], ["tensors"], ["motion"], ["geometry"], ["media"], ["hub"], ["networks"], ["measure"],
    ["split", "restore", "curate", "learn", "compose", "lift"],
    ["engine"], ["cli", "studio"],
]  # fmt: skip
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
TORCH_ROOMS = ("backends", "networks", "tensors", "measure")
MODEL_LIBRARIES = {"torch", "torchvision", "transformers", "diffusers", "peft", "lpips"}


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] != "multiplane" or len(parts) < 2 or parts[1] not in RANK:
        return None
    return parts[1]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    here = path.relative_to(SOURCE).parts[0]
    if here not in RANK:
        return
    for module in imports_of(path):
        there = room_of(module)
        if there is None or there == here:
            continue
        assert RANK[there] < RANK[here], f"{here} imports {module}"


def module_of(path: Path) -> str:
    parts = ("multiplane", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_imports_run_in_a_circle() -> None:
    uses: dict[str, set[str]] = {module_of(path): set() for path in FILES}
    for path in FILES:
        for name in imports_of(path):
            uses[module_of(path)] |= {name, name.rpartition(".")[0]} & uses.keys()
    ordered = [*TopologicalSorter(uses).static_order()]  # says which, where there is a circle
    assert ordered.index("multiplane.core.errors") < ordered.index("multiplane.cli.main")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_model_libraries_stay_in_their_rooms(path: Path) -> None:
    if set(path.relative_to(SOURCE).parts) & set(TORCH_ROOMS):
        return
    used = {module.partition(".")[0] for module in imports_of(path)} & MODEL_LIBRARIES
    assert not used, f"imports {used}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_hold_one_idea(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400, f"{lines} lines: split it"
    assert path.stem not in {"utils", "common", "helpers", "base", "misc"}


FORBIDDEN = {"eval", "exec", "pickle.load", "pickle.loads", "pickle.Unpickler", "os.system"}
WANTED = {"torch.load": {"weights_only": "True"}}
"""What a call must say outright."""
ALLOWED = {"shell": "False", "weights_only": "True", "allow_pickle": "False"}
"""The one value that a keyword of any call may have."""


def dangers(source: str) -> list[str]:
    """What in a module could run code or read a file that holds code."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    full = full_names(tree)
    found = []
    for call in calls:
        first, dot, rest = ast.unparse(call.func).partition(".")
        name = full.get(first, first) + dot + rest
        said = {word.arg: ast.unparse(word.value) for word in call.keywords if word.arg}
        found += [name] if name in FORBIDDEN else []
        found += [f"{name} without {k}" for k in WANTED.get(name, {}) if k not in said]
        found += [f"{k}={said[k]}" for k, v in ALLOWED.items() if said.get(k, v) != v]
        if name == "numpy.load" and len(call.args) > 2:
            found.append("numpy.load with allow_pickle by position")
    return found


def full_names(tree: ast.AST) -> dict[str, str]:
    """What the names that a module imports stand for."""
    names = {}
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            origin = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names[alias.asname or alias.name] = f"{origin}{alias.name}"
    return names


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_dangerous(path: Path) -> None:
    assert dangers(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("eval(x)", ["eval"]),
        ("import os\nos.system('ls')", ["os.system"]),
        ("from os import system as run\nrun('ls')", ["os.system"]),
        ("from pickle import loads\nloads(b'')", ["pickle.loads"]),
        ("import subprocess\nsubprocess.run('ls', shell=True)", ["shell=True"]),
        ("import torch\ntorch.load('f.pt')", ["torch.load without weights_only"]),
        ("import torch\ntorch.load('f.pt', **how)", ["torch.load without weights_only"]),
        ("import torch\ntorch.load('f.pt', weights_only=False)", ["weights_only=False"]),
        ("import torch\ntorch.load('f.pt', weights_only=safe)", ["weights_only=safe"]),
        ("from torch import load\nload('f.pt')", ["torch.load without weights_only"]),
        ("import numpy as np\nnp.load('f.npy', allow_pickle=True)", ["allow_pickle=True"]),
        ("import numpy as np\nnp.load('f.npy', None, True)", [
            "numpy.load with allow_pickle by position"]),
        ("import torch\ntorch.load('f.pt', weights_only=True)", []),
        ("import numpy as np\nnp.load('f.npy', allow_pickle=False)\nnp.load('f.npy')", []),
        ("import json\njson.load(file)\nworker.load(item)\nmodel.eval()", []),
    ],
)  # fmt: skip
def test_the_rule_about_danger_finds_it(code: str, found: list[str]) -> None:
    assert dangers(code) == found


def modules() -> list[str]:
    found = (info.name for info in pkgutil.walk_packages(multiplane.__path__, "multiplane."))
    return sorted(name for name in found if not name.endswith("__main__"))


def option_models() -> list[type[Options]]:
    for name in modules():
        if name.endswith(".config"):
            importlib.import_module(name)
    found: list[type[Options]] = []
    queue = list(Options.__subclasses__())
    while queue:
        model = queue.pop()
        queue.extend(model.__subclasses__())
        if model.__module__.startswith("multiplane."):
            found.append(model)
    return sorted(found, key=lambda model: model.__name__)


@pytest.mark.parametrize("model", option_models(), ids=lambda model: model.__name__)
def test_options_are_frozen_strict_and_described(model: type[Options]) -> None:
    assert model.model_config.get("frozen"), "not frozen"
    assert model.model_config.get("extra") == "forbid", "takes unknown keys"
    assert model.__doc__, "no docstring"
    for name, field in model.model_fields.items():
        assert field.description or name == "kind", f"{model.__name__}.{name} is not described"


def test_every_module_has_a_test() -> None:
    missing = []
    for path in FILES:
        relative = path.relative_to(SOURCE)
        if path.name in {"__init__.py", "__main__.py"}:
            continue
        if not (ROOT / "tests" / relative.parent / f"test_{path.name}").exists():
            missing.append(str(relative))
    assert not missing, f"no test module for {missing}"


def test_inheritance_is_shallow() -> None:
    for name in modules():
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name in EXTRAS:  # not installed; seen where all extras are
                continue
            raise
        for item in vars(module).values():
            if isinstance(item, type) and item.__module__ == name:
                ours = [
                    base for base in item.__mro__[1:] if base.__module__.startswith("multiplane")
                ]
                if issubclass(item, Exception):
                    continue
                assert len(ours) <= 2, f"{item} derives from {ours}"


LAZY = """
import sys
{action}
heavy = sorted({names} & set(sys.modules))
assert not heavy, heavy
"""


@pytest.mark.parametrize(
    "action",
    [
        "import multiplane",
        "from multiplane.cli.main import main; import contextlib\n"
        "with contextlib.suppress(SystemExit): main(['--help'])",
    ],
    ids=["import", "help"],
)
def test_heavy_libraries_stay_unloaded(action: str) -> None:
    names = {"torch", "cv2", "av", "onnxruntime", "pymatting", "numba", "skimage", "scipy"}
    code = LAZY.format(action=action, names=names)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_public_api_is_what_it_says() -> None:
    assert multiplane.__all__ == ["MultiplaneError", "RunReport", "__version__", "pictures", "run"]
    for name in multiplane.__all__:
        assert getattr(multiplane, name) is not None
    with pytest.raises(AttributeError, match="nothing_here"):
        multiplane.nothing_here  # noqa: B018 - the access is the test


def test_nothing_names_a_registry_or_a_machine() -> None:
    words = ["pypi.org", "pythonhosted", "/".join(["", "work", "main"])]
    for path in [*FILES, ROOT / "pyproject.toml", ROOT / "README.md"]:
        text = path.read_text(encoding="utf-8")
        assert not [word for word in words if word in text], path
