"""For any names, errors and files, no public text controls a terminal, and every text can be encoded."""

from __future__ import annotations

import json
import traceback
import unicodedata
import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.errors import UserError
from seqwidget.printable import escaped, line
from seqwidget.widgets import feature_maps, summary

HOSTILE = "a\x1b]0;t\x07\x1b[2J\x9b31m\u202eb\u2066\u2028\u2029\u200b\ufeff\r\n\x00\x7f\u2060c\U000e0041"


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    summary.close_all()
    feature_maps.close_all()


def is_harmless(text: str) -> bool:
    return not {unicodedata.category(char) for one in text.split("\n") for char in one} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def texts_of(error: BaseException) -> list[str]:
    return [str(error) if isinstance(error, UserError) else "", *getattr(error, "__notes__", ())]


def raised(function: Any, *arguments: Any) -> list[str]:
    with pytest.raises(Exception) as caught:  # noqa: PT011  exceptions of several kinds
        function(*arguments)
    return texts_of(caught.value)


def hostile_class(base: Any, call: Any) -> Any:
    name = HOSTILE.replace("\x00", "")
    return type(name, (base,), {"call": call, "__module__": "m"})


def public_texts() -> Iterator[tuple[str, str]]:
    """Return every text that a person can print about a model whose names are all hostile."""

    def fails(*_: Any) -> Any:
        raise ValueError(HOSTILE)

    own, bad = hostile_class(layers.Layer, lambda _, x: x), hostile_class(layers.Layer, fails)
    inner = keras.Sequential([keras.Input((8,)), layers.Dense(8, name=HOSTILE)], name=f"{HOSTILE}in")
    stack = [own(name=HOSTILE), inner, layers.Dropout(0.0, name=f"{HOSTILE}1"), layers.Dense(3, name=f"{HOSTILE}2")]
    model = seqwidget.Sequential([keras.Input((8,), name=f"{HOSTILE}0"), *stack], name=HOSTILE)
    wrong = [bad(name=f"{HOSTILE}3"), layers.Conv2D(3, 3, name=f"{HOSTILE}4"), layers.Add(name=f"{HOSTILE}5"), HOSTILE]
    for layer in wrong:
        yield "preview", str(model.preview(layer))
        for text in raised(model.add, layer):
            yield "note of an error", text
        yield "refused", str(model.refused)
        for fix in model.refused.fixes:
            yield "description of a fix", str(fix.description)
            yield "code of a fix", fix.code
        yield "alternative", model.refused.alternative
        yield "cause", str(model.refused.cause)
        yield "summary", repr(seqwidget.Summary(model))
    model.compile("adam", "mse")
    panel = seqwidget.Trainable(model)
    panel.freeze(type="Dense")
    yield "edits", repr(model.edits)
    yield "step", repr(model.edits[-1])
    yield "trainable", repr(panel)
    facts = seqwidget.inspect(model)
    yield "stack", str(facts)
    yield "record", repr(facts)
    yield "code", facts.to_code()
    for form in (facts.to_csv, facts.to_markdown, facts.to_latex, facts.to_svg, facts.to_tikz):
        yield form.__name__, form()
    for note in (*facts.notes, *(note for row in facts.rows for note in row.notes)):
        yield "note", str(note)
    yield "plan", str(seqwidget.recompile_plan(model))
    yield "maps", repr(seqwidget.FeatureMaps(model, np.ones((2, 8)), classes=[HOSTILE] * 3))
    for call in (
        lambda: panel.freeze(HOSTILE),
        lambda: panel.freeze(type=HOSTILE),
        lambda: panel.freeze(start=f"{HOSTILE}z"),
        lambda: panel.freeze("("),
        lambda: panel.freeze(layers.Dense(2, name=HOSTILE)),
        lambda: seqwidget.inspect(HOSTILE),
        lambda: facts.to_svg(labels={HOSTILE: ""}),
        lambda: facts.to_svg(colors={"(": HOSTILE}),
        lambda: facts.to_svg(**{HOSTILE: 1}),
        lambda: facts.to_csv(f"/none/{HOSTILE.replace(chr(0), '')}"),
        lambda: seqwidget.inspect(own),
        lambda: seqwidget.FeatureMaps(HOSTILE, HOSTILE),
        lambda: seqwidget.FeatureMaps(model, np.ones((2, 9))),
        lambda: seqwidget.language(HOSTILE),
        lambda: seqwidget.silence(HOSTILE),
        lambda: seqwidget.recompile(keras.Sequential(name=HOSTILE)),
        lambda: seqwidget.feature_extractor(model, [HOSTILE * 2]),
    ):
        for text in raised(call):
            yield "error", text
    unbuilt = keras.Sequential([layers.Dense(2, name=f"{HOSTILE}\ud800")], name="\udfff")
    yield "unbuilt", str(seqwidget.inspect(unbuilt))
    yield "unbuilt", seqwidget.inspect(unbuilt).to_code()


def test_no_text_controls_a_terminal() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        texts = [*public_texts(), *(("warning", str(one.message)) for one in said if "seqwidget" in one.filename)]
    assert [(what, text) for what, text in texts if not is_harmless(text)] == []
    for _, text in texts:
        text.encode()
    assert len([what for what, text in texts if text]) > 40


def test_a_table_has_one_line_per_layer_for_any_names() -> None:
    own = hostile_class(layers.Layer, lambda _, x: x)
    plain = keras.Sequential([keras.Input((4,)), type("Own", (layers.Layer,), {"call": lambda _, x: x})()], name="plain")
    hostile = keras.Sequential([keras.Input((4,)), own(name=HOSTILE)], name=HOSTILE)
    tables = [str(seqwidget.inspect(model)).partition("total")[0] for model in (hostile, plain)]
    assert len(tables[0].splitlines()) == len(tables[1].splitlines())


def test_an_error_is_one_line_in_a_traceback() -> None:
    error = UserError(HOSTILE)
    assert is_harmless("".join(traceback.format_exception_only(error)))
    assert is_harmless("\n".join(error._render_traceback_()))
    assert error.args == (HOSTILE,)


def test_messages_of_a_panel_can_be_encoded() -> None:
    model = keras.Sequential([layers.Dense(2, name="half\ud800")], name="\udfff")
    panel = seqwidget.Summary(model)
    sent: list[Any] = []
    panel.comm.send = lambda data, **_: sent.append(data)
    model.add(layers.Dense(3, name="more\ud800"))
    panel.send({"id": "1", "facts": {"\ud800": ("\ud800", 1)}})
    for data in (panel.get_state(panel.keys), *sent):
        json.dumps(data, ensure_ascii=False, default=repr).encode()
    assert panel.get_state(["stack"])["stack"]["rows"][0]["name"] == "half?"
    assert len(sent) > 1


def test_lines_and_escapes() -> None:
    assert line("größe 🎉 עברית 👩‍🚀") == "größe 🎉 עברית 👩‍🚀"
    assert line("a\x1b[1m\nb\ud800") == "a [1m b "
    assert eval(f'"{escaped(HOSTILE)}"') == HOSTILE
