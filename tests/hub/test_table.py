import re
from pathlib import PurePosixPath
from typing import get_args

import pytest

from multiplane.core.errors import ConfigError
from multiplane.hub.sources import HubSource
from multiplane.hub.table import MEDIA, MODELS, TABLES, any_entry, entry_of
from multiplane.split.segment.config import SalientOptions

ENTRIES = [*MODELS.values(), *MEDIA.values()]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_entries_are_whole(entry):
    assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
    assert entry.size_bytes > 0
    assert entry.licence
    assert entry.credit
    assert entry.purpose
    assert entry.file == PurePosixPath(entry.file).name
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", entry.name)
    if isinstance(entry.source, HubSource):
        assert re.fullmatch(r"[0-9a-f]{40}", entry.source.revision)


def test_names_are_keys():
    for kind, table in TABLES.items():
        assert all(entry.name == name and entry.kind == kind for name, entry in table.items())


def test_sizes_read_well():
    assert MODELS["u2netp"].size == "4.6 MB"


def test_a_misspelt_name_gets_a_hint():
    assert entry_of("models", "u2netp").file == "u2netp.onnx"
    with pytest.raises(ConfigError, match="no models called 'u2nett'") as caught:
        entry_of("models", "u2nett")
    assert caught.value.fix in {"use 'u2net'", "use 'u2netp'"}
    with pytest.raises(ConfigError) as caught:
        entry_of("media", "xyz")
    assert caught.value.fix == "use one of bigbuckbunny"


def test_any_name_is_known_without_its_kind():
    assert any_entry("u2netp") is MODELS["u2netp"]
    assert any_entry("bigbuckbunny") is MEDIA["bigbuckbunny"]
    with pytest.raises(ConfigError, match="no models or media called 'bunny'") as caught:
        any_entry("bunny")
    assert caught.value.why == "known: u2netp, u2net, bigbuckbunny"


def test_every_model_can_be_chosen():
    choices = get_args(SalientOptions.model_fields["model"].annotation)
    assert set(choices) == set(MODELS)
