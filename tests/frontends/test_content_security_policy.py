"""VS Code's content security policy for notebook outputs, which a setting turns on: what it blocks, and what people see."""

from __future__ import annotations

import functools
import pathlib
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import expect

from . import emulators
from .front_ends import FrontEnd, named
from .notebooks import write
from .session import LIVE, PICTURES, TIMEOUT, session

POLICY = emulators.POLICY
# anywidget imports the module of every widget from a blob URL, which the policy of VS Code blocks. With this one more source
# and without eval, everything works.
STRICT = {**POLICY, "script-src": f"{emulators.SOURCE} 'unsafe-inline' blob:"}


def vscode(policy: dict[str, str]) -> FrontEnd:
    return replace(
        named("VS Code, Jupyter server"),
        name="VS Code with a policy",
        emulate=functools.partial(emulators.vscode, policy=policy),
    )


def test_static_panels_are_shown_where_the_policy_blocks_all_modules(browser: Any, tmp_path: pathlib.Path) -> None:
    write(tmp_path, "light")
    front_end = vscode(POLICY)
    with front_end.serve(tmp_path) as server:
        page = browser.new_page(viewport={"width": 1200, "height": 1600})
        blocked = []
        page.on("console", lambda message: blocked.append(message.text) if "Content Security Policy" in message.text else None)
        front_end.open(page, server, "light")
        where = page.frame_locator(front_end.frame)
        static = where.locator(".sw-static:visible")
        expect(static).to_have_count(3, timeout=TIMEOUT)
        expect(where.locator(LIVE)).to_have_count(0)
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / "VS Code with its policy.png")
        assert any("script-src" in text and "blob:" in text for text in blocked), blocked
        page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_blob_modules_and_without_eval_a_session_works(browser: Any, tmp_path: pathlib.Path, scheme: str) -> None:
    write(tmp_path, scheme)
    front_end = vscode(STRICT)
    with front_end.serve(tmp_path) as server:
        session(browser, front_end, server, scheme)
