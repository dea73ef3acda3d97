"""The functional graph of a Sequential, which is made when it is first requested.

On PyTorch, a Keras model is also a ``torch.nn.Module``. Its graph and its parameters are modules, which
are not in the ``__dict__`` of the model but in ``_modules``. They are brought up to date when they are
read: a model that grows layer by layer does not pay for them at every step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from . import names, tracking
from .capabilities import QUICK_EDITS
from .inner_layers import contents

_GRAPH, _MODULES, _PARAMETERS = "_functional", "_modules", "_torch_params"
_ON_TORCH = keras.backend.backend() == "torch"


class _Graph:
    """A descriptor for ``_functional``, which makes a missing graph when it is requested."""

    def __get__(self, model: keras.Model, owner: type | None = None) -> object:
        if model is None:
            return self
        state = vars(model)
        if names.TAIL in state:
            from keras.src.models.functional import Functional

            set_graph(model, graph=Functional(inputs=contents(model)[0].output, outputs=state[names.TAIL]))
        return _home(model).get(_GRAPH)

    def __set__(self, model: keras.Model, value: keras.Model | None) -> None:
        set_graph(model, graph=value)


class DeferredGraph:
    """The attributes of a Sequential whose graph may be made later."""

    _functional = _Graph()

    if _ON_TORCH:

        @property
        def _modules(self) -> dict[str, Any]:
            """The modules that PyTorch finds in the model."""
            update_modules(self)
            return _raw(self, _MODULES)

        @_modules.setter
        def _modules(self, value: dict[str, Any]) -> None:
            vars(self)[_MODULES] = value

        @property
        def _torch_params(self) -> Any:
            """The parameters that PyTorch finds in the model. Keras checks whether there are any."""
            return _raw(self, _PARAMETERS, self._modules)

        def __setattr__(self, name: str, value: object) -> None:
            # PyTorch puts a module into `_modules` without asking a descriptor.
            if name == _GRAPH and QUICK_EDITS.works:
                set_graph(self, graph=value)
                return
            super().__setattr__(name, value)
            if name == _GRAPH:
                vars(self)[names.MODULES_OUTDATED] = True


def live_output(model: keras.Model) -> keras.KerasTensor | None:
    """Return the output of a Sequential whose graph may be made later, without making it.

    Return None for any other model, while the output is unknown, and if it is not one tensor.
    """
    if names.TAIL in vars(model):
        return vars(model)[names.TAIL]
    graph = _home(model).get(_GRAPH) if isinstance(model, DeferredGraph) else None
    end = getattr(graph, "_outputs_struct", None)
    return end if isinstance(end, keras.KerasTensor) else None


def _raw(model: keras.Model, name: str, where: dict[str, Any] | None = None) -> Any:
    try:
        return (vars(model) if where is None else where)[name]
    except KeyError:
        raise AttributeError(name) from None


def _home(model: keras.Model) -> dict[str, Any]:
    """Return the dict in which Keras keeps the graph of a model."""
    state = vars(model)
    return state.get(_MODULES, state) if _ON_TORCH else state


def set_graph(model: keras.Model, *, graph: keras.Model | None = None, tail: keras.KerasTensor | None = None) -> None:
    """Store a graph, or the output from which to make it.

    The output is stored last, so that an interrupted change can be repeated.
    """
    state, home = vars(model), _home(model)
    old = home.get(_GRAPH)
    if QUICK_EDITS.works and old is not None and old is not graph:
        # Keras would track the old graph forever, and with it the removed layers.
        tracking.untrack(model, old)
        if graph is None and hasattr(model, "_delete_tracking"):  # only on TensorFlow
            model._delete_tracking(_GRAPH)
    if home is not state:
        state.pop(_GRAPH, None)
        state[names.MODULES_OUTDATED] = True
    home[_GRAPH] = graph
    if QUICK_EDITS.works and graph is not None:
        tracking.track(model, graph)
        if hasattr(model, "_track_trackable"):  # TensorFlow checkpoints expect it
            model._track_trackable(graph, name=_GRAPH, overwrite=True)
    if tail is None:
        state.pop(names.TAIL, None)
    else:
        state[names.TAIL] = tail


def restorer(model: keras.Model) -> Callable[[], None]:
    """Return a function that restores the graph of a model, and its modules on PyTorch."""
    home, graph, tail = _home(model), _home(model).get(_GRAPH), vars(model).get(names.TAIL)
    modules = None if home is vars(model) else dict(home)

    def restore() -> None:
        set_graph(model, graph=graph, tail=tail)
        if modules is not None:
            home.clear()
            home.update(modules)

    return restore


def update_modules(model: keras.Model) -> None:
    """Make the modules that PyTorch finds in a model those of its present layers, as Keras does after a build."""
    if names.MODULES_OUTDATED not in vars(model):
        return
    from keras.src.backend.common.stateless_scope import in_stateless_scope

    if in_stateless_scope():  # parameters have no values here, for example while a layer is tried out
        return
    for part in (model, model._functional):
        if part is not None:
            part._track_variables()
    vars(model).pop(names.MODULES_OUTDATED, None)
