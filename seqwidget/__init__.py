"""Show a ``keras.Sequential`` in Jupyter while you build it.

Importing this package imports neither Keras nor TensorFlow. They are imported when a name below
that needs them is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import marimo
from ._version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .activations.extractor import feature_extractor
    from .editing.events import Compiled, Edited, EpochEnded, FitProgressed, FlagsPending, Refused, subscribe
    from .editing.sequential import Sequential
    from .editing.step import Step
    from .editing.watching import unwatch, watch
    from .errors import (
        ArgumentError,
        CannotRecompileError,
        CannotWriteError,
        CycleError,
        EmptyStackError,
        InputError,
        InputShapeError,
        MissingPackageError,
        NoStepError,
        NoSuchLayerError,
        NotAModelError,
        UserError,
    )
    from .i18n.languages import language
    from .inspection.inspect import inspect
    from .inspection.stack import Stack
    from .lint.silence import silence, unsilence
    from .model.edges import Edge
    from .model.measured_time import MeasuredTime
    from .model.records import LayerRow, Note
    from .model.refusal import Diagnosis, Fix
    from .model.training_memory import TrainingMemory
    from .model.training_run import TrainingRun
    from .training.callback import TrainableCallback
    from .training.layer_times import measured_time
    from .training.recompile import RecompilePlan, recompile, recompile_plan
    from .training.run_history import runs
    from .training.training_callback import TrainingCallback
    from .widgets.feature_maps import FeatureMaps
    from .widgets.summary import Summary
    from .widgets.trainable import Trainable
    from .widgets.training import Training

__all__ = [
    "ArgumentError",
    "CannotRecompileError",
    "CannotWriteError",
    "Compiled",
    "CycleError",
    "Diagnosis",
    "Edge",
    "Edited",
    "EmptyStackError",
    "EpochEnded",
    "FeatureMaps",
    "FitProgressed",
    "Fix",
    "FlagsPending",
    "InputError",
    "InputShapeError",
    "LayerRow",
    "MeasuredTime",
    "MissingPackageError",
    "NoStepError",
    "NoSuchLayerError",
    "NotAModelError",
    "Note",
    "RecompilePlan",
    "Refused",
    "Sequential",
    "Stack",
    "Step",
    "Summary",
    "Trainable",
    "TrainableCallback",
    "Training",
    "TrainingCallback",
    "TrainingMemory",
    "TrainingRun",
    "UserError",
    "__version__",
    "feature_extractor",
    "inspect",
    "language",
    "measured_time",
    "recompile",
    "recompile_plan",
    "runs",
    "silence",
    "subscribe",
    "unsilence",
    "unwatch",
    "watch",
]

_HOME = {
    "ArgumentError": "errors",
    "CannotRecompileError": "errors",
    "CannotWriteError": "errors",
    "Compiled": "editing.events",
    "CycleError": "errors",
    "Diagnosis": "model.refusal",
    "Edge": "model.edges",
    "Edited": "editing.events",
    "EmptyStackError": "errors",
    "EpochEnded": "editing.events",
    "FeatureMaps": "widgets.feature_maps",
    "FitProgressed": "editing.events",
    "Fix": "model.refusal",
    "FlagsPending": "editing.events",
    "InputError": "errors",
    "InputShapeError": "errors",
    "LayerRow": "model.records",
    "MeasuredTime": "model.measured_time",
    "MissingPackageError": "errors",
    "NoStepError": "errors",
    "NoSuchLayerError": "errors",
    "NotAModelError": "errors",
    "Note": "model.records",
    "RecompilePlan": "training.recompile",
    "Refused": "editing.events",
    "Sequential": "editing.sequential",
    "Stack": "inspection.stack",
    "Step": "editing.step",
    "Summary": "widgets.summary",
    "Trainable": "widgets.trainable",
    "TrainableCallback": "training.callback",
    "Training": "widgets.training",
    "TrainingCallback": "training.training_callback",
    "TrainingMemory": "model.training_memory",
    "TrainingRun": "model.training_run",
    "UserError": "errors",
    "feature_extractor": "activations.extractor",
    "inspect": "inspection.inspect",
    "language": "i18n.languages",
    "measured_time": "training.layer_times",
    "recompile": "training.recompile",
    "recompile_plan": "training.recompile",
    "runs": "training.run_history",
    "silence": "lint.silence",
    "subscribe": "editing.events",
    "unsilence": "lint.silence",
    "unwatch": "editing.watching",
    "watch": "editing.watching",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        msg = f"module 'seqwidget' has no attribute {name!r}"
        raise AttributeError(msg)
    try:
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    except (ImportError, ValueError) as error:  # Keras raises a ValueError for a backend that it does not know
        from .errors import MissingPackageError
        from .keras_compat.missing_backend import missing_backend

        if reason := missing_backend(error):
            raise MissingPackageError(reason) from None
        raise
    globals()[name] = value
    marimo.register()  # now Keras is imported
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Display ``keras.Sequential`` models as live panels in IPython.

    ``%load_ext seqwidget`` calls this function.

    Parameters
    ----------
    shell : InteractiveShell
        The running IPython shell.
    """
    from . import ipython  # scripts that only call inspect need no IPython

    ipython.load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Restore IPython, close all panels, and restore the models that they watched.

    ``%unload_ext seqwidget`` calls this function.

    Parameters
    ----------
    shell : InteractiveShell
        The running IPython shell.
    """
    from . import ipython  # as above

    ipython.unload(shell)


marimo.register()
