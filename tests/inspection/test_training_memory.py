"""The memory of a training step, compared with built optimizers and with the tensors that TensorFlow's backward pass reads."""

from __future__ import annotations

import math
import pickle
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.model.training_memory import TrainingMemory
from tests.backends import module, only_on

BATCH = 16


def nbytes(variables: Any) -> int:
    return sum(np.asarray(keras.ops.convert_to_numpy(one)).nbytes for one in variables)


def read_by_backward(model: Any) -> int:
    """Return the bytes of the batch and of all tensors that the backward pass reads, besides weights."""
    tf = module("tensorflow")
    read: dict[str, Any] = {}

    @tf.function
    def step(x: Any) -> Any:
        read[x.name] = x
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(x, training=True))
        forward = {operation.name for operation in loss.graph.get_operations()}
        gradients = tape.gradient(loss, model.trainable_weights)
        waiting, seen = [getattr(one, "values", one).op for one in gradients], set()
        while waiting:
            operation = waiting.pop()
            if operation.name in seen or operation.name in forward:
                continue
            seen.add(operation.name)
            read.update({one.name: one for one in operation.inputs if one.op.name in forward})
            waiting += [one.op for one in operation.inputs]
        return gradients

    step.get_concrete_function(tf.TensorSpec((BATCH, *model.input_shape[1:]), model.inputs[0].dtype))
    values = [one for one in read.values() if one.op.type not in ("ReadVariableOp", "Const") and one.dtype != tf.resource]
    return sum(math.prod(one.shape) * one.dtype.size for one in values)


def image() -> list[Any]:
    norms = [layers.BatchNormalization(), layers.LayerNormalization(), layers.GroupNormalization(4), layers.RMSNormalization()]
    return [
        *(layers.Conv2D(8, 3, padding="same", activation="relu"), layers.SpatialDropout2D(0.2), layers.MaxPooling2D()),
        *(one for norm in norms for one in (norm, layers.Activation("relu"), layers.Conv2D(8, 1))),
        *(layers.SeparableConv2D(2, 3, padding="same", depth_multiplier=3), layers.PReLU(), layers.DepthwiseConv2D(3)),
        *(layers.UpSampling2D(interpolation="bilinear"), layers.AveragePooling2D(2), layers.Flatten()),
        *(layers.Dropout(0.5), layers.Dense(32, activation="gelu"), layers.Dense(10, activation="softmax")),
    ]


def sequence() -> list[Any]:
    return [
        *(layers.Embedding(50, 16), layers.Conv1D(8, 3, activation="silu"), layers.GaussianDropout(0.1)),
        *(layers.UnitNormalization(), layers.Conv1D(8, 3, activation="mish"), layers.GlobalMaxPooling1D(), layers.Dense(1)),
    ]


def residual() -> list[Any]:
    x = keras.Input((16, 16, 4))
    a, b, c = (layers.Conv2D(4, 3, padding="same", activation="elu")(x) for _ in range(3))
    joined = layers.Concatenate()([layers.Multiply()([a, b, c]), layers.Maximum()([a, b, c]), layers.Add()([a, x])])
    return [layers.Conv2D(4, 1), keras.Model(x, joined), layers.GlobalAveragePooling2D(), layers.Dense(1)]


@only_on("tensorflow")
@pytest.mark.parametrize(("policy", "frozen"), [("float32", 0), ("mixed_bfloat16", 0), ("float32", 4)])
@pytest.mark.parametrize(
    ("shape", "dtype", "stack"),
    [((16, 16, 3), "float32", image), ((24,), "int32", sequence), ((16, 16, 3), "float32", residual)],
    ids=["image", "sequence", "residual"],
)
def test_activations_are_an_upper_estimate(policy: str, shape: Any, dtype: str, stack: Any, frozen: int) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        model = keras.Sequential([keras.Input(shape, dtype=dtype), *stack()])
    finally:
        keras.config.set_dtype_policy("float32")
    for layer in model.layers[: min(frozen, len(model.layers) - 1)]:
        layer.trainable = False
    read = read_by_backward(model)
    activations = seqwidget.inspect(model, batch_size=3).training_memory(BATCH).activations
    assert activations is not None
    assert read <= activations <= 3 * read


OPTIMIZERS: dict[str, Any] = {
    "Adam": keras.optimizers.Adam,
    "SGD": keras.optimizers.SGD,
    "momentum": lambda: keras.optimizers.SGD(momentum=0.9),
    "AMSGrad": lambda: keras.optimizers.Adam(amsgrad=True, use_ema=True),
    "accumulation": lambda: keras.optimizers.SGD(gradient_accumulation_steps=2),
    "Lion": lambda: keras.optimizers.Lion(weight_decay=0.1),
    "loss scale": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.RMSprop()),
}


@pytest.mark.parametrize("freeze", [(), ("conv",)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_other_parts_are_those_of_a_built_optimizer(name: str, freeze: tuple[str, ...]) -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv"), layers.BatchNormalization()])
    for layer in freeze:
        model.get_layer(layer).trainable = False
    optimizer = OPTIMIZERS[name]()
    model.compile(optimizer, "mse")
    memory = seqwidget.inspect(model).training_memory(BATCH)
    assert not optimizer.built  # it was not touched
    optimizer.build(model.trainable_variables)
    assert memory.optimizer == nbytes(optimizer.variables)
    assert memory.weights == nbytes(model.weights)
    assert memory.gradients == nbytes(model.trainable_weights)
    assert memory.total == sum(getattr(memory, part) for part in TrainingMemory.PARTS)
    assert memory.unknown == {}


def test_what_is_unknown_says_why() -> None:
    model = keras.Sequential([keras.Input((8, 4)), layers.LSTM(3, name="lstm")])
    stack = seqwidget.inspect(model)
    memory = stack.training_memory(BATCH)
    assert memory.total is None
    why = "lstm: what LSTM keeps for the backward pass is not known"
    assert memory.unknown == {
        "optimizer": "the model is not compiled with an optimizer",
        "activations": why,
        "backward": why,
    }
    assert memory.to_dict()["weights"] == 4 * model.count_params()
    unbuilt = seqwidget.inspect(keras.Sequential([layers.Dense(3)])).training_memory(BATCH)
    assert unbuilt.weights is unbuilt.gradients is unbuilt.optimizer is unbuilt.activations is None
    assert set(unbuilt.unknown) == {*TrainingMemory.PARTS}
    model.compile(keras.optimizers.Adafactor(), "mse")
    assert "Adafactor can only be built" in seqwidget.inspect(model).training_memory(1).unknown["optimizer"]
    assert pickle.loads(pickle.dumps(stack)).training_memory(1).unknown["weights"] == "layers of this stack were deleted"
    with pytest.raises(seqwidget.ArgumentError, match="batch_size expected"):
        stack.training_memory(0)


def test_a_frozen_base_keeps_only_its_output() -> None:
    base = keras.Sequential([keras.Input((32, 32, 3)), *(layers.Conv2D(8, 3, name=f"c{at}") for at in range(4))], name="base")
    base.trainable = False
    model = keras.Sequential([base, layers.Flatten(), layers.Dense(2)])
    kept = seqwidget.inspect(model).training_memory(1).activations
    assert kept == 4 * (32 * 32 * 3 + 24 * 24 * 8 + 2)
    base.trainable = True
    assert (seqwidget.inspect(model).training_memory(1).activations or 0) > 3 * kept
    for layer in model.layers:
        layer.trainable = False
    assert seqwidget.inspect(model).training_memory(1).activations == 0
