"""A ``.keras`` file that names classes and functions to import: showing its model imports and calls none of them."""

from __future__ import annotations

import ast
import itertools
import json
import pathlib
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import keras
import pytest
from keras import layers

import seqwidget
from seqwidget.inspection.inspect import inspect
from seqwidget.model.refusal import Diagnosis
from seqwidget.widgets import summary

from ..model.families import FAMILIES
from .test_writer import run, without_numbers

EVIL = "a_module_nobody_imports"
KINDS: dict[str, Any] = {
    "class": {"class_name": "X", "module": EVIL, "config": {}},
    "registered": {"class_name": "X", "module": EVIL, "registered_name": f"{EVIL}>X", "config": {"a": 1}},
    "function": {"class_name": "function", "module": EVIL, "config": "f", "registered_name": "f"},
    "loaded": {"class_name": "Loaded", "module": __name__, "config": {"mark": "called"}},
    "loaded function": {"class_name": "function", "module": __name__, "config": "mark", "registered_name": "mark"},
    "file": {"class_name": "StringLookup", "module": "keras.layers", "config": {"vocabulary": f"/nowhere/{EVIL}"}},
    "inside": {
        "class_name": "Dense",
        "module": "keras.layers",
        "config": {"units": {"class_name": "X", "module": EVIL, "config": {}}},
    },
    "plain": {
        "class_name": "Dense",
        "module": "keras.layers",
        "config": {"units": 3, "use_bias": True, "activation": "linear"},
    },
    "no config": {"class_name": "Dense", "module": "keras.layers", "config": "units"},
    "no policy": {
        "class_name": "Dense",
        "module": "keras.layers",
        "config": {"units": 3, "dtype": {"class_name": "DTypePolicy", "module": "keras", "config": "float32"}},
    },
    "list": [{"class_name": "X", "module": EVIL, "config": {}}],
    "odd": {"class_name": ["X"], "module": {"a": 1}, "registered_name": [], "config": "no"},
}
called: list[object] = []


class Loaded:
    def __init__(self, **config: Any) -> None:
        called.append(config)

    from_config = classmethod(lambda cls, config: cls(**config))
    get_config = dict


def mark(*arguments: Any) -> None:
    called.append(arguments)


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """Return the file that exists once the module was imported."""
    folder = tmp_path_factory.mktemp("trap")
    sprung = folder / "sprung"
    touch = f"import pathlib\npathlib.Path({str(sprung)!r}).touch()"
    (folder / f"{EVIL}.py").write_text(f"{touch}\nclass X:\n    from_config = classmethod(lambda c, d: c())\nf = print\n")
    sys.path.insert(0, str(folder))
    yield sprung
    sys.path.remove(str(folder))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    called.clear()
    yield
    summary.close_all()


def load(model: Any, layer: str, argument: str, value: Any, folder: pathlib.Path) -> Any | None:
    """Save a model with another value for one argument of one layer, and load it safely; None if Keras refuses to load it."""
    good, bad = folder / "good.keras", folder / "bad.keras"
    model.save(good)
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "config.json":
                config = json.loads(data)
                where = next(one["config"] for one in config["config"]["layers"] if one["config"].get("name") == layer)
                where[argument] = value
                data = json.dumps(config).encode()
            target.writestr(name, data)
    try:
        return keras.saving.load_model(bad, safe_mode=True)
    except Exception:  # noqa: BLE001  Keras may refuse with any exception
        return None
    finally:
        sys.modules.pop(EVIL, None)
        called.clear()


def call_everything(model: Any, layer: str) -> str:
    """Call every public function on a model, send every message that a page can send, and return the code."""
    stack = inspect(model)
    code = stack.to_code()
    assert str(stack)
    assert stack.to_html()
    stack.to_svg(), stack.to_dict()
    hostile = next(one for one in model.layers if one.name == layer)
    other = seqwidget.Sequential([keras.Input((2, 3, 4, 5, 6, 7)), layers.Identity()])
    assert isinstance(other.preview(hostile), seqwidget.LayerRow | Diagnosis)
    try:
        other.add(hostile)
    except Exception:  # noqa: BLE001  most layers do not accept six axes
        assert str(other.refused).startswith("seqwidget: ")
    panels = seqwidget.Trainable(model), seqwidget.Summary(other), seqwidget.Summary(model)
    for panel in panels:
        assert repr(panel)
        for name in ("suggest", "code", "whole"):
            panel._handle_custom_msg({"id": "1", "ask": name}, [])
        refused = panel.refused.get("layer")
        for index in range(len(panel.refused.get("fixes", ())))[:2]:
            panel._handle_custom_msg({"id": "1", "ask": "fix", "layer": refused, "index": index}, [])
        steps = panel.steps
        panel._handle_custom_msg({"id": "1", "ask": "look", "position": 0}, [])
        seen = [steps["position"], steps["count"]]
        panel._handle_custom_msg({"id": "1", "ask": "go", "position": 0, "seen": seen}, [])
    assert repr(model.edits)
    seqwidget.unwatch(model)
    for panel in panels:  # an open one is read again after each act on a later one
        panel.close()
    return code


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"lambda", "half", "brain", "first"}))
def test_no_name_in_a_file_is_imported_or_called(family: str, trap: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shape, make = FAMILIES[family]
    survived = 0
    kinds = itertools.cycle(KINDS.values())
    for one in make():
        build = next((n for n, layer in enumerate(make()) if type(layer) is type(one)), 0)
        stack = make()[: build + 1]
        model = keras.Sequential([keras.Input(shape), *stack])
        for argument in sorted(set(one.get_config()) - {"name"}):
            trap.unlink(missing_ok=True)
            loaded = load(model, stack[-1].name, argument, next(kinds), tmp_path)
            if loaded is None or trap.exists():
                continue  # Keras refused the file, or called the function itself
            survived += 1
            code = call_everything(loaded, stack[-1].name)
            assert not trap.exists(), (type(one).__name__, argument)
            assert called == []
            assert f"import {EVIL}" not in code
            assert f"from {EVIL}" not in code
            ast.parse(code)
            assert without_numbers(run(code).layers[-1].get_config()) == without_numbers(loaded.layers[-1].get_config()), code
            assert not trap.exists()
    assert survived
