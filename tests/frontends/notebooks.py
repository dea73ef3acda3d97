"""The notebook that every front end opens: a small network, three panels, and buttons that edit the network."""

from __future__ import annotations

import pathlib

import nbformat

NETWORK = """\
import time

import keras
import numpy as np
import seqwidget
from keras import layers

keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((16, 16, 1)), layers.Conv2D(4, 3, name="first")], name="net")
switches = seqwidget.Trainable(model)
maps = seqwidget.FeatureMaps(model, np.random.default_rng(1).random((2, 16, 16, 1)))


def add():
    model.add(layers.Conv2D(4, 1, name=f"conv{len(model.layers)}"))


def add_slowly():
    for _ in range(2):
        add()
        time.sleep(3)


def add_too_large():
    try:
        model.add(layers.Conv2D(4, 20, name="large"))
    except ValueError:
        pass


def unfreeze():
    model.layers[0].trainable = True  # no edit


ACTS = {"Add a layer": add, "Add two slowly": add_slowly, "Add one that is too large": add_too_large, "Unfreeze": unfreeze}
"""

JUPYTER = """\
import ipywidgets
import seqwidget
from IPython.display import display
from network import ACTS, maps, model, switches

buttons = [ipywidgets.Button(description=label, layout={"width": "max-content"}) for label in ACTS]
for button in buttons:
    button.on_click(lambda button: ACTS[button.description]())
display(ipywidgets.HBox(buttons), seqwidget.Summary(model), switches, maps)
"""

MARIMO = """\
import marimo

app = marimo.App(width="medium")


@app.cell
def _():
    import marimo as mo
    from network import ACTS, maps, model, switches

    return ACTS, maps, mo, model, switches


@app.cell
def _(ACTS, mo):
    buttons = mo.ui.dictionary({label: mo.ui.run_button(label=label) for label in ACTS})
    mo.hstack(buttons.elements.values())
    return (buttons,)


@app.cell
def _(ACTS, buttons):
    for label, pressed in buttons.value.items():
        if pressed:
            ACTS[label]()
    return


@app.cell
def _(model):
    model
    return


@app.cell
def _(maps, mo, switches):
    mo.vstack([switches, maps])
    return
"""


# Each session of the server runs it, and has a network of its own.
PANEL = f"""\
import panel as pn

pn.extension("ipywidgets", sizing_mode="stretch_width")

{NETWORK}

buttons = [pn.widgets.Button(name=label) for label in ACTS]
for button in buttons:
    button.on_click(lambda event: ACTS[event.obj.name]())
pn.Column(pn.Row(*buttons), seqwidget.Summary(model), switches, maps).servable()
"""

# As Colab's package does, this marks each view with the widget manager that shows it.
COLAB = """\
import IPython

WIDGET = "application/vnd.jupyter.widget-view+json"


class _widgets:
    _installed_url = None


def enable_custom_widget_manager():
    _widgets._installed_url = "manager.js"
    IPython.get_ipython().display_pub.register_hook(_mark)


def _mark(msg):
    if WIDGET in msg["content"].get("data", {}):
        mark = {"custom_widget_manager": {"url": _widgets._installed_url}}
        msg["content"]["metadata"].setdefault(WIDGET, {})["colab"] = mark
    return msg
"""


def write(folder: pathlib.Path, theme: str, kernel: str = "python3", *, colab: bool = False) -> None:
    """Write ``net.ipynb`` for Jupyter's front ends, ``app.py`` for Panel, and ``net.py`` for marimo, light or dark."""
    (folder / "pyproject.toml").write_text(f'[tool.marimo.display]\ntheme = "{theme}"\n')
    (folder / "network.py").write_text(NETWORK)
    (folder / "net.py").write_text(MARIMO)
    (folder / "app.py").write_text(PANEL)
    (folder / "google" / "colab").mkdir(parents=True, exist_ok=True)
    (folder / "google" / "colab" / "output.py").write_text(COLAB)
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": kernel, "display_name": "Python 3"}})
    notebook.cells = [nbformat.v4.new_code_cell("import google.colab.output\n" * colab + JUPYTER)]
    nbformat.write(notebook, folder / "net.ipynb")
