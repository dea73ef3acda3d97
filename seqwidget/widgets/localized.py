"""A widget that follows the language of its page, and the choice of `seqwidget.language`."""

from __future__ import annotations

import weakref

import anywidget
import traitlets

from ..i18n import languages
from . import front_end, schema
from .traits import choice, fact

# By id, in the order in which they were opened.
_open: weakref.WeakValueDictionary[int, LocalizedWidget] = weakref.WeakValueDictionary()
# The language that a page last reported. The next widget probably opens in the same page.
_page = languages.ENGLISH


class LocalizedWidget(anywidget.AnyWidget):
    """A widget in the chosen language or, by default, in that of its page."""

    page_language = traitlets.Unicode().tag(**choice(schema.language))
    language = traitlets.Unicode().tag(**fact(str))

    _front_end: front_end.FrontEnd
    _facts_names: tuple[str, ...]

    @traitlets.default("page_language")
    def _first_page_language(self) -> str:
        return _page

    @traitlets.default("language")
    def _first_language(self) -> str:
        return languages.page_locale(self.page_language)

    def open(self) -> None:
        """Open the comm. From now on, the widget follows the chosen language."""
        super().open()
        _open[id(self)] = self

    def close(self) -> None:
        """Close the comm."""
        _open.pop(id(self), None)
        super().close()

    @traitlets.observe("page_language")
    def _page_reports(self, _change: object) -> None:
        global _page  # noqa: PLW0603  one value per session
        _page = self.page_language
        self.update_language()

    def update_language(self) -> None:
        """Update the language, and send all texts again if it has changed."""
        now = languages.page_locale(self.page_language)
        if now == self.language:
            return
        self._front_end.catalogue = texts = front_end.page_texts(now)
        self.send({"catalogue": texts})
        with self.hold_sync():
            self.language = now
            self._translate_again()
        self.send_state(self._facts_names)

    def _translate_again(self) -> None:
        """Recompute the facts that hold translated texts."""


def open_widgets() -> list[LocalizedWidget]:
    """Return all open widgets, in the order in which they were opened."""
    return list(_open.values())


def _update_all() -> None:
    for widget in open_widgets():
        widget.update_language()


languages.on_choice.append(_update_all)
