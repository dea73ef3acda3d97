"""Take the pictures of the README in a real JupyterLab: ``python -m tests.browser.screenshots``."""

from __future__ import annotations

import pathlib
import tempfile

from playwright.sync_api import sync_playwright

from .conftest import CHROMIUM
from .get_browser import find_browser
from .jupyter import Lab, server, write_notebook

PICTURES = pathlib.Path(__file__).parents[2] / "notebooks" / "images"
CELLS = (
    """\
%load_ext seqwidget
import keras
from keras import layers

eye = keras.Sequential(name="eye")
eye.add(keras.Input(shape=(250, 250, 3)))
eye""",
    """\
eye.add(layers.Conv2D(32, 5, strides=2, activation="relu"))
eye.add(layers.Conv2D(32, 3, activation="relu"))
eye.add(layers.MaxPooling2D(3))
eye.add(layers.Conv2D(64, 3, activation="relu"))
eye.add(layers.MaxPooling2D(3))
eye.add(layers.BatchNormalization())
eye.add(layers.GlobalMaxPooling2D())
eye.add(layers.Dense(10))""",
)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        notebook = write_notebook(pathlib.Path(folder, "eye.ipynb"), *CELLS)
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(CHROMIUM))
        for theme in ("light", "dark"):
            with server(pathlib.Path(folder), theme=theme) as url:
                context = browser.new_context(viewport={"width": 1200, "height": 1300}, device_scale_factor=2)
                lab = Lab(context.new_page(), url, notebook.name)
                lab.run_all()
                panel = lab.page.locator(".seqwidget:not(.sw-static)")
                lab.page.wait_for_timeout(2500)  # the mark of the newest row fades
                panel.screenshot(path=PICTURES / f"panel-{theme}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
