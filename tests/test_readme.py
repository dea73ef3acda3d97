"""The claims of README.md are true: its code runs, and each mark of its table is what the tool really does."""

from __future__ import annotations

import functools
import pathlib
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
import keras
import numpy as np
import pytest
import visualkeras
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from keras import layers
from traitlets.config import Config

import seqwidget
from seqwidget.widgets import feature_maps, summary

from . import backend_table
from .frontends import front_ends
from .readme_tools import TOOLS, View

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MARKS = {"✓": True, "✗": False, "–": None}
NOT_RUN = "torchinfo"
# The exceptions of Keras and the tools for a model that they do not accept.
REFUSES = (AttributeError, ImportError, KeyError, TypeError, ValueError)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    summary.close_all()
    feature_maps.close_all()


def table() -> dict[str, dict[str, str]]:
    """Return the marks of the table, by row and tool."""
    lines = [line.strip("| ").split("|") for line in README.split("## Comparison")[1].split("\n\n")[1].splitlines()]
    head, _, *rows = [[re.sub(r"[`¹²³]", "", cell).strip() for cell in line] for line in lines]
    return {row[0]: dict(zip(head[-len(row) + 1 :], row[1:], strict=True)) for row in rows}


# A tool shows a fact if two models that differ only in it look different. It shows the fact correctly if the same stack always
# looks the same, however it was built.

Opens = Callable[[Any], View]


def stack(*rows: Any, size: int = 32) -> Any:
    return keras.Sequential([keras.Input((size, size, 3)), *rows], name="net")


def conv(filters: int = 8, kernel: int = 3, **rest: Any) -> Any:
    return layers.Conv2D(filters, kernel, name="conv", **{"padding": "same", **rest})


def looks_different(opens: Opens, one: Any, other: Any) -> bool:
    return without_shapes(opens(one)()) != without_shapes(opens(other)())


def without_shapes(text: str) -> str:
    return re.sub(r"\(None[^)]*\)", "", text)


def accepts(opens: Opens) -> bool:
    return bool(opens(stack(conv()))())


def shapes(opens: Opens) -> bool:
    return opens(stack(conv()))() != opens(stack(conv(padding="valid")))()


def shapes_after_edits(opens: Opens) -> bool:
    edited = stack(conv(), layers.Flatten(name="flat"))
    flat = edited.pop()
    edited.add(layers.MaxPooling2D(2, name="pool"))
    edited.add(flat)
    return opens(edited)() == opens(stack(conv(), layers.MaxPooling2D(2, name="pool"), layers.Flatten(name="flat")))()


def shapes_of_shared(opens: Opens) -> bool:
    layer = conv()
    shared = stack(layer)
    _other = stack(layer, size=10)
    return opens(shared)() == opens(stack(conv()))()


def parameters(opens: Opens) -> bool:
    return looks_different(opens, stack(conv(kernel=3)), stack(conv(kernel=5)))


def nested(opens: Opens) -> bool:
    def inner(last: str) -> Any:
        return keras.Sequential([keras.Input((4,)), layers.Dense(4, name="a"), layers.Dense(4, name=last)], name="base")

    one, other = (keras.Sequential([keras.Input((4,)), inner(last)], name="net") for last in "bc")
    return looks_different(opens, one, other)


def multiply_adds(opens: Opens) -> bool:
    """Both have the same weights and the same output, but one has a quarter of the positions."""
    one = stack(layers.Conv2DTranspose(8, 3, strides=1, padding="same", name="up"), size=32)
    other = stack(layers.Conv2DTranspose(8, 3, strides=2, padding="same", name="up"), size=16)
    assert one.output_shape == other.output_shape
    return looks_different(opens, one, other)


def receptive_field(opens: Opens) -> bool:
    return looks_different(opens, stack(conv()), stack(conv(dilation_rate=2)))


def to_scale(opens: Opens) -> bool:
    return looks_different(opens, stack(conv()), stack(conv(), size=64))


def follows(opens: Opens) -> bool:
    model = stack(conv())
    look = opens(model)
    before = look()
    model.add(layers.Flatten())
    added = look()
    model.pop()
    return before != added != look()


def fixes(opens: Opens) -> bool:
    model = stack(conv(), size=2)
    if opens is TOOLS["seqwidget"]:
        seqwidget.watch(model)
    with pytest.raises(ValueError, match="negative"):
        model.add(layers.MaxPooling2D(3))
    return 'padding="same"' in opens(model)()


@functools.cache
def frozen(*, after_fit: bool) -> tuple[Any, bool]:
    """Return a model with a frozen layer, and whether ``fit`` trains that layer nevertheless."""
    model = stack(conv(), layers.GlobalMaxPooling2D(name="top"), layers.Dense(8, name="head"), size=4)
    model.compile("sgd", "mse")
    model.layers[0].trainable = after_fit
    batch = np.ones((2, 4, 4, 3), "float32"), np.ones((2, 8), "float32")
    model.fit(*batch, verbose=0)
    model.layers[0].trainable = False
    before = model.layers[0].get_weights()[0]
    model.fit(*batch, verbose=0)
    return model, not np.array_equal(before, model.layers[0].get_weights()[0])


