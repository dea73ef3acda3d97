"""On PyTorch, a watched model is a complete ``torch.nn.Module``, and data and layers of PyTorch are understood."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.editing.sequential import Sequential
from seqwidget.editing.watching import unwatch, watch
from seqwidget.keras_compat import names
from tests.backends import module, only_on
from tests.close import as_array, assert_close

pytestmark = only_on("torch")
torch: Any = module("torch")
X = np.random.default_rng(0).random((3, 4), "float32")


def grown(adopted: bool = False) -> Any:  # noqa: FBT001, FBT002  a parameter of a test
    model = watch(keras.Sequential([keras.Input((4,))], name="m")) if adopted else Sequential([keras.Input((4,))], name="m")
    for at in range(5):
        model.add(layers.Dense(4, name=f"d{at}"))
    model.add(layers.BatchNormalization(name="norm"))
    model.pop()
    model.undo()
    assert names.TAIL in vars(model), "the graph and the modules are still to be made"
    return model


def values(model: Any) -> set[int]:
    return {id(variable.value) for variable in model.variables}


@pytest.mark.parametrize("adopted", [False, True])
def test_a_move_reaches_every_weight(adopted: bool) -> None:  # noqa: FBT001
    model = grown(adopted)
    model.double()
    assert {weight.value.dtype for weight in model.weights} == {torch.float64}
    assert {id(one) for one in model.parameters()} == values(model)


def test_hooks_see_each_call() -> None:
    model, seen = grown(), []
    handle = model.register_forward_hook(lambda _module, _args, output: seen.append(tuple(output.shape)))
    model.layers[2].register_forward_pre_hook(lambda _module, args: seen.append(tuple(args[0].shape)))
    model(X)
    model.add(layers.Dense(7))
    model(X)
    assert seen == [(3, 4), (3, 4), (3, 4), (3, 7)]
    handle.remove()


@pytest.mark.parametrize("adopted", [False, True])
def test_it_is_exported_as_a_plain_model(adopted: bool) -> None:  # noqa: FBT001
    model = grown(adopted)
    program = torch.export.export(model, (torch.tensor(X),))
    assert_close(as_array(program.module()(torch.tensor(X))), model(X))
    assert len(program.state_dict) == len(model.state_dict())


def test_a_state_dict_goes_from_one_model_to_another() -> None:
    one, other = grown(), unwatch(grown(adopted=True))
    assert type(other) is keras.Sequential
    assert {id(value) for value in other.parameters()} == values(other)
    other.load_state_dict(one.state_dict())
    assert_close(one(X), other(X))


def test_an_optimizer_of_pytorch_trains_every_weight() -> None:
    model = grown()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    before = [np.array(weight) for weight in model.trainable_weights]
    (model(X) ** 2).mean().backward()
    optimizer.step()
    assert all((a != np.array(b)).any() for a, b in zip(before, model.trainable_weights, strict=True))


def test_pop_to_nothing_leaves_no_weights() -> None:
    model = grown()
    while model.layers:
        model.pop()
    assert list(model.parameters()) == []
    model.undo()
    assert {id(one) for one in model.parameters()} == values(model) != set()


def test_a_module_without_an_output_shape_leaves_the_model_unbuilt() -> None:
    wrapped = layers.TorchModuleWrapper(torch.nn.Linear(4, 3), name="linear")
    model = Sequential([keras.Input((4,)), wrapped, layers.Dense(2)])
    facts = seqwidget.inspect(model)
    assert (facts.state, facts.broken, facts.rows[0].params) == ("unbuilt", False, 15)
    assert "compute_output_shape" in facts.rows[0].unknown["output_shape"]
    model(X)
    assert seqwidget.inspect(model).totals.params == model.count_params() == 15 + 8
    known = keras.Sequential([keras.Input((4,)), layers.TorchModuleWrapper(torch.nn.Linear(4, 3), output_shape=(None, 3))])
    assert seqwidget.inspect(known).rows[0].output_shape == (None, 3)


def test_the_code_of_a_module_has_a_name_for_it() -> None:
    wrapped = layers.TorchModuleWrapper(torch.nn.Linear(4, 3), name="linear", output_shape=(None, 3))
    code = seqwidget.inspect(keras.Sequential([keras.Input((4,)), wrapped])).to_code()
    name = "module_of_torchmodulewrapper"
    assert f'layers.TorchModuleWrapper({name}, output_shape=(None, 3), name="linear")' in code
    assert f"# {name} = ...  (a value that cannot be written out" in code
    made: dict[str, Any] = {name: torch.nn.Linear(4, 3)}
    exec(code, made)
    assert made["model"].output_shape == (None, 3)


def test_an_activation_of_pytorch_has_a_receptive_field_if_it_acts_on_each_value_alone() -> None:
    act = torch.nn.functional
    shapes = {}
    for name in ("relu", "softmax"):
        conv = layers.Conv2D(2, 3, activation=getattr(act, name))
        shapes[name] = seqwidget.inspect(keras.Sequential([keras.Input((8, 8, 1)), conv])).rows[0].receptive_field
    assert shapes == {"relu": (3, 3), "softmax": None}


def pairs() -> Any:
    return torch.utils.data.TensorDataset(torch.tensor(X), torch.zeros(3))


INPUTS: dict[str, Any] = {
    "with gradients": lambda: torch.tensor(X, requires_grad=True),
    "float64": lambda: torch.tensor(X, dtype=torch.float64),
    "bfloat16": lambda: torch.tensor(X, dtype=torch.bfloat16, requires_grad=True),
    "not contiguous": lambda: torch.tensor(X.T.copy()).T,
    "conjugated": lambda: torch.tensor(X).neg().neg(),
    "a list of tensors": lambda: [torch.tensor(x, requires_grad=True) for x in X],
    "DataLoader of pairs": lambda: torch.utils.data.DataLoader(pairs(), batch_size=2),
    "DataLoader of inputs": lambda: torch.utils.data.DataLoader(torch.tensor(X), batch_size=2),
}


@pytest.mark.parametrize("name", INPUTS)
def test_data_of_pytorch(name: str) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    viewer = seqwidget.FeatureMaps(model, INPUTS[name]())
    np.testing.assert_allclose(viewer._batch.arrays[0], X, rtol=1e-2 if name == "bfloat16" else 1e-6)
    viewer.close()


class Named(torch.utils.data.Dataset if torch else object):  # type: ignore[misc]
    """A data set of dicts, like those of Hugging Face."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, at: int) -> dict[str, Any]:
        return {"pixels": torch.tensor(X[at]), "label": 0}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: torch.zeros(2, 4, device="meta"), r"expected a batch of shape \(None, 4\), received Tensor of shape \(2, 4\)"),
        (pairs, r"object of type TensorDataset; pass torch\.utils\.data\.DataLoader\(…, batch_size=32\) of it"),
        (
            lambda: torch.utils.data.DataLoader(Named(), batch_size=2),
            r"received dict of 2; pass the value that is the input of the stack \(keys: 'pixels', 'label'\)",
        ),
        (lambda: {"pixels": torch.tensor(X)}, r"pass the value that is the input of the stack"),
    ],
    ids=["no values", "TensorDataset", "DataLoader of dicts", "dict"],
)
def test_other_data_of_pytorch_gets_one_clear_line(make: Any, words: str) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    with pytest.raises(seqwidget.InputError, match=words) as caught:
        seqwidget.FeatureMaps(model, make())
    assert "\n" not in str(caught.value)
