"""Switches in a real JupyterLab: weights that a click freezes do not change, read from the kernel."""

from __future__ import annotations

import ast
import pathlib
from typing import Any

from playwright.sync_api import Locator, expect

from .jupyter import Lab

ROOT = pathlib.Path(__file__).parents[2]
LIVE = ".seqwidget:not(.sw-static)"

SETUP = """\
%load_ext seqwidget
import keras, seqwidget, time
import numpy as np
from keras import layers
keras.utils.set_random_seed(1)
base = keras.Sequential([
    keras.Input((8, 8, 1)),
    layers.Conv2D(4, 3, name="block1_conv"),
    layers.BatchNormalization(name="block1_bn"),
    layers.Conv2D(4, 3, name="block2_conv"),
    layers.GlobalMaxPooling2D(name="pool"),
], name="base")
model = keras.Sequential([keras.Input((8, 8, 1)), base, layers.Dropout(0.1), layers.Dense(1, name="head")], name="net")
model.compile("adam", "mse")
x, y = np.random.rand(32, 8, 8, 1), np.random.rand(32, 1)
model.fit(x, y, verbose=0);"""
MOVED = """\
before = {l.path: l.numpy() for l in model.weights}
model.fit(x, y, verbose=0)
print({l.path.split("/")[-2] for l in model.weights if (before[l.path] != l.numpy()).any()})"""


def shown(lab: Lab) -> Locator:
    panel = lab.page.locator(LIVE)
    expect(panel).to_be_visible()
    return panel


def switch(panel: Locator, path: str) -> Locator:
    return panel.locator(f"[aria-label^='{path} trains']")


def moved(lab: Lab) -> set[str]:
    return set(ast.literal_eval(lab.execute(MOVED)))


def test_switch_off_recompile_by_click_and_train(open_lab: Any) -> None:
    lab = open_lab(SETUP, "seqwidget.Trainable(model)")
    lab.run_all()
    panel = shown(lab)
    expect(panel.locator(".sw-state")).to_have_text("compiled")
    expect(panel.locator(".sw-head")).to_contain_text("201 of 209 params train")
    panel.get_by_role("button", name="Layers of base").click()
    switch(panel, "base/block1_conv").click()
    switch(panel, "base/block1_bn").click()
    expect(switch(panel, "base")).to_have_attribute("aria-checked", "mixed")
    expect(panel.locator(".sw-head")).to_contain_text("153 of 209 params train")
    expect(panel.locator(".sw-stale strong")).to_have_text(
        "2 layers changed since compile: fit will ignore this until the next compile"
    )
    expect(panel.locator(".sw-plan")).to_contain_text("optimizer slots of 4 weights that are now frozen")
    expect(panel.locator("tr", has_text="block1_bn")).to_contain_text("inference mode even in fit")
    expect(panel.locator(".sw-code code")).to_have_text("seqwidget.Trainable(model).freeze('base/block1_bn')")
    panel.get_by_role("button", name="Recompile").click()
    expect(panel.locator(".sw-stale")).to_have_count(0)
    expect(panel.locator(".sw-state")).to_have_text("compiled")
    assert moved(lab) == {"block2_conv", "head"}

    switch(panel, "base").click()  # partly trainable: one click makes all of it trainable
    expect(switch(panel, "base/block1_conv")).to_have_attribute("aria-checked", "true")
    panel.get_by_role("button", name="Recompile").click()
    expect(panel.locator(".sw-stale")).to_have_count(0)
    assert moved(lab) == {"block1_conv", "block1_bn", "block2_conv", "head"}
    assert lab.errors == []


def test_without_recompiling_the_frozen_layer_changes(open_lab: Any) -> None:
    """The panel's warning is true."""
    lab = open_lab(SETUP, "model")
    lab.run_all()
    panel = shown(lab)
    switch(panel, "head").click()
    expect(panel.locator(".sw-stale strong")).to_have_text(
        "1 layer changed since compile: fit will ignore this until the next compile"
    )
    assert "head" in moved(lab)


