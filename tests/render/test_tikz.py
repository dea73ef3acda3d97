"""TikZ code draws the same as the SVG, and LaTeX compiles it."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
from typing import Any

import numpy as np
import pypdf
import pytest

from seqwidget.errors import ArgumentError, CannotWriteError
from seqwidget.render.layer_tables import in_latex

from .test_picture import NET, tree

HOSTILE = r"50%_#$&{}^~\<>|`'--end"
OPTIONS: list[dict[str, Any]] = [
    {"groups": {"conv[12]": "Features"}, "width": "120mm"},
    {"theme": "mono", "layout": "column", "text": ["name", "params"]},
    {"theme": "dark", "layout": "row", "labels": {"conv1": HOSTILE}},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_everything_of_the_svg_is_drawn(options: dict[str, Any]) -> None:
    code, root = NET.to_tikz(**options), tree(**{"theme": "print", **options})
    nodes = re.findall(
        r"^\\node\[anchor=(base|base west), text=\w+\] at \((\S+)pt,(\S+)pt\) \{(?:\\bfseries )?(.*)\};$", code, re.MULTILINE
    )
    found = root.findall(".//{*}text")
    assert [(x, y, text) for _, x, y, text in nodes] == [
        (one.attrib["x"], one.attrib["y"], in_latex(one.text or "")) for one in found
    ]
    drawn = re.findall(r"^\\path\[.*\] svg \{(.*)\};$", code, re.MULTILINE)
    assert drawn == [path.attrib["d"] for path in root.findall(".//{*}path")]
    used = set(re.findall(r"(?:fill|draw|text)=(\w+)", code))
    assert used == set(re.findall(r"\\definecolor\{(\w+)\}", code))
    assert code.count(r"\begin{scope}") == code.count(r"\clip") == code.count(r"\end{scope}") == len(root.findall(".//{*}svg"))


def test_what_tikz_cannot_contain_is_one_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ArgumentError, match=r"to_tikz expected no images.*use to_pdf"):
        NET.to_tikz(images={"conv1": np.eye(3)})
    with pytest.raises(CannotWriteError, match="No such file or directory"):
        NET.to_tikz(tmp_path / "no" / "net.tex")


def has_tikz() -> bool:
    """Return whether there is a LaTeX with TikZ."""
    names = ["tikz.sty", "tikzlibrarysvg.path.code.tex"]
    return all(map(shutil.which, ("pdflatex", "kpsewhich"))) and not subprocess.call(
        ["kpsewhich", *names], stdout=subprocess.DEVNULL
    )


@pytest.mark.skipif(not has_tikz(), reason="there is no pdflatex with TikZ")
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_latex_compiles_the_code(options: dict[str, Any], tmp_path: pathlib.Path) -> None:
    NET.to_tikz(tmp_path / "net.tex", **options)
    document = r"\documentclass{article}\usepackage{tikz}\usetikzlibrary{svg.path}\pagestyle{empty}"
    document += r"\begin{document}\noindent\setbox0\hbox{\input{net.tex}}\typeout{WIDE \the\wd0}\box0\end{document}"
    (tmp_path / "paper.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    wide = float(re.search(r"WIDE ([\d.]+)pt", done.stdout)[1]) / 72.27 * 25.4  # type: ignore[index]
    assert "width" not in options or f"{wide:.1f}mm" == "120.0mm"
    (page,) = pypdf.PdfReader(tmp_path / "paper.pdf").pages
    text = page.extract_text()
    assert all(word in text for word in ("Convolution", "frozen"))
