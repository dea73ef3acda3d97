"""Keras's own tests, from the installed package, pass with seqwidget's class instead of Keras's."""

from __future__ import annotations

import functools
import os
import pathlib
import re
import subprocess
import sys

import keras

SOURCE = pathlib.Path(keras.__file__).parent / "src"
SUITES = (
    "models/sequential_test.py",
    "models/model_test.py",
    "models/cloning_test.py",
    "utils/summary_utils_test.py",
    "saving/saving_lib_test.py",
    "legacy/saving/legacy_h5_format_test.py",
)
# Slow tests in which no Sequential is made: they do not run our code.
WITHOUT_SEQUENTIAL = (
    "model_test and (test_functional or quantize) or efficientnet or subclassed or custom_functional or basic_functional"
)
ROOT = pathlib.Path(__file__).parents[2]


def run(*tests: str, plain: bool = False, keras_path: bool = False) -> tuple[set[str], str]:
    """Run Keras's tests in a process of their own, and return the failed tests and the output."""
    env = {**os.environ, "SEQWIDGET_PLAIN": "1" if plain else "", "SEQWIDGET_KERAS_PATH": "1" if keras_path else ""}
    options = [
        "-q",
        "-p",
        "tests.editing.wrapped",
        "-c",
        os.devnull,
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore",
        "--tb=short",
        "-rfE",
        "-k",
        f"not ({WITHOUT_SEQUENTIAL})",
    ]
    command = [sys.executable, "-m", "pytest", *options, "--rootdir", str(SOURCE), *tests]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
    return {f"{SOURCE}/{name.partition('keras/src/')[2] or name}" for name in failed}, done.stdout


@functools.cache
def whole() -> tuple[set[str], str]:
    return run(*(str(SOURCE / suite) for suite in SUITES))


def test_the_wrapper_passes_what_keras_passes() -> None:
    failed, printed = whole()
    made = int(re.findall(r"was made (\d+) times", printed)[0])
    assert made > 50, printed[-2000:]
    assert int(re.findall(r"(\d+) passed", printed)[-1]) > 100
    if failed:  # a test may also fail with Keras's own class, for example because the package lacks a fixture
        also_plain, _ = run(*failed, plain=True)
        assert failed <= also_plain, printed[-5000:]


def test_with_an_unknown_keras_every_edit_uses_its_own_methods() -> None:
    suite = str(SOURCE / SUITES[0])
    (failed, printed), (also, known) = run(suite, keras_path=True), whole()
    added, by_us = (int(re.findall(r"(\d+) layers were added without", one)[0]) for one in (printed, known))
    assert (added, by_us > 0) == (0, True)
    assert int(re.findall(r"(\d+) passed", printed)[-1]) > 10
    assert failed == {name for name in also if name.startswith(suite)}
