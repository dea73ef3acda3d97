"""A fingerprint sees every way in which a weight can change, and nothing else."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqwidget.keras_compat import weight_digest
from seqwidget.model.fingerprint import Fingerprint
from tests.backends import BACKEND, module, only_on

from .weight_changes import CHANGES, X, Y, model_of

torch = module("torch")


@pytest.mark.filterwarnings("ignore:Layer .* does not have")
@pytest.mark.parametrize("name", [*CHANGES, "quantize"])
def test_a_change_is_seen(name: str) -> None:
    model = model_of()
    before = Fingerprint.of(model)
    CHANGES.get(name, lambda model: model.quantize("int8"))(model)
    after = Fingerprint.of(model, before)
    assert after != before
    assert Fingerprint.of(model, after) == after


def test_what_changes_nothing_is_not_taken_for_a_change() -> None:
    model = model_of()
    before = Fingerprint.of(model)
    model.predict(X, verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.compile("adam", "mae")
    model.set_weights(model.get_weights())
    assert Fingerprint.of(model, before) == before


def digest(weight: Any) -> bytes:
    """Return the digest of a weight; on PyTorch, also that for an accelerator."""
    on_device = weight_digest.hash_on_device([weight.value.detach()]) if BACKEND == "torch" else []
    return b"".join([weight_digest.digests([weight])[0].value, *on_device])


@only_on("torch")
def test_on_a_device_each_chunk_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_digest, "_CHUNK", 4)
    values, seen = torch.zeros(11), set()
    for at in range(11):
        values[at] = 1
        found, empty = weight_digest.hash_on_device([values, torch.zeros(0)])
        assert len(empty) == 8
        seen.add(found)
        values[at] = 0
    assert len(seen) == 11


DTYPES = ("float32", "float16", "bfloat16", "int8", "int32", "uint8", "bool", *(["float64"] if BACKEND != "jax" else []))


@settings(max_examples=60)
@given(st.data(), st.sampled_from(DTYPES), st.lists(st.integers(1, 5), max_size=3))
def test_any_value_and_any_place_count(data: st.DataObject, dtype: str, shape: list[int]) -> None:
    """One other value, or two values in each other's place, change the digest; the same values do not."""
    count = int(np.prod(shape))
    values = np.array(data.draw(st.lists(st.integers(0, 1 if dtype == "bool" else 100), min_size=count, max_size=count)))
    weight = keras.Variable(values.reshape(shape).astype("float32"), dtype=dtype, trainable=False)
    before = digest(weight)
    at, other = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count - 1))
    moved = values.copy()
    moved[[at, other]] = moved[[other, at]]
    for changed in (moved, np.where(np.arange(count) == at, 1 - values if dtype == "bool" else values + 1, values)):
        weight.assign(changed.reshape(shape).astype("float32"))
        assert (digest(weight) == before) == np.array_equal(changed, values)
    weight.assign(values.reshape(shape).astype("float32"))
    assert digest(weight) == before
