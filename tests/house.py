"""The rooms of the package, from the lowest to the highest, and the map of them in CONTRIBUTING.md."""

from __future__ import annotations

import ast
import pathlib

ROOT = pathlib.Path(__file__).parents[1]
PACKAGE = ROOT / "seqwidget"
ROOMS = (
    "printable",
    "errors",
    "checks",
    "i18n",
    "keras_compat",
    "model",
    "codegen",
    "lint",
    "render",
    "inspection",
    "diagnosis",
    "activations",
    "editing",
    "training",
    "widgets",
    "ipython",
)
"""Each may import those before it, and no other."""

BEGIN, END = "<!-- map: make format writes it -->\n", "<!-- end of the map -->\n"


def house_map() -> str:
    """Return the rooms, each with the first line of its docstring."""
    lines = []
    for room in ROOMS:
        path = PACKAGE / room / "__init__.py"
        name = f"{room}/" if path.exists() else f"{room}.py"
        docstring = ast.get_docstring(ast.parse((path if path.exists() else PACKAGE / name).read_text(encoding="utf-8")))
        assert docstring, room
        lines.append(f"    {name:14} {docstring.partition(chr(10))[0]}\n")
    return "".join(lines)


def with_map(text: str) -> str:
    """Return CONTRIBUTING.md with the map as it is now."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{house_map()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    contributing = ROOT / "CONTRIBUTING.md"
    contributing.write_text(with_map(contributing.read_text(encoding="utf-8")), encoding="utf-8")
