"""An error of Keras or TensorFlow is shortened to what went wrong."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.model.trial import first_line
from tests.backends import only_on


@only_on("tensorflow")
def test_an_error_in_a_graph_says_what_went_wrong_and_not_where_the_graph_was_made() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(10)])
    model.compile("sgd", "mse")
    panel = seqwidget.Training(model)
    with pytest.raises(Exception, match="Graph execution error") as caught:
        model.fit(np.zeros((40, 4)), np.zeros(40), verbose=0)  # with batches of two sizes
    assert first_line(caught.value) == "Incompatible shapes: [32] vs. [32,10]"
    assert seqwidget.runs(model)[0].notes[0] == "fit ended with InvalidArgumentError: Incompatible shapes: [32] vs. [32,10]"
    panel.close()
