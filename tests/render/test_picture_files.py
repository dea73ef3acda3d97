"""PNG and PDF: their sizes and fonts, and what they say without the package that makes them."""

from __future__ import annotations

import importlib
import io
import pathlib
import re
from typing import Any

import numpy as np
import pypdf
import pytest
import typst
from PIL import Image

from seqwidget.errors import ArgumentError, CannotWriteError, MissingPackageError

from .test_picture import NET


def pixels(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).astype(int)


def page_of(pdf: bytes) -> Any:
    (page,) = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return page


def fonts(page: Any) -> list[Any]:
    """Return the descriptors of all fonts of a page."""
    every = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    return [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in every]


@pytest.mark.parametrize(
    ("options", "width"),
    [({"width": "85mm", "dpi": 300}, 1004), ({"width": 640}, 640), ({"width": "640px", "dpi": 9}, 640)],
)
def test_a_png_has_its_pixels(options: dict[str, Any], width: int) -> None:
    assert abs(pixels(NET.to_png(**options)).shape[1] - width) <= 1


def test_a_png_has_the_theme_and_is_drawn() -> None:
    dark, light, clear = (pixels(NET.to_png(width=600, theme=theme)) for theme in ("dark", "light", "print"))
    assert dark[1, 1].tolist() == [0x15, 0x19, 0x1E, 255]
    assert light[1, 1].tolist() == [255, 255, 255, 255]
    assert clear[1, 1, 3] == 0
    assert (light[..., :3] != 255).any(-1).mean() > 0.05
    assert pixels(NET.to_png(width=600))[1, 1].tolist() == [255, 255, 255, 255]


def test_own_colours_reach_the_png() -> None:
    red = pixels(NET.to_png(width=600, colors={"Flatten": "#ff0000"}))
    assert (red == [255, 0, 0, 255]).all(-1).sum() > 100


def test_a_pdf_has_real_text_and_embedded_fonts() -> None:
    page = page_of(NET.to_pdf(width="120mm"))
    text = page.extract_text()
    for words in ("Input", "Conv2D", "100×100×3", "25×25×32", "Convolution", "Height: 20 cells", "frozen"):
        assert words in text
    embedded = fonts(page)
    assert embedded
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(font) for font in embedded)
    assert float(page.mediabox.width) == pytest.approx(120 / 25.4 * 72, rel=1e-3)
    assert "/Image" not in [found.get_object()["/Subtype"] for found in page["/Resources"].get("/XObject", {}).values()]


def test_a_pdf_has_the_font_and_the_same_bytes_each_time() -> None:
    names = {font["/FontName"] for font in fonts(page_of(NET.to_pdf(font="DejaVu Sans Mono")))}
    assert all("DejaVuSansMono" in name for name in names)
    without_ids = [re.sub(rb"/ID ?\[.*?\]|<xmp.*?>", b"", NET.to_pdf()) for _ in range(2)]
    assert without_ids[0] == without_ids[1]


def test_a_font_that_is_not_installed_names_those_that_are() -> None:
    with pytest.raises(ArgumentError, match=r"font expected one of .*DejaVu Sans Mono.*received 'Papyrus 9'"):
        NET.to_pdf(font="Papyrus 9")


def test_without_installed_fonts_the_bundled_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = typst.Fonts(include_system_fonts=False)
    monkeypatch.setattr(typst, "Fonts", lambda: bundled)
    names = {font["/FontName"] for font in fonts(page_of(NET.to_pdf()))}
    assert all("LibertinusSerif" in name for name in names)


@pytest.mark.parametrize("form", ["to_png", "to_pdf"])
def test_without_typst_the_message_says_what_to_install(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def missing(name: str, *more: Any) -> Any:
        if name == "typst":
            raise ModuleNotFoundError(name)
        return real(name, *more)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingPackageError, match=rf"{form} expected .* pip install 'seqwidget\[paper\]'") as caught:
        getattr(NET, form)()
    assert "\n" not in str(caught.value)


def test_wrong_sizes_are_one_line() -> None:
    for dpi in (0, "300", float("nan"), 10_000):
        with pytest.raises(ArgumentError, match="dpi expected a number from 1 to 2400"):
            NET.to_png(dpi=dpi)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="at most 100 million pixels"):
        NET.to_png(width="2000mm", dpi=2400)
    with pytest.raises(ArgumentError, match="expected the options theme"):
        NET.to_pdf(dpi=300)  # type: ignore[call-arg]


@pytest.mark.parametrize("form", ["to_png", "to_pdf"])
def test_a_file_is_written(form: str, tmp_path: pathlib.Path) -> None:
    data = getattr(NET, form)(tmp_path / "net")
    assert (tmp_path / "net").read_bytes() == data
    with pytest.raises(CannotWriteError, match="No such file or directory"):
        getattr(NET, form)(tmp_path / "no" / "net")
