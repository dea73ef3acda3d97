"""Change which layers a model holds, together with what Keras tracks for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import keras

from .capabilities import TRACKING
from .inner_layers import contents
from .scratch import scratch


def hold(model: keras.Model, layers: tuple[keras.Layer, ...]) -> None:
    """Make a Sequential hold these layers, without building anything, even if ``quantize`` has locked it."""
    if not TRACKING.works:
        hold_by_keras(model, layers, build=False)
        return
    rows = model._layers
    kept = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] is pair[1], zip(rows, layers, strict=False)))
    gone = rows[kept:]
    list.__setitem__(rows, slice(None), layers)  # Keras's methods raise if the model is locked
    held = set(map(id, layers))
    for layer in gone:
        if id(layer) not in held:
            untrack(model, layer)
    for layer in layers:
        track(model, layer)


def hold_by_keras(model: keras.Model, layers: tuple[keras.Layer, ...], *, build: bool) -> None:
    """Make a Sequential hold these layers by Keras's own ``pop`` and ``add``.

    The last layer is always removed and added again, because ``add`` builds the model.
    """
    kept = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] is pair[1], zip(contents(model), layers[:-1], strict=False)))
    while len(contents(model)) > kept:
        keras.Sequential.pop(model, rebuild=False)
    for layer in layers[kept:-1]:
        keras.Sequential.add(model, layer, rebuild=False)
    if layers:
        keras.Sequential.add(model, layers[-1], rebuild=build)


def track(model: keras.Model, layer: keras.Layer) -> None:
    """Make Keras count a layer as a part of a model, even if ``quantize`` has locked the model."""
    tracker = model._tracker
    if not tracker.is_in_store("layers", layer):
        tracker.config["layers"][1].append(layer)
        tracker.stored_ids["layers"].add(id(layer))


def untrack(model: keras.Model, layer: keras.Layer) -> None:
    """Make Keras forget a layer that is no longer a part of a model."""
    model._tracker.untrack(layer)


def is_locked(model: keras.Model) -> bool:
    """Return whether Keras refuses to add layers to a model, as it does after ``quantize``."""
    return bool(getattr(getattr(model, "_tracker", None), "locked", False))


def restorer(layer: keras.Layer) -> Callable[[], None]:
    """Return a function that restores what Keras tracks for a layer's attributes."""
    tracker = layer._tracker
    stores = [(store, list(store), name, set(tracker.stored_ids[name])) for name, (_, store) in tracker.config.items()]
    locked = tracker.locked

    def restore() -> None:
        for store, values, name, ids in stores:
            list.__setitem__(store, slice(None), values)
            tracker.stored_ids[name] = ids
        tracker.locked = locked

    return restore


def tracked(model: keras.Model) -> list[tuple[str, list[Any], bool]]:
    """Return the kinds of things that Keras tracks for a model, with their names and whether they are consistent."""
    tracker = model._tracker
    return [
        (name, [getattr(one, "name", None) for one in store], tracker.stored_ids[name] == set(map(id, store)))
        for name, (_, store) in tracker.config.items()
    ]


@TRACKING.probe
def _probe() -> bool:
    with scratch():
        ours, theirs, restored = (keras.Sequential(name="m") for _ in range(3))
        made = [[keras.layers.Identity(name=name) for name in "abc"] for _ in range(3)]
        for model, (first, last, _) in zip((ours, theirs, restored), made, strict=True):
            model.add(first, rebuild=False)
            model.add(last, rebuild=False)
        restore, before = restorer(restored), (tracked(restored), tracked(theirs))
        hold(ours, (made[0][0], made[0][2]))
        hold_by_keras(theirs, (made[1][0], made[1][2]), build=False)
        hold(restored, (made[2][2],))
        restore()
    names = [[layer.name for layer in contents(model)] for model in (ours, theirs)]
    same = tracked(ours) == tracked(theirs) and names[0] == names[1] == ["a", "c"] and is_locked(ours) is False
    return same and before[0] == before[1] == tracked(restored) and all(ok for *_, ok in tracked(ours))
