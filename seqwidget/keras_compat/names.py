"""Names of the attributes that seqwidget stores in a model's ``__dict__``.

Keras does not track these attributes, so they live as long as the model and are not saved.
"""

from __future__ import annotations

TAIL = "_seqwidget_tail"
"""The output of a Sequential that is built layer by layer, until its graph is made.

See `deferred_graph`.
"""

MODULES_OUTDATED = "_seqwidget_modules_outdated"
"""Present if the modules that PyTorch finds in a model are those of an earlier graph; see `deferred_graph`."""

SESSION = "_seqwidget_session"
"""The session of a model; see `model.session`."""

SPECS = "_seqwidget_specs"
"""The shapes and dtypes of the outputs of a call, stored in its node; see `model.tensor_specs`."""