def ignored_freeze(opens: Opens) -> bool:
    (honoured, moves), (ignored, moves_too) = frozen(after_fit=False), frozen(after_fit=True)
    assert (moves, moves_too) == (False, True)
    return looks_different(opens, honoured, ignored)


def weights(opens: Opens) -> bool:
    return looks_different(opens, stack(conv()), stack(conv(kernel_initializer="ones")))


def code(opens: Opens) -> bool:
    return looks_different(opens, stack(conv()), stack(conv(kernel_initializer="he_normal")))


def clickable(opens: Opens) -> bool:
    return isinstance(opens(stack(conv())), ipywidgets.Widget)


ROWS: dict[str, Callable[[Opens], bool]] = {
    "Takes a Keras 3 Sequential": accepts,
    "Shape of every layer": shapes,
    "…also after pop and add of the same layer": shapes_after_edits,
    "…also of a layer that another model shares": shapes_of_shared,
    "Parameters of every layer": parameters,
    "The layers inside nested models": nested,
    "Multiply-adds": multiply_adds,
    "Receptive field": receptive_field,
    "Diagram to scale": to_scale,
    "Follows add and pop by itself": follows,
    "Tried fixes for a layer that does not fit": fixes,
    "Says when fit ignores a freeze": ignored_freeze,
    "Feature maps": weights,
    "…with the pixels that a cell depends on": weights,
    "Switches, undo and redo by click": clickable,
    "The stack as Python code": code,
}


# If seqwidget shows a fact outside the panel, its mark is proved there.


def own_scale(_opens: Opens) -> bool:
    _, first, second = seqwidget.Summary(stack(conv(), layers.MaxPooling2D(2))).diagram["blocks"]
    return bool(first["h"] == 2 * second["h"])


def own_maps(_opens: Opens) -> bool:
    x = np.random.default_rng(0).random((1, 32, 32, 3), "float32")
    one, other = (seqwidget.FeatureMaps(stack(conv(kernel_initializer=init)), x) for init in ("ones", "zeros"))
    return one.to_png() != other.to_png()


def own_pixels(_opens: Opens) -> bool:
    viewer = seqwidget.FeatureMaps(stack(conv()), np.zeros((1, 32, 32, 3), "float32"))
    sent: list[Any] = []
    viewer.send = lambda message, buffers=None: sent.append((message, buffers))
    question = {"id": "1", "ask": "field", "layer": "conv", "version": 1}
    viewer._handle_custom_msg(question, [])
    (message, buffers) = sent[0]
    facts = {one["name"]: np.frombuffer(data, one["dtype"]) for one, data in zip(message["arrays"], buffers, strict=True)}
    return bool(facts)


def own_switches(_opens: Opens) -> bool:
    model = seqwidget.watch(stack(conv()))
    panel = seqwidget.Trainable(model).freeze("conv")
    model.undo()
    return isinstance(panel, ipywidgets.Widget) and model.layers[0].trainable  # tests/browser tests the clicks


def own_code(_opens: Opens) -> bool:
    model = stack(conv(kernel_initializer="he_normal"))
    made: dict[str, Any] = {}
    exec(seqwidget.inspect(model).to_code(), made)
    return [it.get_config() for it in made["model"].layers] == [it.get_config() for it in model.layers]


OWN = {
    "Diagram to scale": own_scale,
    "Feature maps": own_maps,
    "…with the pixels that a cell depends on": own_pixels,
    "Switches, undo and redo by click": own_switches,
    "The stack as Python code": own_code,
}


def test_the_table_has_a_proof_for_each_row_and_tool() -> None:
    assert list(table()) == list(ROWS)
    assert {tuple(row) for row in table().values()} == {
        ("seqwidget", "summary()", "plot_model", "visualkeras", NOT_RUN, "keract")
    }


@pytest.mark.parametrize("tool", list(TOOLS))
@pytest.mark.parametrize("row", list(ROWS))
@pytest.mark.filterwarnings("ignore::UserWarning:visualkeras", "ignore::DeprecationWarning")
def test_a_mark_is_true(row: str, tool: str) -> None:
    mark = MARKS[table()[row][tool]]
    if mark is None:  # the row continues the one above it, which says that the tool has no such thing
        above = [name for name in ROWS if not name.startswith("…")]
        parent = max((name for name in above if list(ROWS).index(name) < list(ROWS).index(row)), key=list(ROWS).index)
        assert row.startswith("…")
        assert table()[parent][tool] == "✗"
        return
    prove = OWN.get(row, ROWS[row]) if tool == "seqwidget" else ROWS[row]
    try:
        does = prove(TOOLS[tool])
    except REFUSES:
        does = False
    assert does is mark


