"""Start and stop watching existing models."""

from __future__ import annotations

from typing import TypeVar

import keras

from ..checks import describe
from ..errors import NotAModelError
from ..keras_compat import graph_edit
from ..keras_compat.written_as import set_class, subclass_for, written_class
from ..model.session import part
from .edits import forget
from .refusals import find_broken
from .sequential import Live, Sequential, observe_build
from .transaction import Editing

M = TypeVar("M", bound=keras.Sequential)


def watch(model: M) -> M:
    """Watch an existing ``keras.Sequential``, so that panels follow its edits.

    Nothing else changes.

    Parameters
    ----------
    model : keras.Sequential
        The model. It may be of a subclass, and it may be built, compiled or trained. Watching a
        model twice has no further effect.

    Returns
    -------
    keras.Sequential
        The same model.

    Raises
    ------
    NotAModelError
        If ``model`` is not a ``keras.Sequential``. Other models have no ``add`` and ``pop``.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv")])
    >>> model = seqwidget.watch(model)
    >>> removed = model.pop()
    >>> [step.what for step in model.edits]
    ['start', 'pop conv (Conv2D)']
    """
    if not isinstance(model, keras.Sequential):
        msg = (
            f"watch expected a keras.Sequential, received {describe(model)}; "
            "seqwidget.inspect and seqwidget.Summary can show any Keras model."
        )
        raise NotAModelError(msg)
    if not isinstance(model, Live):
        observe_build(model)
        set_class(model, _live_class(type(model)))
        part(model, Editing).adopted = True
        find_broken(model)
    return model


def unwatch(model: M) -> M:
    """Stop watching a model, and restore the class that it had before `watch`.

    Parameters
    ----------
    model : keras.Sequential
        The model. Any other object, such as a `seqwidget.Sequential`, is left unchanged.

    Returns
    -------
    object
        The same object.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv")])
    >>> type(seqwidget.unwatch(seqwidget.watch(model))) is keras.Sequential
    True
    """
    if isinstance(model, Live) and part(model, Editing).adopted:
        graph_edit.hand_over(model)
        forget(model)
        vars(model)["build"] = vars(model)["build"].__wrapped__
        set_class(model, written_class(model))
    return model


def _live_class(cls: type) -> type:
    """Return the class of a watched model of class ``cls``. It is reused while it exists."""
    if cls is keras.Sequential:
        return Sequential
    return subclass_for(cls, Live)
