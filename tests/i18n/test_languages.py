"""Messages in another language: how the language is chosen, and how texts, values and numbers are translated."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError

import pytest

from seqwidget.errors import UserError
from seqwidget.i18n import languages
from seqwidget.i18n.languages import default_locale, language, page_locale, translate, translate_all
from seqwidget.i18n.messages import Message, joined, message, number, plural


@pytest.fixture(autouse=True)
def nothing_chosen() -> Iterator[None]:
    yield
    language(None)


def test_a_message_is_no_string_and_does_not_change() -> None:
    add = message("add {layer}", layer="conv1")
    assert not isinstance(add, str)
    assert (str(add), repr(add), f"{add}") == ("add conv1", "'add conv1'", "add conv1")
    assert type(translate(add)) is str
    assert {add: 1}[message("add {layer}", layer="conv1")] == 1
    assert add != message("add {layer}", layer="conv2")
    with pytest.raises(FrozenInstanceError):
        add.pattern = "pop {layer}"  # type: ignore[misc]


def test_values_are_formatted_only_when_the_message_is_displayed() -> None:
    class Value:
        def __str__(self) -> str:
            raise AssertionError

    late = message("add {layer}", layer=Value())
    with pytest.raises(AssertionError):
        str(late)


def test_characters_that_cannot_be_printed_become_spaces() -> None:
    add = message("add {layer}", layer="a\nb")
    assert (str(add), translate(add, "pt")) == ("add a b", "adicionar a b")
    assert str(message("{model!r} has no layer", model="a\nb")) == "'a b' has no layer"


def test_a_pattern_without_values_may_have_braces() -> None:
    assert str(message("{x}")) == "{x}"
    assert translate(message("{x}"), "pt") == "{x}"


def test_values_are_translated_too() -> None:
    names = message("{first} and {second}", first="A", second="B")
    what = message("fix: {what}", what=message("add {layers} before it", layers=names))
    assert translate(what, "pt") == "correção: inserir antes dela A e B"
    assert translate(joined(", ", [message("batch"), "x", message("time")]), "pt") == "lote, x, tempo"


def test_only_text_is_true() -> None:
    assert message("batch")
    assert not message("")
    assert translate(message(""), "pt") == ""


def test_strings_are_joined_to_a_string() -> None:
    assert joined(", ", ["a", "b"]) == "a, b"
    assert joined(", ", []) == ""


@pytest.mark.parametrize(
    ("n", "english", "portuguese"),
    [(0, "0 layers", "0 camada"), (1, "1 layer", "1 camada"), (1.5, "1.5 layers", "1,5 camadas"), (2, "2 layers", "2 camadas")],
)
def test_plural(n: float, english: str, portuguese: str) -> None:
    layers = plural("{n} layer", "{n} layers", n)
    assert (str(layers), translate(layers, "pt")) == (english, portuguese)


def test_numbers_are_written_as_the_language_does() -> None:
    assert translate(number("{n:,} MB", 1234.5), "pt") == "1.234,5 MB"
    assert translate(plural("{n:,} step counted", "{n:,} steps counted", 12345), "pt") == "12.345 passos contados"
    assert translate(message("learning rate {rate:.6g}", rate=0.001), "pt") == "taxa de aprendizado 0,001"
    assert translate(message("input {shape}", shape=(None, 1.5)), "pt") == "entrada (None, 1.5)", "code stays as it is"


def test_what_is_no_message_stays() -> None:
    assert translate("add", "pt") == "add"
    assert translate(message("in no catalogue"), "pt") == "in no catalogue"
    facts = {"a": [message("batch"), 1, None], "b": (message("time"),), "batch": "batch"}
    assert translate_all(facts, "pt") == {"a": ["lote", 1, None], "b": ("tempo",), "batch": "batch"}
    assert translate_all(facts, "en") == {"a": ["batch", 1, None], "b": ("time",), "batch": "batch"}


def test_an_error_is_english_and_keeps_its_message() -> None:
    error = UserError(Message("add {layer}", {"layer": "a\nb"}))
    assert (str(error), translate(error.args[0], "pt")) == ("add a b", "adicionar a b")


def test_what_is_chosen() -> None:
    assert (default_locale(), page_locale("en"), page_locale("pt-BR"), page_locale("xx")) == ("en", "en", "pt", "en")
    language("pt_BR")
    assert (default_locale(), page_locale("en"), translate(message("batch"))) == ("pt", "pt", "lote")
    language("en")
    assert (default_locale(), page_locale("pt-BR")) == ("en", "en")
    language(None)
    assert (default_locale(), page_locale("pt")) == ("en", "pt")


@pytest.mark.parametrize("code", ["xx", "", 5])
def test_there_is_no_such_language(code: object) -> None:
    with pytest.raises(UserError, match="expected one of the languages en, pt, or None"):
        language(code)  # type: ignore[arg-type]
    assert languages.default_locale() == "en"


def test_babel_is_not_imported() -> None:
    code = (
        "import sys, seqwidget.i18n.languages as l, seqwidget.i18n.messages as m; "
        "print(l.translate(m.message('batch'), 'pt'), 'babel' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "lote False"
