"""A test language that puts marks around every message, but not around the values of its placeholders.

Any text outside the marks is data, or a text that cannot be translated.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from html.parser import HTMLParser

from seqwidget.i18n import languages

UNITS = {"None", *("k", "M", "G", "T"), *("B", "kB", "MB", "GB", "TB"), *("mm", "px")}


def mark(pattern: str) -> str:
    """Put marks around a text, but not around its placeholders; a text without words stays unchanged."""
    gap = re.compile(r"\{[^}]*\}")
    return f"⟦{gap.sub(lambda found: f'⟨{found[0]}⟩', pattern)}⟧" if re.search(r"[^\W\d_]", gap.sub("", pattern)) else pattern


class Marked(gettext.NullTranslations):
    """A catalogue with the same texts as another one, marked instead of translated."""

    def __init__(self, whole: gettext.NullTranslations) -> None:
        super().__init__()
        self._texts = {key[0] if isinstance(key, tuple) else key for key in whole._catalog}  # type: ignore[attr-defined]

    def gettext(self, message: str) -> str:
        return mark(message) if message in self._texts else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        form = msgid1 if n == 1 else msgid2
        return mark(form) if msgid1 in self._texts else form


@contextmanager
def use_marked_language() -> Iterator[None]:
    """Use the test language in place of Portuguese, for all texts that Portuguese has."""
    whole = languages.catalogue
    portuguese = whole("pt")
    page = {
        text: dict.fromkeys(entry, mark(text)) if isinstance(entry, Mapping) else mark(text)
        for text, entry in portuguese.page.items()
    }
    marked = languages.Catalogue(Marked(portuguese.texts), portuguese.separators, page)
    languages.catalogue = lambda code: marked if code == "pt" else whole(code)  # type: ignore[assignment]
    languages.language("pt")
    try:
        yield
    finally:
        languages.language(None)
        languages.catalogue = whole


def outside(text: str) -> str:
    """Return the parts of a text that are outside the marks."""
    ours, left = [False], []
    for char in text:
        if char in "⟦⟨":
            ours.append(char == "⟦")
            left.append(" ")
        elif char in "⟧⟩":
            assert ours.pop() == (char == "⟧"), text
        elif not ours[-1]:
            left.append(char)
    assert ours == [False], text
    return "".join(left)


def words_outside(texts: Iterable[str], data: Iterable[str]) -> set[str]:
    """Return the words outside the marks that are not data: neither a unit, nor code, nor in ``data``."""
    given = "|".join(re.escape(one) for one in sorted(data, key=len, reverse=True) if one)
    code = r"""\b\w+=("[^"]*"|\([^)]*\)|[\w.-]+)|\b\w+_\w+\b|\blayers\.\w+\([^()]*\)"""
    known = re.compile(rf"(?<!\w)({given})(?!\w)|{code}")
    left = " ".join(known.sub(" ", outside(text)) for text in texts)
    return set(re.findall(r"[^\W\d_]{2,}", left)) - UNITS


class Shown(HTMLParser):
    """A parser for everything that a page shows or a screen reader reads out: its texts, and those in attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._style = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        self.texts += [value for name, value in attributes if name in ("title", "alt", "aria-label") and value]

    def handle_endtag(self, tag: str) -> None:
        self._style = self._style and tag != "style"

    def handle_data(self, data: str) -> None:
        self.texts += [] if self._style else [data]
