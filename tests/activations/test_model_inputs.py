"""Models with several inputs or outputs: what they accept, and each layer's output, as Keras itself computes it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.activations.model_inputs import samples_for
from seqwidget.errors import InputError
from seqwidget.widgets import feature_maps
from tests.close import as_array, assert_close
from tests.inspection.test_inspect import fingerprint
from tests.widgets.test_feature_maps import ask


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    feature_maps.close_all()


def images(count: int = 4, seed: int = 1) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).random((count, 12, 12, 3), "float32")


def words(count: int = 4) -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).integers(0, 9, (count, 7))


def siamese() -> Any:
    """Two images that pass through the same layers."""
    left, right = keras.Input((12, 12, 3), name="left"), keras.Input((12, 12, 3), name="right")
    conv, pool = layers.Conv2D(4, 3, name="conv"), layers.GlobalMaxPooling2D(name="pool")
    near = layers.Subtract(name="near")([pool(conv(left)), pool(conv(right))])
    return keras.Model([left, right], layers.Dense(1, name="same")(near), name="siamese")


def mixed(shape: Callable[..., Any] = list, height: int | None = 12) -> Any:
    """Text and an image, with two outputs. The image is the second input, both in order and by name."""
    text, photo = keras.Input((7,), name="a_text", dtype="int32"), keras.Input((height, height, 3), name="photo")
    read = layers.Flatten(name="flat")(layers.Embedding(9, 3, name="read")(text))
    seen = layers.GlobalMaxPooling2D(name="pool")(layers.Conv2D(5, 3, name="conv")(photo))
    both = layers.Concatenate(name="both")([read, seen])
    ends = [layers.Dense(2, name="kind")(both), layers.Dense(1, activation="tanh", name="mood")(seen)]
    return keras.Model({"a_text": text, "photo": photo} if shape is dict else shape([text, photo]), ends, name="mixed")


def truth(model: Any, layer: str, use: int, x: Any) -> np.ndarray[Any, Any]:
    """Return a layer's output by a new model over Keras's own tensors."""
    node = model.get_layer(layer)._inbound_nodes[use]
    return as_array(keras.Model(model.inputs, node.output_tensors[0])(x))


CASES: dict[str, tuple[Callable[[], Any], list[np.ndarray[Any, Any]], Any]] = {
    "siamese": (siamese, [images(), images(seed=2)], list),
    "siamese by name": (siamese, [images(), images(seed=2)], lambda x: {"right": x[1], "left": x[0]}),
    "mixed": (mixed, [words(), images()], list),
    "tuple": (lambda: mixed(tuple), [words(), images()], tuple),
    "dict": (lambda: mixed(dict), [words(), images()], lambda x: {"photo": x[1], "a_text": x[0]}),
    "tensors": (mixed, [words(), images()], lambda x: [keras.ops.convert_to_tensor(one) for one in x]),
    "any size": (lambda: mixed(height=None), [words(), images()], list),
}


@pytest.mark.parametrize("name", CASES)
def test_each_layer_has_the_output_of_a_model_of_keras(name: str) -> None:
    make, arrays, wrap = CASES[name]
    model = make()
    before = fingerprint(model)
    viewer = seqwidget.FeatureMaps(model, wrap(arrays))
    own = [point["path"] for point in viewer.points if point["row"] >= 0]
    found = seqwidget.feature_extractor(model)(wrap(arrays))
    assert len(own) == len(found)
    for path, output in zip(own, found, strict=True):
        layer, _, use = path.partition(":")
        right = truth(model, layer, int(use or 1) - 1, arrays)
        assert_close(as_array(output), right)
        for sample in (0, 3):
            _, kept = ask(viewer, "array", layer=path, sample=sample)
            assert_close(np.load(io.BytesIO(kept["npy"].tobytes())), right[sample])
    assert fingerprint(model) == before


def test_the_first_image_is_shown_as_samples_and_each_input_as_maps() -> None:
    x = {"a_text": words(), "photo": images() * 200}
    model = mixed()
    viewer = seqwidget.FeatureMaps(model, x)
    assert [(point["path"], point["row"]) for point in viewer.points[:2]] == [("photo", -1), ("a_text", -1)]
    assert viewer.layer == "conv"
    assert "the samples are shown by the input photo" in list(map(str, viewer.notes))
    assert ask(viewer, "thumbnails", limit=44)[1]["photos"].shape == (4, 12, 12, 3)
    for name, given in x.items():
        message, arrays = ask(viewer, "maps", layer=name, sample=2)
        maps = np.moveaxis(given[2], -1, 0) if name == "photo" else given[2]
        assert message["facts"]["channels"] == (3 if name == "photo" else 7)
        assert_close(arrays["high"], maps.reshape(len(maps), -1).max(axis=1))
    assert [line[2:].split()[0] for line in repr(viewer).splitlines()[1:4]] == ["photo", "a_text", "conv"]
    assert "a_text" in viewer.to_html()


def test_training_and_edits_are_followed() -> None:
    model = siamese()
    viewer = seqwidget.FeatureMaps(model, [images(), images(seed=2)])
    first = ask(viewer, "maps", layer="conv:2")[1]["high"]
    model.get_layer("conv").kernel.assign(-model.get_layer("conv").kernel)
    message, arrays = ask(viewer, "maps", layer="conv:2")
    assert message["facts"]["version"] == 2
    assert_close(arrays["high"], truth(model, "conv", 1, [images(), images(seed=2)])[0].max(axis=(0, 1)))
    assert np.abs(arrays["high"] - first).max() > 1e-3


def dictionaries(batch: int) -> Any:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(({"photo": images(20), "a_text": words(20)}, np.zeros(20))).batch(batch)


def pairs(batch: int) -> Any:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(((words(20), images(20)), np.zeros(20))).batch(batch)


def generated(batch: int) -> Any:
    x, y = words(20), images(20)
    return [({"a_text": x[at : at + batch], "photo": y[at : at + batch]},) for at in range(0, 20, batch)]


SOURCES = {"dicts": dictionaries, "tuples": pairs, "generator": lambda batch: iter(generated(batch))}


@pytest.mark.parametrize("name", SOURCES)
def test_a_data_set_is_read_to_its_end(name: str) -> None:
    model = mixed()
    viewer = seqwidget.FeatureMaps(model, SOURCES[name](8), samples=10)
    assert (viewer.samples, viewer.dataset) == (10, True)
    facts = ask(viewer, "health", dataset=True)[0]["facts"]
    assert (facts["samples"], facts["problem"]) == (20, "")
    conv = truth(model, "conv", 0, [words(20), images(20)])
    dead = np.flatnonzero(conv.max(axis=(0, 1, 2)) <= 0).tolist()
    assert list(next(one for one in facts["layers"] if one["path"] == "conv")["dead"]) == dead
    _, arrays = ask(viewer, "maps", layer="conv", sample=9)
    assert_close(arrays["high"], conv[9].max(axis=(0, 1)))


def test_the_health_counts_all_samples_of_a_fixed_batch() -> None:
    a, b = keras.Input(batch_shape=(3, 4), name="a"), keras.Input(batch_shape=(3, 4), name="b")
    model = keras.Model([a, b], layers.Subtract(name="sum")([a, b]))
    x = np.arange(20, dtype="float32").reshape(5, 4)
    viewer = seqwidget.FeatureMaps(model, [x, x - 1])
    assert ask(viewer, "health")[0]["facts"]["samples"] == 5
    assert ask(viewer, "maps", layer="sum", sample=4)[1]["high"].tolist() == [1, 1, 1, 1]


NAMES = "'a_text', 'photo'"
WRONG: dict[str, tuple[Any, str]] = {
    "missing": ({"photo": images()}, f"the 2 inputs {NAMES}, received none for 'a_text'; pass a dict"),
    "unknown": ({"photo": images(), "text": 1}, "received none for 'a_text', but one for 'text'; pass a dict"),
    "too few": ([images()], f"the 2 inputs {NAMES}, received list of 1; pass a list of arrays in this order"),
    "one array": (images(), r"received one array of shape (4, 12, 12, 3); pass a list"),
    "unequal": ([words(3), images()], "received 3 for 'a_text', 4 for 'photo'; pass those that belong together."),
    "order": ([images(), words()], "a_text: expected a batch of shape (None, 7), received 4 axes"),
    "not finite": (
        [words(), images() * np.nan],
        "photo: expected a batch of shape (None, 12, 12, 3), received 1,728 values",
    ),
    "no data": (iter([]), "received one without"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_gets_one_clear_line(name: str) -> None:
    x, said = WRONG[name]
    with pytest.raises(InputError) as refused:
        seqwidget.FeatureMaps(mixed(), x)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["missing", "unknown", "too few", "one array"])
def test_the_extractor_refuses_them_as_well(name: str) -> None:
    x, said = WRONG[name]
    with pytest.raises(InputError) as refused:
        seqwidget.feature_extractor(mixed(), "conv")(x)
    assert said in str(refused.value)


def test_an_extractor_of_several_inputs_is_connected() -> None:
    model = mixed(dict)
    found = seqwidget.feature_extractor(model, ["both", "mood"])
    assert [x.name for x in found.inputs] == ["a_text", "photo"]
    x = {"a_text": words(), "photo": images()}
    ends = keras.Model(dict(zip(x, found.inputs, strict=True)), found.outputs)(x)
    assert_close(as_array(ends[0]), truth(model, "both", 0, [words(), images()]))


def test_a_note_names_the_input_that_it_is_about() -> None:
    scaled, plain = keras.Input((12, 12, 3), name="scaled"), keras.Input((12, 12, 3), name="plain")
    model = keras.Model([plain, scaled], layers.Add()([layers.Rescaling(1 / 255)(scaled), layers.ReLU()(plain)]))
    assert "0 to 1" in " ".join(map(str, samples_for(model, [images() * 255] * 2).notes))
    other = keras.Model([scaled, plain], model.outputs[0])  # the first image is shown: it is rescaled
    assert "0 to 1" not in " ".join(map(str, samples_for(other, [images() * 255] * 2).notes))
    one = samples_for(model, [images()[0], images(1)])
    assert "plain: one sample: a batch axis was added" in list(map(str, one.notes))


def test_times_are_measured_for_several_inputs() -> None:
    measured = seqwidget.measured_time(mixed(), batch_size=2)
    assert {one.path for one in measured.layers if one.forward is not None} >= {"conv", "read", "both", "kind"}


def test_the_shapes_of_several_inputs_may_be_given() -> None:
    stack = seqwidget.inspect(mixed(height=None), input_shape=((7,), (12, 12, 3)))
    assert {row.name: row.output_shape for row in stack.rows}["conv"] == (None, 10, 10, 5)
    with pytest.raises(seqwidget.errors.InputShapeError, match="one shape for each of the 2 inputs of 'mixed', received 1"):
        seqwidget.inspect(mixed(), input_shape=(7,))


def test_a_model_that_is_rescaled_inside_is_not_doubted() -> None:
    x = keras.Input((12, 12, 3))
    inner = keras.Model(x, layers.Conv2D(2, 3)(layers.Rescaling(1 / 255)(x)))
    model = keras.Sequential([keras.Input((12, 12, 3)), inner])
    assert samples_for(model, images() * 255).notes == ()
