"""Settings of the documentation site, which ``make docs`` builds with every warning as an error."""

from __future__ import annotations

import os
import pathlib
import runpy
import shutil

# autodoc imports TensorFlow, whose log messages would hide those of the build.
os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}

import seqwidget

# A copy: with a symbolic link, Sphinx would resolve the links between notebooks outside this folder, where nothing is.
here = pathlib.Path(__file__).parent
shutil.rmtree(here / "notebooks", ignore_errors=True)
shutil.copytree(here.parent / "notebooks", here / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))

runpy.run_path(str(here / "gallery.py"))["draw"](here / "gallery")

project = "seqwidget"
author = "The seqwidget authors"
version = release = seqwidget.__version__
copyright = f"{author}. BSD-3-Clause"  # noqa: A001  Sphinx's name for it

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb"]
exclude_patterns = ["_build", "**/.ipynb_checkpoints", "notebooks/README.md"]  # tutorials.md is the index here
myst_enable_extensions = ["colon_fence"]

# Notebooks are shown with their stored outputs, which the tests check. A widget needs a kernel, so its static panel is shown.
nb_execution_mode = "off"
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
nb_render_error_lexer = "text"  # the errors in the notebooks are diagnoses, not tracebacks
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
suppress_warnings = ["mystnb.mime_priority"]  # the widget, left out above

# Names in single backticks are references, and each must have a target.
default_role = "py:obj"
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", r"(keras|os|pathlib|collections|pandas|polars)\..+"),
    ("py:class", r"array|tensor|image|dataset|a list|these|optional|mapping|callable"),  # words that docstrings use as types
    ("py:class", r"seqwidget\.model\.(refusal\.Edit|records\.Facts)"),  # in private fields of Fix and Diagnosis
    ("py:class", r"seqwidget\.model\.(training_run\..+|measured_time\.LayerTime)"),  # described without entries in the index
]
add_module_names = False
napoleon_numpy_docstring = True
napoleon_google_docstring = False
autodoc_typehints = "none"  # the docstrings describe the types
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = "seqwidget"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
