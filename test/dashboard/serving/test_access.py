"""Who may come in."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.dashboard.serving.access import Access
from fer_ros.dashboard.settings import DashboardSettings


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8765", "127.0.0.1:8765", "[::1]:8765", "192.168.1.5", socket.gethostname(), "robot.lab"],
)
def test_our_own_names_and_addresses_are_let_in(host: str) -> None:
    assert Access(DashboardSettings(allowed_hosts="Robot.lab, other")).allows_host(host)


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a@localhost",
                                  "localhost:port", "[", "localhost/x", "localhost?x", "1.2.3"])  # fmt: skip
def test_other_names_are_not(host: str) -> None:
    assert not Access(DashboardSettings()).allows_host(host)


@pytest.mark.parametrize(
    ("origin", "good"),
    [
        (None, True),
        ("http://localhost:8765", True),
        ("https://LOCALHOST:8765", True),
        ("http://localhost:9000", False),
        ("http://localhost", False),
        ("http://evil.example", False),
        ("null", False),
        ("", False),
        ("file://localhost:8765", False),
        ("http://[", False),
    ],
)
def test_pages_of_others_are_not_let_in(origin: str | None, good: bool) -> None:
    assert Access(DashboardSettings()).allows_origin(origin, "localhost:8765") is good


def test_this_machine_alone_needs_no_token() -> None:
    access = Access(DashboardSettings())
    assert access.token == "" and access.knows("") and access.knows("anything")


def test_every_network_needs_one_that_is_new_each_time() -> None:
    first, second = (Access(DashboardSettings(host="0.0.0.0")) for _ in range(2))
    assert len(first.token) >= 20 and first.token != second.token
    assert first.knows(first.token)
    for wrong in ("", first.token[:-1], first.token + "a", second.token, "토큰"):
        assert not first.knows(wrong)


def test_a_token_of_ones_own_counts_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("my-own-token\n")
    monkeypatch.setenv("FER_DASHBOARD_TOKEN", "of-the-environment")
    for host in ("127.0.0.1", "0.0.0.0"):
        access = Access(DashboardSettings(host=host))
        assert access.knows("of-the-environment") and not access.knows("")
        access = Access(DashboardSettings(host=host, token_file=str(file)))
        assert access.knows("my-own-token") and not access.knows("") and not access.knows("of-the-environment")


def test_a_file_that_others_can_read_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "token"
    file.write_text("my-own-token")
    file.chmod(0o600)
    Access(DashboardSettings(token_file=str(file)))
    assert not caplog.records
    file.chmod(0o644)
    Access(DashboardSettings(token_file=str(file)))
    assert "chmod 600" in caplog.text and "my-own-token" not in caplog.text


@pytest.mark.parametrize(
    "token", ["short", 257 * "a", "with a blank", "토큰토큰토큰토큰", "", "two\nlines-of-it", 10_000 * "a"]
)
def test_a_token_that_is_none_is_refused_and_not_repeated(tmp_path: Path, token: str) -> None:
    file = tmp_path / "token"
    file.write_text(token)
    with pytest.raises(ConfigError, match=str(file)) as error:
        Access(DashboardSettings(token_file=str(file)))
    assert not token or token not in str(error.value)
    with pytest.raises(ConfigError, match="no such file"):
        Access(DashboardSettings(token_file=str(tmp_path / "absent")))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"certificate": "a.pem"}, "together"),
        ({"certificate": "a.pem", "key": "b.pem", "self_signed": True}, "self_signed"),
    ],
)
def test_settings_that_do_not_fit(settings: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        DashboardSettings(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(("host", "local"), [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True),
                                             ("localhost", True), ("0.0.0.0", False), ("::", False),
                                             ("192.168.1.5", False), ("robot", False)])  # fmt: skip
def test_what_only_this_machine_can_reach(host: str, local: bool) -> None:
    assert DashboardSettings(host=host).local is local
