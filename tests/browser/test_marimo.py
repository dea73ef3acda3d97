"""A session in marimo; `make test-frontends` has more front ends, and both themes."""

from __future__ import annotations

import pathlib
from typing import Any

from tests.frontends.front_ends import named
from tests.frontends.notebooks import write
from tests.frontends.session import session


def test_a_session(browser: Any, tmp_path: pathlib.Path) -> None:
    marimo = named("marimo edit")
    write(tmp_path, "dark")
    with marimo.serve(tmp_path) as server:
        session(browser, marimo, server, "dark")
