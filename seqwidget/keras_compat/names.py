"""Names of the attributes that seqwidget stores in a model's ``__dict__``.

Keras does not track these attributes, so they live as long as the model and are not saved.
"""

from __future__ import annotations

TAIL = "_seqwidget_tail"
"""The output of a Sequential that is built layer by layer, until its graph is made.

See `graph_edit`.
"""

READ = "_seqwidget_read"
"""What was read of such a Sequential. Stored elsewhere, it would keep the model alive."""

RECORD = "_seqwidget_record"
"""The record of a model's edits; see `editing.session`."""
