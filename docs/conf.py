"""The settings of the documentation's site; ``make docs`` builds it, with every warning an error."""

from __future__ import annotations

import os
import pathlib
import shutil

# TensorFlow is imported with the package; it has nothing to say to the reader of a build's log.
os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}

import seqwidget

# A copy, since Sphinx follows a symbolic link to the end, out of this folder, where links between notebooks lead nowhere.
here = pathlib.Path(__file__).parent
shutil.rmtree(here / "notebooks", ignore_errors=True)
shutil.copytree(here.parent / "notebooks", here / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))

project = "seqwidget"
author = "The seqwidget authors"
version = release = seqwidget.__version__
copyright = f"{author}. BSD-3-Clause"  # noqa: A001  Sphinx's name for it

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb"]
exclude_patterns = ["_build", "**/.ipynb_checkpoints", "notebooks/README.md"]  # tutorials.md is the index here
myst_enable_extensions = ["colon_fence"]

# Notebooks are shown with the outputs that are stored in them, which the tests hold them to. A widget needs a kernel; the
# static panel beside it stands for it.
nb_execution_mode = "off"
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
nb_render_error_lexer = "text"  # an error here is a diagnosis in words
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
suppress_warnings = ["mystnb.mime_priority"]  # the widget, left out above

# Docstrings name things in single backticks, and each of them has to lead somewhere.
default_role = "py:obj"
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", r"(keras|pathlib|collections)\..+"),
    ("py:class", r"array|tensor|image|dataset|a list|these|optional|mapping|callable"),  # words of the docstrings
    ("py:class", r"seqwidget\.model\.refusal\.Edit"),  # what a Fix carries inside
]
add_module_names = False
napoleon_numpy_docstring = True
napoleon_google_docstring = False
autodoc_typehints = "none"  # the docstrings tell the types, in words
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = "seqwidget"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
