"""Stacks of any kind, built by hand, so that the tests of drawings need no Keras."""

from __future__ import annotations

from hypothesis import strategies as st

from seqwidget.inspection.stack import Stack
from seqwidget.model.records import KINDS, LayerRow, Totals

SIZE = st.one_of(st.none(), st.integers(1, 2000))
SHAPES = st.one_of(
    st.none(),
    st.lists(SIZE, min_size=1, max_size=4).map(lambda sizes: (None, *sizes)),
    st.tuples(st.just((None, 3)), st.just((None, 4))),
)
NAMES = st.one_of(
    st.sampled_from(
        ["conv2d", "<script>alert(1)</script>", "\"quote' & more", "🎉 עברית", "x" * 300, "a\nb\x00c\x1b[1m", "]]>"]
    ),
    st.text(min_size=1, max_size=30).filter(lambda name: "/" not in name),
)
COUNT = st.one_of(st.none(), st.integers(0, 10**9))


def row(**some: object) -> LayerRow:
    """Build the row of a Dense(3) on 4 features, except for the given changes."""
    fields: dict[str, object] = {
        "index": 0,
        "name": "dense",
        "path": "dense",
        "type": "Dense",
        "kind": "dense",
        "depth": 0,
        "dtype": "float32",
        "input_shape": (None, 4),
        "output_shape": (None, 3),
        "params": 15,
        "trainable_params": 15,
        "shared_with": None,
        "trainable": True,
        "trains": True,
        "stale": None,
        "data_format": None,
        "padding": None,
        "cropped": None,
        **dict.fromkeys(("kernel", "strides", "dilation", "receptive_field", "receptive_field_stride")),
        "macs": 12,
        "activation_bytes": 12,
    }
    return LayerRow(**{**fields, **some})  # type: ignore[arg-type]


def stack(*rows: LayerRow, **some: object) -> Stack:
    """Build a stack from rows, with totals that need not be their sums."""
    fields: dict[str, object] = {
        "name": "net",
        "input_shape": (None, 4),
        "input_dtype": "float32",
        "built": True,
        "compiled": False,
    }
    return Stack(rows=tuple(rows), totals=Totals(15, 15, 0, 12, 12), **{**fields, **some})  # type: ignore[arg-type]


ROWS = st.builds(
    lambda name, kind, shape, params, macs, memory, frozen, data_format: row(
        name=name,
        path=name,
        kind=kind,
        type=kind.title(),
        output_shape=shape,
        params=params,
        macs=macs,
        activation_bytes=memory,
        trainable=not frozen,
        trains=not frozen,
        data_format=data_format,
    ),
    NAMES,
    st.sampled_from(KINDS),
    SHAPES,
    COUNT,
    COUNT,
    COUNT,
    st.booleans(),
    st.sampled_from(["channels_last", "channels_first", None]),
)
STACKS = st.builds(
    lambda rows, name, shape: stack(*rows, name=name, input_shape=shape), st.lists(ROWS, max_size=8), NAMES, SHAPES
)
