"""Attributes that seqwidget keeps in a model's dict: Keras does not track them, so they go with the model and are not saved."""

from __future__ import annotations

TAIL = "_seqwidget_tail"
"""Where a Sequential that is built layer by layer (see `graph_edit`) has its output, until its graph is asked for."""

READ = "_seqwidget_read"
"""Where such a Sequential has what was read of it: elsewhere, that would keep it alive."""

RECORD = "_seqwidget_record"
"""The record of a model's edits; see `editing.session`."""
