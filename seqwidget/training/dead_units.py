"""Measure the share of dead and saturated units of each layer on a few samples, while a model trains."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import keras

from ..activations.cache import Activations
from ..activations.channel_health import Analysis
from ..activations.layer_uses import LayerUse, facts_of, layer_uses
from ..activations.model_inputs import samples_for
from ..errors import UserError
from ..i18n.messages import Text, message
from ..model.training_run import LayerUnits
from ..model.trial import first_line
from .fit_data import first_validation

_MOST = 60  # the most measurements to keep for a layer
_SAMPLES = 64
_LIKE_BATCHES = 3.0  # a measurement takes about as long as this many batches
_DYING = frozenset({"relu", "relu6"})
"""Activations whose gradient is 0 for every input below zero."""
_BOUNDED = frozenset({"sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "softsign", "relu6"})


@dataclass(slots=True)
class _Layer:
    place: LayerUse
    epochs: list[int] = field(default_factory=list)
    dead: list[float] = field(default_factory=list)
    saturated: list[float] = field(default_factory=list)


class DeadUnits:
    """The measurements of all layers of a model with an activation whose units can die or saturate.

    Parameters
    ----------
    model : keras.Model
        The model.
    probe
        The samples, in a form that `seqwidget.FeatureMaps` accepts; at most 64 of them are used.

    Raises
    ------
    InputError
        If the samples do not fit the model.
    NotAModelError
        If the layers of the model cannot be run one by one.
    """

    def __init__(self, model: keras.Model, probe: object) -> None:
        facts = facts_of(model)
        samples = samples_for(model, probe, samples=_SAMPLES).samples
        found = layer_uses(model, facts)
        last = max((place.position for place in found.values()), default=0)
        # A bounded output of the whole model, such as a class, should be at a bound.
        self._layers = {
            path: _Layer(place)
            for path, place in found.items()
            if function(place.layer) in _DYING | _BOUNDED and place.position != last
        }
        self.layers: tuple[LayerUnits, ...] = ()
        self._activations = Activations(model, {path: layer.place for path, layer in self._layers.items()}, samples)

    def measure(self, epoch: int) -> None:
        """Run the model on the samples, in inference mode, and count."""
        if not self._layers:
            return
        analysis = Analysis(self._activations)
        for _ in analysis.add(self._activations.batch):
            pass
        for health in analysis.health():
            layer = self._layers[health.path]
            layer.epochs.append(epoch)
            layer.dead.append(len(health.dead) / health.channels)
            layer.saturated.append(len(health.saturated) / health.channels)
            if len(layer.epochs) > _MOST:
                del layer.epochs[1::2], layer.dead[1::2], layer.saturated[1::2]

        self.layers = tuple(_record(path, layer) for path, layer in self._layers.items() if layer.epochs)


class Probe:
    """The measurements of one run, which take at most a small share of its time, and never stop ``fit``.

    Parameters
    ----------
    chosen
        The samples that the user has chosen.
    arguments
        The arguments of ``fit``, from which the samples are taken if none were chosen.

    Attributes
    ----------
    layers
        The measurements so far.
    problems
        Why there are none; empty otherwise.
    """

    def __init__(self, chosen: object | None, arguments: Mapping[str, object]) -> None:
        self.layers: tuple[LayerUnits, ...] = ()
        self.problems: tuple[Text, ...] = ()
        self._is_chosen = chosen is not None
        self._samples = chosen if self._is_chosen else first_validation(arguments)
        self._units: DeadUnits | None = None
        self._next = 0.0

    def after_epoch(self, model: keras.Model, epoch: int, seconds: float, batches: int, share: float) -> None:
        """Measure if the time since the run began allows it; the first time, samples that were chosen are always used."""
        if self._samples is None or seconds < self._next:
            return
        if self._units is None and not self._is_chosen and _LIKE_BATCHES * seconds / max(1, batches) > share * seconds:
            return
        start = time.perf_counter()
        try:
            self._units = self._units or DeadUnits(model, self._samples)
            self._units.measure(epoch)
            self.layers = self._units.layers
        except Exception as error:  # noqa: BLE001  the model or the samples may raise anything
            self._samples = None
            if self._is_chosen:
                why = error.args[0] if isinstance(error, UserError) else first_line(error)
                self.problems = (message("the units were not examined on the probe samples: {error}", error=why),)
        self._next = seconds + (time.perf_counter() - start) / share


def _record(path: str, layer: _Layer) -> LayerUnits:
    name = function(layer.place.layer)
    return LayerUnits(
        path=path,
        type=layer.place.row.type,
        epochs=tuple(layer.epochs),
        dead=tuple(layer.dead) if name in _DYING else (),
        saturated=tuple(layer.saturated) if name in _BOUNDED else (),
    )


def function(layer: keras.Layer) -> str:
    """Return the name of the activation function that a layer ends with; empty without one."""
    if isinstance(layer, keras.layers.ReLU):
        plain = not layer.negative_slope and not layer.threshold
        return ("relu" if layer.max_value is None else "relu6") if plain else ""
    return getattr(getattr(layer, "activation", None), "__name__", "")