def test_groups_of_layers(open_lab: Any) -> None:
    lab = open_lab(SETUP, "seqwidget.Trainable(model)")
    lab.run_all()
    panel = shown(lab)
    code = panel.locator(".sw-code code")
    panel.get_by_role("button", name="Train only the last").click()
    expect(code).to_have_text("seqwidget.Trainable(model).train_last_only()")
    expect(panel.locator(".sw-head")).to_contain_text("5 of 209")
    panel.get_by_role("button", name="Layers of base").click()
    panel.locator("tbody tr", has_text="block2_conv").locator("bdi").click()
    panel.get_by_role("button", name="Train from here").click()
    expect(code).to_have_text("seqwidget.Trainable(model).unfreeze(start='base/block2_conv')")
    expect(panel.locator(".sw-head")).to_contain_text("153 of 209")
    panel.get_by_role("button", name="Train all").click()
    expect(panel.locator(".sw-head")).to_contain_text("201 of 209")
    panel.get_by_label("By type").select_option("BatchNormalization")
    panel.get_by_role("button", name="Freeze", exact=True).click()
    expect(panel.locator(".sw-head")).to_contain_text("193 of 209")
    panel.get_by_label("By type").select_option("")
    panel.get_by_label("Name pattern").fill("block[12]_c.*")
    panel.get_by_role("button", name="Freeze", exact=True).click()
    expect(panel.locator(".sw-head")).to_contain_text("5 of 209")
    panel.get_by_label("Name pattern").fill("nothing")
    panel.get_by_role("button", name="Freeze", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("no layer of 'net' fully matches 'nothing'")
    switch(panel, "head").press("Space")
    expect(panel.locator(".sw-head")).to_contain_text("0 of 209")
    expect(panel.get_by_role("alert")).to_have_count(0)


IN_FIT = """\
from keras.callbacks import LambdaCallback
import threading
def clicked(epoch, logs):  # as a kernel does that serves widgets from another thread
    if epoch == 1:
        panel = seqwidget.Trainable(model)
        one = threading.Thread(target=panel._handle_custom_msg, args=({"id": "1", "ask": "freeze", "path": "head"}, []))
        one.start(); one.join()
    time.sleep(0.5)
model.fit(x, y, verbose=0, epochs=4, callbacks=[LambdaCallback(on_epoch_end=clicked)]);"""


def test_a_switch_during_fit_is_pending_and_says_until_when(open_lab: Any) -> None:
    lab = open_lab(SETUP, "seqwidget.Trainable(model)", IN_FIT)
    lab.run(0)
    lab.run(1)
    panel = shown(lab)
    lab.run(2, wait=False)
    expect(panel.locator(".sw-pending")).to_have_text(
        "1 layer has a pending change, which takes effect at the next epoch.", timeout=20_000
    )
    expect(switch(panel, "head")).to_have_attribute("aria-checked", "true")
    expect(panel.locator("tr", has_text="head").locator(".sw-waits")).to_have_text("will freeze at the next epoch")
    expect(panel.locator(".sw-pending")).to_have_count(0, timeout=20_000)
    expect(switch(panel, "head")).to_have_attribute("aria-checked", "false")
    expect(panel.locator(".sw-state")).to_have_text("stale")


def test_axe_finds_no_accessibility_problems(open_lab: Any) -> None:
    lab = open_lab(SETUP, "seqwidget.Trainable(model)", "seqwidget.Trainable(model).freeze('base/block1.*')", width=600)
    lab.run_all()
    panel = lab.page.locator(LIVE).first
    expect(panel.locator(".sw-stale")).to_be_visible()
    panel.get_by_role("button", name="Layers of base").click()
    lab.page.add_script_tag(path=ROOT / "js/node_modules/axe-core/axe.min.js")
    found = lab.page.evaluate(f"() => axe.run('{LIVE}').then(results => results.violations)")
    assert found == [], [[one["id"], one["nodes"][0]["html"]] for one in found]


XCEPTION = """\
%load_ext seqwidget
import keras, seqwidget
base = keras.applications.Xception(weights=None, include_top=False, pooling="avg")
base.trainable = False
model = keras.Sequential([keras.Input((299, 299, 3)), base, keras.layers.Dense(1000, name="classes")], name="big")
model.compile("adam", "sparse_categorical_crossentropy")
seqwidget.Trainable(model)"""


def test_a_base_of_132_layers_opens_and_has_a_switch(open_lab: Any) -> None:
    lab = open_lab(XCEPTION)
    lab.run(0)
    panel = shown(lab)
    expect(panel.locator("tbody tr")).to_have_count(2)
    panel.get_by_role("button", name="Layers of xception").click()
    expect(panel.locator("tbody tr")).to_have_count(2 + 132)
    expect(panel.locator(".sw-head")).to_contain_text("2,049,000 of 22,910,480 params train")
    switch(panel, "xception/block14_sepconv2").click()
    expect(switch(panel, "xception")).to_have_attribute("aria-checked", "mixed")
    panel.get_by_label("Name pattern").fill("block14_.*")
    panel.get_by_role("button", name="Train", exact=True).click()
    expect(panel.locator("tbody tr:has([role=switch][aria-checked=true]) bdi")).to_have_text(
        ["block14_sepconv1", "block14_sepconv1_bn", "block14_sepconv2", "block14_sepconv2_bn", "classes"]
    )
    assert lab.errors == []
