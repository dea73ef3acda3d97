"""The extension in a real IPython shell, without a browser."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from collections.abc import Iterator

import keras
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from keras import layers
from traitlets.config import Config

import seqwidget
from seqwidget.widgets import summary


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    shell.user_ns.update(keras=keras, layers=layers, seqwidget=seqwidget)
    shell.user_ns["model"] = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="first")], name="net")
    yield shell
    if "seqwidget" in shell.extension_manager.loaded:
        shell.run_line_magic("unload_ext", "seqwidget")
    summary.close_all()


def run(shell: InteractiveShell, code: str) -> str:
    with capture_output() as captured:
        shell.run_cell(code)
    return captured.stdout + captured.stderr


def test_a_plain_model_at_the_end_of_a_cell(shell: InteractiveShell) -> None:
    assert "first (Dense)" not in run(shell, "model")
    run(shell, "%load_ext seqwidget")
    assert "first (Dense)" in run(shell, "model")
    model = shell.user_ns["model"]
    assert isinstance(model, seqwidget.Sequential)
    panel = seqwidget.Summary(model)
    run(shell, "model.add(layers.Dense(2, name='second'))")
    assert len(panel.stack["rows"]) == 2
    run(shell, "model.compile('sgd', 'mse')")
    assert panel.stack["state"] == "compiled"


def test_unloading_restores_everything(shell: InteractiveShell) -> None:
    formatter = shell.display_formatter.ipython_display_formatter
    before = (dict(formatter.type_printers), dict(formatter.deferred_printers), set(shell.magics_manager.magics["line"]))
    callbacks = [list(found) for found in shell.events.callbacks.values()]
    run(shell, "%load_ext seqwidget")
    run(shell, "model")
    assert set(shell.magics_manager.magics["line"]) - before[2] == {"seqwidget"}
    assert run(shell, "%unload_ext seqwidget") == ""
    after = (dict(formatter.type_printers), dict(formatter.deferred_printers), set(shell.magics_manager.magics["line"]))
    assert after == before
    assert [list(found) for found in shell.events.callbacks.values()] == callbacks
    assert type(shell.user_ns["model"]) is keras.Sequential
    assert "first (Dense)" not in run(shell, "model")


def test_another_formatter_is_restored(shell: InteractiveShell) -> None:
    formatter = shell.display_formatter.ipython_display_formatter
    formatter.for_type(keras.Sequential, lambda model: print("theirs", model.name))
    run(shell, "%load_ext seqwidget")
    assert "first (Dense)" in run(shell, "model")
    run(shell, "%unload_ext seqwidget")
    assert "theirs net" in run(shell, "model")
    assert "first (Dense)" not in run(shell, "model")


def test_reloading(shell: InteractiveShell) -> None:
    run(shell, "%load_ext seqwidget")
    assert run(shell, "%reload_ext seqwidget") == ""
    assert "first (Dense)" in run(shell, "model")
    assert "already loaded" in run(shell, "%load_ext seqwidget")


def test_the_magic_shows_and_writes(shell: InteractiveShell, tmp_path: pathlib.Path) -> None:
    run(shell, "%load_ext seqwidget")
    shell.user_ns["nets"] = [shell.user_ns["model"]]
    assert "first (Dense)" in run(shell, "%seqwidget nets[0]")
    page, picture = tmp_path / "a panel.html", tmp_path / "diagram.svg"
    assert str(page) in run(shell, f"%seqwidget model --to '{page}'")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    run(shell, f"%seqwidget model --to {picture}")
    assert "<svg" in picture.read_text(encoding="utf-8")
    assert "live panel" in shell.find_line_magic("seqwidget").__doc__


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("%seqwidget", "required"),
        ("%seqwidget nothing_here", "nothing_here"),
        ("%seqwidget model --fast", "--fast"),
        ("%seqwidget model --to /no/such/folder/panel.html", "folder"),
        ("%seqwidget model --to panel.pdf", ".svg"),
        ("%seqwidget model --to 'a.html", "quote"),
        ('%seqwidget model["a --to a.html', "unterminated"),
        ("%seqwidget model --to /", ".svg"),
        ("%seqwidget model --to ''", ".svg"),
        ("%seqwidget model --to ~nobody_of_that_name/a.html", "not the name of a file"),
        ("%seqwidget model --to /tmp/\x1b]0;\x07.pdf", "\\x1b]0;"),
        ("%seqwidget no\u202ething --to a.svg", "no\\u202ething"),
        ("%seqwidget 3", "expected a Keras model"),
        ("%seqwidget model.nothing", "nothing"),
        ("seqwidget.inspect(None)", "expected a Keras model"),
    ],
)
def test_bad_input_is_one_clear_line(shell: InteractiveShell, line: str, word: str) -> None:
    run(shell, "%load_ext seqwidget")
    printed = run(shell, line).strip()
    assert word in printed
    assert "Traceback" not in printed
    assert len(printed.splitlines()) == 1, printed


@pytest.mark.parametrize("name", ["/\0.html", "/tmp/\ud800.html"], ids=["null", "surrogate"])
def test_characters_that_no_file_name_has_are_named(shell: InteractiveShell, name: str) -> None:
    # Not as a cell: Python 3.12 and newer refuse some characters in it.
    run(shell, "%load_ext seqwidget")
    with pytest.raises(UsageError, match="not the name of a file") as caught:
        shell.run_line_magic("seqwidget", f"model --to {name}")
    assert len(str(caught.value).splitlines()) == 1


def test_a_functional_model_is_shown_with_a_clear_message(shell: InteractiveShell) -> None:
    run(shell, "%load_ext seqwidget")
    run(shell, "x = keras.Input((4,)); functional = keras.Model(x, layers.Dense(4)(x) + x)")
    assert "not a linear stack" in run(shell, "%seqwidget functional")


LATER = """
import sys, time
import anywidget
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
start = time.perf_counter()
shell.run_line_magic("load_ext", "seqwidget")
assert "keras" not in sys.modules and "tensorflow" not in sys.modules
shell.run_cell("import keras; model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name='first')])")
shell.run_cell("model")
shell.run_line_magic("unload_ext", "seqwidget")
assert type(shell.user_ns["model"]) is shell.user_ns["keras"].Sequential
"""


def test_loading_imports_no_keras_and_finds_one_that_comes_later() -> None:
    done = subprocess.run([sys.executable, "-c", LATER], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "first (Dense)" in done.stdout


def test_a_script_prints_the_plain_table() -> None:
    model = "keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name='a')])"
    code = f"import keras, seqwidget; model = {model}; print(seqwidget.Summary(model))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "a (Dense)" in done.stdout, done.stderr[-2000:]


def test_the_public_names() -> None:
    assert all(getattr(seqwidget, name) for name in seqwidget.__all__)
    assert set(seqwidget.__all__) <= set(dir(seqwidget))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        seqwidget.Nothing  # noqa: B018
