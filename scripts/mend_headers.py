"""Let CMake find headers and libraries: the ROS 2 wheels name those of the machine that built them.

Run by the virtual environment's Python. Rewrites ``<venv>/share/**/*.cmake`` in place; a second run changes nothing.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path

import numpy

# Roots of the Pythons in the manylinux build images.
PYTHON = re.compile(r"/opt/(?:python|_internal)/[^;\"\s]*/include/python3\.\d+t?")
# Libraries that the wheels bring along under another name, so that nobody has to link with them.
LIBRARY = re.compile(r"(?<=;)/usr/lib64/[\w.+-]+\.so;")
NUMPY = re.compile(r"/opt/(?:python|_internal)/[^;\"\s]*/site-packages/numpy/[^;\"\s]*include")


def mend(text: str, python: str, numpy_include: str) -> str:
    """The text of a CMake file with the build machine's header folders replaced, and without its libraries."""
    text = LIBRARY.sub("", text)
    return PYTHON.sub(lambda _: python, NUMPY.sub(lambda _: numpy_include, text))


def main() -> None:
    """Mend every CMake file of this environment."""
    python, numpy_include = sysconfig.get_path("include"), numpy.get_include()
    for path in Path(sys.prefix, "share").rglob("*.cmake"):
        before = path.read_text(encoding="utf-8", errors="surrogateescape")
        after = mend(before, python, numpy_include)
        if after != before:
            path.write_text(after, encoding="utf-8", errors="surrogateescape")


if __name__ == "__main__":
    main()
