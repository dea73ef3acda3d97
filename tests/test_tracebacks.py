"""A mistake of the user shows the user's lines and Keras's, and no line of seqwidget.

There is one exception: if a call builds the model, Keras filters the traceback after our wrapper of ``build``, and IPython
shows the last line that is left.
"""

from __future__ import annotations

import re

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

START = """
import keras, numpy as np, seqwidget
from keras import layers
def small(*rows):
    return seqwidget.Sequential([keras.Input((9, 9, 1)), layers.Conv2D(2, 3), layers.Flatten(), *rows])
def unbuilt():
    return seqwidget.Sequential([layers.Conv2D(2, 3), layers.Flatten(), layers.Conv2D(2, 3)])
x, y = np.zeros((4, 9, 9, 1)), np.zeros((4, 2))
"""
MISTAKES = {
    "add": "small().add(layers.Conv2D(2, 3))",
    "add to an unbuilt model": "model = seqwidget.Sequential(); model.add('conv')",
    "a list": "seqwidget.Sequential([keras.Input((4,)), layers.Conv2D(2, 3)])",
    "from_config": "config = small().get_config(); config['layers'].reverse(); seqwidget.Sequential.from_config(config)",
    "build": "unbuilt().build((None, 9, 9, 1))",
    "pop": "seqwidget.Sequential().pop()",
    "undo": "seqwidget.Sequential().undo()",
    "fit": "model = unbuilt(); model.compile('sgd', 'mse'); model.fit(x, y)",
    "fit with other labels": "model = small(layers.Dense(3)); model.compile('sgd', 'mse'); model.fit(x, y)",
    "fit without compile": "small().fit(x, y)",
    "evaluate": "model = small(layers.Dense(3)); model.compile('sgd', 'mse'); model.evaluate(x, y)",
    "predict": "small(layers.Dense(2)).predict(np.zeros((4, 2, 2, 1)))",
    "train_on_batch": "model = small(layers.Dense(3)); model.compile('sgd', 'mse'); model.train_on_batch(x, y)",
    "load_weights": "small().load_weights('nothing.weights.h5')",
    "set_weights": "small().set_weights([])",
    "compile": "small().compile('no optimizer')",
    "recompile": "seqwidget.recompile(small())",
    "Summary": "seqwidget.Summary(3)",
    "Trainable": "seqwidget.Trainable(small()).freeze('nothing')",
    "FeatureMaps": "seqwidget.FeatureMaps(small(), x[:, 1:])",
    "FeatureMaps of a model that cannot be built": "seqwidget.FeatureMaps(unbuilt(), x)",
    "feature_extractor": "seqwidget.feature_extractor(unbuilt(), 'nothing')",
    "Training": "seqwidget.Training(3)",
    "to_html": "seqwidget.Summary(small()).to_html(3)",
}


@pytest.fixture(scope="module")
def shell() -> InteractiveShell:
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    shell.run_cell(START).raise_error()
    return shell


@pytest.mark.parametrize("mistake", MISTAKES)
def test_no_line_of_seqwidget_is_shown(shell: InteractiveShell, mistake: str) -> None:
    with capture_output() as captured:
        result = shell.run_cell(MISTAKES[mistake])
    assert result.error_in_exec is not None, "it is no mistake"
    printed = captured.stdout + captured.stderr
    assert not (shown := re.findall(r"seqwidget/(?:\w+/)*\w+\.py:\d+", printed)), shown
