"""Open JupyterLab on a copy of the tutorials, because its autosave would change the originals; used by ``make lab``.

The copy is kept between runs. A tutorial that is newer in the checkout is copied again, unless you edited your copy of it.
Running cells does not count as an edit. Run this file as a script: as a module it would import the tests' settings, which
hide the GPU.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

ROOT = pathlib.Path(__file__).parents[1]
TUTORIALS, COPY = ROOT / "notebooks", ROOT / "lab"
EXTENSIONS = ROOT / "js" / "share" / "jupyter"
_RECORD = ".copied.json"
_IGNORED = {".ipynb_checkpoints", "__pycache__"}


def copy_tutorials(source: pathlib.Path, copy: pathlib.Path) -> list[str]:
    """Update a copy of the tutorials, and return the files that were not updated although they are newer in ``source``.

    ``copy`` records what was copied. A file that differs from this is the user's: it is never overwritten or removed.
    """
    record = copy / _RECORD
    copied: dict[str, list[str]] = json.loads(record.read_text()) if record.exists() else {}
    files = [path for path in source.rglob("*") if path.is_file() and not _IGNORED & set(path.parts)]
    current = {path.relative_to(source).as_posix(): [_digest(path.read_bytes()), _content(path)] for path in files}
    kept = []
    for name in sorted(copied.keys() | current.keys()):
        then, now, mine = copied.get(name), current.get(name), copy / name
        if then == now and mine.exists():
            continue
        if mine.exists() and _content(mine) not in [one[1] for one in (then, now) if one]:
            kept += [name] if now else []
        elif now:
            mine.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, mine)
            copied[name] = now
        else:
            mine.unlink(missing_ok=True)
            del copied[name]
    record.write_text(json.dumps(copied, indent=1))
    return kept


def _content(path: pathlib.Path) -> str:
    """Return a digest of what a person can edit: for a notebook, its cells without their outputs."""
    data = path.read_bytes()
    try:
        cells = json.loads(data)["cells"]
        return _digest(json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells]).encode())
    except (ValueError, KeyError, TypeError):
        return _digest(data)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def environment(folder: pathlib.Path) -> dict[str, str]:
    """Return the environment for a JupyterLab in which no library's log messages appear in red below a cell.

    ``folder`` gets a kernel that writes the log of TensorFlow's C++ code to the terminal, and only its errors.
    The extension of JupyterLab is the one that was built last. Matplotlib builds its font cache now, because otherwise the
    first cell that imports it would print a message.
    """
    launcher = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--IPKernelApp.capture_fd_output=False"]
    kernel: dict[str, Any] = {"argv": launcher, "display_name": "Python 3 (ipykernel)", "language": "python"}
    path = folder / "kernels" / "python3" / "kernel.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**kernel, "metadata": {"debugger": True}}))
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True)
    folders = [str(folder), str(EXTENSIONS), os.environ.get("JUPYTER_PATH")]
    return {"JUPYTER_PATH": os.pathsep.join(filter(None, folders)), "TF_CPP_MIN_LOG_LEVEL": "2"}


def main() -> None:
    kept = copy_tutorials(TUTORIALS, COPY)
    print(f"The tutorials open as a copy, which is yours: {COPY}. `make lab-reset` puts it aside, for a fresh one.", flush=True)
    if kept:
        print(f"Newer in the checkout, but you edited your copy, which stays: {', '.join(kept)}", flush=True)
    settings = environment(ROOT / ".venv" / "share" / "seqwidget-lab")
    options = [f"--ServerApp.root_dir={COPY}", "--LabApp.default_url=/lab/tree/01_sequential.ipynb", *sys.argv[1:]]
    as_root = ["--allow-root"] if os.geteuid() == 0 else []
    os.execve(sys.executable, [sys.executable, "-m", "jupyter", "lab", *as_root, *options], {**os.environ, **settings})


if __name__ == "__main__":
    main()
