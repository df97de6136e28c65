"""What every verb has in common: help, errors of one line, the exit status, and a start that imports little."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer_ros import __version__
from fer_ros.cli.main import main
from fer_ros.cli.verbs import VERBS
from fer_ros.cli.verbs import eval as eval_verb
from fer_ros.core.base.errors import ConfigError

Fer = Callable[..., Any]


def test_help_names_every_verb_and_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {verb} " in out and text in out for verb, text in VERBS.items())
    assert main([]) == 2
    assert main(["--version"]) == 0 and capsys.readouterr().out.splitlines()[-1] == __version__


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    out = capsys.readouterr().out
    assert end.value.code == 0 and out.startswith(f"usage: fer {verb}") and "--log-level" in out


def test_an_unknown_verb_gets_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evla"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("fer: unknown verb 'evla' (did you mean 'eval'?): choose one of ") and err.count("\n") == 1
    assert main(["a\nb"]) == 2 and capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (ConfigError("no face"), 2, "fer eval: no face\n"),
        (ConfigError("two\nlines\x1b[2J"), 2, "fer eval: two lines"),
        (PermissionError(13, "Permission denied", "/root/x"), 2, "fer eval: [Errno 13] Permission denied: '/root/x'\n"),
        (OSError(28, "No space left on device"), 2, "fer eval: [Errno 28] No space left on device\n"),
        (ModuleNotFoundError("No module named 'rclpy'", name="rclpy"), 2, "fer eval: rclpy is not installed here: "),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors_that_the_user_can_mend_are_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    message: str,
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(eval_verb, "run", fail)
    assert main(["eval", "x"]) == status
    err = capsys.readouterr().err
    assert err.startswith(message) and err.count("\n") <= 1 and "Traceback" not in err


@pytest.mark.parametrize("error", [ZeroDivisionError(), ModuleNotFoundError("x", name="fer_ros.cli.x")])
def test_mistakes_of_ours_are_not_hidden(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(eval_verb, "run", fail)
    with pytest.raises(type(error)):
        main(["eval", "x"])


def test_a_wrong_option_ends_with_status_2(fer: Fer) -> None:
    done = fer("eval", "--nonsense", "x")
    assert done.code == 2 and "Traceback" not in done.err


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_gone_is_no_error(run: Any, unbuffered: str) -> None:
    """`fer plugins | head -0`: whoever reads has gone before the first line is written."""
    reader = f"{sys.executable} -m fer_ros.cli.main models; echo status $? >&2"
    done = run("bash", "-c", f"({reader}) | (exec 0<&-; sleep 0.1)", PYTHONUNBUFFERED=unbuffered)
    assert "Traceback" not in done.err and "Exception ignored" not in done.err
    assert "status 1" in done.err


def test_a_terminal_without_unicode_gets_escapes(run: Any) -> None:
    script = (
        "from fer_ros.cli import main as m\nfrom fer_ros.cli.verbs import eval as e\n"
        "e.run = lambda _: print('😄') or 0\nm.main(['eval', 'x'])"
    )
    done = run(sys.executable, "-c", script, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.code == 0 and done.out == "\\U0001f604\n", done.err


def test_the_command_starts_without_heavy_libraries(run: Any) -> None:
    script = (
        "import sys; from fer_ros.cli.main import main; main(['--help'])\n"
        "print(sorted({'cv2', 'numpy', 'rclpy', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    done = run(sys.executable, "-c", script)
    assert done.out.splitlines()[-1] == "[]"


def test_ctrl_c_ends_quietly(start: Any, tmp_path: Path) -> None:
    """In the middle of a measurement, by a real signal."""
    script = (
        "import sys, time\n"
        "from fer_ros.cli import main as m\nfrom fer_ros.cli.verbs import eval as e\n"
        "e.run = lambda _: print('running', flush=True) or time.sleep(60)\n"
        "sys.exit(m.main(['eval', 'x']))"
    )
    process = start(sys.executable, "-c", script)
    while "running" not in process.out:
        assert process.popen.poll() is None, process.err
    process.signal(signal.SIGINT)
    done = process.wait(20)
    assert (done.code, done.err) == (130, "")
