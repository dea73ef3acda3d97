"""The feature map viewer in a real JupyterLab: pixels are those of the arrays, receptive fields are correct, controls work."""

from __future__ import annotations

import base64
import itertools
import json
import pathlib
import re
import time
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.close import TOLERANCE, assert_close

from .jupyter import Lab

ROOT = pathlib.Path(__file__).parents[2]
MAPS = ".seqwidget.sw-maps"

# The stack of the Keras guide and a real photograph.
EYE = """\
import keras, numpy as np, seqwidget
from keras import layers
from skimage import data
keras.utils.set_random_seed(3)
photo = data.astronaut()[:500:2, :500:2].astype("float32") / 255
cat = data.chelsea()[:250, :250].astype("float32") / 255
x = np.stack([photo, cat])
model = keras.Sequential([
    keras.Input((250, 250, 3)),
    layers.Conv2D(64, 5, strides=2, activation="relu", name="conv1"),
    layers.Conv2D(32, 3, activation="relu", name="conv2"),
    layers.MaxPooling2D(3, name="pool1"),
    layers.GlobalMaxPooling2D(name="strongest"),
    layers.Dense(10, name="scores"),
], name="eye")
maps = seqwidget.FeatureMaps(model, x, classes=[f"class {i}" for i in range(10)])
maps.colormap = "grey"
maps"""


WIDE = (
    EYE.replace("layers.Conv2D(64", "layers.Conv2D(150")
    .replace("(250, 250, 3)", "(60, 60, 3)")
    .replace("np.stack([photo, cat])", "np.stack([photo, cat])[:, ::4, ::4][:, :60, :60]")
)
# The pixels that one cell depends on, by its gradient: weights are ones and pooling takes means, so that nothing cancels.
PROBE = """\
import tensorflow as tf
pixels = tf.Variable(np.ones((1, 250, 250, 3), "float32"))
with tf.GradientTape() as tape:
    y = tf.nn.conv2d(pixels, np.ones((5, 5, 3, 1), "float32"), 2, "VALID")
    y = tf.nn.conv2d(y, np.ones((3, 3, 1, 1), "float32"), 1, "VALID")
    y = tf.nn.avg_pool2d(y, 3, 3, "VALID") if {pool} else y
    cell = y[0, {row}, {column}, 0]
hit = np.argwhere(tape.gradient(cell, pixels).numpy()[0, ..., 0])
print(*hit.min(axis=0)[:1], *hit.max(axis=0)[:1], *hit.min(axis=0)[1:], *hit.max(axis=0)[1:])
"""
# Whether all tiles are painted is asked in the same call that reads them, because others may come between two calls.
READ = """canvas => {
  if (canvas.parentElement.ariaBusy !== 'false') return null;
  const {data, width, height} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let text = '';
  for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
  return [btoa(text), height, width];
}"""
# A slow kernel.
SLOW = """\
import pathlib, time
real = maps._answers.maps
def slow(ask):
    while not pathlib.Path("go").exists():
        time.sleep(0.05)
    return real(ask)
slow.__name__ = "maps"
maps._answers.maps = slow
"""


def shown(lab: Lab) -> Locator:
    viewer = lab.page.locator(MAPS)
    expect(viewer.locator(".sw-grid canvas")).to_be_visible(timeout=30_000)
    return viewer


def pixels(canvas: Locator) -> np.ndarray[Any, Any]:
    """Read a grid of maps as soon as all its tiles are painted: (height, width, RGBA)."""
    deadline = time.monotonic() + 15
    while (found := canvas.evaluate(READ)) is None:
        assert time.monotonic() < deadline, "some maps did not arrive in 15 s"
        canvas.page.wait_for_timeout(50)
    return np.frombuffer(base64.b64decode(found[0]), "uint8").reshape(found[1], found[2], 4)


