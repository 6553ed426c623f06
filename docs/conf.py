"""How Sphinx builds the documentation: ``make docs``. It needs no network."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "tiled_jupyter"
author = "tiled_jupyter contributors"
project_copyright = author
version = release = version_of("tiled_jupyter")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "py:obj"
autodoc_typehints = "none"  # the docstrings say it
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = "tiled_jupyter"
html_show_sourcelink = False
