"""Inputs of every common form are accepted, and any other is refused with one line that says why."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import seqwidget
from seqwidget.activations.inputs import Batch, batch
from seqwidget.errors import InputError, NotAModelError
from seqwidget.model.model_inputs import own_input
from tests.backends import module, needs, only_on
from tests.close import as_array


def model_of(*shape: int | None, first: Any = None) -> Any:
    return keras.Sequential([keras.Input(shape), first or layers.Rescaling(1 / 255), layers.Flatten()])


def accepted(x: Any, model: Any, **options: Any) -> Batch:
    return batch(x, model, *own_input(model), **options)


def texts(found: Batch) -> tuple[str, ...]:
    return tuple(map(str, found.notes))


def image(*size: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).integers(0, 256, size).astype("uint8")


class ForeignTensor:
    """The part of JAX and PyTorch tensors that NumPy uses."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return self.array


class TrackedTensor:
    """A PyTorch tensor that requires gradients: it becomes an array only after ``detach``."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array

    def detach(self) -> TrackedTensor:
        return self

    def cpu(self) -> ForeignTensor:
        return ForeignTensor(self.array)

    def __array__(self, *_: Any, **__: Any) -> Any:
        msg = "Can't call numpy() on Tensor that requires grad."
        raise RuntimeError(msg)


class BrainFloatTensor(TrackedTensor):
    """A PyTorch tensor whose dtype NumPy does not have."""

    def cpu(self) -> Any:
        return self

    def float(self) -> ForeignTensor:
        return ForeignTensor(self.array)

    def __array__(self, *_: Any, **__: Any) -> Any:
        msg = "Got unsupported ScalarType BFloat16"
        raise TypeError(msg)


@pytest.mark.parametrize(
    "wrap",
    [np.asarray, keras.ops.convert_to_tensor, ForeignTensor, TrackedTensor, BrainFloatTensor, np.ndarray.tolist],
)
def test_arrays_and_tensors(wrap: Any) -> None:
    x = image(2, 8, 8, 3)
    found = accepted(wrap(x), model_of(8, 8, 3))
    np.testing.assert_array_equal(found.array, x.astype("float32"))
    assert found.array.dtype == np.float32
    assert found.notes == ()


def test_a_bfloat16_tensor() -> None:
    x = keras.ops.cast(image(2, 4), "bfloat16")
    assert accepted(x, keras.Sequential([keras.Input((4,)), layers.Dense(1)])).array.dtype == np.float32


JAX: Any = module("jax")
ON_JAX: dict[str, Callable[[Any], Any]] = {
    "array": lambda x: JAX.numpy.asarray(x),  # noqa: PLW0108  JAX may be missing
    "bfloat16": lambda x: JAX.numpy.asarray(x, "bfloat16"),
    "placed": lambda x: JAX.device_put(x, JAX.sharding.SingleDeviceSharding(JAX.devices()[0])),
    "sharded": lambda x: JAX.device_put(
        x, JAX.sharding.NamedSharding(JAX.make_mesh((1,), ("batch",)), JAX.sharding.PartitionSpec("batch"))
    ),
}


@only_on("jax")
@pytest.mark.parametrize("name", ON_JAX)
def test_arrays_of_jax(name: str) -> None:
    found = accepted(ON_JAX[name](image(2, 4)), model_of(4))
    np.testing.assert_array_equal(found.array, image(2, 4))


@only_on("jax")
def test_an_array_of_jax_without_values_gets_one_clear_line() -> None:
    gone = JAX.numpy.ones((2, 4))
    gone.delete()
    lines = []
    for refuse in (accepted, lambda x, model: JAX.jit(lambda y: accepted(y, model) and y)(x)):
        with pytest.raises(
            InputError, match=r"^expected a batch of shape \(None, 4\), received .* of shape \(2, 4\)"
        ) as caught:
            refuse(gone if refuse is accepted else JAX.numpy.ones((2, 4)), model_of(4))
        lines.append(str(caught.value))
    assert "\n" not in "".join(lines)


def test_one_sample_gets_a_batch_axis_with_a_note() -> None:
    found = accepted(image(8, 8, 3), model_of(8, 8, 3))
    assert found.array.shape == (1, 8, 8, 3)
    assert texts(found) == ("one sample: a batch axis was added",)


def test_images_and_paths_are_resized_with_a_note(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "cat.png"
    Image.fromarray(image(20, 30, 3)).save(path)
    model = model_of(10, 12, 3)
    right = np.asarray(Image.open(path).resize((12, 10), Image.Resampling.BILINEAR), "float32")
    for x in (path, str(path)):
        found = accepted(x, model)
        np.testing.assert_array_equal(found.array[0], right)
        assert texts(found) == ("cat.png: resized from 20×30 to 10×12",)
    found = accepted([Image.open(path), path], model)
    assert found.array.shape == (2, 10, 12, 3)
    assert texts(found)[0].startswith("the image: resized")
    grey = accepted(path, model_of(20, 30, 1))
    assert grey.array.shape == (1, 20, 30, 1)
    assert grey.notes == ()
    first = accepted(path, keras.Sequential([keras.Input((3, 20, 30)), layers.MaxPooling2D(data_format="channels_first")]))
    np.testing.assert_array_equal(np.moveaxis(first.array[0], 0, -1), np.asarray(Image.open(path)))


def test_a_path_that_is_not_an_image(tmp_path: pathlib.Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(InputError, match=r"notes\.txt': it is not an image"):
        accepted(tmp_path / "notes.txt", model_of(8, 8, 3))
    with pytest.raises(InputError, match="there is no such file"):
        accepted("nowhere.png", model_of(8, 8, 3))


class Pairs(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 5

    def __getitem__(self, at: int) -> Any:
        return np.full((4, 8, 8, 3), at, "float32"), np.zeros(4)


def test_the_first_batches_of_a_dataset_are_used() -> None:
    model, tf = model_of(8, 8, 3), pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices((image(20, 8, 8, 3), np.zeros(20))).batch(4)
    for x in (data, Pairs(), (one for one in Pairs())):
        assert accepted(x, model, samples=6).array.shape == (6, 8, 8, 3)
    assert accepted(data, model).array.shape == (20, 8, 8, 3)
    assert accepted(Pairs(), model, samples=6).array[:, 0, 0, 0].tolist() == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("labels", [(), (np.zeros(9),), (np.full(9, np.nan), np.ones(9))], ids=["x", "x, y", "x, y, w"])
def test_a_dataset_without_batches_is_refused_with_the_reason(labels: tuple[Any, ...]) -> None:
    parts = (image(9, 28, 28, 1), *labels)
    model, tf = model_of(28, 28, 1), pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices(parts if labels else parts[0])
    one_by_one = r"received samples of shape \(28, 28, 1\) one by one; "
    with pytest.raises(InputError, match=rf"{one_by_one}the data set is not batched; call \.batch\(32\) on it\.$"):
        accepted(data, model)
    np.testing.assert_array_equal(accepted(data.batch(4), model).array, image(9, 28, 28, 1))
    with pytest.raises(InputError, match=rf"{one_by_one}give batches of them"):
        accepted((one for one in parts[0]), model)
    with pytest.raises(InputError, match=r"received values such as 0 one by one"):
        accepted(iter(range(3)), model)
    with pytest.raises(InputError, match=r"batches of different shapes, \(2, 4\) and \(2, 5\)"):
        accepted((np.zeros((2, size)) for size in (4, 5)), model_of(None))


class Frame:
    """The relevant part of a pandas DataFrame: columns of several types become an array of objects."""

    shape = (2, 2)

    def __init__(self, *rows: Any) -> None:
        self.rows = rows

    def __array__(self, *_: Any, **__: Any) -> Any:
        return np.array(self.rows, object)

    def __iter__(self) -> Any:
        return iter("ab")


def test_arrays_of_objects_are_accepted_if_they_contain_numbers() -> None:
    model = model_of(2)
    for numbers in (Frame((1, 2.5), (True, np.float32(4))), np.array([[1, 2.5], [True, 4]], object)):
        np.testing.assert_array_equal(accepted(numbers, model).array, [[1, 2.5], [1, 4]])
    with pytest.raises(InputError, match=r"received Frame of shape \(2, 2\), which contains values of type float, str; pass"):
        accepted(Frame((1.0, "red"), (2.0, "blue")), model)
    with pytest.raises(InputError, match=r"which contains values of type NoneType, int; pass numbers only"):
        accepted(np.array([[1, None]], object), model)


def test_a_pair_of_inputs_and_labels_is_refused_and_a_tuple_of_samples_is_accepted() -> None:
    model = model_of(4)
    for labels in (np.zeros(3), np.zeros((3, 4))):
        with pytest.raises(InputError, match=r"received tuple of arrays of shapes \(3, 4\) and \(3,.*; pass the input alone"):
            accepted((np.zeros((3, 4)), labels), model)
    assert accepted((np.zeros(4), np.ones(4)), model).array.shape == (2, 4)
    tf = pytest.importorskip("tensorflow")
    with pytest.raises(InputError, match=r"RaggedTensor of shape \(2, None\); call \.to_tensor\(\) on it"):
        accepted(tf.ragged.constant([[1.0], [2.0, 3.0]]), model)


def test_one_number_per_sample_is_accepted_as_by_keras() -> None:
    assert accepted([1, 2, 3], model_of(1)).array.shape == (3, 1)


@needs("tensorflow")
def test_one_text_per_sample_is_accepted_as_by_keras() -> None:
    words = keras.Sequential([keras.Input((1,), dtype="string"), layers.TextVectorization(vocabulary=["cat"])])
    assert accepted(["a cat", "no dog"], words).array.shape == (2, 1)
    with pytest.raises(InputError, match=r"received 'a cat'; pass a list of texts, even for a single one"):
        accepted("a cat", words)


def test_images_that_do_not_fit_the_model() -> None:
    with pytest.raises(InputError, match=r"received an image of 5×4; pass an array of that shape"):
        accepted(Image.new("RGB", (5, 4)), model_of(7))
    for mode in ("1", "L", "P", "LA", "RGBA", "CMYK", "I;16"):
        assert accepted(Image.new(mode, (5, 4)), model_of(4, 5, 3)).array.shape == (1, 4, 5, 3), mode
    with pytest.raises(
        InputError, match=r"expected an array, a data set or the path of an image, received 'hello': there is no"
    ):
        accepted("hello", model_of(4, 5, 3))


def test_tensors_are_read_without_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    accepted(keras.ops.zeros((1, 4)), model_of(4))
    assert caplog.text == ""


def test_no_more_than_the_requested_number_of_samples() -> None:
    found = accepted(image(70, 8, 8, 3), model_of(8, 8, 3))
    assert len(found.array) == 64
    assert texts(found) == ("the first 64 of 70 samples",)


@needs("tensorflow")
def test_texts_for_a_model_that_takes_texts() -> None:
    vectorize = layers.TextVectorization(output_sequence_length=4)
    vectorize.adapt(["the cat sat"])
    model = keras.Sequential([keras.Input((1,), dtype="string"), vectorize])
    assert accepted(np.array([["the cat"], ["sat"]]), model).array.shape == (2, 1)
    with pytest.raises(InputError, match="values of type str_; pass numbers"):
        accepted(np.array([["the cat"]]), model_of(1))


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (
            np.zeros((2, 8, 9, 3)),
            r"expected a batch of shape \(None, 8, 8, 3\), received \(2, 8, 9, 3\), 9 instead of 8 on axis 2",
        ),
        (np.zeros((2, 8, 8, 1)), r"1 instead of 3 on axis 3"),
        (np.zeros((2, 3, 8, 8)), r"its channels come first: np\.moveaxis\(x, 1, -1\)"),
        (np.zeros((8, 8)), r"received 2 axes: \(8, 8\); add or remove axes"),
        (np.zeros((0, 8, 8, 3)), r"no samples"),
        (np.full((2, 8, 8, 3), np.nan), r"received 384 values that are NaN or infinite, the first in sample 0"),
        (np.zeros((2, 8, 8, 3), complex), r"complex numbers"),
        (np.array([["a"]]), r"values of type str"),
        (object(), r"received an object of type object; pass an array, an image or a data set"),
        (None, r"received None; pass an array, an image or a data set"),
        ({"x": 1}, r"received \{'x': 1\}; pass the value that is the input of the stack"),
        ([[1, 2], [3]], r"received list of 2; pass lists of one length each, or an array"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_input_that_does_not_fit_gets_one_clear_line(x: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        accepted(x, model_of(8, 8, 3))
    assert str(caught.value).startswith("expected a batch of shape (None, 8, 8, 3), received ")
    assert "\n" not in str(caught.value)


def test_the_batch_size_that_built_a_model_is_not_expected_again() -> None:
    model = keras.Sequential([keras.layers.Dense(2)])
    model(np.ones((32, 4)))
    with pytest.raises(InputError, match=r"expected a batch of shape \(None, 4\), received \(2, 3\)"):
        batch(np.ones((2, 3)), model, *own_input(model))
    assert len(batch(np.ones((2, 4)), model, *own_input(model)).array) == 2


def test_a_range_that_may_differ_from_training_is_noted() -> None:
    bytes_, floats = image(2, 8, 8, 3), image(2, 8, 8, 3) / 255
    plain, scaling = model_of(8, 8, 3, first=layers.Conv2D(2, 3)), model_of(8, 8, 3)
    assert "if it was trained on 0 to 1, pass x / 255" in texts(accepted(bytes_, plain))[-1]
    assert "probably trained on 0 to 255" in texts(accepted(floats, scaling))[-1]
    assert accepted(floats, plain).notes == accepted(bytes_, scaling).notes == ()


def test_sizes_that_are_not_fixed_and_a_model_that_does_not_know() -> None:
    assert accepted(image(2, 9, 7, 3), model_of(None, None, 3)).array.shape == (2, 9, 7, 3)
    assert accepted(image(2, 9), keras.Sequential([layers.Dense(2)])).array.shape == (2, 9)


REFUSED = {
    "labels in a list": (lambda: [image(4, 9, 7, 3), np.zeros(4)], "list of arrays of shapes (4, 9, 7, 3) and (4,)"),
    "a dict of arrays": (lambda: {"x": image(4, 9, 7, 3)}, "received dict of 1; pass the value"),
    "an int without a float": (lambda: [[[[10**400] * 3] * 7] * 9], "of type int"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_forms_are_refused_in_one_line(name: str) -> None:
    make, received = REFUSED[name]
    with pytest.raises(InputError) as caught:
        accepted(make(), model_of(9, 7, 3))
    assert received in str(caught.value)
    assert "\n" not in str(caught.value)


def test_images_of_different_sizes_for_a_model_of_any_size() -> None:
    with pytest.raises(InputError, match=r"images of different sizes, .* any size; resize them"):
        accepted([Image.new("RGB", (5, 4)), Image.new("RGB", (4, 4))], model_of(None, None, 3))


@needs("tensorflow")
def test_numbers_are_no_texts() -> None:
    model = keras.Sequential([keras.Input((1,), dtype="string"), layers.TextVectorization(vocabulary=["a"])])
    with pytest.raises(InputError, match=r"values of dtype int64; pass texts"):
        accepted([1, 2], model)


def test_values_that_an_integer_input_cuts_are_noted() -> None:
    model = keras.Sequential([keras.Input((3,), dtype="uint8"), layers.Flatten()])
    x = np.array([[0.5, 2.0, 300.0]])
    found = accepted(x, model)
    np.testing.assert_array_equal(found.array, as_array(model(x)))  # Keras cuts them, too
    assert texts(found) == ("2 values do not fit uint8 and were changed",)
    assert not texts(accepted(np.array([[1.0, 2.0, 3.0]]), model))


def test_a_model_without_input_and_layers_is_refused() -> None:
    with pytest.raises(NotAModelError, match="which has none; add them first"):
        seqwidget.FeatureMaps(keras.Sequential(name="empty"), np.zeros((2, 4)))
