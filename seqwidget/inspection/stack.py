"""`Stack`: the facts about a model, with its code and pictures."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UserError
from ..model.records import Facts
from ..render import html
from ..render.diagram import diagram
from ..render.svg import svg
from ..render.text import text


@dataclass(frozen=True, slots=True)
class Stack(Facts):
    """What is known of a model: a `LayerRow` a layer, sums, and the model's state.

    Attributes
    ----------
    name
        The model's name.
    rows
        The layers in order, each nested model's own layers right behind it.
    totals
        Sums over the model.
    input_shape
        What the model takes, batch first; ``None`` while it is not known.
    input_dtype
        The dtype of that input.
    built
        Whether every weight exists.
    compiled
        Whether ``compile`` has been called.
    broken
        Whether the model has a layer that does not fit.
    stale
        What changed since then and what the next ``fit`` makes of it, in one line; empty where the compiled training step
        does what the model's flags say.
    batch_size
        The number of samples that ``macs`` and ``activation_bytes`` are for.
    notes
        What there is to know about the stack, with the notes on its rows.
    unknown
        Why figures are missing, by the name of a field of `Stack.totals` or of this record. ``"built"`` tells why a model
        that should be built is not: the error that one of its layers raised.
    source
        What gives the stack's code; see `to_code`.
    """

    def to_code(self) -> str:
        """Give Python that builds this stack: arguments that are not the default, names that somebody chose.

        What no import gives (a class of your own in a notebook, a lambda) is named in a comment.

        Raises
        ------
        UserError
            If the model is no ``keras.Sequential``, or its layers are gone.
        """
        if self.source is None:
            msg = f"to_code expected a stack that inspect made of a model, received a record of {self.name!r}."
            raise UserError(msg)
        return self.source()

    def __str__(self) -> str:
        """Give the plain table, the same whatever the terminal's width."""
        return text(self)

    def to_html(self, *, page: bool = False) -> str:
        """Give the static panel of diagram and table: self-contained HTML, to embed or as a whole page."""
        return html.page(self) if page else html.html(self)

    def to_svg(self) -> str:
        """Give the shape diagram as a self-contained SVG document."""
        return svg(diagram(self))
