"""The language of a widget, without a browser."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.widgets import feature_maps, front_end, summary
from tests.backends import BACKEND


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    seqwidget.language(None)
    summary.close_all()
    feature_maps.close_all()


def model_of() -> Any:
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, strides=2, name="conv")], name="net")
    model.layers[0].trainable = False
    return model


def texts(panel: Any) -> tuple[str, str, str, str]:
    """Return texts that a page shows: a note, a remark, the diagram's title for a layer, and a text of the page itself."""
    return (
        panel.stack["notes"][0]["text"],
        panel.remarks[0],
        panel.diagram["blocks"][0]["title"],
        front_end.page_texts(panel.language)["texts"].get("Columns", "Columns"),
    )


ENGLISH = (
    "the last row and column of the 8×8 input are ignored",
    "0 trainable, 20 non-trainable",
    "Input (None, 8, 8, 1)",
    "Columns",
)
PORTUGUESE = (
    "a última linha e a última coluna da entrada de 8×8 são ignoradas",
    "0 treináveis, 20 não treináveis",
    "Entrada (None, 8, 8, 1)",
    "Colunas",
)


def test_a_panel_uses_the_language_of_its_page() -> None:
    panel = seqwidget.Summary(model_of())
    assert (panel.language, texts(panel)) == ("en", ENGLISH)
    panel.page_language = "pt"
    assert (panel.language, texts(panel)) == ("pt", PORTUGUESE)
    assert texts(seqwidget.Summary(model_of())) == PORTUGUESE, "the next panel is for the same page"
    assert repr(panel).startswith("net: 1 layer, built"), "what is written once stays English"
    panel.page_language = "xx"
    assert (panel.language, texts(panel)) == ("en", ENGLISH)


def test_a_language_that_is_chosen_is_used_at_once() -> None:
    panel = seqwidget.Summary(model_of())
    seqwidget.language("pt")
    assert texts(panel) == PORTUGUESE
    assert repr(panel).startswith("net: 1 camada, construído")
    panel.page_language = "xx"
    assert texts(panel) == PORTUGUESE
    seqwidget.language(None)
    assert texts(panel) == ENGLISH


def test_later_messages_are_in_that_language() -> None:
    model = model_of()
    panel = seqwidget.Trainable(model).unfreeze()
    seqwidget.language("pt")
    model.compile("adam", "mse")
    model.fit(np.ones((2, 8, 8, 1)), np.ones((2, 3, 3, 2)), verbose=0)
    panel.freeze()
    with pytest.raises(ValueError, match="negative"):
        model.add(layers.Conv2D(2, 9, name="big"))
    assert panel.refused["cause"].startswith("o seu kernel de 9×9")
    assert panel.refused["fixes"][0]["description"] == 'usar padding="same" nela'
    if BACKEND == "tensorflow":
        assert panel.stack["stale"] == "1 camada mudou desde compile: o fit vai ignorar isso até o próximo compile"
        sent = panel.get_state(["plan"])["plan"]
        assert sent["kept"][0] == "perda, métricas e configurações do compile; Adam"
    assert panel.steps["what"] == ["início", "treinar conv", "congelar conv"]


def test_feature_maps_are_translated_too() -> None:
    viewer = seqwidget.FeatureMaps(model_of(), np.ones((1, 8, 8, 1)), training=True)
    viewer.page_language = "pt"
    assert viewer.get_state(["notes"])["notes"] == ["as camadas são executadas em modo de treino"]
    assert viewer.diagram["blocks"][0]["label"] == "Entrada"
