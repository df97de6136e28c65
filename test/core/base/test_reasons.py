"""The codes of reasons: those that are raised, listed, and worded by the page are the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from fer_ros.core.base.errors import ConfigError, FerError, disk_code, unknown_name
from fer_ros.core.base.reasons import CODES

ROOT = Path(__file__).parents[3]
WORDS = ROOT / "web" / "src" / "i18n" / "reasons.ts"
ERRORS = ("FerError", "ConfigError", "StorageError", "Busy", "Nothing", "Refused", "Unavailable", "Cancelled")


def _raised() -> Iterator[tuple[str, set[str], str]]:
    """Code, names of its values, and where: each error that is made with a code."""
    for file in sorted((ROOT / "fer_ros").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if not isinstance(call, ast.Call) or len(call.args) != 2 or not isinstance(call.func, ast.Name):
                continue
            code = call.args[1]
            errors = (
                "FerError",
                "ConfigError",
                "StorageError",
                "Busy",
                "Nothing",
                "Refused",
                "Unavailable",
                "Cancelled",
            )
            if call.func.id in errors and isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value, {str(keyword.arg) for keyword in call.keywords}, f"{file}:{call.lineno}"


def test_every_code_that_is_raised_is_listed_with_its_values() -> None:
    found = list(_raised())
    for code, names, where in found:
        assert set(CODES.get(code, ("?",))) == names, where
    # Elsewhere: by the number of an error, in the process of a training, and by the error itself.
    others = {disk_code(OSError(number, "")) for number in range(1, 140)} | {"no_memory", "bag_unreadable"}
    assert {code for code, _, _ in found} | others == set(CODES)


def test_the_page_words_every_code_in_both_languages() -> None:
    languages = re.findall(r"^const (en|ko): Words = \{\n(.*?)^\};", WORDS.read_text(), re.DOTALL | re.MULTILINE)
    assert [name for name, _ in languages] == ["en", "ko"]
    for language, block in languages:
        entries = dict(re.findall(r"^  (\w+): (.*),$", block, re.MULTILINE))
        assert set(entries) == set(CODES), language
        for code, text in entries.items():
            assert set(re.findall(r'v\["(\w+)"\]', text)) <= set(CODES[code]), (language, code)


def test_an_error_carries_its_code_and_its_values_as_text() -> None:
    error = ConfigError("no take 7", "no_take", take=7)
    assert (str(error), error.code, error.values) == ("no take 7", "no_take", {"take": "7"})
    assert FerError("only this").said() == {"message": "only this", "code": "", "values": {}}
    assert unknown_name("model", "kim", ["default"]).values == {"kind": "model", "name": "kim"}
