"""The FeatureMaps widget without a browser: its requests and replies, and what it does not change."""

from __future__ import annotations

import base64
import gc
import io
import weakref
from typing import Any

import ipywidgets.widgets.widget as widget_module
import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import seqwidget
from seqwidget.activations.channel_health import health
from seqwidget.errors import InputError, NotAModelError
from seqwidget.widgets import feature_maps, handlers, schema
from tests.close import TOLERANCE, as_array, assert_close
from tests.inspection.test_inspect import fingerprint

ASK: dict[str, Any] = {"layer": "conv", "sample": 0, "slice": 0, "filters": False, "limit": 160, "budget": 2**20, "version": 1}


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    feature_maps.close_all()


def model_of() -> Any:
    stack = [layers.Conv2D(5, 3, activation="relu", name="conv"), layers.Flatten(name="flat"), layers.Dense(4, name="scores")]
    return keras.Sequential([keras.Input((12, 13, 3)), *stack], name="net")


def images(count: int = 3) -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).random((count, 12, 13, 3), "float32")


def ask(viewer: Any, what: str, **details: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send a request as a browser does, and return the one reply as a browser reads it."""
    sent: list[tuple[Any, Any]] = []
    viewer.send = lambda message, buffers=None: sent.append((message, buffers or []))
    given = {name: ASK[name] for name in schema.REQUESTS.get(what, schema.Request()).fields if name in ASK}
    viewer._handle_custom_msg({**given, **details, "id": "x-1", "ask": what}, [])
    # The other messages are patches and progress.
    ((message, buffers),) = [one for one in sent if "id" in one[0] and "progress" not in one[0]]
    assert message["id"] == "x-1"
    arrays = {
        one["name"]: np.frombuffer(data, one["dtype"]).reshape(one["shape"])
        for one, data in zip(message.get("arrays", []), buffers, strict=True)
    }
    return message, arrays


def test_tiles_have_one_byte_per_value_and_a_scale() -> None:
    model, x = model_of(), images()
    viewer = seqwidget.FeatureMaps(model, x)
    message, arrays = ask(viewer, "maps", sample=1)
    truth = np.moveaxis(as_array(model.layers[0](x))[1], -1, 0)
    assert message["facts"]["shown"] == (10, 11)
    assert arrays["codes"].dtype == np.uint8
    assert arrays["codes"].shape == (5, 10, 11)
    for bound, right in (("low", truth.min(axis=(1, 2))), ("high", truth.max(axis=(1, 2)))):
        np.testing.assert_allclose(arrays[bound], right, rtol=0, atol=TOLERANCE * truth.max())
    span = (arrays["high"] - arrays["low"]).reshape(-1, 1, 1)
    back = arrays["low"].reshape(-1, 1, 1) + (arrays["codes"] - 1.0) / 254 * span
    assert (np.abs(back - truth) <= span / 254 * 0.51).all()
    _, value = ask(viewer, "value", sample=1, at=[2, 0, 7, 3])
    assert value["value"][0] == pytest.approx(truth[2, 7, 3], rel=TOLERANCE)


def test_no_more_than_the_screen_shows_and_the_rest_in_parts() -> None:
    viewer = seqwidget.FeatureMaps(model_of(), images())
    message, arrays = ask(viewer, "maps", limit=4, budget=20)
    assert message["facts"]["factor"] == 3
    assert arrays["codes"].shape == (1, 4, 4)  # as many as fit into the limit, at least one
    assert len(arrays["low"]) == 5
    _, more = ask(viewer, "tiles", limit=4, channels=[4, 0])
    np.testing.assert_array_equal(more["codes"][1], arrays["codes"][0])


def test_maps_are_computed_once_for_any_part_of_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = seqwidget.FeatureMaps(model_of(), images())
    cells, computed, figures = 4 * 4, [], handlers.figures
    monkeypatch.setattr(handlers, "figures", lambda maps: computed.append(len(maps)) or figures(maps))
    most = ask(viewer, "maps", limit=4, budget=3 * cells)[1]
    found = [ask(viewer, "maps", limit=4, budget=budget)[1] for budget in (2 * cells, 1, 3 * cells + 1)]
    assert [len(one["codes"]) for one in found] == [2, 1, 3]
    assert computed == [5]
    for one in found:
        np.testing.assert_array_equal(one["codes"], most["codes"][: len(one["codes"])])
        np.testing.assert_array_equal(one["low"], most["low"])
    assert [len(ask(viewer, "maps", limit=4, budget=budget)[1]["codes"]) for budget in (2**20, cells)] == [5, 1]
    assert computed == [5, 5]


def test_each_request_has_one_reply_or_one_error() -> None:
    viewer = seqwidget.FeatureMaps(model_of(), images())
    for what, details, said in (
        ("maps", {"layer": "gone"}, "the model no longer has 'gone'"),
        ("value", {"version": 7, "at": [0, 0, 0, 0]}, "are outdated: the model has changed"),
        ("maps", {"layer": "scores", "filters": True}, "has no kernels"),
        ("nonsense", {}, "unknown request"),
        ("value", {"at": [99, 0, 0, 0]}, "these maps have no such position"),
    ):
        message, arrays = ask(viewer, what, **details)
        assert said in message["error"]
        assert "\n" not in message["error"]
        assert arrays == {}
    viewer._handle_custom_msg("no question", [])


def test_fields_photos_health_and_the_whole_array() -> None:
    model, x = model_of(), images()
    viewer = seqwidget.FeatureMaps(model, x)
    message, arrays = ask(viewer, "field")
    assert message["facts"]["known"]
    assert (arrays["axis0"].shape, arrays["axis1"].shape) == ((10, 12), (11, 13))
    assert not ask(viewer, "field", layer="flat")[0]["facts"]["known"]
    assert ask(viewer, "field", layer="scores")[1]["axis0"].shape == (1, 12)
    np.testing.assert_array_equal(ask(viewer, "photo", sample=2)[1]["photos"][0], np.rint(x[2] * 255))
    assert ask(viewer, "thumbnails", limit=5)[1]["photos"].shape == (3, 4, 5, 3)
    message, arrays = ask(viewer, "health")
    assert [one["path"] for one in message["facts"]["layers"]] == ["conv", "flat", "scores"]
    assert arrays["histograms"][0].sum() == 3 * 5 * 10 * 11
    npy = np.load(io.BytesIO(ask(viewer, "array")[1]["npy"].tobytes()))
    assert npy.dtype == np.float32
    assert_close(npy, as_array(model.layers[0](x))[0])
    kernels = ask(viewer, "maps", filters=True)
    assert kernels[1]["codes"].shape == (5, 3, 3)
    assert kernels[0]["facts"]["slices"] == 3


def test_cached_maps_are_confirmed_until_they_change() -> None:
    model = model_of()
    viewer = seqwidget.FeatureMaps(model, images())
    assert "same" not in ask(viewer, "maps", have=0)[0]["facts"]
    message, arrays = ask(viewer, "maps", have=1)
    assert (message["facts"], arrays) == ({"same": True}, {})
    model.layers[0].set_weights([weight * 2 for weight in model.layers[0].get_weights()])
    message, arrays = ask(viewer, "maps", have=1)
    assert message["facts"]["version"] == 2
    assert arrays["codes"].shape == (5, 10, 11)


def test_health_is_analysed_for_the_current_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqwidget.activations.channel_health._TOGETHER", 1)  # one sample at a time
    model = model_of()
    viewer = seqwidget.FeatureMaps(model, images())
    message, arrays = ask(viewer, "health")
    assert ask(viewer, "health")[0]["facts"] == message["facts"]
    whole = health(viewer._answers.activations)
    assert [layer["dead"] for layer in message["facts"]["layers"]] == [one.dead for one in whole]
    # In another run, rounding may move a value at the edge of a bin: a cell or two in a thousand.
    moved = np.abs(arrays["histograms"] - np.array([one.histogram for one in whole])).sum()
    assert moved <= 2 * arrays["histograms"].sum() / 1000

    model.layers[0].set_weights([weight * 0 for weight in model.layers[0].get_weights()])
    assert ask(viewer, "health")[0]["facts"]["layers"][0]["dead"] == (0, 1, 2, 3, 4)


def test_a_closed_viewer_is_freed_with_all_its_widgets() -> None:
    before = set(widget_module._instances)
    viewer = seqwidget.FeatureMaps(model_of(), images())
    viewer._repr_mimebundle_()
    gone = weakref.ref(viewer)
    viewer.close()
    del viewer
    gc.collect()
    assert gone() is None
    assert set(widget_module._instances) == before


def test_the_first_of_several_tensors_is_shown_and_said_to_be_the_first() -> None:
    x = keras.Input((5, 2), name="x")
    sequence, *_ = layers.LSTM(3, return_sequences=True, return_state=True, name="memory")(x)
    viewer = seqwidget.FeatureMaps(keras.Model(x, sequence), np.ones((1, 5, 2), "float32"))
    assert list(map(str, viewer.notes)) == ["memory returns several tensors: the first one is shown"]
    assert ask(viewer, "maps", layer="memory")[0]["facts"]["channels"] == 3


def test_the_input_is_the_first_point() -> None:
    viewer = seqwidget.FeatureMaps(model_of(), images())
    assert [point["path"] for point in viewer.points] == ["", "conv", "flat", "scores"]
    assert [point["form"] for point in viewer.points] == ["maps", "maps", "vector", "vector"]
    assert viewer.layer == "conv"
    assert ask(viewer, "maps", layer="")[1]["codes"].shape == (3, 12, 13)


def test_only_changes_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of()
    viewer = seqwidget.FeatureMaps(model, images())
    first = ask(viewer, "maps")[1]["codes"]
    feature_maps.refresh_all()
    model.predict(images(), verbose=0)
    feature_maps.refresh_all()
    assert viewer.state == 1
    model.layers[0].kernel.assign(-model.layers[0].kernel)
    message, arrays = ask(viewer, "maps")  # requested before any cell has ended
    assert message["facts"]["version"] == viewer.state == 2
    assert str(viewer.changed) == "its weights were changed"
    assert (arrays["codes"] != first).any()
    monkeypatch.setattr(feature_maps, "_CHEAP", 0)
    model.compile("sgd", "mse")
    model.fit(images(), np.ones((3, 4)), verbose=0)
    feature_maps.refresh_all()
    assert (viewer.state, viewer.automatic) == (3, False)


def test_edits_are_followed_at_once_when_the_model_is_live() -> None:
    model = seqwidget.watch(model_of())
    viewer = seqwidget.FeatureMaps(model, images())
    viewer.layer = "scores"
    model.pop()
    assert str(viewer.changed) == "its layers were changed"
    assert [point["path"] for point in viewer.points] == ["", "conv", "flat"]
    assert viewer.layer == "flat"
    with pytest.raises(ValueError, match="incompatible"):
        model.add(layers.Conv2D(3, 3, name="bad"))
    assert viewer.error == ""
    assert ask(viewer, "maps")[1]["codes"].shape == (5, 10, 11)


def test_an_unbuilt_model_is_built_for_the_input_and_says_so() -> None:
    model = keras.Sequential([layers.Dense(3, name="dense")])
    viewer = seqwidget.FeatureMaps(model, np.ones((2, 4)))
    assert model.input_shape == (None, 4)
    assert any("it has been built for this input" in str(note) for note in viewer.notes)


def test_showing_asking_and_saving_change_nothing() -> None:
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [keras.Input((12, 13, 3)), layers.Conv2D(5, 3, name="conv"), layers.BatchNormalization(), layers.Dropout(0.5)]
    )
    model.compile(keras.optimizers.Adam(0.123), "mse")
    model.fit(images(), np.ones((3, 10, 11, 5)), verbose=0)
    before = fingerprint(model)
    for training in (False, True):
        viewer = seqwidget.FeatureMaps(model, images(), training=training)
        for what in ("maps", "health", "photo", "field", "array", "thumbnails"):
            assert "error" not in ask(viewer, what)[0]
        viewer.to_png(), viewer.to_html(), repr(viewer)
        viewer._repr_mimebundle_()
    assert fingerprint(model) == before


def test_static_forms_show_the_selection() -> None:
    model, x = model_of(), images()
    viewer = seqwidget.FeatureMaps(model, x)
    viewer.colormap, viewer.scale, viewer.sort = "grey", "layer", "high"
    picture = np.asarray(Image.open(io.BytesIO(viewer.to_png())).convert("RGB"))
    truth = as_array(model.layers[0](x))[0]
    strongest = truth[..., np.argsort(-truth.max(axis=(0, 1)), kind="stable")[0]]
    scale = 72 // 11
    tile = picture[scale // 2 : 10 * scale : scale, scale // 2 : 11 * scale : scale, 0]
    assert np.abs(tile - (strongest - truth.min()) / (truth.max() - truth.min()) * 255).max() <= 1.5
    assert "data:image/png;base64," in viewer.to_html()
    assert viewer.to_html(page=True).startswith("<!doctype html>")
    viewer.layer = "scores"
    assert Image.open(io.BytesIO(viewer.to_png())).size[1] == 4 * 16


def test_the_plain_text_is_an_informative_table_and_the_bundle_has_a_picture() -> None:
    viewer = seqwidget.FeatureMaps(model_of(), images())
    assert repr(viewer).splitlines() == [
        "net: feature maps of 3 samples",
        "  input   12×13×3        3 maps of 12×13",
        "> conv    10×11×5        5 maps of 10×11",
        "  flat    550            550 numbers",
        "  scores  4              4 numbers",
    ]
    data, _ = viewer._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "image/png", "text/plain"}
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).format == "PNG"


def test_hostile_names_do_no_harm() -> None:
    name = "<img src=x onerror=alert(1)>"
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name=name)], name="<script>")
    page = seqwidget.FeatureMaps(model, np.ones((1, 4)), classes=[name, name]).to_html(page=True)
    assert "<script>" not in page
    assert "<img src=x" not in page


def test_a_model_that_cannot_be_shown_gets_one_clear_line() -> None:
    with pytest.raises(NotAModelError, match="expected a Keras model"):
        seqwidget.FeatureMaps(3, images())
    with pytest.raises(InputError, match=r"expected a batch of shape \(None, 12, 13, 3\), received"):
        seqwidget.FeatureMaps(model_of(), np.ones((2, 5, 5, 3)))

    class Own(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(NotAModelError, match="overrides call"):
        seqwidget.FeatureMaps(Own(), np.ones((2, 4)))


def test_a_closed_viewer_ignores_edits() -> None:
    model = seqwidget.watch(model_of())
    viewer = seqwidget.FeatureMaps(model, images())
    viewer.close()
    model.pop()
    feature_maps.refresh_all()
    assert viewer.state == 1