@pytest.mark.filterwarnings("ignore::UserWarning:visualkeras")
def test_the_footnotes_are_true() -> None:
    with pytest.raises(AttributeError, match="output_shape"):
        visualkeras.layered_view(stack(conv()))
    with pytest.raises(AttributeError, match="_is_compiled"):
        TOOLS["keract"](stack(conv()))
    lock = (ROOT / "requirements.lock").read_text()
    assert re.search(r"^keract==(\S+)", lock, re.MULTILINE)[1] in README


def blocks(language: str) -> list[str]:
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for of, text in fences if of == language]


def test_the_first_five_lines_give_a_panel_that_follows() -> None:
    (start,) = blocks("python")
    *lines, last = start.splitlines()
    assert len(lines) == 4
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    try:
        with capture_output() as shown:
            assert shell.run_cell("\n".join(lines)).success
        assert "conv2d" in shown.stdout
        assert shell.run_cell(last).success
        rows = seqwidget.Summary(shell.user_ns["model"]).stack["rows"]
    finally:
        shell.run_line_magic("unload_ext", "seqwidget")
    assert [row["type"] for row in rows] == ["Conv2D", "MaxPooling2D"]


def test_the_commands_are_the_makefiles() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", README)) <= targets


def test_the_printed_examples_are_correct() -> None:
    session, plain = blocks("")
    eye = keras.Sequential(
        [
            keras.Input((250, 250, 3)),
            layers.Conv2D(32, 5, strides=2, activation="relu", name="conv1"),
            layers.Conv2D(32, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(3, name="pool1"),
        ],
        name="eye",
    )
    assert str(seqwidget.inspect(eye)) == plain.strip()
    model = seqwidget.Sequential([keras.Input((4, 4, 3)), layers.Conv2D(8, 3)])
    with pytest.raises(ValueError, match="negative") as caught:
        model.add(layers.MaxPooling2D(3, name="pool"))
    said = "\n".join(caught.value.__notes__).splitlines()
    *lines, last = session.splitlines()[2:]
    assert said[: len(lines)] == lines
    assert last.strip() == "…"


PEERS = {
    "https://pypi.org/project/ai-edge-model-explorer/0.1.34/",
    "https://pypi.org/project/idlmav/1.1.0/",
    "https://pypi.org/project/netron/9.3.3/",
    "https://pypi.org/project/torchinfo/1.8.0/",
    "https://pypi.org/project/torchvista/0.2.13/",
    "https://pypi.org/project/treescope/0.1.10/",
}
REPOSITORY = "https://github.com/seqwidget/seqwidget"
OURS = re.compile(
    r"https://(?:github\.com/seqwidget/seqwidget/(?:blob|tree)|raw\.githubusercontent\.com/seqwidget/seqwidget)/main/(.+)"
)


def links() -> set[str]:
    """Return every link and picture, without those in code."""
    text = re.sub(r"^```.*?^```$|`[^`]*`", "", README, flags=re.MULTILINE | re.DOTALL)
    return {*re.findall(r"\]\(([^)]+)\)", text), *re.findall(r'(?:src|srcset|href)="([^"]+)"', text)}


def test_every_link_leads_somewhere_from_anywhere() -> None:
    """PyPI shows README.md without the repository: links are absolute, and files that they name exist."""
    assert len(links()) > 8
    for link in links():
        if link in PEERS:
            continue
        path, _, heading = OURS.fullmatch(link)[1].partition("#")
        assert (ROOT / path).exists(), link
        titles = re.findall(r"^#+ (.*)$", (ROOT / path).read_text(), re.MULTILINE) if heading else []
        assert not heading or heading in [re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles], link


def test_the_urls_of_the_package_lead_somewhere() -> None:
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog"} <= set(urls)
    for url in urls.values():
        found = OURS.fullmatch(url)
        assert (ROOT / found[1]).exists() if found else url in (REPOSITORY, f"{REPOSITORY}/issues")


def test_it_does_not_send_people_to_pypi() -> None:
    assert "pip install seqwidget" not in README


def test_downloads_show_what_they_fetch() -> None:
    fetching = re.findall(r"^\t.*(?:pip (?:install|sync)|apt-get).*$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(fetching) >= 4
    assert [line for line in fetching if re.search(r" -q+ | --quiet", line)] == []


def test_the_table_of_front_ends_is_that_of_their_test() -> None:
    assert f"\n\n{front_ends.table()}\n\n{front_ends.notes()}\n\n" in README


def test_the_table_of_backends_is_that_of_its_trials() -> None:
    assert f"\n\n{backend_table.table()}\n\n" in README
