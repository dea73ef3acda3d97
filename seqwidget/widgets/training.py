"""The Training panel: what ``fit`` is doing, live."""

from __future__ import annotations

from typing import Self, cast

import keras
import traitlets

from ..model.session import part
from ..render.training_run import report, report_html
from ..training.dead_units import DeadUnits
from ..training.run_control import RunControl
from ..training.run_history import runs
from .show import stand_in, update_static
from .summary import Summary


class Training(Summary):
    """A live panel of the training runs of a model: curves, and how much each layer changes.

    While the panel is open, it shows each ``fit`` of a ``keras.Sequential`` as it runs. For any
    other model, pass a `seqwidget.TrainingCallback` to ``fit``. A loop that calls ``train_on_batch``
    is recorded if it calls the methods of a ``keras.callbacks.CallbackList`` with such a callback,
    as Keras's own callbacks need it, too. The panel can stop and pause
    ``fit`` and set the learning rate, if the kernel handles widget messages while a cell is running.

    Parameters
    ----------
    model : keras.Model
        The model. As in `seqwidget.Summary`, a ``keras.Sequential`` is watched. A model has one
        Training panel.
    probe : array, optional
        A few samples, in any form that `seqwidget.FeatureMaps` accepts. During ``fit``, the share
        of dead and saturated units is measured on them; at most 64 are used. By default, these are
        the samples of the first validation batch, if the validation data are arrays.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model.
    InputError
        If ``probe`` does not fit the model.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    >>> model.compile("sgd", "mse")
    >>> panel = seqwidget.Training(model)
    >>> history = model.fit(np.zeros((8, 4)), np.zeros((8, 2)), epochs=2, verbose=0)
    >>> [(run.state, run.epoch) for run in seqwidget.runs(model)]
    [('finished', 2)]
    >>> panel.close()
    """

    component = traitlets.Unicode("training").tag(sync=True)

    def __new__(cls, model: keras.Model, *, probe: object | None = None) -> Self:
        """Return the panel of the model if there is one, or a new one."""
        del probe  # it belongs to the model, not to the panel
        return cast("Self", super().__new__(cls, model))

    def __init__(self, model: keras.Model, *, probe: object | None = None) -> None:
        super().__init__(model)
        if probe is not None:
            if model.built:
                DeadUnits(model, probe)  # raises an error if the samples do not fit
            part(model, RunControl).probe = probe

    def _read_runs(self) -> bool:
        has_ended = super()._read_runs()
        if has_ended and self.twin_ids:
            update_static(self, self._static_bundle())
        return has_ended

    def _static_bundle(self) -> dict[str, str]:
        model = self._model()
        found = runs(model) if model is not None else ()
        return {"text/html": stand_in(report_html(self._panel.facts.name, found), self.number), "text/plain": repr(self)}

    def __repr__(self) -> str:
        model = self._model()
        return report(self._panel.facts.name, runs(model) if model is not None else ())
