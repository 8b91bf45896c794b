import re
from pathlib import PurePosixPath
from typing import get_args

import pytest

from multiplane.core.errors import ConfigError
from multiplane.hub.entries import Entry
from multiplane.hub.sources import HubSource
from multiplane.hub.table import MEDIA, MODELS, TABLES, any_entry, entry_of
from multiplane.restore.check.run import NETWORK, CheckOptions
from multiplane.restore.inpaint.config import LamaOptions
from multiplane.split.segment.config import SalientOptions

ENTRIES = [*MODELS.values(), *MEDIA.values()]
FILES = [entry for entry in ENTRIES if isinstance(entry, Entry)]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_entries_say_what_they_are(entry):
    assert entry.licence
    assert entry.credit
    assert entry.title
    assert entry.purpose
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", entry.name)


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: entry.name)
def test_files_are_whole(entry):
    assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
    assert entry.size_bytes > 0
    assert entry.file == PurePosixPath(entry.file).name
    if isinstance(entry.source, HubSource):
        assert re.fullmatch(r"[0-9a-f]{40}", entry.source.revision)


def test_names_are_keys():
    for kind, table in TABLES.items():
        assert all(entry.name == name and entry.kind == kind for name, entry in table.items())


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
    assert caught.value.why.startswith("known: u2netp, u2net, sam2.1-tiny, ")
    assert caught.value.why.endswith(", bigbuckbunny")


def test_every_network_of_salience_is_known():
    choices = get_args(SalientOptions.model_fields["model"].annotation)
    assert choices
    assert set(choices) <= set(MODELS)


@pytest.mark.parametrize("options", [SalientOptions, CheckOptions, LamaOptions])
def test_no_default_forbids_commercial_use_or_wants_terms_accepted(options):
    field = options.model_fields.get("model")
    name = field.default if field else NETWORK
    assert MODELS[name].commercial
    assert not getattr(MODELS[name], "gated", False)
