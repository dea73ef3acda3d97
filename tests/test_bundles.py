"""The bundles that a page loads."""

from __future__ import annotations

import pytest

from tests.bench.bundles import LIMIT, sizes


@pytest.mark.parametrize("name", sorted(sizes()))
def test_a_bundle_is_small(name: str) -> None:
    assert sizes()[name] <= LIMIT