def changed_pixels(canvas: Locator, before: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Read a grid of maps as soon as it differs."""
    deadline = time.monotonic() + 15
    while (now := pixels(canvas)).shape == before.shape and (now == before).all():
        assert time.monotonic() < deadline, "the maps did not change in 15 s"
        canvas.page.wait_for_timeout(50)
    return now


def kernels(lab: Lab, lab_root: pathlib.Path, expression: str) -> np.ndarray[Any, Any]:
    """Return an array of the kernel."""
    assert lab.execute(f"np.save('array.npy', np.asarray({expression}))") == ""
    return np.load(lab_root / "array.npy")


def choose(viewer: Locator, layer: str) -> None:
    viewer.locator(".sw-layer-choice select").select_option(layer)
    expect(viewer.locator(".sw-grid canvas")).to_have_attribute("aria-label", re.compile(rf"^{layer}: "))


def test_pixels_are_the_arrays(open_lab: Any, lab_root: pathlib.Path) -> None:
    lab = open_lab(EYE)
    lab.run_all()
    viewer = shown(lab)
    truth = kernels(lab, lab_root, "model.layers[0](x)")[0]
    picture = pixels(viewer.locator(".sw-grid canvas"))
    across = (picture.shape[1] + 6) // 129
    for channel in range(64):
        top, left = channel // across * (123 + 17), channel % across * 129
        tile = picture[top : top + 123, left : left + 123]
        one = truth[..., channel]
        expected = (one - one.min()) / (one.max() - one.min()) * 255 if one.max() > one.min() else one * 0
        assert np.abs(tile[..., 0] - expected).max() <= 1.5, channel
        assert (tile[..., 3] == 255).all()
    # by layer: one scale for all maps
    viewer.get_by_label("Scale by").select_option("layer")
    picture = pixels(viewer.locator(".sw-grid canvas"))
    tile = picture[:123, 129 : 129 + 123, 0]
    assert np.abs(tile - truth[..., 1] / truth.max() * 255).max() <= 1.5
    expect(viewer.locator(".sw-tick").last).to_contain_text(f"{truth.max():.3g}"[:4])
    assert lab.errors == []


def test_the_value_under_the_pointer_is_the_true_float(open_lab: Any, lab_root: pathlib.Path) -> None:
    lab = open_lab(EYE)
    lab.run_all()
    viewer = shown(lab)
    truth = kernels(lab, lab_root, "model.layers[0](x)")
    readout = viewer.locator(".sw-readout")

    def wait_for_value(sample: int) -> None:
        """Wait until the readout shows a value of this sample; its maps may still be loading, and the text with them."""
        for _ in range(100):
            words = readout.inner_text()
            found = re.fullmatch(r"channel 0, row (69|70), column (\d+): ([\d.]+)", words)
            true = truth[sample, int(found[1]), int(found[2]), 0] if found else 0
            if found and true > 0 and float(found[3]) == pytest.approx(true, rel=TOLERANCE):
                return
            lab.page.wait_for_timeout(50)
        pytest.fail(f"{words!r}, where {true} is true")

    for sample in (0, 1):
        viewer.get_by_role("radio", name=f"Sample {sample}").click() if sample else None
        viewer.locator(".sw-grid canvas").hover(position={"x": 40 + sample, "y": 70})
        wait_for_value(sample)
    viewer.get_by_role("radio", name="Sample 0").dispatch_event("click")  # the pointer does not move
    wait_for_value(0)
    assert lab.errors == []


@pytest.mark.parametrize("layer", ["conv2", "pool1"])
def test_the_field_of_a_cell_agrees_with_an_impulse(open_lab: Any, layer: str) -> None:
    lab = open_lab(EYE)
    lab.run_all()
    viewer = shown(lab)
    choose(viewer, layer)
    side = {"conv2": 121, "pool1": 40}[layer]
    viewer.locator(".sw-grid canvas").click(position={"x": 5, "y": 5})
    lens = viewer.locator(".sw-lens")
    map_canvas = lens.locator("canvas").nth(1)
    expect(lens.locator("canvas")).to_have_count(2)
    box = map_canvas.bounding_box()
    row, column = side // 3, side // 2
    map_canvas.hover(position={"x": (column + 0.5) * box["width"] / side, "y": (row + 0.5) * box["height"] / side})
    expect(lens.locator(".sw-lens-words")).to_contain_text(f"the cell at row {row}, column {column} depends on rows")
    words = lens.locator(".sw-lens-words").inner_text()
    probe = PROBE.format(pool=layer == "pool1", row=row, column=column)
    top, bottom, left, right = map(int, lab.execute(probe).split())
    assert f"rows {top}–{bottom}, columns {left}–{right} of the input" in words
    # and the inverse: that cell depends on the pixel in the middle
    photo = lens.locator("canvas").first
    size = photo.bounding_box()
    at = {"x": ((left + right) // 2 + 0.5) * size["width"] / 250, "y": ((top + bottom) // 2 + 0.5) * size["height"] / 250}
    photo.click(position=at)
    expect(lens.locator(".sw-lens-words")).to_contain_text("affects the cells in row")
    numbers = [int(n) for n in re.findall(r"\d+", lens.locator(".sw-lens-words").inner_text().split("cells in")[1])]
    assert numbers[0] <= row <= (numbers[1] if len(numbers) > 2 else numbers[0])
    assert lab.errors == []


def test_colours_scales_orders_and_pages_need_no_request(open_lab: Any) -> None:
    lab = open_lab(WIDE)
    lab.run_all()
    viewer = shown(lab)
    expect(viewer.locator(".sw-pager")).to_contain_text("of 3, 150 channels")
    canvas = viewer.locator(".sw-grid canvas")
    for button in ("Next", "Next", "Previous", "Previous"):  # until the maps of all pages have arrived
        viewer.get_by_role("button", name=button).click()
        pixels(canvas)
    lab.page.evaluate(
        """() => {
          window.sent = 0;
          const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          kernel.anyMessage.connect((_, {msg, direction}) => {
            const asked = msg.header.msg_type === 'comm_msg' && msg.content.data.method === 'custom'
              && msg.content.data.content.ask !== 'hello'; // which asks only whether it is there
            if (direction === 'send' && asked) window.sent++;
          });
        }"""
    )
    seen = [pixels(canvas)]
    viewer.get_by_label("Colours").select_option("magma")
    seen.append(pixels(canvas))
    viewer.get_by_label("Scale by").select_option("layer")
    seen.append(pixels(canvas))
    viewer.get_by_label("Sort by").select_option("variance")
    seen.append(pixels(canvas))
    viewer.get_by_role("button", name="Next").click()
    seen.append(pixels(canvas))
    assert all(a.shape != b.shape or (a != b).any() for a, b in itertools.pairwise(seen))
    assert lab.page.evaluate("() => window.sent") == 0
    assert lab.errors == []


def test_outdated_maps_are_marked_and_refreshed(open_lab: Any, lab_root: pathlib.Path) -> None:
    lab = open_lab(EYE, "model.layers[0].kernel.assign(-model.layers[0].kernel);", "model.pop();")
    lab.run(0)
    viewer = shown(lab)
    before = pixels(viewer.locator(".sw-grid canvas"))
    lab.run(1)
    after = changed_pixels(viewer.locator(".sw-grid canvas"), before)
    truth = kernels(lab, lab_root, "model.layers[0](x)")[0, ..., 0]
    assert np.abs(after[:123, :123, 0] - truth / truth.max() * 255).max() <= 1.5
    # when a refresh takes long, the old maps stay and are marked as outdated
    lab.execute("from seqwidget.widgets import feature_maps; feature_maps._CHEAP = 0")
    lab.execute("model.layers[0].kernel.assign(-model.layers[0].kernel); maps.refresh()")
    expect(viewer.locator("[role=status]")).to_contain_text("outdated: its weights were changed")
    np.testing.assert_array_equal(pixels(viewer.locator(".sw-grid canvas")), after)
    viewer.get_by_role("button", name="Refresh").click()
    expect(viewer.locator("[role=status]")).to_have_count(0)
    # Computed again: a value between two of the 256 colours may be rounded to the other one.
    assert np.abs(pixels(viewer.locator(".sw-grid canvas")).astype("int16") - before).max() <= 2
    lab.run(2)
    expect(viewer.locator(".sw-layer-choice option")).to_have_count(5)
    assert lab.errors == []


def test_everything_works_by_keyboard_and_axe_finds_no_problems(open_lab: Any) -> None:
    lab = open_lab(EYE, width=1000)
    lab.run_all()
    viewer = shown(lab)
    grid = viewer.locator(".sw-grid")
    grid.focus()
    grid.press("ArrowRight")
    grid.press("ArrowRight")
    expect(viewer.locator(".sw-lens")).to_have_attribute("aria-label", "Channel 1, enlarged")
    pointer = viewer.get_by_role("group", name="Channel 1; use the arrow keys")
    pointer.focus()
    pointer.press("ArrowDown")
    expect(viewer.locator(".sw-lens-words")).to_contain_text(
        "the cell at row 62, column 61 depends on rows 124–128, columns 122–126"
    )
    sample = viewer.get_by_role("radio", name="Sample 0")
    sample.focus()
    sample.press("ArrowRight")
    expect(viewer.get_by_role("radio", name="Sample 1")).to_be_focused()
    viewer.get_by_text("Health of all layers").click()
    viewer.get_by_role("button", name="Analyse all 2 samples").click()
    expect(viewer.locator(".sw-health tbody tr")).to_have_count(5)
    lab.page.add_script_tag(path=ROOT / "js/node_modules/axe-core/axe.min.js")
    found = lab.page.evaluate(f"() => axe.run({json.dumps(MAPS)}).then(results => results.violations)")
    assert found == [], json.dumps([[one["id"], one["nodes"][0]["html"]] for one in found], indent=1)
    viewer.locator(".sw-layer-choice select").select_option("scores")
    expect(viewer.locator(".sw-bars li")).to_have_count(10)
    expect(viewer.locator(".sw-bars li").first).to_contain_text("class 0")
    assert lab.errors == []


def test_cached_maps_appear_at_once_and_are_marked_until_confirmed(open_lab: Any, lab_root: pathlib.Path) -> None:
    lab = open_lab(EYE)
    lab.run(0)
    viewer = shown(lab)
    body = viewer.locator(".sw-body")
    seen = pixels(viewer.locator(".sw-grid canvas"))
    choose(viewer, "conv2")
    expect(body).to_have_attribute("aria-busy", "false")

    assert lab.execute(SLOW) == ""
    choose(viewer, "conv1")
    assert (pixels(viewer.locator(".sw-grid canvas")) == seen).all()
    expect(body).to_have_attribute("aria-busy", "true")
    expect(viewer.locator(".sw-grid")).to_have_css("opacity", "0.45")
    (lab_root / "go").touch()
    expect(body).to_have_attribute("aria-busy", "false")
    expect(viewer.locator(".sw-grid")).to_have_css("opacity", "1")
    assert (pixels(viewer.locator(".sw-grid canvas")) == seen).all()

    choose(viewer, "conv2")
    lab.execute("model.layers[0].set_weights([-w for w in model.layers[0].get_weights()])")  # nothing notifies the page
    choose(viewer, "conv1")
    changed_pixels(viewer.locator(".sw-grid canvas"), seen)
    expect(body).to_have_attribute("aria-busy", "false")
    assert lab.errors == []


def test_downloads(open_lab: Any, lab_root: pathlib.Path, tmp_path: pathlib.Path) -> None:
    lab = open_lab(EYE)
    lab.run_all()
    viewer = shown(lab)
    with lab.page.expect_download() as npy:
        viewer.get_by_role("button", name=".npy").click()
    npy.value.save_as(tmp_path / "a.npy")
    assert npy.value.suggested_filename == "eye-conv1-sample0.npy"
    downloaded = np.load(tmp_path / "a.npy")
    assert downloaded.dtype == np.float32
    assert_close(downloaded, kernels(lab, lab_root, "model.layers[0](x)")[0])
    with lab.page.expect_download() as png:
        viewer.get_by_role("button", name="PNG").click()
    assert png.value.suggested_filename == "eye-conv1-sample0.png"


def test_a_notebook_with_no_kernel_shows_the_picture(open_lab: Any) -> None:
    lab = open_lab(EYE)
    lab.run_all()
    viewer = shown(lab)
    expect(lab.page.locator(".jp-OutputArea img")).to_be_hidden()
    expect(lab.page.locator(".sw-static")).to_be_hidden()
    lab.save()
    lab.shutdown_kernel()
    expect(viewer.locator(".sw-state")).to_have_text("no longer live")
    lab.open(kernel=False)
    expect(lab.page.locator(".sw-static")).to_contain_text("conv1")
    expect(lab.page.locator(".jp-OutputArea img")).to_be_visible()
    expect(lab.page.get_by_text("Error displaying widget")).to_be_hidden()


def test_a_reloaded_page_asks_again(open_lab: Any) -> None:
    lab = open_lab(EYE)
    lab.run_all()
    before = pixels(shown(lab).locator(".sw-grid canvas"))
    lab.save()
    lab.open(reset=False)
    np.testing.assert_array_equal(pixels(shown(lab).locator(".sw-grid canvas")), before)
