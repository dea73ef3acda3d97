"""A fingerprint sees every way in which a weight can change, and nothing else."""

from __future__ import annotations

import pathlib
import threading
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from seqwidget.keras_compat import weight_digest
from seqwidget.model.fingerprint import Fingerprint
from tests.backends import BACKEND, module, only_on

jax, tf, torch = map(module, ("jax", "tensorflow", "torch"))
X, Y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")


def model_of() -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


def by_hand(model: Any) -> None:
    """Make a step of the optimizer without Keras's training loop."""
    weights = model.trainable_variables
    if BACKEND == "tensorflow":
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(X) - Y) ** 2)
        model.optimizer.apply(tape.gradient(loss, weights), weights)
    elif BACKEND == "torch":
        ((model(X) - keras.ops.convert_to_tensor(Y)) ** 2).mean().backward()
        with torch.no_grad():
            model.optimizer.apply([weight.value.grad for weight in weights], weights)
    else:
        fixed = [variable.value for variable in model.non_trainable_variables]
        gradients = jax.grad(lambda values: ((model.stateless_call(values, fixed, X)[0] - Y) ** 2).mean())
        model.optimizer.apply(gradients([weight.value for weight in weights]), weights)


def in_a_thread(model: Any) -> None:
    thread = threading.Thread(target=lambda: model.train_on_batch(X, Y))
    thread.start()
    thread.join()


def from_a_file(model: Any, folder: pathlib.Path) -> None:
    other = model_of()
    other.fit(X, Y, verbose=0)
    other.save_weights(folder / "w.weights.h5")
    model.load_weights(folder / "w.weights.h5")


CHANGES: dict[str, Callable[[Any], object]] = {
    "fit": lambda model: model.fit(X, Y, verbose=0),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
    "assign": lambda model: model.layers[0].kernel.assign_add(np.eye(3, 4) * 1e-7),
    "set_weights": lambda model: model.set_weights([weight[::-1] + 1 for weight in model.get_weights()]),
    "optimizer by hand": by_hand,
    "a thread": in_a_thread,
    "moving statistics": lambda model: model(X * 5, training=True),
    "quantize": lambda model: model.quantize("int8"),
}

CHANGES_OF_BACKEND: dict[str, dict[str, Callable[[Any], object]]] = {
    "tensorflow": {
        "assign": lambda model: model.layers[0].kernel.value.assign(np.ones((3, 4))),
        "a loop of its own in a graph": lambda model: tf.function(lambda: by_hand(model))(),
    },
    "torch": {
        "in place": lambda model: model.layers[0].kernel.value.detach().mul_(1 + 1e-6),
        "in place, through data": lambda model: model.layers[0].kernel.value.data.mul_(1 + 1e-6),
        "other data": lambda model: setattr(model.layers[0].kernel.value, "data", torch.ones(3, 4)),
        "an array that shares memory": lambda model: model.layers[2].bias.value.data.numpy().fill(3),
        "an optimizer of PyTorch": lambda model: torch_step(model),  # noqa: PLW0108  it is defined below
    },
}
CHANGES |= {f"{BACKEND}: {name}": change for name, change in CHANGES_OF_BACKEND.get(BACKEND, {}).items()}


def torch_step(model: Any) -> None:
    ((model(X) - keras.ops.convert_to_tensor(Y)) ** 2).mean().backward()
    torch.optim.Adam(one for one in model.parameters() if one.requires_grad).step()


@pytest.mark.filterwarnings("ignore:Layer .* does not have")
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(name: str) -> None:
    model = model_of()
    before = Fingerprint.of(model)
    CHANGES[name](model)
    after = Fingerprint.of(model, before)
    assert after != before
    assert Fingerprint.of(model, after) == after


def test_loaded_weights_are_seen(tmp_path: pathlib.Path) -> None:
    model = model_of()
    before = Fingerprint.of(model)
    from_a_file(model, tmp_path)
    assert Fingerprint.of(model, before) != before


def test_what_changes_nothing_is_not_taken_for_a_change() -> None:
    model = model_of()
    before = Fingerprint.of(model)
    model.predict(X, verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.compile("adam", "mae")
    model.set_weights(model.get_weights())
    assert Fingerprint.of(model, before) == before


def digest(weight: Any) -> bytes:
    """Return the digest of a weight; on PyTorch, also that for an accelerator."""
    on_device = weight_digest.hash_on_device([weight.value.detach()]) if BACKEND == "torch" else b""
    return weight_digest.digest([weight]) + on_device


@only_on("torch")
def test_on_a_device_each_chunk_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_digest, "_CHUNK", 4)
    values, seen = torch.zeros(11), set()
    for at in range(11):
        values[at] = 1
        seen.add(weight_digest.hash_on_device([values, torch.zeros(0)]))
        values[at] = 0
    assert len(seen) == 11


DTYPES = ("float32", "float16", "bfloat16", "int8", "int32", "uint8", "bool", *(["float64"] if BACKEND != "jax" else []))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(DTYPES), st.lists(st.integers(1, 5), max_size=3))
def test_any_value_and_any_place_count(data: st.DataObject, dtype: str, shape: list[int]) -> None:
    """One other value, or two values in each other's place, change the digest; the same values do not."""
    count = int(np.prod(shape))
    values = np.array(data.draw(st.lists(st.integers(0, 1 if dtype == "bool" else 100), min_size=count, max_size=count)))
    weight = keras.Variable(values.reshape(shape).astype("float32"), dtype=dtype, trainable=False)
    before = digest(weight)
    at, other = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count - 1))
    moved = values.copy()
    moved[[at, other]] = moved[[other, at]]
    for changed in (moved, np.where(np.arange(count) == at, 1 - values if dtype == "bool" else values + 1, values)):
        weight.assign(changed.reshape(shape).astype("float32"))
        assert (digest(weight) == before) == np.array_equal(changed, values)
    weight.assign(values.reshape(shape).astype("float32"))
    assert digest(weight) == before
