from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.core.errors import ConfigError
from multiplane.engine.price import FILE_NAME, keep_price, read_price


@pytest.mark.parametrize("price", [0.0, 0.4, 250.0])
def test_a_price_is_kept(price: float, tmp_path: Path) -> None:
    assert read_price(tmp_path) is None
    keep_price(tmp_path, price)
    assert read_price(tmp_path) == price


@pytest.mark.parametrize("price", [-0.01, float("nan"), float("inf"), 1e10])
def test_what_is_no_price_is_refused(price: float, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--price-per-hour is") as caught:
        keep_price(tmp_path, price)
    assert caught.value.fix == "--price-per-hour 0.40"
    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize(
    "text",
    ["", "[", "3", "{}", '{"price_per_hour": "much"}', '{"price_per_hour": -1}',
     '{"price_per_hour": NaN}', "[" * 100_000],
)  # fmt: skip
def test_damage_is_no_price(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert read_price(tmp_path) is None
