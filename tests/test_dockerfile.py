"""The Dockerfile cannot be built here; what it names must at least be there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_what_is_copied_is_there_and_not_ignored() -> None:
    let_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")
    }
    copied = {
        name
        for line in re.findall(r"^COPY (.+)$", TEXT, re.MULTILINE)
        for name in line.split()[:-1]
    }
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)


def test_what_the_package_is_built_from_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {"pyproject.toml", "src", project["project"]["readme"]}
    needed.update(project["project"]["license-files"])
    assert all(re.search(rf"^COPY .*\b{re.escape(name)}", TEXT, re.MULTILINE) for name in needed)
    extras = set(project["project"]["optional-dependencies"])
    assert set(re.findall(r"--extra (\S+)", TEXT)) <= extras
    assert set(re.findall(r"^FROM \S+ AS (\S+)", TEXT, re.MULTILINE)) == {"source", "cpu", "cuda"}


def test_it_does_not_run_as_root() -> None:
    assert TEXT.count("USER planes\nENTRYPOINT") == 2
