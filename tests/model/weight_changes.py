"""Ways to change the weights of a model, and to leave them as they are."""

from __future__ import annotations

import pathlib
import tempfile
import threading
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from tests.backends import BACKEND, module

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


def from_a_file(model: Any, factor: float) -> None:
    """Save the weights, multiply them by a factor, and load them."""
    own = model.get_weights()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "w.weights.h5"
        model.set_weights([weight * factor for weight in own])
        model.save_weights(path)
        model.set_weights(own)
        model.load_weights(path)


def there_and_back(model: Any) -> None:
    own = model.get_weights()
    model.set_weights([weight + 1 for weight in own])
    model.set_weights(own)


Change = Callable[[Any], object]

CHANGES: dict[str, Change] = {
    "fit": lambda model: model.fit(X, Y, verbose=0),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
    "assign": lambda model: model.layers[0].kernel.assign_add(np.eye(3, 4) * 1e-7),
    "set_weights": lambda model: model.set_weights([weight[::-1] + 1 for weight in model.get_weights()]),
    "load_weights": lambda model: from_a_file(model, 1.5),
    "optimizer by hand": by_hand,
    "a thread": in_a_thread,
    "moving statistics": lambda model: model(X * 5, training=True),
}

CHANGES_OF_BACKEND: dict[str, dict[str, Change]] = {
    "tensorflow": {
        "assign": lambda model: model.layers[0].kernel.value.assign(np.ones((3, 4))),
        "a loop of its own in a graph": lambda model: in_a_graph(model, compiled=False),
        "a loop of its own, compiled": lambda model: in_a_graph(model, compiled=True),
        "some rows": lambda model: model.layers[0].kernel.value.scatter_nd_add([[1, 2]], [1e-6]),
        "a slice": lambda model: model.layers[0].kernel.value[:1].assign(model.layers[0].kernel[:1] + 1),
    },
    "torch": {
        "in place": lambda model: model.layers[0].kernel.value.detach().mul_(1 + 1e-6),
        "in place, through data": lambda model: model.layers[0].kernel.value.data.mul_(1 + 1e-6),
        "other data": lambda model: setattr(model.layers[0].kernel.value, "data", torch.ones(3, 4)),
        "an array that shares memory": lambda model: model.layers[2].bias.value.data.numpy().fill(3),
        "an optimizer of PyTorch": lambda model: torch_step(model),  # noqa: PLW0108  it is defined below
        "a fused optimizer of PyTorch": lambda model: torch_step(model, fused=True),
    },
}
CHANGES |= {f"{BACKEND}: {name}": change for name, change in CHANGES_OF_BACKEND.get(BACKEND, {}).items()}


def torch_step(model: Any, **how: bool) -> None:
    ((model(X) - keras.ops.convert_to_tensor(Y)) ** 2).mean().backward()
    torch.optim.Adam((one for one in model.parameters() if one.requires_grad), **how).step()


def in_a_graph(model: Any, *, compiled: bool) -> None:
    """Make steps in a graph, of which Keras is not told; it is traced at its first use only."""
    loops = vars(model).setdefault("_loops_of_the_test", {})
    if compiled not in loops:

        def loop() -> None:
            for _ in tf.range(3):
                for weight in model.trainable_variables:
                    weight.value.assign_add(1e-3 * tf.ones_like(weight.value))

        loops[compiled] = tf.function(loop, jit_compile=compiled)
    loops[compiled]()


KEEP: dict[str, Change] = {
    "nothing": lambda _: None,
    "predict": lambda model: model.predict(X, verbose=0),
    "evaluate": lambda model: model.evaluate(X, Y, verbose=0),
    "the same values": lambda model: model.set_weights(model.get_weights()),
    "the same file": lambda model: from_a_file(model, 1.0),
    "there and back": there_and_back,
}
