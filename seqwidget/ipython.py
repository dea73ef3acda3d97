"""Integrate seqwidget with IPython: the extension that ``%load_ext seqwidget`` loads."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from .errors import UserError
from .keras_compat.origin import SEQUENTIAL

if TYPE_CHECKING:
    import keras
    from IPython.core.interactiveshell import InteractiveShell

_loaded: dict[int, _Wiring] = {}


def load(shell: InteractiveShell) -> None:
    """Turn the extension on in ``shell``; a second call has no effect."""
    if id(shell) not in _loaded:
        _loaded[id(shell)] = _Wiring(shell)


def unload(shell: InteractiveShell) -> None:
    """Turn the extension off, close all panels, and restore the models that they watched."""
    wiring = _loaded.pop(id(shell), None)
    if wiring is not None:
        wiring.remove()


class _Wiring:
    """The changes to one shell, with a way to undo them."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.formatter = shell.display_formatter.ipython_display_formatter
        self.before = self._show_with(_show)
        shell.register_magics(SeqwidgetMagics)
        shell.events.register("post_run_cell", _refresh)

    def _show_with(self, function: Callable[[keras.Model], None]) -> Callable[[keras.Model], None] | None:
        """Display models with ``function``, and return the function that displayed them before."""
        if (loaded := sys.modules.get(SEQUENTIAL[0])) is not None:
            return self.formatter.for_type(vars(loaded)[SEQUENTIAL[1]], function)
        return self.formatter.for_type_by_name(*SEQUENTIAL, function)

    def remove(self) -> None:
        self.formatter.pop(".".join(SEQUENTIAL), None)
        if self.before is not None:
            self._show_with(self.before)
        self.shell.magics_manager.magics["line"].pop("seqwidget", None)
        self.shell.magics_manager.registry.pop(SeqwidgetMagics.__name__, None)
        self.shell.events.unregister("post_run_cell", _refresh)
        for name in ("summary", "feature_maps"):
            if (widget := sys.modules.get(f"seqwidget.widgets.{name}")) is not None:
                widget.close_all()


def _show(model: keras.Model, *, docked: bool = False) -> None:
    from .widgets.summary import Summary  # imports Keras

    panel = Summary(model)
    panel.show()
    if docked:
        panel.dock()


def _refresh(_result: object) -> None:
    """Refresh all panels after each cell, to show changes that are not edits of the layers.

    Examples are a first call, ``trainable``, ``compile``, a new name and loaded weights.
    """
    if (summary := sys.modules.get("seqwidget.widgets.summary")) is not None:
        summary.refresh_all()


@magics_class
class SeqwidgetMagics(Magics):
    """The class that defines the magic ``%seqwidget``."""

    @magic_arguments()
    @argument("model", nargs="+", help="The model: a variable, or any expression that gives one.")
    @argument("--to", metavar="FILE", help="Write the panel to FILE.html, or the diagram to FILE.svg, instead of showing it.")
    @argument("--dock", action="store_true", help="Dock the panel beside the notebook, in JupyterLab and Notebook 7.")
    @line_magic
    def seqwidget(self, line: str) -> None:
        """Show a Keras model as a live panel, or write the panel to a file.

        ``%seqwidget model`` shows the layer table and the shape diagram, which are updated after
        every ``add`` and ``pop``. ``%seqwidget model --to panel.html`` writes both to an HTML page,
        and ``%seqwidget model --to diagram.svg`` writes the diagram to an SVG file. In JupyterLab
        and Notebook 7, ``%seqwidget model --dock`` also docks the panel beside the notebook.
        """
        try:
            arguments = parse_argstring(self.seqwidget, line)
        except ValueError as error:  # an unclosed quote
            msg = f"%seqwidget expected MODEL [--to FILE] [--dock], received {line!r:.200}: {error}; close or drop the quote."
            raise UsageError(msg) from None
        if arguments.dock and arguments.to is not None:
            msg = "--dock shows the panel and --to writes it to a file; use only one of them."
            raise UsageError(msg)
        model = self._evaluate(" ".join(arguments.model))
        if arguments.to is None:
            _show(model, docked=arguments.dock)
        else:
            _write(model, arguments.to.strip("'\""))

    def _evaluate(self, expression: str) -> object:
        try:
            return self.shell.ev(expression)
        except Exception as error:  # noqa: BLE001  any error of the expression is reported
            msg = f"%seqwidget expected a model, received {expression!r:.200}, which raises {type(error).__name__}: {error}"
            raise UsageError(_one_line(msg)) from None


def _one_line(text: str) -> str:
    from .printable import line  # loaded only when needed

    return line(text)


def _write(model: keras.Model, name: str) -> None:
    from .i18n.languages import translate
    from .i18n.messages import message
    from .inspection.inspect import inspect
    from .render.files import written

    facts = inspect(model)
    path = pathlib.Path(name)
    if path.suffix not in (".html", ".svg"):
        msg = f"--to expected FILE.html or FILE.svg, received {path.name!r:.200}; give the file one of these endings."
        raise UsageError(msg)
    try:
        written(facts.to_html(page=True) if path.suffix == ".html" else facts.to_svg(), path, path.suffix, "--to")
    except UserError as error:
        raise UsageError(str(error)) from None
    print(translate(message("Wrote {path}", path=str(path))))
