"""The kinds of traits that a widget shares with its page: facts, sentences and choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from ..i18n.languages import translate_all
from ..i18n.messages import Message, Text

if TYPE_CHECKING:
    from .schema import Check


def _translated(value: Any, widget: Any) -> Any:
    return translate_all(value, widget.language)


def fact(kind: Any) -> dict[str, Any]:
    """Return the metadata of a trait that only the kernel writes.

    Parameters
    ----------
    kind
        The type of the values, from which the build derives the type in the page.
    """
    return {"sync": True, "fact": kind}


def sentences(kind: Any) -> dict[str, Any]:
    """Return the metadata of a fact whose messages are translated when it is sent.

    The other facts hold no messages, or are already in the widget's language.
    """
    return {**fact(kind), "to_json": _translated}


def choice(check: Check) -> dict[str, Any]:
    """Return the metadata of a trait that the page may set, after a check of the value."""
    return {"sync": True, "choice": check}


class Sentence(traitlets.TraitType[Text, Text]):
    """A trait that holds a message, or an empty string."""

    default_value = ""
    info_text = "a message or a string"

    def validate(self, obj: Any, value: Any) -> Text:
        """Return the value, or raise an error if it is not a text."""
        if not isinstance(value, Message | str):
            self.error(obj, value)
        return value
