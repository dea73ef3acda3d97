"""Images on the front faces of blocks, and presets."""

from __future__ import annotations

import base64
import io
import json
import pathlib
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seqwidget.errors import ArgumentError, NoSuchLayerError

from .test_picture import NET, texts, tree
from .test_picture_files import pixels
from .test_picture_layout import faces

RAMP = np.linspace(-3, 5, 25 * 25, dtype="float32").reshape(25, 25)


def images(**options: Any) -> list[tuple[Any, Any]]:
    """Return each image as an element and an array."""
    found = tree(**options).findall(".//{*}image")
    links = [element.attrib["{http://www.w3.org/1999/xlink}href"] for element in found]
    data = [base64.b64decode(link.removeprefix("data:image/png;base64,")) for link in links]
    return [(element, np.asarray(Image.open(io.BytesIO(one)).convert("RGB"))) for element, one in zip(found, data, strict=True)]


def test_an_image_covers_its_front_face_which_is_to_scale() -> None:
    [(element, array)] = images(images={"conv2": RAMP})
    root = tree(images={"conv2": RAMP})
    left, top, right, bottom = faces(root)[2]
    assert [float(element.attrib[side]) for side in ("x", "y", "width", "height")] == pytest.approx(
        [left, top, right - left, bottom - top]
    )
    assert right - left == pytest.approx(bottom - top, abs=0.4)
    assert array[0, 0].tolist() == [0x44, 0x01, 0x54]  # viridis
    assert array[-1, -1].tolist() == [0xFD, 0xE7, 0x25]
    assert "Depth: 20 channels" in texts(root)
    assert "Width: 20 channels" not in texts(root)


def test_the_depth_of_a_block_with_an_image_is_measured_by_its_ruler() -> None:
    root = tree(images={"conv2": RAMP})
    notes = list(root.findall("./{*}g")[-1])
    label = next(entry for entry in notes if entry.text == "Depth: 20 channels")
    ruler = notes[notes.index(label) - 1].attrib["d"]
    along, up = map(float, re.search(r"l(\S+) (\S+)$", ruler).groups())  # type: ignore[union-attr]
    side = root.findall("./{*}g")[2].findall("{*}g/{*}path")[1].attrib["d"]
    x0, y0, x1, y1 = map(float, re.match(r"M(\S+) (\S+) (\S+) (\S+)H", side).groups())  # type: ignore[union-attr]
    assert (x1 - x0) / 32 == pytest.approx(along / 20, rel=0.05)
    assert (y1 - y0) / 32 == pytest.approx(up / 20, rel=0.05)


def test_pictures_and_vectors_are_images_too(tmp_path: pathlib.Path) -> None:
    Image.new("RGB", (600, 300), "#123456").save(tmp_path / "input.png")
    photo = np.full((100, 100, 3), [1, 0.5, 0], "float32")
    some = {
        "input": tmp_path / "input.png",
        "conv1": photo,
        "conv2": (photo * 255).astype("uint8"),
        "flat": np.array([0, np.nan]),
    }
    arrays = [array for _, array in images(images=some)]
    assert arrays[0].shape[:2] == (80, 160)
    assert [array[0, 0].tolist() for array in arrays] == [[0x12, 0x34, 0x56], [255, 128, 0], [255, 127, 0], [0x44, 0x01, 0x54]]
    assert arrays[3][-1, 0].tolist() == [255, 0, 255]


def test_images_reach_the_png_and_the_pdf() -> None:
    red = np.full((25, 25, 3), [255, 0, 0], "uint8")
    shown = pixels(NET.to_png(width=600, images={"conv2": red}))
    assert (shown == [255, 0, 0, 255]).all(-1).sum() > 300
    assert b"/Subtype/Image" in NET.to_pdf(images={"conv2": red})
    assert b"/Subtype/Image" not in NET.to_pdf()


def test_images_of_noise_need_a_byte_or_two_for_each_pixel() -> None:
    noise = np.random.default_rng(0).normal(size=(56, 56))
    assert len(NET.to_svg(images={"conv1": noise})) - len(NET.to_svg()) < 2 * noise.size


@pytest.mark.parametrize(
    "image",
    [np.zeros((2, 3, 4, 5)), "no.png", __file__, np.array(["a"]), None, [[1], [2, 3]], np.zeros((0, 3)), object()],
    ids=["4D", "no file", "no picture", "words", "None", "ragged", "empty", "object"],
)
def test_what_is_no_image_is_one_line(image: Any) -> None:
    with pytest.raises(ArgumentError, match=r"images expected arrays of shape .* received .* for 'conv1'") as caught:
        NET.to_svg(images={"conv1": image})
    assert "\n" not in str(caught.value)


def test_an_image_for_no_layer_names_the_layers() -> None:
    with pytest.raises(NoSuchLayerError, match="images expected a layer"):
        NET.to_svg(images={"conv9": RAMP})


PRESET: dict[str, Any] = {"theme": "print", "width": "85mm", "labels": {"conv1": "Encoder"}, "text": ["name"]}


def test_a_preset_has_the_same_options(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "figure.json"
    file.write_text(json.dumps(PRESET), encoding="utf-8")
    assert NET.to_svg(preset=file) == NET.to_svg(preset=str(file)) == NET.to_svg(preset=PRESET) == NET.to_svg(**PRESET)  # type: ignore[arg-type]
    assert NET.to_svg(preset=file, theme="dark") == NET.to_svg(**{**PRESET, "theme": "dark"})
    assert pixels(NET.to_png(preset={"width": 300})).shape[1] == 300


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "expected JSON with options such as .*: Expecting property name"),
        ("[1]", "expected an object with options such as .* received"),
        ('{"preset": "figure.json"}', "expected an object with options"),
        ('{"theme": "neon"}', "theme expected one of 'any'"),
        ('{"them": "dark"}', "expected the options theme, layout"),
    ],
)
def test_a_wrong_preset_is_named(content: str, words: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "figure.json"
    file.write_text(content)
    with pytest.raises(ArgumentError, match=rf"preset '.*figure.json'.*{words}") as caught:
        NET.to_svg(preset=file)
    assert "\n" not in str(caught.value)


def test_a_preset_that_cannot_be_read_is_one_line(tmp_path: pathlib.Path) -> None:
    for wrong, words in ((tmp_path / "no.json", "No such file"), (tmp_path, "Is a directory"), (3, "received 3")):
        with pytest.raises(ArgumentError, match=words):
            NET.to_svg(preset=wrong)  # type: ignore[arg-type]
