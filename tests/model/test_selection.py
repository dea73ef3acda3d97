"""Which layers are selected by a pattern, a type, a start and an end."""

from __future__ import annotations

from typing import Any

import pytest

from seqwidget.errors import NoSuchLayerError
from seqwidget.model.selection import last_with_weights, select
from tests.render.stacks import row, stack

# 0 base, 1 base/block1_conv, 2 base/block1_bn, 3 base/block2_conv, 4 drop, 5 head, 6 block1_conv (the model's own), 7 relu
NET = stack(
    row(index=0, name="base", path="base", type="Sequential", kind="model"),
    row(index=0, name="block1_conv", path="base/block1_conv", type="Conv2D", depth=1),
    row(index=1, name="block1_bn", path="base/block1_bn", type="BatchNormalization", depth=1),
    row(index=2, name="block2_conv", path="base/block2_conv", type="Conv2D", depth=1),
    row(index=1, name="drop", path="drop", type="Dropout", params=0, trains=None),
    row(index=2, name="head", path="head"),
    row(index=3, name="block1_conv", path="block1_conv", type="Conv2D"),
    row(index=4, name="relu", path="relu", type="ReLU", params=0, trains=None),
)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6, 7]),
        ({"pattern": "head"}, [5]),
        ({"pattern": "base/.*"}, [1, 2, 3]),
        ({"pattern": "block1_conv"}, [6]),  # paths come before names
        ({"pattern": "block1_bn|block2_.*"}, [2, 3]),  # no path matches, so names
        ({"pattern": "hea"}, None),  # the whole name
        ({"type": "Conv2D"}, [1, 3, 6]),
        ({"type": "Conv2D", "pattern": "base/.*"}, [1, 3]),
        ({"end": "base/block1_bn"}, [1, 2]),  # base has layers after it
        ({"end": "base"}, [0, 1, 2, 3]),
        ({"end": "drop"}, [0, 1, 2, 3, 4]),
        ({"end": 1}, [0, 1, 2, 3, 4]),
        ({"end": -2}, [0, 1, 2, 3, 4, 5, 6]),
        ({"start": "base/block2_conv"}, [3, 4, 5, 6, 7]),
        ({"start": -2}, [6, 7]),
        ({"start": "drop", "end": "head"}, [4, 5]),
    ],
)
def test_what_is_meant(asked: dict[str, Any], meant: list[int] | None) -> None:
    if meant is None:
        with pytest.raises(NoSuchLayerError):
            select(NET, **asked)
    else:
        assert select(NET, **asked) == meant


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"pattern": "nothing"}, r"no layer of 'net' fully matches 'nothing'; its layers are base, base/block1_conv, .*"),
        ({"pattern": "block[1"}, r"expected a regular expression for layer names, received 'block\[1': .*"),
        ({"type": "Conv1D"}, "'net' has no layer of type 'Conv1D'; its types are Sequential, Conv2D, BatchNormalization, .*"),
        ({"end": "nowhere"}, "'net' has no layer 'nowhere'; its layers are .*"),
        ({"end": 5}, "'net' has 5 layers, received the index 5; use one from -5 to 4."),
        ({"start": "head", "end": "drop"}, "no layer of 'net' meets all conditions; use fewer of them."),
    ],
)
def test_a_selection_without_meaning_gets_an_error_of_one_line(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(NoSuchLayerError, match=f"^{told}$") as caught:
        select(NET, **asked)
    assert "\n" not in str(caught.value)


def test_a_model_without_weights() -> None:
    for ask in (select, last_with_weights):
        with pytest.raises(NoSuchLayerError, match="'net' has no layer with weights, so there is nothing to train or freeze"):
            ask(stack(row(params=0, trains=None)))


def test_the_last_layer_with_weights() -> None:
    assert last_with_weights(NET) == 6
    assert last_with_weights(stack(row(), row(params=None, trains=None))) == 1
