"""Find problems of a training run, each as a sentence with its evidence.

Each rule needs several epochs or measurements, so that it says nothing about a healthy run.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator
from dataclasses import replace

import keras

from ..i18n.messages import N_, Message, message
from ..keras_compat import compile_state
from ..model.training_run import NotFinite, TrainingRun
from .run_setup import name_of_loss

_FLAT = 1e-3  # the loss is flat if its relative change since the first epoch is smaller
_FLAT_EPOCHS = 3
_WORSE = 2.0  # times its lowest value: a loss that diverges
_RISING = 4  # epochs in a row in which the validation loss rises
_RISEN = 1.05  # times its lowest value: a validation loss that has risen
_HIGH, _LOW = 0.1, 1e-6  # update ratios far from 0.001
_MEASURED = 3  # measurements that a statement about a layer needs


def notes(run: TrainingRun) -> Iterator[Message]:
    """Yield a sentence for each problem that the metrics of a run show."""
    yield from _not_finite(run)
    yield from _of_loss(_known(run, "loss"))
    yield from _overfits(_known(run, "val_loss"))


def _known(run: TrainingRun, name: str) -> list[tuple[int, float]]:
    """Return the epochs for which a metric is known, each with its value."""
    epochs = zip(run.epoch_numbers, run.logs, strict=True)
    return [(epoch, value) for epoch, log in epochs if (value := log.get(name)) is not None]


def _not_finite(run: TrainingRun) -> Iterator[Message]:
    first = run.not_finite
    if first is None:
        return
    batch = f"{first.batch - first.at_once + 1}–{first.batch}" if first.at_once > 1 else first.batch
    where = {"metrics": ", ".join(first.metrics), "epoch": first.epoch, "batch": batch}
    if first.were_weights_bad:
        pattern = N_(
            "{metrics} became NaN or infinite at batch {batch} (epoch {epoch}), because weights of {layers} were "
            "already NaN or infinite before this run: build the model again, or load other weights"
        )
    elif first.data:
        pattern = {
            "inputs": N_("{metrics} became NaN or infinite at batch {batch} (epoch {epoch}), whose inputs have such values"),
            "targets": N_("{metrics} became NaN or infinite at batch {batch} (epoch {epoch}), whose targets have such values"),
            "sample weights": N_(
                "{metrics} became NaN or infinite at batch {batch} (epoch {epoch}), whose sample weights have such values"
            ),
        }[first.data[0]]
    elif first.layers:
        pattern = N_("{metrics} became NaN or infinite at batch {batch} (epoch {epoch}), and so did weights of {layers}")
    elif first.output:
        pattern = N_(
            "{metrics} became NaN or infinite at batch {batch} (epoch {epoch}), while its inputs and all weights were "
            "finite; {output} is the first layer with such outputs"
        )
    elif first.output == "":
        pattern = N_(
            "{metrics} became NaN or infinite at batch {batch} (epoch {epoch}), while its inputs, all weights and the outputs "
            "of all layers were finite: check its targets and the loss"
        )
    else:
        pattern = N_(
            "{metrics} became NaN or infinite at batch {batch} (epoch {epoch}), while all weights were finite: check the data "
            "of this batch and the loss"
        )
    yield message(pattern, **where, layers=_some(first.layers), output=first.output or "")
    yield _of_inputs(first)


def _of_inputs(first: NotFinite) -> Message:
    batch = first.batch
    if first.inputs is None:
        return message("the inputs of batch {batch} were not kept: {why}", batch=batch, why=first.unknown_message)
    return message("the inputs of batch {batch} are kept for FeatureMaps: not_finite.inputs of this run", batch=batch)


def without_inputs(run: TrainingRun) -> TrainingRun:
    """Return a record without the inputs of its bad batch, in which a note says so."""
    first = run.not_finite
    if first is None or first.inputs is None:
        return run
    left = replace(first, inputs=None, unknown_message=message("only the batches of the latest runs are kept, up to 64 MB"))
    notes = tuple(_of_inputs(left) if one == _of_inputs(first) else one for one in run.notes_messages)
    return replace(run, not_finite=left, notes_messages=notes)


def _of_loss(known: list[tuple[int, float]]) -> Iterator[Message]:
    loss = [value for _, value in known]
    if len(loss) >= _FLAT_EPOCHS and max(abs(value - loss[0]) for value in loss) <= _FLAT * abs(loss[0]):
        yield message(
            "the loss has changed by less than a thousandth in {epochs} epochs: {first:.5g} → {last:.5g}",
            epochs=known[-1][0] - known[0][0] + 1,
            first=loss[0],
            last=loss[-1],
        )
    if len(loss) > 2 and loss[-1] > loss[-2] > loss[-3] and loss[-1] > _WORSE * min(loss) > 0:
        yield message(
            "the loss is rising: {low:.4g} at epoch {epoch}, {last:.4g} now; a lower learning rate may help",
            low=min(loss),
            epoch=known[loss.index(min(loss))][0],
            last=loss[-1],
        )


def _overfits(known: list[tuple[int, float]]) -> Iterator[Message]:
    loss = [value for _, value in known]
    last = loss[-_RISING - 1 :]
    rises = len(last) > _RISING and all(a < b for a, b in itertools.pairwise(last))
    if rises and loss[-1] > _RISEN * min(loss) > 0:
        yield message(
            "the validation loss has risen since epoch {epoch}: {low:.4g} → {last:.4g}; the model may be overfitting",
            epoch=known[loss.index(min(loss))][0],
            low=min(loss),
            last=loss[-1],
        )


def notes_on_layers(run: TrainingRun) -> Iterator[Message]:
    """Yield a sentence for each problem of the measured updates, if each batch updates the weights."""
    measured = [layer for layer in run.layers if layer.trains and len(layer.ratios) >= _MEASURED]
    if still := tuple(layer.path for layer in measured if all(ratio == 0 for ratio in layer.ratios)):
        yield message(
            "{layers}: trainable, but not one of {count} measured updates changed its weights",
            layers=_some(still),
            count=min(len(layer.ratios) for layer in measured),
        )
    recent = ([ratio for ratio in layer.ratios[-_MEASURED:] if ratio] for layer in measured)
    last = [statistics.median(ratios) for ratios in recent if ratios]
    if last and not _LOW < (typical := statistics.median(last)) < _HIGH:
        pattern = (
            N_("an update changes the weights by {ratio:.1g} of their norm, far above 0.001: try a lower learning rate")
            if typical >= _HIGH
            else N_(
                "an update changes the weights by only {ratio:.1g} of their norm, far below 0.001: try a higher learning rate"
            )
        )
        yield message(pattern, ratio=typical)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + ("" if len(names) <= 3 else ", …")


def mismatches(model: keras.Model) -> Iterator[Message]:
    """Yield a sentence if the last activation and the compiled loss do not fit each other."""
    loss = compile_state.compile_arguments(model).get("loss")
    name = name_of_loss(loss)
    is_keras_own = isinstance(loss, str) or type(loss).__module__.startswith("keras.")
    if not (isinstance(model, keras.Sequential) and model.layers and is_keras_own and "crossentropy" in name):
        return
    layer = model.layers[-1]
    activation = getattr(getattr(layer, "activation", None), "__name__", None)
    values = {"layer": layer.name, "activation": activation, "loss": name}
    if getattr(loss, "from_logits", False) and activation in ("softmax", "sigmoid"):
        pattern = N_(
            "{layer} ends with {activation}, and {loss} has from_logits=True, which expects outputs without it; remove one"
        )
    elif not getattr(loss, "from_logits", False) and activation == "linear":
        pattern = N_(
            "{layer} ends without an activation, and {loss} expects probabilities: use from_logits=True, or add softmax or "
            "sigmoid"
        )
    elif "categorical" in name and activation == "sigmoid":
        pattern = N_("{layer} ends with {activation}, and {loss} expects probabilities that sum to 1: use softmax")
    else:
        return
    yield message(pattern, **values)
