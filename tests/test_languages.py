"""Every text can be translated: with marks around every message, only data is left outside the marks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.diagnosis.diagnose import diagnose, diagnose_broken
from seqwidget.i18n.languages import translate
from seqwidget.render.colormaps import COLORMAPS
from seqwidget.render.diagram import diagram
from seqwidget.render.scales import COLOR_BY, SIZE_BY
from seqwidget.render.text import one_line
from seqwidget.render.training_text import training
from seqwidget.widgets import feature_maps, summary

from .diagnosis.mistakes import MISTAKES, Mistake
from .diagnosis.test_diagnose import model_of, refusal
from .marked import Shown, use_marked_language, words_outside
from .model.families import FAMILIES

KERAS = {name for name in dir(keras.layers) if name[0].isupper()} - {"Input"} | {"Functional", "Sequential"}
PADDING = {"valid", "same", "causal"}


@pytest.fixture(autouse=True)
def marked() -> Iterator[None]:
    with use_marked_language():
        yield
    summary.close_all()
    feature_maps.close_all()


def stack_of(*stack: Any, shape: tuple[int | None, ...] = (12, 12, 3), **options: Any) -> Any:
    return keras.Sequential([keras.Input(shape), *stack], **options)


def nested() -> Any:
    base = stack_of(layers.Conv2D(4, 3, dilation_rate=2), layers.BatchNormalization(), layers.Dropout(0.5), name="base")
    base.trainable = False
    model = stack_of(base, layers.Flatten(), layers.Dense(2), name="net")
    base.layers[0].trainable = True
    return model


def shared() -> Any:
    twin = layers.Dense(3)
    return stack_of(twin, layers.Dense(3), twin, shape=(3,))


def functional() -> Any:
    x = keras.Input((4,))
    return keras.Model(x, layers.Add()([layers.Dense(4)(x), x]), name="two")


def stale() -> Any:
    model = stack_of(layers.Dense(3), layers.Dense(1), shape=(4,))
    model.compile("adam", "mse")
    model.fit(np.ones((4, 4)), np.ones((4, 1)), verbose=0)
    model.layers[0].trainable = False
    return model


def broken() -> Any:
    model = stack_of(layers.Conv2D(2, 3), shape=(4, 4, 1))
    with pytest.raises(ValueError, match="negative"):
        model.add(layers.Conv2D(2, 9))
    return model


class Subclass(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.one = layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.one(x)


MODELS: dict[str, Callable[[], Any]] = {
    **{name: lambda shape=shape, made=made: stack_of(*made(), shape=shape) for name, (shape, made) in FAMILIES.items()},
    "empty": lambda: keras.Sequential(name="empty"),
    "unbuilt": lambda: keras.Sequential([layers.Dense(3), layers.Dense(3)]),
    "no size": lambda: stack_of(layers.Conv2D(2, 3), layers.LayerNormalization(), shape=(None, None, 3)),
    "alike": lambda: stack_of(*(layers.Dense(8, activation="relu") for _ in range(4)), shape=(8,)),
    "notes": lambda: stack_of(
        layers.Conv2D(8, 5, strides=2),
        layers.BatchNormalization(),
        layers.Conv2D(64, 9, padding="same"),
        layers.Flatten(),
        layers.Dense(300),
        layers.Dense(1, activation="softmax"),
        layers.Dropout(0.5),
    ),
    "no name": lambda: stack_of(layers.Dense(3, name=" "), shape=(3,), name=" "),
    "two lines": lambda: stack_of(layers.Dense(3, name="a\nb"), layers.Dense(3), shape=(3,)),
    **{made.__name__: made for made in (nested, shared, functional, stale, broken, Subclass)},
}


def data_of(model: Any, facts: Any) -> set[str]:
    """Return the words that come from a model: names, types, and why Keras refuses one of its layers."""
    words = {facts.name, type(model).__name__, *KERAS, *PADDING}
    words |= {word for row in facts.rows for word in (row.name, row.path, row.type)}
    refused = diagnose_broken(model) if isinstance(model, keras.Sequential) else None
    return words | ({refused[1].words} if refused else set())


@pytest.mark.parametrize("name", MODELS)
def test_of_a_model(name: str) -> None:
    model = MODELS[name]()
    for size in (1, 8):
        facts = seqwidget.inspect(model, batch_size=size)
        data = data_of(model, facts)
        assert "⟦" in str(facts)
        texts = [str(facts), *Shown(facts.to_html()).texts, *Shown(facts.to_html(page=True)).texts, training(facts)]
        for size_by, color_by in itertools.product(SIZE_BY, COLOR_BY):
            texts += Shown(facts.to_svg(size_by=size_by, color_by=color_by, folded=True)).texts
        texts += [translate(note.why_message) for note in facts.notes]
        assert words_outside(texts, data) == set()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_of_a_mistake(mistake: Mistake) -> None:
    layer, model = mistake.bad(), model_of(mistake)
    diagnosis = diagnose(model, layer, refusal(mistake, layer))
    data = {*KERAS, "axis", model.name, diagnosis.layer, one_line(diagnosis.layer), diagnosis.type, diagnosis.words}
    data |= {one.name for one in (*model.layers, *getattr(layer, "layers", ()))}
    data |= {getattr(layer, "__name__", ""), "keras.Input", "int32", "float32", "Named", "Twice"} - {""}
    data |= {
        line.strip() for code in (*(fix.code for fix in diagnosis.fixes), diagnosis.alternative) for line in code.splitlines()
    }
    picture = diagram(seqwidget.inspect(model), refused=diagnosis)
    drawn = [translate(text) for block in picture.blocks for text in (block.label, block.shape, block.title)]
    assert words_outside([str(diagnosis), translate(picture.description), *drawn], data) == set()


def test_of_edits_and_training() -> None:
    model = seqwidget.watch(stale())
    model.add(layers.Dense(2))
    seqwidget.Trainable(model).freeze(start=1).unfreeze("dense.*")
    model.undo()
    with pytest.raises(ValueError, match="ndim"):
        model.add(layers.Conv2D(2, 9, name="bad"))
    panels = seqwidget.Trainable(model), seqwidget.Summary(model)
    texts = [repr(model.edits), repr(seqwidget.recompile_plan(model)), *map(repr, panels)]
    data = data_of(model, seqwidget.inspect(model)) | {"bad", "adam", "Adam"}
    data |= {line.strip() for fix in model.refused.fixes for line in fix.code.splitlines()}
    assert words_outside(texts, data) == set()


def test_of_feature_maps() -> None:
    model = keras.Sequential([layers.Conv2D(1, 3, name="conv"), layers.GlobalMaxPooling2D(name="all")], name="net")
    viewer = seqwidget.FeatureMaps(model, np.ones((3, 8, 8, 3)), samples=2, training=True)
    data = data_of(model, seqwidget.inspect(model))
    for colormap, scale, filters in itertools.product(COLORMAPS, ("channel", "layer", "fixed"), (False, True)):
        viewer.colormap, viewer.scale, viewer.filters = colormap, scale, filters
        texts = [repr(viewer), *Shown(viewer.to_html()).texts, *Shown(viewer.to_html(page=True)).texts]
        assert words_outside(texts, data | {"viridis", "magma"}) == set()
