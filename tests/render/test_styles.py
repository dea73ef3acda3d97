"""The style sheets: all colours are in the theme, and all custom properties of it are used."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
STATIC, LIVE = sorted((ROOT / "seqwidget" / "render").glob("*.css")), sorted((ROOT / "js" / "src" / "styles").glob("*.css"))
COLOR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|lab|lch|oklab|oklch|color-mix|light-dark|color)\(", re.IGNORECASE)
NAMED = re.compile(r"[:,(\s](?:black|white|gr[ae]y|red|green|blue|yellow|orange)(?![\w-])(?=[^{}]*;)")


def without_comments(path: pathlib.Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize(
    "path", [path for path in (*STATIC, *LIVE) if path not in STATIC or path.stem in ("panel", "table")], ids=str
)
def test_a_component_has_no_colour_of_its_own(path: pathlib.Path) -> None:
    css = without_comments(path)
    assert COLOR.findall(css) + NAMED.findall(css) == []


def test_every_property_of_the_theme_is_used_and_every_used_one_is_there() -> None:
    css = "".join(map(without_comments, (*STATIC, *LIVE)))
    scripts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "js" / "src").rglob("*.ts*"))
    set_, used = set(re.findall(r"(--sw-[\w-]+):", css)), set(re.findall(r"var\((--sw-[\w-]+)", css))
    assert set_ - used == set()
    assert used - set_ == {name for name in used - set_ if f'"{name}"' in scripts} | {"--sw-d", "--sw-p", "--sw-r", "--sw-x"}
