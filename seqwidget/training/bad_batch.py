"""Examine the first batch of a run whose metrics are not finite."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from ..activations.cache import Activations
from ..activations.layer_uses import facts_of, layer_uses
from ..activations.model_inputs import samples_for
from ..editing.fit_guard import Batches, FitArguments
from ..editing.sequential import Live
from ..i18n.messages import Text, message
from ..keras_compat.batch_probe import Data
from ..model.session import part
from ..model.training_run import BatchPart, NotFinite
from .fit_data import training_batch
from .update_ratios import not_finite

_PARTS: tuple[BatchPart, ...] = ("inputs", "targets", "sample weights")
_SAMPLES = 1024


def begin(model: keras.Model, *, is_on: bool = True) -> None:
    """Prepare to keep the first bad batch of a training loop that begins, or drop everything about one that has ended."""
    recent = part(model, Batches).recent
    if recent is not None:
        recent.begin(is_on=is_on)


def batch_of(model: keras.Model, number: int) -> Data | None:
    """Return a batch of the running loop, counted from 1; ``None`` if it is not known."""
    recent = part(model, Batches).recent
    return None if recent is None or recent.unknown else recent.find(number)


def not_after(found: NotFinite | None, batch: int) -> NotFinite | None:
    """Correct the number of a bad batch that was counted as if its execution had all its batches."""
    too_far = max(0, found.batch - batch) if found else 0
    return replace(found, batch=batch, at_once=found.at_once - too_far) if found and too_far else found


def examined(model: keras.Model, found: NotFinite, data: Data | None, in_epoch: int) -> NotFinite:
    """Return a record with the batch, and with what else was not finite: its data, weights, or the output of a layer.

    Parameters
    ----------
    model
        The model, after the batch.
    found
        The metrics that were not finite.
    data
        The batch as ``train_step`` received it, or ``None`` if that is not known.
    in_epoch
        The number of the batch in its epoch, counted from 1.
    """
    layers, arguments = not_finite(model), part(model, FitArguments).given
    if data is None or (isinstance(data, list | tuple) and len(data) > len(_PARTS)):  # data of a custom train_step
        inputs = training_batch(arguments, in_epoch)
        why: Text = "" if inputs is not None else _why_unknown(model)
        return replace(found, layers=layers, inputs=inputs, unknown_message=why)
    parts = [_arrays(one) for one in keras.utils.unpack_x_y_sample_weight(data)]
    bad = tuple(name for name, arrays in zip(_PARTS, parts, strict=True) if not _is_finite(arrays))
    output = None if layers or bad else _first_output(model, parts[0])
    return replace(found, layers=layers, data=bad, output=output, inputs=parts[0])


def _why_unknown(model: keras.Model) -> Text:
    if not isinstance(model, Live):
        return message("the model is not watched")
    recent = part(model, Batches).recent
    if recent is None:
        return message("the training step of the model was made before a panel was open; recompile the model")
    return recent.unknown or message(
        "the batch was very large, did not consist of dense arrays of one type, or was found too late"
    )


def _arrays(data: Data) -> Any:
    return keras.tree.map_structure(lambda leaf: None if leaf is None else np.array(keras.ops.convert_to_numpy(leaf)), data)


def _is_finite(arrays: Any) -> bool:
    leaves = [leaf for leaf in keras.tree.flatten(arrays) if leaf is not None]
    return all(np.isfinite(np.asarray(leaf, "float64")).all() for leaf in leaves if leaf.dtype.kind not in "OSU")


def _first_output(model: keras.Model, inputs: Any) -> str | None:
    """Return the path of the first layer with an output that is not finite; empty if there is none, ``None`` if not known."""
    bad: list[str] = []

    def seen(path: str, output: Any) -> None:
        if not np.isfinite(np.asarray(output, "float32")).all():
            bad.append(path)

    with contextlib.suppress(Exception):  # not every model can be run layer by layer
        samples, there = samples_for(model, inputs, samples=_SAMPLES).samples, layer_uses(model, facts_of(model))
        for _ in Activations(model, there, samples).run(there, samples, seen):
            if bad:
                return bad[0]
        return "" if len(samples) == len(keras.tree.flatten(inputs)[0]) else None
    return None
