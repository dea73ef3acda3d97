"""Take the screenshots of the README in a real JupyterLab: ``python -m tests.browser.screenshots``."""

from __future__ import annotations

import pathlib
import tempfile

from playwright.sync_api import sync_playwright

from .conftest import CHROMIUM
from .get_browser import find_browser
from .jupyter import Lab, server, write_notebook

PICTURES = pathlib.Path(__file__).parents[2] / "notebooks" / "images"
SETUP = """\
%load_ext seqwidget
import keras, seqwidget
from keras import layers

eye = seqwidget.Sequential(name="eye")
eye.add(keras.Input(shape=(250, 250, 3)))
eye.add(layers.Conv2D(32, 5, strides=2, activation="relu"))
eye.add(layers.Conv2D(32, 3, activation="relu"))
eye.add(layers.MaxPooling2D(3))
"""
SCENES = {
    "panel": (
        f"{SETUP}eye",
        """\
eye.add(layers.Conv2D(64, 3, activation="relu"))
eye.add(layers.MaxPooling2D(3))
eye.add(layers.BatchNormalization())
eye.add(layers.GlobalMaxPooling2D())
eye.add(layers.Dense(10))""",
    ),
    "refused": (f"{SETUP}eye", "eye.add(layers.MaxPooling2D(40))\neye.add(layers.Conv2D(64, 3, name='deep'))"),
    "trainable": (
        f"""\
{SETUP}
import numpy as np
eye.add(layers.GlobalMaxPooling2D())
eye.add(layers.Dense(10))
eye.compile("adam", "mse")
eye.fit(np.zeros((2, 250, 250, 3)), np.zeros((2, 10)), verbose=0)
trainable = seqwidget.Trainable(eye).freeze("conv2d.*")
trainable""",
    ),
    "training": (
        """\
%load_ext seqwidget
import keras, seqwidget
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)
x, y = load_digits(return_X_y=True)
x = (x / 16).reshape(-1, 8, 8, 1)
model = seqwidget.Sequential(name="digits")
model.add(keras.Input((8, 8, 1)))
model.add(layers.Conv2D(16, 3, activation="relu"))
model.add(layers.BatchNormalization())
model.add(layers.Flatten())
model.add(layers.Dense(32, activation="relu"))
model.add(layers.Dense(10, activation="softmax"))
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
seqwidget.Training(model)""",
        "model.fit(x, y, epochs=6, validation_split=0.2, verbose=0);",
        """\
model.get_layer("conv2d").trainable = False
model.optimizer.learning_rate = 0.01
seqwidget.recompile(model)
model.fit(x, y, epochs=6, validation_split=0.2, verbose=0);""",
    ),
    "feature_maps": (
        f"""\
{SETUP}
from skimage import data, transform
photo = transform.resize(data.astronaut(), (250, 250))[None].astype("float32")
seqwidget.FeatureMaps(eye, photo)""",
    ),
}


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(CHROMIUM))
        for theme in ("light", "dark"):
            with server(pathlib.Path(folder), theme=theme) as url:
                for name, cells in SCENES.items():
                    notebook = write_notebook(pathlib.Path(folder, f"{name}.ipynb"), *cells)
                    context = browser.new_context(viewport={"width": 1320, "height": 1400}, device_scale_factor=2)
                    lab = Lab(context.new_page(), url, notebook.name)
                    lab.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")  # room for every column
                    for cell in range(len(cells)):
                        lab.run(cell)
                    lab.page.wait_for_timeout(3000)  # wait until the highlight of the newest row has faded
                    lab.page.locator(".seqwidget:not(.sw-static)").screenshot(path=PICTURES / f"{name}-{theme}.png")
                    context.close()
        browser.close()


if __name__ == "__main__":
    main()
