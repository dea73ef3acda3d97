"""Write exported texts and pictures to files."""

from __future__ import annotations

import os
from typing import TypeAlias, TypeVar

from ..checks import path_of
from ..errors import ArgumentError, CannotWriteError

Path: TypeAlias = str | os.PathLike[str]
"""The path of a file; ``~`` is the home folder."""

_Data = TypeVar("_Data", str, bytes)
_ENDINGS = (".svg", ".png", ".pdf", ".tex", ".html", ".csv", ".md")


def written(data: _Data, path: Path | None, ending: str, argument: str = "path") -> _Data:
    """Return data and, if there is a path, write it to that file; text is written in UTF-8.

    Parameters
    ----------
    data : str or bytes
        The data.
    path : str or pathlib.Path, optional
        The file.
    ending : str
        The usual ending of such files. The ending of another format is refused, because programs could not open the file.
    argument : str
        What the user calls the path, for messages.

    Raises
    ------
    ArgumentError
        If ``path`` is not a path, or has the ending of another format.
    CannotWriteError
        If the file cannot be written.
    """
    if path is None:
        return data
    file = path_of(argument, path)
    if file.suffix.lower() in _ENDINGS and file.suffix.lower() != ending:
        told = f"received {file.name!r:.160}; other methods write {file.suffix} files"
        msg = f"{argument} expected a file name that ends in {ending}, {told}."
        raise ArgumentError(msg)
    try:
        file.expanduser().write_bytes(data.encode() if isinstance(data, str) else data)
    except (OSError, ValueError, RuntimeError) as error:  # e.g. a lone surrogate, no home folder
        why = getattr(error, "strerror", None) or "that is not the name of a file"
        msg = f"{argument} expected a file in a folder that exists and can be written, received {str(path)!r:.160}: {why}."
        raise CannotWriteError(msg) from None
    return data
