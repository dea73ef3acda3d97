"""The panel of what trains: a switch a layer, groups of them, and what the compiled step makes of it."""

from __future__ import annotations

from typing import Any

import traitlets

from ..model import training_state
from ..render.training_text import training
from ..training.switches import switch, train_last_only
from .base import FACT
from .summary import Summary


class Trainable(Summary):
    """The switches of a model: which layers train, whether they really do, and what freezing saves.

    Every switch has a call that does the same. While the model is in ``fit``, a change waits until it has ended, or until
    the next epoch if the model trains with `seqwidget.TrainableCallback`.

    Parameters
    ----------
    model : keras.Model
        As for `seqwidget.Summary`.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model.
    """

    component = traitlets.Unicode("trainable").tag(sync=True)

    slots = traitlets.Dict().tag(**FACT)
    """Bytes that the optimizer keeps for the weights that train, and that freezing saves; empty where not known."""

    def freeze(self, pattern: Any = None, *, type: str | None = None, start: Any = None, end: Any = None) -> Trainable:  # noqa: A002
        """Freeze layers, and all that is in them: those for which everything given holds.

        Parameters
        ----------
        pattern : str or keras.Layer, optional
            A regular expression over layer names, which a name has to match as a whole: first over the paths of layers
            (``base/block1_conv1``), and if none matches, over their own names (``block1_conv1``). Or the layer itself.
        type : str, optional
            The name of a class: ``"BatchNormalization"``.
        start, end : str or int or keras.Layer, optional
            The first and the last layer, both included: a path or name, an index into ``model.layers``, or the layer.

        Returns
        -------
        Trainable
            The panel.

        Raises
        ------
        NoSuchLayerError
            If no layer is meant, or none has weights.
        """
        switch(self._expected(), pattern, on=False, type=type, start=start, end=end)
        return self

    def unfreeze(self, pattern: Any = None, *, type: str | None = None, start: Any = None, end: Any = None) -> Trainable:  # noqa: A002
        """Have layers train, and all that is in them, and unfreeze the models around them; takes what `freeze` takes.

        What else is in those models stays as frozen as it was.
        """
        switch(self._expected(), pattern, on=True, type=type, start=start, end=end)
        return self

    def train_last_only(self) -> Trainable:
        """Freeze every layer but the last one that has weights, and have that one train."""
        train_last_only(self._expected())
        return self

    def _expected(self) -> Any:
        model = self._followed()
        if model is None:
            msg = "this panel expected its model, and that was deleted; make a panel of another one."
            raise ReferenceError(msg)
        return model

    def _read_switches(self, model: Any, stale: str) -> None:
        super()._read_switches(model, stale)
        self.slots = training_state.slot_memory(model) or {}

    def __repr__(self) -> str:
        return training(self._look.facts)
