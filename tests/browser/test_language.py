"""In a Portuguese JupyterLab, the panels are in Portuguese, unless another language is chosen."""

from __future__ import annotations

import inspect
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from .. import marked
from ..marked import words_outside
from .jupyter import Lab, server

ROOT = pathlib.Path(__file__).parents[2]
LIVE = ".seqwidget:not(.sw-static)"

SUMMARY = """\
%load_ext seqwidget
import keras, seqwidget
from keras import layers
model = seqwidget.Sequential(name="eye")
model.add(keras.Input((250, 250, 3)))
model.add(layers.Conv2D(32, 5, strides=2, activation="relu", name="conv1"))
model.add(layers.Conv2D(32, 3, dilation_rate=2, name="conv2"))
for n in range(3):
    model.add(layers.Conv2D(32, 3, padding="same", activation="relu", name=f"alike{n}"))
model"""
REFUSED = "model.add(layers.MaxPooling2D(200, name='pool'))"
TRAINABLE = """\
import numpy as np
small = seqwidget.Sequential([keras.Input((4,)), layers.Dense(3, name="one"), layers.Dense(1, name="two")], name="small")
small.compile("adam", "mse")
small.fit(np.ones((4, 4)), np.ones((4, 1)), verbose=0)
panel = seqwidget.Trainable(small).freeze("one")
panel"""
MAPS = """\
import numpy as np
net = keras.Sequential([layers.Conv2D(4, 3, activation="relu", name="conv"), layers.Flatten(name="flat")], name="net")
maps = seqwidget.FeatureMaps(net, np.random.default_rng(1).random((2, 12, 12, 3)))
maps"""
# What a panel shows and a screen reader reads out, without code and Keras's messages: its text, and each attribute.
TEXTS = """panel => {
  const attributes = ['title', 'aria-label', 'placeholder', 'alt'];
  const copy = panel.cloneNode(true);
  copy.querySelectorAll('code, pre').forEach(one => one.remove());
  const nodes = [copy, ...copy.querySelectorAll('*')];
  const said = nodes.flatMap(one => attributes.map(name => one.getAttribute(name)).filter(Boolean));
  const walker = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  let text = '';
  while (walker.nextNode()) text += ' ' + walker.currentNode.data;
  return [text, ...said];
}"""


@pytest.fixture(scope="module")
def lab_url(lab_root: pathlib.Path) -> Iterator[str]:
    with server(lab_root, locale="pt_BR") as url:
        yield url


def shown(lab: Lab, at: int = 0) -> Locator:
    panel = lab.page.locator(LIVE).nth(at)
    expect(panel).to_be_visible(timeout=30_000)
    return panel


def audit(lab: Lab) -> None:
    lab.page.add_script_tag(path=ROOT / "js/node_modules/axe-core/axe.min.js")
    found = lab.page.evaluate(f"() => axe.run({json.dumps(LIVE)}).then(results => results.violations)")
    assert found == [], json.dumps([[one["id"], one["nodes"][0]["html"]] for one in found], indent=1)


def test_the_panel_uses_the_language_of_jupyterlab(open_lab: Any) -> None:
    lab = open_lab(SUMMARY, REFUSED)
    assert lab.page.evaluate("() => document.documentElement.lang") == "pt-BR"
    lab.run(0)
    panel = shown(lab)
    expect(panel).to_have_attribute("lang", "pt")
    expect(panel.locator(".sw-head")).to_contain_text("5 camadas")
    expect(panel.locator(".sw-head")).to_contain_text("39.424 parâmetros")
    expect(panel.locator(".sw-state")).to_have_text("construído")
    expect(panel.locator("thead th")).to_contain_text(["#", "Camada", "Forma da saída", "Parâmetros", "Kernel"])
    expect(panel.locator("tbody tr").nth(1).locator("[data-column=kernel]")).to_have_text("3×3 dilatado 2 valid")
    expect(panel.locator(".sw-svg .sw-label").first).to_have_text("Entrada")
    lab.run(1)
    refused = panel.locator(".sw-refused")
    expect(refused).to_contain_text("pool não encaixa: a sua janela de pooling de 200×200 é maior do que a entrada")
    expect(refused).to_contain_text("would be zero or negative")  # Keras's own message
    refused.get_by_role("button", name='Aplicar: usar padding="same" nela').click()
    expect(refused).to_have_count(0)
    expect(panel.locator(".sw-step-name")).to_have_text('correção: usar padding="same" nela')
    panel.get_by_role("button", name="Desfazer").click()
    expect(panel.locator(".sw-head")).to_contain_text("5 camadas")
    lab.save()
    saved = json.loads((pathlib.Path(lab.execute("import os; print(os.getcwd())").strip()) / lab.name).read_text())
    assert "5 layers, built" in json.dumps(saved), "what a notebook keeps is English unless a language is chosen"
    assert lab.errors == []


