"""Fetching a network: from a server of this machine, with the same code as from the official address."""

from __future__ import annotations

import dataclasses
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from fer_ros.cli.main import main
from fer_ros.core.base.errors import FerError
from fer_ros.core.vision import networks

DATA = bytes(range(256)) * 100


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Says nothing of each request."""

    def log_message(self, *_: object) -> None:
        """Not here."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Its address, and the folder that it serves."""
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}", folder
        running.shutdown()
        thread.join()


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> networks.Network:
    """One whose content is DATA, fetched into a home of its own."""
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    made = dataclasses.replace(networks.YUNET, sha256=hashlib.sha256(DATA).hexdigest(), size=len(DATA))
    monkeypatch.setattr(networks, "YUNET", made)
    return made


def test_it_is_fetched_once_and_again_where_it_was_damaged(
    server: tuple[str, Path], network: networks.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder = server
    monkeypatch.setenv(networks.MIRROR, address)
    (folder / network.file).write_bytes(DATA)
    assert network.fetch().read_bytes() == DATA
    (folder / network.file).unlink()
    assert network.fetch() == network.place(), "it is there already: nothing is asked for"
    network.place().write_bytes(DATA[:-1])
    with pytest.raises(FerError, match="404"):
        network.fetch()


@pytest.mark.parametrize("served", [DATA[:-1], DATA + b"more", b"<html>Sign in</html>", b""])
def test_anything_else_is_refused_and_leaves_nothing(
    server: tuple[str, Path], network: networks.Network, monkeypatch: pytest.MonkeyPatch, served: bytes
) -> None:
    address, folder = server
    monkeypatch.setenv(networks.MIRROR, address)
    (folder / network.file).write_bytes(served)
    with pytest.raises(FerError, match="checksum differs"):
        network.fetch()
    assert not network.place().parent.exists()


def test_without_a_network_the_command_says_so_and_what_is_taken_instead(
    network: networks.Network, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(networks.MIRROR, "http://127.0.0.1:9")
    assert main(["fetch", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["detector"] in ("blazeface", "haar") and "could not be fetched" in told["problem"]
    assert main(["fetch"]) == 1
    out = capsys.readouterr().out
    assert "detector auto takes" in out and "\n\n" not in out


def test_the_official_address_cannot_change() -> None:
    assert "/0047ac24afb1a50a0c6105001c89d1b5b805dbf1/" in networks.YUNET.url
    assert networks.YUNET.url.startswith("https://") and len(networks.YUNET.sha256) == 64
