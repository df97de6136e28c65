"""Every command that the documents show is one that exists, with options that it takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from fer_ros.cli.main import parser_for
from fer_ros.cli.verbs import VERBS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md"))
    if path.parent.name != "shared"
]
#: An indented line, or words between backticks.
_COMMAND = r"^ {{4}}({0}(?: .*)?)$|`({0}(?: [^`\n]*)?)`"


def commands(first: str) -> list[str]:
    """What the documents show of a program, without comments, each once."""
    pattern = re.compile(_COMMAND.format(first), re.MULTILINE)
    found = {match[1] or match[2] for path in DOCUMENTS for match in pattern.finditer(path.read_text(encoding="utf-8"))}
    return sorted({re.split(r"\s+#|\s{2,}", command)[0].strip() for command in found})


@pytest.mark.parametrize("command", commands("fer"))
def test_fer_takes_it(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(re.sub(r"[\[\]…]|\bVERB\b.*", "", command).replace("SEED", "1").replace("SPLIT", "auto"))[1:]
    if not words or words[0].startswith("-"):
        return
    assert words[0] in VERBS
    if words[1:] in ([], ["--help"]) or words[0] == words[-1]:
        return  # the verb alone is spoken of
    try:
        parser_for(words[0]).parse_args(words[1:])
    except SystemExit:
        said = capsys.readouterr().err
        assert "arguments are required" in said, said  # an option is spoken of


@pytest.mark.parametrize("command", commands("make"))
def test_make_knows_the_target(command: str) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = [word for word in shlex.split(command)[1:] if "=" not in word]
    assert set(asked) <= targets


@pytest.mark.parametrize("command", commands(r"python3? benchmarks/\w+\.py"))
def test_a_benchmark_has_the_options(command: str) -> None:
    words = command.split()
    source = (ROOT / words[1]).read_text(encoding="utf-8")
    assert all(f'"{word}"' in source for word in words[2:] if word.startswith("--"))


@pytest.mark.parametrize("command", commands("ros2 launch fer_ros"))
def test_a_launch_file_has_the_arguments(command: str) -> None:
    file, *arguments = command.split()[3:]
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "launch").glob("*.py"))
    text += (ROOT / "fer_ros" / "nodes" / "launching.py").read_text(encoding="utf-8")
    assert (ROOT / "launch" / file).exists()
    names = [argument.partition(":=")[0] for argument in arguments if ":=" in argument]
    assert all(f'"{name}"' in text for name in names), names
