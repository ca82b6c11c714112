"""Configuration of the documentation: Sphinx, Markdown by MyST, the theme Furo.

Build it with `tox -e docs` or

    sphinx-build -W --keep-going -b html docs reports/site

Pages under `generated/` are written at the start of each build from what they describe, by
`docs/generators`; they are not committed.
"""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from generators import PAGES  # noqa: E402  found by the line above

project = "rsplab"
copyright = "the authors of rsplab, Apache-2.0"  # noqa: A001  the name Sphinx asks for
version = release = version_of("rsplab")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["README.md"]
source_suffix = {".md": "markdown"}
default_role = "code"

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence"]
myst_heading_anchors = 3

autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = f"rsplab {release}"
html_static_path = ["style"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False


def write_generated(app: Sphinx) -> None:
    """Writes the pages that are made from code and data, before Sphinx lists its sources."""
    folder = Path(app.srcdir) / "generated"
    for page in PAGES:
        page(folder)


def setup(app: Sphinx) -> None:
    """Connects `write_generated` to the start of a build."""
    app.connect("config-inited", lambda sphinx, _config: write_generated(sphinx))
