"""seqwidget: see a ``keras.Sequential`` while you build it.

Importing this package imports neither Keras nor TensorFlow; the first use of a name below does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .live.callback import TrainableCallback
    from .live.recompile import RecompilePlan, recompile, recompile_plan
    from .live.sequential import Sequential, unwatch, watch
    from .stack.extractor import feature_extractor
    from .stack.inspect import inspect
    from .stack.languages import language
    from .stack.notes import silence, unsilence
    from .stack.records import LayerRow, Note, Stack
    from .stack.refusal import Diagnosis
    from .widgets.feature_maps import FeatureMaps
    from .widgets.summary import Summary
    from .widgets.trainable import Trainable

__all__ = [
    "Diagnosis",
    "FeatureMaps",
    "LayerRow",
    "Note",
    "RecompilePlan",
    "Sequential",
    "Stack",
    "Summary",
    "Trainable",
    "TrainableCallback",
    "__version__",
    "feature_extractor",
    "inspect",
    "language",
    "recompile",
    "recompile_plan",
    "silence",
    "unsilence",
    "unwatch",
    "watch",
]

_HOME = {
    "Diagnosis": "stack.refusal",
    "FeatureMaps": "widgets.feature_maps",
    "LayerRow": "stack.records",
    "Note": "stack.records",
    "RecompilePlan": "live.recompile",
    "Sequential": "live.sequential",
    "Stack": "stack.records",
    "Summary": "widgets.summary",
    "Trainable": "widgets.trainable",
    "TrainableCallback": "live.callback",
    "feature_extractor": "stack.extractor",
    "inspect": "stack.inspect",
    "language": "stack.languages",
    "recompile": "live.recompile",
    "recompile_plan": "live.recompile",
    "silence": "stack.notes",
    "unsilence": "stack.notes",
    "unwatch": "live.sequential",
    "watch": "live.sequential",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        msg = f"module 'seqwidget' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Show ``keras.Sequential`` models live in this IPython; what ``%load_ext seqwidget`` calls."""
    from . import ipython  # noqa: PLC0415  a script that only inspects needs no IPython

    ipython.load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Leave IPython and every model as they were; what ``%unload_ext seqwidget`` calls."""
    from . import ipython  # noqa: PLC0415  as above

    ipython.unload(shell)
