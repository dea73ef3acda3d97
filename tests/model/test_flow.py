"""What feeds a row, and what it feeds, through nested models with several inputs and outputs."""

from __future__ import annotations

from seqwidget.model.connections import flow
from seqwidget.model.edges import Edge

from ..render.stacks import row

PAIR = ((None, 3), (None, 2))


def test_a_nested_model_connects_each_input_with_the_layers_that_take_it() -> None:
    model = row(kind="model", output_shape=PAIR)
    rows = [row(), row(), model, row(depth=1), row(depth=1), row(), row()]
    outer = (Edge(0, 2), Edge(1, 2), Edge(2, 5), Edge(2, 6, None, 1))
    inner = (Edge(None, 3, 2), Edge(None, 4, 2, 1), Edge(3, None, 2), Edge(4, None, 2))
    assert sorted(flow(rows, {None: outer, 2: inner})) == [(0, 3), (1, 4), (3, 5), (4, 6)]


def test_all_is_connected_if_it_is_not_known_which_input_is_which() -> None:
    rows = [row(), row(kind="model"), row(depth=1), row(depth=1), row()]
    outer = (Edge(None, 0), Edge(0, 1), Edge(1, 4), Edge(0, 4))
    inner = (Edge(None, 2, 1), Edge(None, 3, 1, 1), Edge(2, None, 1), Edge(3, None, 1))
    assert sorted(flow(rows, {None: outer, 1: inner})) == [(0, 2), (0, 3), (0, 4), (2, 4), (3, 4)]
