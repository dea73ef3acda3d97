"""A session in Notebook 7, on the server of JupyterLab; `make test-frontends` has more front ends, and both themes."""

from __future__ import annotations

import pathlib
from typing import Any

from tests.frontends.front_ends import named
from tests.frontends.notebooks import write
from tests.frontends.servers import Server
from tests.frontends.session import session


def test_a_session(browser: Any, lab_url: str, lab_root: pathlib.Path) -> None:
    write(lab_root, "light", kernel="forked")
    session(browser, named("Notebook 7"), Server(lab_url), "light")
