"""Every language that ships has every text, as Babel extracts it; a new language needs only a catalogue."""

from __future__ import annotations

import ast
import itertools
import pathlib
import re
import shutil
import string
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import hatch_build
from seqwidget.i18n import languages
from seqwidget.i18n.messages import message, number, plural
from seqwidget.widgets import front_end

ROOT = pathlib.Path(__file__).parents[1]
PACKAGE = ROOT / "seqwidget"
FILES = sorted((PACKAGE / "locale").glob("*/LC_MESSAGES/seqwidget.po"))
PATTERNS = {"message": 1, "N_": 1, "plural": 2}
"""How many patterns each function takes."""

# These calls use a pattern that is stored elsewhere, where the literal is marked with `N_`.
PATTERN_ELSEWHERE = {
    "codegen/source.py": {"gone"},
    "render/text.py": {"pattern"},
    "diagnosis/rules/windows.py": {"what"},
    "diagnosis/fixes/common.py": {"what"},
    "lint/notes.py": {"pattern", "text"},
    "training/run_notes.py": {"pattern"},
}


def calls() -> Iterator[tuple[str, list[ast.expr]]]:
    """Return the file and the patterns of every call that makes a message."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if name != "i18n/messages.py" and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                patterns = node.args[: PATTERNS.get(node.func.id, 0)]
                if patterns:
                    yield name, patterns


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Return what `make messages` extracts from the sources."""
    pot = tmp_path_factory.mktemp("pot") / "seqwidget.pot"
    keywords = re.search("^KEYWORDS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert keywords
    command = ["-q", "extract", "-F", "pyproject.toml", *keywords[1].split(), "-o", str(pot), "."]
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", *command], cwd=ROOT, check=True)
    with pot.open("rb") as file:
        return read_po(file)


def catalogue(path: pathlib.Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def forms(entry: Message) -> tuple[list[str], list[str]]:
    """Return the English patterns of an entry, and its translations."""
    return ([*entry.id], [*entry.string]) if entry.pluralizable else ([entry.id], [entry.string])


def files(entries: Catalog) -> dict[Any, set[str]]:
    """Return the files that have each text; those of the front end are sent to the page."""
    return {entry.id: {file for file, _ in entry.locations} for entry in entries if entry.id}


def placeholders(pattern: str) -> set[tuple[Any, ...]]:
    """Return the placeholders of a pattern, each with its format."""
    return {gap[1:] for gap in string.Formatter().parse(pattern) if gap[1] is not None}


def test_only_literals_are_patterns() -> None:
    elsewhere: dict[str, set[str]] = {}
    for file, patterns in calls():
        if not all(isinstance(one, ast.Constant) for one in patterns):
            elsewhere.setdefault(file, set()).add(", ".join(map(ast.unparse, patterns)))
    assert elsewhere == PATTERN_ELSEWHERE


def test_extraction_finds_every_literal(extracted: Catalog) -> None:
    literals = {patterns[0].value for _, patterns in calls() if isinstance(patterns[0], ast.Constant)}
    found = {forms(entry)[0][0] for entry in extracted if any(file.startswith("seqwidget/") for file, _ in entry.locations)}
    assert len(literals) > 300
    assert found == literals


def test_separators_have_no_words() -> None:
    between = [
        node.args[0].value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "joined"
    ]
    assert between
    assert not any(char.isalpha() for char in "".join(between))


ARTICLE = re.compile(r"\b[Aa]n? $")


def before_gaps() -> Iterator[tuple[str, str]]:
    """Return the file of each English text with placeholders, and the text before each of them."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                for before, gap in itertools.pairwise(node.values):
                    if isinstance(before, ast.Constant) and isinstance(gap, ast.FormattedValue):
                        yield path.name, str(before.value)


def test_no_article_depends_on_what_is_filled_in(extracted: Catalog) -> None:
    """It would be "a Functional" and "an Inception" model, and "a 3×3" and "an 8×8" kernel."""
    assert len([*before_gaps()]) > 300
    assert [(file, text) for file, text in before_gaps() if ARTICLE.search(text)] == []
    patterns = [form for entry in extracted if entry.id for form in forms(entry)[0]]
    texts = [text for form in patterns for text, gap, *_ in string.Formatter().parse(form) if gap is not None]
    assert len(texts) > 300
    assert [text for text in texts if ARTICLE.search(text)] == []


def test_portuguese_ships() -> None:
    assert [path.parent.parent.name for path in FILES] == ["pt"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.parent.name)
class TestCatalogue:
    def test_has_exactly_the_texts(self, path: pathlib.Path, extracted: Catalog) -> None:
        assert files(catalogue(path)) == files(extracted), "run make messages"
        assert not catalogue(path).obsolete

    def test_every_text_is_translated(self, path: pathlib.Path) -> None:
        entries = [entry for entry in catalogue(path) if entry.id]
        assert [entry.id for entry in entries if entry.fuzzy or not all(forms(entry)[1])] == []

    def test_passes_the_checks_of_babel(self, path: pathlib.Path) -> None:
        assert [(entry.id, errors) for entry, errors in catalogue(path).check()] == []

    def test_has_the_placeholders_of_the_english_text(self, path: pathlib.Path) -> None:
        for entry in catalogue(path):
            english, told = forms(entry)
            assert all(placeholders(form) in [placeholders(one) for one in english] for form in told), entry.id

    def test_is_compiled(self, path: pathlib.Path, tmp_path: pathlib.Path) -> None:
        folder = tmp_path / path.parent.parent.name / path.parent.name
        shutil.copytree(path.parent, folder, ignore=shutil.ignore_patterns("*.mo", "*.json"))
        hatch_build.compile_catalogues(tmp_path)
        for name in ("seqwidget.mo", "seqwidget.json"):
            assert (folder / name).read_bytes() == (path.parent / name).read_bytes(), "run make build"


POLISH = r"""
msgid ""
msgstr ""
"Language: pl\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\n"
"Content-Type: text/plain; charset=utf-8\n"

#: seqwidget/render/text.py js/src/shared/Header.tsx
msgid "{n} layer"
msgid_plural "{n} layers"
msgstr[0] "{n} warstwa"
msgstr[1] "{n} warstwy"
msgstr[2] "{n} warstw"

#: js/src/shared/Header.tsx
msgid "Trains"
msgstr "Uczy się"

#: js/src/shared/Header.tsx
msgid "not translated yet"
msgstr ""

#: seqwidget/render/text.py
msgid "total"
msgstr "razem"
"""


def written(folder: pathlib.Path, po: str) -> pathlib.Path:
    path = folder / "pl" / "LC_MESSAGES" / "seqwidget.po"
    path.parent.mkdir(parents=True)
    path.write_text(po, encoding="utf-8")
    return folder


@pytest.fixture
def polish(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    hatch_build.compile_catalogues(written(tmp_path, POLISH))
    monkeypatch.setattr(languages, "_FOLDER", tmp_path)
    caches = languages.available, languages.catalogue
    for cache in caches:
        cache.cache_clear()
    yield
    languages.language(None)
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("polish")
def test_a_language_needs_only_a_catalogue() -> None:
    assert languages.available() == ("en", "pl")
    languages.language("pl")
    layers = [languages.translate(plural("{n} layer", "{n} layers", n)) for n in (1, 3, 5, 22, 1.5)]
    assert layers == ["1 warstwa", "3 warstwy", "5 warstw", "22 warstwy", "1,5 warstwy"]
    assert languages.translate(message("total")) == "razem"
    assert languages.translate(number("{n:,.1f}", 1234.5)) == "1\xa0234,5"


@pytest.mark.usefixtures("polish")
def test_the_page_receives_a_form_for_each_plural_category() -> None:
    texts = front_end.page_texts("pl")
    one, few, many = "{n} warstwa", "{n} warstwy", "{n} warstw"
    assert texts == {
        "language": "pl",
        "texts": {"Trains": "Uczy się", "{n} layer": {"one": one, "few": few, "many": many, "other": few}},
    }


def test_plural_forms_agree_with_cldr(tmp_path: pathlib.Path) -> None:
    wrong = re.sub("nplurals=3.*;", "nplurals=3; plural=(n == 1 ? 0 : n < 5 ? 1 : 2);", POLISH)
    with pytest.raises(ValueError, match="pl: Plural-Forms does not agree with CLDR"):
        hatch_build.compile_catalogues(written(tmp_path, wrong))
