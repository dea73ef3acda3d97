"""The kinds of traits that a widget shares with its page: facts, sentences and choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from ..i18n.languages import translate_all
from ..i18n.messages import Message, Text


def _translated(value: Any, widget: Any) -> Any:
    return translate_all(value, widget.language)


FACT: dict[str, Any] = {"sync": True, "fact": True}
"""Metadata of a trait that only the kernel writes."""
SENTENCES: dict[str, Any] = {**FACT, "to_json": _translated}
"""Metadata of a fact whose messages are translated when it is sent.

The other facts hold no messages, or are already in the widget's language.
"""


def choice(clean: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the metadata of a trait that the page may set.

    Parameters
    ----------
    clean
        A check of `schema`: returns the value to set, or raises `ValueError`.
    """
    return {"sync": True, "choice": clean}


class Sentence(traitlets.TraitType[Text, Text]):
    """A trait that holds a message, or an empty string."""

    default_value = ""
    info_text = "a message or a string"

    def validate(self, obj: Any, value: Any) -> Text:
        """Return the value, or raise an error if it is no text."""
        if not isinstance(value, Message | str):
            self.error(obj, value)
        return value
