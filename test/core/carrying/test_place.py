"""Addresses that cannot be reached, each in one line; nothing secret in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.carrying.place import Absent, Remote, is_address, place, shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not allowed"),
        ("a\0b", "is not allowed"),
        ("x" * 2000, "is not allowed"),
        ("nonsense://a/b", "Protocol not known: nonsense"),
        ("s3://", "names no place"),
        ("~nobody-of-that-name/x", "home directory"),
    ],
)
def test_an_address_that_cannot_be(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        place(text)
    assert "\n" not in str(caught.value)


def test_a_path_is_no_address(tmp_path: Path) -> None:
    assert not is_address("s3/x") and not is_address("/a/b") and is_address("s3://b/x")
    assert place(f"file://{tmp_path}").shown == str(tmp_path)


def test_a_file_appears_whole_and_is_bounded(s3: Any, tmp_path: Path) -> None:
    for where in (place(f"{s3.address}/a"), place(str(tmp_path)), place("memory://a")):
        assert where.size("x/y") is None
        with pytest.raises(Absent):
            where.read("x/y", 10)
        where.write("x/y", b"12345")
        where.write("x/y", b"123")
        assert (where.size("x/y"), where.read("x/y", 3)) == (3, b"123")
        with pytest.raises(FerError, match="larger than 2 bytes"):
            where.read("x/y", 2)


def test_a_bucket_is_not_made_by_mistake(s3: Any) -> None:
    with pytest.raises(FerError, match="is not there: look at the address"):
        place("s3://mistyped-bucket/a").write("x", b"1")
    assert not s3.files.exists("mistyped-bucket")


def test_a_server_that_is_not_there_is_one_line(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(FerError, match=r"cannot be reached .*endpoint") as caught:
        place("s3://bucket/a").read("x", 1)
    assert "\n" not in str(caught.value)


def test_missing_credentials_are_one_line(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(FerError, match="credentials"):
        place(f"{s3.address}/a").read("x", 1)


def test_nothing_secret_is_shown() -> None:
    assert shown("sftp://anna:secret@host/a") == "sftp://anna:…@host/a"
    assert shown("https://host/a?X-Amz-Signature=secret&b=1") == "https://host/a?…"
    with pytest.raises(FerError) as caught:
        Remote("sftp://anna:secret@127.0.0.1:9/a").read("x", 1)
    assert "secret" not in str(caught.value)


def test_without_fsspec_a_folder_works_and_an_address_says_what_to_install(tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules["fsspec"] = None
from fer_ros.core.carrying.place import place
place({str(tmp_path)!r}).write("x", b"1")
try:
    place("s3://bucket/a")
except Exception as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "fsspec, which is not installed: pip install 'fer_ros[cluster]'" in done.stdout
    assert (tmp_path / "x").read_bytes() == b"1"
