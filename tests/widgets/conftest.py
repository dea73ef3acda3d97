"""Each test begins in the language of a new session."""

from __future__ import annotations

import pytest

from seqwidget.widgets import localized


@pytest.fixture(autouse=True)
def _new_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localized, "_page", "en")  # otherwise, a widget has the language of the last page
