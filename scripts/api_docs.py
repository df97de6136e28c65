#!/usr/bin/env python3
"""Write docs/api.md from the docstrings of what ``fer_ros`` offers; ``make docs`` runs it."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import fer_ros

PAGE = Path(__file__).resolve().parent.parent / "docs" / "api.md"
WIDTH = 100
HEADINGS = {
    "Read, measure, teach": ("Reader", "evaluate", "teach"),
    "What they give": ("Emotion", "Face", "Roi", "Evaluation", "Metrics", "Outcome", "Progress", "Bundle", "Network"),
    "What they can be told": ("SmoothingSettings", "Options"),
    "Errors": ("FerError", "ConfigError", "BadImage", "SourceUnavailable", "EndOfSource"),
}
REST = "For writers of plugins"
INTRODUCTION = """# The Python API

Use fer_ros in a script or a notebook. ROS is not needed.

```python
import cv2, fer_ros

reader = fer_ros.Reader()
for face in reader.read(cv2.imread("people.jpg")):
    print(face.label, face.scores)
```

`scores` holds a probability for each label. For a video, call `track` instead of `read`: it follows
the faces and keeps their labels steady. `annotate` draws what was found.

```python
video = cv2.VideoCapture("people.mp4")
fps = video.get(cv2.CAP_PROP_FPS)
number = 0
while (frame := video.read()[1]) is not None:
    faces = reader.track(frame, number / fps)
    cv2.imwrite(f"{number:05}.jpg", reader.annotate(frame, faces))
    number += 1
```

Measure the model on a folder `<label>/*.jpg`, then teach one from your recordings:

```python
print(fer_ros.evaluate("my_pictures").metrics.accuracy)
outcome = fer_ros.teach(["monday", "tuesday"], name="mine", head="linear")
reader = fer_ros.Reader("mine")
```

Public are the names on this page, the module `fer_ros.testing`, the command `fer` and the ROS
interface. Everything else is private and may change with any commit.

`make docs` writes this page from the docstrings.
"""


def page() -> str:
    """The whole page."""
    told = {name for names in HEADINGS.values() for name in names}
    rest = tuple(name for name in fer_ros.__all__ if name not in told and name != "__version__")
    parts = [INTRODUCTION]
    for title, names in {**HEADINGS, REST: rest}.items():
        parts.append(f"## {title}\n")
        parts += [_entry(name, getattr(fer_ros, name)) for name in names]
    return "\n".join(parts)


def _entry(name: str, thing: Any) -> str:
    lines = [f"### {name}\n"]
    if not inspect.isclass(thing):
        lines += [_signature(name, thing), _text(thing.__doc__)]
        return "\n".join(lines)
    made = vars(thing).get("__init__")
    if dataclasses.is_dataclass(thing):
        lines += [_fields(name, thing)]
    elif made is not None and not issubclass(thing, Exception):
        lines += [_signature(name, made)]
    lines.append(_text(thing.__doc__))
    if made is not None and made.__doc__ and not dataclasses.is_dataclass(thing):
        lines.append(_text(made.__doc__))
    for member, value in vars(thing).items():
        function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if member.startswith("_") or not (inspect.isfunction(function) or isinstance(value, property)):
            continue
        text = (value.fget if isinstance(value, property) else function).__doc__
        head = f"`{member}`" if isinstance(value, property) else _signature(member, function)
        lines += [f"#### {name}.{member}\n", "" if isinstance(value, property) else head, _text(text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _signature(name: str, function: Any) -> str:
    """The call as Python writes it, an argument a line where it is long."""
    signature = inspect.signature(function)
    words: list[str] = []
    for p in signature.parameters.values():
        if p.name in ("self", "cls"):
            continue
        if p.kind is p.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        # Annotations are text here; Python would show them in quotes, and functions with their addresses.
        text = str(p.replace(default=inspect.Parameter.empty)).replace(repr(p.annotation), str(p.annotation))
        if p.default is not p.empty:
            text += f" = {getattr(p.default, '__name__', _value(p.default))}"
        words.append(text)
    answer = signature.return_annotation
    end = ")" if answer in (inspect.Signature.empty, "None", None) else f") -> {answer}"
    shown = ", ".join(words)
    if len(f"{name}({shown}{end}") > WIDTH - 2:
        shown = "\n" + "".join(f"    {word},\n" for word in words)
    return f"```python\n{name}({shown}{end}\n```\n"


def _value(value: object) -> str:
    """As the project's code writes it."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _fields(name: str, thing: Any) -> str:
    """The fields of a dataclass with types, defaults, and what each setting means."""
    lines = []
    for field in dataclasses.fields(thing):
        default = "" if field.default is dataclasses.MISSING else f" = {_value(field.default)}"
        told = field.metadata.get("fer")
        lines.append(f"{field.name}: {field.type}{default}" + (f"  # {told.help}" if told else ""))
    wrapped = (piece for line in lines for piece in _commented(line))
    return f"```python\nclass {name}:\n" + "".join(f"    {line}\n" for line in wrapped) + "```\n"


def _commented(line: str) -> list[str]:
    code, mark, note = line.partition("  # ")
    if not mark or len(line) <= WIDTH - 4:
        return [line]
    return [*(f"# {piece}" for piece in textwrap.wrap(note, WIDTH - 6)), code]


def _text(docstring: str | None) -> str:
    """A docstring in reStructuredText as Markdown."""
    text = inspect.cleandoc(docstring or "")
    text = re.sub(r":\w+:`~?\.?([\w.]+)`", lambda found: f"`{found.group(1).rsplit('.', 1)[-1]}`", text)
    text = text.replace("``", "`")
    out: list[str] = []
    # Code goes on after an empty line; text does not.
    for block in re.split(r"\n\s*\n(?! {4})|(?<=:)\n\s*\n", text):
        if re.match(r"\s{4}", block):
            out.append(f"```python\n{inspect.cleandoc(block)}\n```")
            continue
        plain, *items = re.split(r"^:", block, flags=re.MULTILINE)
        if plain.strip():
            out.append(_wrapped(re.sub(r"::$", ":", plain.strip())))
        if items:
            out.append("\n".join(_item(item) for item in items))
    return "\n\n".join(out) + "\n"


def _wrapped(plain: str) -> str:
    """A paragraph, or a list with one line each, at the width of the page."""
    points = re.split(r"\n(?=- )", plain)
    return "\n".join(
        textwrap.fill(" ".join(point.split()), WIDTH - 2, subsequent_indent="  " if point.startswith("- ") else "",
                      break_long_words=False, break_on_hyphens=False)
        for point in points
    )  # fmt: skip


def _item(item: str) -> str:
    head, _, text = item.partition(":")
    kind, _, name = head.partition(" ")
    label = {"returns": "Returns:", "raises": f"Raises `{name}`:"}.get(kind, f"`{name}`:")
    line = f"- {label} {' '.join(text.split())}"
    return textwrap.fill(line, WIDTH - 2, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def main() -> int:
    """Write the page; with ``--check`` only say whether it is up to date."""
    text = page()
    if "--check" in sys.argv[1:]:
        return int(text != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
