"""Export the facts about a model: the panel as HTML, the diagram as a picture, and the layer table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from ..model.records import Facts
from ..render import html, layer_tables, picture
from ..render.files import Path, written
from ..render.picture_options import PictureOptions

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


class Exports(Facts):
    """The facts about a model, with the methods of `seqwidget.Stack` that write them in other forms."""

    __slots__ = ()

    def to_html(self, *, page: bool = False) -> str:
        """Return the static panel with diagram and table, as self-contained HTML.

        Parameters
        ----------
        page : bool
            Whether to return a whole page instead of HTML to embed.

        Returns
        -------
        str
            The HTML.
        """
        return html.page(self) if page else html.html(self)

    def to_svg(self, path: Path | None = None, **options: Unpack[PictureOptions]) -> str:
        """Return the shape diagram as a self-contained SVG document, with legend and scale.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            A file to write.
        **options
            Theme, size, layout, font, colours, labels, groups and images, or a preset; see
            `seqwidget.render.picture_options.PictureOptions`.

        Returns
        -------
        str
            The SVG. It contains no external references, and does not depend on the theme of the
            system.

        Raises
        ------
        ArgumentError
            If there is no such option, or if an option has a wrong value.
        NoSuchLayerError
            If ``colors``, ``labels``, ``groups`` or ``images`` names a layer that the diagram does not have.
        CannotWriteError
            If the file cannot be written.

        Examples
        --------
        >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv")])
        >>> svg = seqwidget.inspect(model).to_svg(theme="print", width="85mm", labels={"conv": "Encoder"})
        >>> "85mm" in svg, "Encoder" in svg
        (True, True)
        """
        return written(picture.picture(self, "any", **options).svg, path, ".svg")

    def to_png(self, path: Path | None = None, *, dpi: float = 300, **options: Unpack[PictureOptions]) -> bytes:
        """Return the shape diagram as PNG. This needs the extra ``seqwidget[paper]``.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            A file to write.
        dpi : float
            Pixels per inch. It has no effect if the width is in px, which is then the number of
            pixels.
        **options
            As in `to_svg`.

        Returns
        -------
        bytes
            The PNG.

        Raises
        ------
        ArgumentError, NoSuchLayerError, CannotWriteError
            As in `to_svg`.
        MissingPackageError
            If the package typst is not installed.
        """
        return written(picture.png(self, dpi, **options), path, ".png")

    def to_pdf(self, path: Path | None = None, **options: Unpack[PictureOptions]) -> bytes:
        """Return the shape diagram as PDF, with real text. This needs the extra ``seqwidget[paper]``.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            A file to write.
        **options
            As in `to_svg`. Fonts are embedded.

        Returns
        -------
        bytes
            The PDF, one page as large as the picture.

        Raises
        ------
        ArgumentError, NoSuchLayerError, CannotWriteError
            As in `to_svg`.
        MissingPackageError
            If the package typst is not installed.
        """
        return written(picture.pdf(self, **options), path, ".pdf")

    def to_tikz(self, path: Path | None = None, **options: Unpack[PictureOptions]) -> str:
        r"""Return the shape diagram as TikZ code for a LaTeX document.

        The document needs ``\usepackage{tikz}`` and ``\usetikzlibrary{svg.path}``. Text has the font
        of the document, whatever ``font`` is.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            A file to write, in UTF-8; ``\input`` includes it in a document.
        **options
            As in `to_svg`, without ``images``. The default of ``theme`` is ``"print"``.

        Returns
        -------
        str
            A ``tikzpicture``.

        Raises
        ------
        ArgumentError, NoSuchLayerError, CannotWriteError
            As in `to_svg`; images are refused, too.

        Examples
        --------
        >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="dense")])
        >>> code = seqwidget.inspect(model).to_tikz(width="85mm")
        >>> code.splitlines()[-1]
        '\\end{tikzpicture}%'
        """
        return written(picture.tikz_code(self, **options), path, ".tex")

    def to_dataframe(self) -> pd.DataFrame | pl.DataFrame:
        """Return the table as a data frame, with one row per layer and exact numbers.

        The columns are the fields of `LayerRow` without its notes. Shapes and other tuples are text, as in Python:
        ``"(None, 6, 6, 4)"``. There is no row of totals. The parameters of a nested model contain
        those of its layers, which follow it; ``depth`` tells them apart.

        Returns
        -------
        pandas.DataFrame or polars.DataFrame
            A pandas data frame, or a Polars one if only Polars is installed. Values that do not
            exist or are not known are missing.

        Raises
        ------
        MissingPackageError
            If neither is installed.

        Examples
        --------
        >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten()])
        >>> frame = seqwidget.inspect(model).to_dataframe()
        >>> frame[["type", "output_shape", "macs"]]
              type     output_shape  macs
        0   Conv2D  (None, 6, 6, 4)  3888
        1  Flatten      (None, 144)     0
        """
        return layer_tables.data_frame(self)

    def to_csv(self, path: Path | None = None) -> str:
        """Return the table as CSV, with the columns of `to_dataframe`.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            A file to write, in UTF-8.

        Returns
        -------
        str
            The CSV, with a header.

        Raises
        ------
        CannotWriteError
            If the file cannot be written.
        """
        return written(layer_tables.comma_separated(self), path, ".csv")

    def to_markdown(self, path: Path | None = None) -> str:
        """Return the table as Markdown, with the columns and totals of the static panel.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            A file to write, in UTF-8.

        Returns
        -------
        str
            The table, which GitHub and Jupyter show as one.

        Raises
        ------
        CannotWriteError
            If the file cannot be written.

        Examples
        --------
        >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="dense")])
        >>> print(seqwidget.inspect(model).to_markdown().splitlines()[2])
        | 0 | dense (Dense) | (None, 3) | 15 |  |  | 12 | 12 B |
        """
        return written(layer_tables.markdown(self), path, ".md")

    def to_latex(self, path: Path | None = None) -> str:
        r"""Return the table as a LaTeX ``tabular``, with the columns and totals of the static panel.

        The document needs the package booktabs. Names are escaped.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            A file to write, in UTF-8; ``\input`` includes it in a document.

        Returns
        -------
        str
            The table.

        Raises
        ------
        CannotWriteError
            If the file cannot be written.
        """
        return written(layer_tables.latex(self), path, ".tex")
