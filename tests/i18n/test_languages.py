"""Messages in another language: how the language is chosen, and how messages, numbers and placeholders are translated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seqwidget.errors import UserError
from seqwidget.i18n import languages
from seqwidget.i18n.languages import language, spoken, still, tell, tell_all
from seqwidget.i18n.messages import Figure, counted, joined, said


@pytest.fixture(autouse=True)
def nothing_chosen() -> Iterator[None]:
    yield
    language(None)


def test_the_english_text_is_the_pattern_itself() -> None:
    sentence = said("add {layer}", layer="conv1")
    assert sentence == "add conv1"
    assert tell(sentence) == "add conv1"
    assert type(tell(sentence)) is str


def test_placeholders_are_translated_too() -> None:
    what = said(
        "fix: {what}", what=said("add a {layers} before it", layers=said("{first} and a {second}", first="A", second="B"))
    )
    assert tell(what, "pt") == "correção: inserir antes dela A e B"
    assert tell(joined(", ", [said("batch"), "x", said("time")]), "pt") == "lote, x, tempo"


@pytest.mark.parametrize(("n", "told"), [(0, "0 camadas"), (1, "1 camada"), (2, "2 camadas")])
def test_what_is_counted(n: int, told: str) -> None:
    assert tell(counted("{n} layer", "{n} layers", n), "pt") == told


def test_numbers_are_written_as_the_language_does() -> None:
    assert tell(Figure("1,234.5 MB"), "pt") == "1.234,5 MB"
    assert tell(counted("{n:,} step counted", "{n:,} steps counted", 12345), "pt") == "12.345 passos contados"
    assert tell(said("learning rate {rate:.6g}", rate=0.001), "pt") == "taxa de aprendizagem 0,001"
    assert tell(said("input {shape}", shape=(None, 1.5)), "pt") == "entrada (None, 1.5)", "code stays as it is"


def test_a_text_without_a_translation_stays() -> None:
    assert tell("add", "pt") == "add"
    assert tell(said("of no catalogue"), "pt") == "of no catalogue"
    facts = {"a": [said("batch"), 1, None], "b": (said("time"),), said("batch"): "batch"}
    assert tell_all(facts, "pt") == {"a": ["lote", 1, None], "b": ("tempo",), "batch": "batch"}


def test_what_is_chosen() -> None:
    assert (still(), spoken("en"), spoken("pt-BR"), spoken("xx")) == ("en", "en", "pt", "en")
    language("pt_BR")
    assert (still(), spoken("en"), tell(said("batch"))) == ("pt", "pt", "lote")
    language("en")
    assert (still(), spoken("pt-BR")) == ("en", "en")
    language(None)
    assert (still(), spoken("pt")) == ("en", "pt")


@pytest.mark.parametrize("code", ["xx", "", 5])
def test_there_is_no_such_language(code: object) -> None:
    with pytest.raises(UserError, match="expected one of the languages en, pt, or None"):
        language(code)  # type: ignore[arg-type]
    assert languages.still() == "en"