def test_switches_in_portuguese(open_lab: Any) -> None:
    lab = open_lab(SUMMARY, TRAINABLE)
    lab.run_all()
    panel = shown(lab, 1)
    expect(panel.locator(".sw-stale strong")).to_have_text(
        "1 camada mudou desde compile: o fit vai ignorar isso até o próximo compile"
    )
    expect(panel.locator(".sw-plan")).to_contain_text("taxa de aprendizado 0,001")
    expect(panel.locator(".sw-head")).to_contain_text("4 de 19 parâmetros treinam")
    panel.get_by_role("switch", name="one treina").click()
    expect(panel.locator(".sw-stale")).to_have_count(0)
    panel.get_by_role("button", name="Congelar todas").click()
    expect(panel.locator(".sw-head")).to_contain_text("0 de 19 parâmetros treinam")
    panel.get_by_label("Padrão de nome").fill("(")
    panel.get_by_role("button", name="Treinar", exact=True).click()
    expect(panel.locator("[role=alert]")).to_contain_text(
        "era esperada uma expressão regular para nomes de camadas, foi recebida '('"
    )
    audit(lab)
    assert lab.errors == []


def test_feature_maps_in_portuguese(open_lab: Any) -> None:
    lab = open_lab(f"import keras, seqwidget\nfrom keras import layers\n{MAPS}")
    lab.run_all()
    viewer = shown(lab)
    expect(viewer.locator(".sw-head")).to_contain_text("4 mapas de 10×10")
    expect(viewer.locator(".sw-notes")).to_contain_text("o modelo ainda não estava construído")
    viewer.locator(".sw-grid").press("ArrowRight")
    expect(viewer.locator(".sw-lens")).to_have_attribute("aria-label", "Canal 0, ampliado")
    expect(viewer.locator(".sw-readout")).to_contain_text("% de zeros")
    pointer = viewer.get_by_role("group", name="Canal 0; as setas movem o ponto")
    pointer.press("ArrowDown")
    expect(viewer.locator(".sw-lens-words")).to_have_text(
        "a célula (linha 6, coluna 5) depende da entrada em: linhas 6–8, colunas 5–7"
    )
    viewer.get_by_text("Saúde de todas as camadas").click()
    viewer.get_by_role("button", name="Analisar as 2 amostras").click()
    expect(viewer.locator(".sw-health tbody tr")).to_have_count(2)
    audit(lab)
    lab.execute("net.pop()")
    expect(viewer.locator(".sw-layer-choice option")).to_have_count(2)
    assert lab.errors == []


def test_a_chosen_language_is_used_at_once_and_can_be_reset(open_lab: Any) -> None:
    lab = open_lab(SUMMARY, TRAINABLE, MAPS)
    lab.run_all()
    heads = [shown(lab, at) for at in range(3)]
    portuguese = ["39.424 parâmetros", "4 de 19 parâmetros treinam", "4 mapas de 10×10"]
    english = ["39,424 params", "4 of 19 params train", "4 maps of 10×10"]
    for code, lang, words in ((None, "pt", portuguese), ("en", "en", english), (None, "pt", portuguese)):
        lab.execute(f"seqwidget.language({code!r})")
        for head, said in zip(heads, words, strict=True):
            expect(head.locator(".sw-head")).to_contain_text(said)
            expect(head).to_have_attribute("lang", lang)
    audit(lab)
    assert lab.errors == []


def test_every_text_can_be_translated(open_lab: Any) -> None:
    """With marks around every message, the page has only names, types, numbers and units outside the marks."""
    lab = open_lab(SUMMARY, REFUSED, TRAINABLE, MAPS)
    lab.execute(f"{inspect.getsource(marked)}\nlanguage = use_marked_language()\nlanguage.__enter__()")
    for cell in range(4):
        lab.run(cell)
    panel, trainable, viewer = (shown(lab, at) for at in range(3))
    panel.locator(".sw-track li button").first.click()
    expect(panel.locator(".sw-look")).to_be_visible()
    panel.locator(".sw-suggest summary").click()
    expect(panel.locator(".sw-suggest li").first).to_be_visible()
    trainable.locator(".sw-groups input").fill("none_such")
    trainable.locator(".sw-groups .sw-button").last.click()
    expect(trainable.locator("[role=alert]")).to_be_visible()
    viewer.locator(".sw-grid").press("ArrowRight")
    viewer.locator(".sw-lens [role=group]").last.press("ArrowDown")
    viewer.locator(".sw-health summary").click()
    viewer.locator(".sw-health .sw-button").click()
    expect(viewer.locator(".sw-health tbody tr")).to_have_count(2)
    data = {*("eye", "conv1", "conv2", "alike0", "alike1", "alike2", "pool", "small", "one", "two", "net", "conv", "flat")}
    data |= {"Conv2D", "MaxPooling2D", "Dense", "Flatten", "Adam", "valid", "same", "float32", "block[1-4]_.*"}
    data |= {'{"groups": {"block1_.*": "Block 1"}}'}  # an example of a preset
    data |= {"viridis", "magma", "PNG", ".npy", json.loads(lab.execute("import json; print(json.dumps(model.refused.words))"))}
    for one in (panel, trainable, viewer):
        assert words_outside(one.evaluate(TEXTS), data) == set()
    assert lab.errors == []
