"""The benchmarks can be imported: no other test runs them."""

from __future__ import annotations

import importlib

import pytest

from .__main__ import SUBJECTS


@pytest.mark.parametrize("subject", [*SUBJECTS, "backends"])
def test_a_benchmark_can_be_imported(subject: str) -> None:
    assert importlib.import_module(f"tests.bench.{subject}").measure
