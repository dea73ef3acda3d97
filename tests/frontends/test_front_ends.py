"""A session in every front end, in each of its themes."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from . import emulators
from .front_ends import FRONT_ENDS, FrontEnd
from .notebooks import write
from .session import session

CASES = [(front_end, scheme) for front_end in FRONT_ENDS for scheme in front_end.schemes]


@pytest.mark.parametrize(("front_end", "scheme"), CASES, ids=[f"{one.name}-{scheme}" for one, scheme in CASES])
def test_a_session(browser: Any, tmp_path: pathlib.Path, front_end: FrontEnd, scheme: str) -> None:
    write(tmp_path, scheme, colab=front_end.emulate is emulators.colab)
    with front_end.serve(tmp_path) as server:
        session(browser, front_end, server, scheme)
