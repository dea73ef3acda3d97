"""The Trainable panel: switches for layers and groups, and the state of the compiled step."""

from __future__ import annotations

from typing import ClassVar

import keras
import traitlets

from ..i18n.messages import Text
from ..model import training_state
from ..render.training_text import training
from ..training.switches import Bound, switch, train_last_only
from .records import Slots
from .summary import Summary
from .traits import fact


class Trainable(Summary):
    """A live panel to freeze and unfreeze the layers of a model.

    It shows which layers are trainable, whether the compiled training step agrees, and how much
    optimizer memory freezing saves. Each switch has a method with the same effect.

    While the model is in ``fit``, changes are pending. They take effect at the next epoch if a panel
    showed the model when ``fit`` began, or with `seqwidget.TrainableCallback`. Otherwise, and if
    the optimizer cannot be re-created, they take effect when ``fit`` ends, as the panel says. For a
    model that is not a ``keras.Sequential``, flags are set at once, and the panel says what ``fit``
    makes of them.

    Parameters
    ----------
    model : keras.Model
        The model. As in `seqwidget.Summary`, a ``keras.Sequential`` is watched, and any other
        model is read again at the end of each cell. A model has one Trainable panel.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv")])
    >>> panel = seqwidget.Trainable(model).freeze("conv")
    >>> model.layers[0].trainable
    False
    >>> panel.close()
    """

    component = traitlets.Unicode("trainable").tag(sync=True)
    shows_runs: ClassVar = False

    slots = traitlets.Dict().tag(**fact(Slots))
    """Bytes of optimizer slots, or empty if they are not known."""

    def freeze(
        self,
        pattern: str | keras.Layer | None = None,
        *,
        type: str | None = None,
        start: Bound | None = None,
        end: Bound | None = None,
    ) -> Trainable:
        """Freeze layers, and all layers nested in them.

        A layer is selected if it meets all conditions that are given. Without any, all layers are
        selected.

        Parameters
        ----------
        pattern : str or keras.Layer, optional
            A layer, or a regular expression that must match the full path of a layer
            (``base/block1_conv1``). If it matches no path, it is matched against the layers' own
            names (``block1_conv1``).
        type : str, optional
            The name of a layer class, such as ``"BatchNormalization"``.
        start, end : str or int or keras.Layer, optional
            The first and the last layer, both included: a path or name, an index into
            ``model.layers``, or the layer itself.

        Returns
        -------
        Trainable
            The panel itself.

        Raises
        ------
        NoSuchLayerError
            If no layer is selected, or no layer of the model has weights.
        ArgumentError
            If an argument has the wrong type.
        ReferenceError
            If the model was deleted.
        """
        switch(self._expected(), pattern, on=False, type=type, start=start, end=end)
        return self

    def unfreeze(
        self,
        pattern: str | keras.Layer | None = None,
        *,
        type: str | None = None,
        start: Bound | None = None,
        end: Bound | None = None,
    ) -> Trainable:
        """Unfreeze layers, all layers nested in them, and the models that contain them.

        The other layers of those models keep their own flags.

        Parameters
        ----------
        pattern : str or keras.Layer, optional
            As in `freeze`.
        type : str, optional
            As in `freeze`.
        start, end : str or int or keras.Layer, optional
            As in `freeze`.

        Returns
        -------
        Trainable
            The panel itself.

        Raises
        ------
        NoSuchLayerError
            If no layer is selected, or no layer of the model has weights.
        ArgumentError
            If an argument has the wrong type.
        ReferenceError
            If the model was deleted.
        """
        switch(self._expected(), pattern, on=True, type=type, start=start, end=end)
        return self

    def train_last_only(self) -> Trainable:
        """Unfreeze the last layer that has weights, and freeze all other layers.

        Returns
        -------
        Trainable
            The panel itself.

        Raises
        ------
        NoSuchLayerError
            If no layer has weights.
        ReferenceError
            If the model was deleted.
        """
        train_last_only(self._expected())
        return self

    def _expected(self) -> keras.Model:
        model = self._model()
        if model is None:
            msg = "this panel expected its model, which was deleted; make a panel of another one."
            raise ReferenceError(msg)
        return model

    def _read_switches(self, model: keras.Model, stale: Text) -> None:
        super()._read_switches(model, stale)
        self.slots = training_state.slot_memory(model) or {}

    def __repr__(self) -> str:
        return training(self._panel.facts)
