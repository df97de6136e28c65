"""Builds these pages as a site: `make site`, or rosdoc2 (which runs this file from a copy of the folder)."""

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

project = "fer_ros"
author = "fer_ros maintainers"
copyright = "the fer_ros maintainers, Apache-2.0"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
html_theme = "furo" if importlib.util.find_spec("furo") else "alabaster"
html_title = "fer_ros"
highlight_language = "none"
suppress_warnings = ["misc.highlighting_failure"]  # examples of JSON with an ellipsis
myst_heading_anchors = 4  # the anchors of headings are those of GitHub

#: Such a line of a page becomes the file that it points to, outside docs/.
_POINTER = re.compile(r"^(?:See \[[^]]*\]\(|\.\. include:: )(\.\./[^)\s]+)(?:\)\.)?$", re.MULTILINE)
_LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")


def _root(docs: Path) -> Path:
    """The checkout; where rosdoc2 has copied docs/ away, it has put the package into Python's path."""
    spec = importlib.util.find_spec("fer_ros")
    places = [docs.parent, *([Path(spec.origin).parents[1]] if spec and spec.origin else [])]
    return next((place for place in places if (place / "package.xml").exists()), docs.parent)


def _read(app: Any, name: str, source: list[str]) -> None:
    """Put the file that a page points to in its place, and let links outside docs/ lead to the page of the site."""
    docs, here = Path(app.srcdir), _root(Path(app.srcdir)) / "docs"
    pages = {pointed.resolve(): page for page, pointed in _pointers(docs, here)}
    original = here / app.env.doc2path(name, base=False)
    if found := _POINTER.search(source[0]):
        original = here / found[1]
        source[0] = source[0][: found.start()] + original.read_text(encoding="utf-8") + source[0][found.end() :]

    def fitted(link: re.Match[str]) -> str:
        target = (original.parent / link[2]).resolve()
        place = os.path.relpath(pages.get(target, target), (here / name).parent)
        return f"{link[1]}{place}{link[3]}"

    source[0] = _LINK.sub(fitted, source[0])


def _pointers(docs: Path, here: Path) -> list[tuple[Path, Path]]:
    pages = (page for page in docs.iterdir() if page.suffix in source_suffix)
    found = ((page, _POINTER.search(page.read_text(encoding="utf-8"))) for page in pages)
    return [(here / page.name, here / pointer[1]) for page, pointer in found if pointer]


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _read)
