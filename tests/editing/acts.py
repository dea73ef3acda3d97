"""Uses of a Keras model other than editing it; each returns a result that can be compared between two models."""

from __future__ import annotations

import copy
import json
import pickle
import re
import tempfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tests.close import assert_close

Act = Callable[[Any, Any], Any]


def quantized(mode: str) -> Act:
    def act(model: Any, x: Any) -> Any:
        model.quantize(mode)
        return model(x), [weight.shape for weight in model.weights]

    return act


def quantized_first(model: Any, _x: Any) -> Any:
    model.quantize("int8")
    return model.count_params()


def with_lora(model: Any, x: Any) -> Any:
    for layer in model.layers:
        if hasattr(layer, "enable_lora") and layer.built:
            layer.enable_lora(2)
    return model(x), len(model.trainable_weights)


def functional(model: Any, x: Any) -> Any:
    inputs = keras.Input(x.shape[1:], dtype=str(x.dtype))
    outer = keras.Model(inputs, keras.layers.Identity()(model(inputs)))
    return outer(x), outer.count_params()


def nested(model: Any, x: Any) -> Any:
    outer = keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), model])
    return outer(x), outer.output_shape


def symbolic(model: Any, x: Any) -> Any:
    return model.compute_output_shape(x.shape), model(keras.KerasTensor(x.shape, dtype=str(x.dtype))).shape


def features(model: Any, x: Any) -> Any:
    return keras.Model(model.inputs, model.outputs)(x)


def through(make: Callable[[Any], Any]) -> Act:
    def act(model: Any, x: Any) -> Any:
        twin = make(model)
        twin.set_weights(model.get_weights())
        return twin(x), type(twin).__name__, config(twin)

    return act


def saved(model: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/m.keras")
        return keras.models.load_model(f"{folder}/m.keras")


def weights_saved(model: Any, x: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        model.save_weights(f"{folder}/m.weights.h5")
        values = model.get_weights()
        model.set_weights([value * 0 for value in values])
        model.load_weights(f"{folder}/m.weights.h5")
    return model(x)


def exported(model: Any, x: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
    return model(x)


def summary(model: Any, _x: Any) -> Any:
    lines: list[str] = []
    model.summary(print_fn=lambda line, **_: lines.append(line))
    # Both lines include the optimizer of a trained model, which a fresh model does not have.
    text = "\n".join(lines).splitlines()
    return [line for line in text if not line.startswith((" Total params", " Optimizer params"))]


def frozen(model: Any, x: Any) -> Any:
    model.trainable = False
    counts = [len(model.trainable_weights), len(model.non_trainable_weights)]
    model.trainable = True
    return model(x), counts, len(model.trainable_weights)


def trained(model: Any, x: Any) -> Any:
    model.compile(keras.optimizers.SGD(0.01), "mse")
    y = np.ones((len(x), *model.output_shape[1:]), "float32")
    losses = model.fit(x, y, epochs=2, verbose=0).history["loss"]
    return losses, model.evaluate(x, y, verbose=0), model.predict(x, verbose=0), model.train_on_batch(x, y)


def renamed(model: Any, x: Any) -> Any:
    model.name = "other"
    answer = model(x), model.get_config()["name"]
    model.name = "m"
    return answer


def tampered(model: Any, _x: Any) -> Any:
    model.layers.append(keras.layers.Dense(1))  # a copy of the list
    try:
        model.layers = []
    except AttributeError as error:
        return str(error), len(model.layers)
    return None


ACTS: dict[str, Act] = {
    "lora": with_lora,
    "functional use": functional,
    "nesting": nested,
    "symbolic call": symbolic,
    "a model of its inputs and outputs": features,
    "pickle": through(lambda model: pickle.loads(pickle.dumps(model))),
    "deepcopy": through(copy.deepcopy),
    "clone_model": through(keras.models.clone_model),
    "from_config": through(lambda model: keras.Sequential.from_config(model.get_config())),
    "save": through(saved),
    "weights": weights_saved,
    "summary": summary,
    "trainable": frozen,
    "training": trained,
    "name": renamed,
    "layers": tampered,
}
"""The acts after which a model can still be edited."""

LOCKING: dict[str, Act] = {
    "int8": quantized("int8"),
    "int4": quantized("int4"),
    "float8": quantized("float8"),
    "int8, not called": quantized_first,
}
"""The acts after which Keras no longer accepts a layer."""

SLOW: dict[str, Act] = {"export": exported}


def config(model: Any) -> str:
    """Return a model's config without build shapes, because a layer that was built once stays built."""
    given = model.get_config()
    for layer in given["layers"]:
        layer.pop("build_config", None)
    return re.sub(r'"shared_object_id": \d+', "", json.dumps(given, default=str))


def outcome(act: Act, model: Any, x: Any) -> Any:
    """Return the result of an act, or the type and the first line of the exception that it raises."""
    try:
        return act(model, x)
    except Exception as error:  # noqa: BLE001  the exceptions are compared
        return type(error), str(error).partition("\n")[0]


def check_same(ours: Any, theirs: Any, tolerance: float = 1e-3) -> None:
    """Compare two outcomes; numbers may differ as in two separate computations, by a fraction of the largest one."""
    if isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs), (ours, theirs)
        for one, other in zip(ours, theirs, strict=True):
            check_same(one, other, tolerance)
    elif isinstance(theirs, str | type | None):
        assert ours == theirs
    else:
        assert_close(ours, theirs, tolerance)
