import dataclasses

from multiplane.hub.entries import BundleFile, in_words


def test_sizes_read_well(entry):
    assert in_words(4_574_861) == "4.6 MB"
    assert entry.size == "0.0 MB"


def test_a_bundle_is_as_large_as_its_weights_or_bounded(bundle):
    assert bundle.size == "< 0.0 MB"
    known = BundleFile("model.safetensors", size_bytes=3_000_000)
    known = dataclasses.replace(bundle, files=(bundle.files[0], known))
    assert known.size == "3.0 MB"


def test_its_page(bundle):
    assert bundle.page == "https://huggingface.co/owner/small-net"
