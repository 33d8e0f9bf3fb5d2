"""The launcher: what it promises to a person with a fresh clone."""

import ast
import importlib.util
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import run

LAUNCHER = Path(run.__file__)
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and scripts of Unix")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A small project in a path with a space, whose .venv is the Python of this test run."""
    root = tmp_path / "my clone"
    for folder in ("requirements", "twitchinfo", ".venv/bin"):
        (root / folder).mkdir(parents=True)
    shutil.copy(LAUNCHER, root)
    shutil.copytree(LAUNCHER.parent / "deploy", root / "deploy")
    (root / "requirements" / "base.txt").write_text("# empty\n")
    (root / "manage.py").write_text("import sys; print('manage', *sys.argv[1:])\n")
    (root / "twitchinfo" / "wsgi.py").write_text(
        "def application(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [b'hello']\n"
    )
    python = root / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    return root


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind((run.HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serving(clone: Path, port: int) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """A started launcher, and what it said until it gave the address."""
    with subprocess.Popen(
        [sys.executable, clone / "run.py"],
        cwd=clone.parent,
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as launcher:
        assert launcher.stdout
        said = []
        for line in launcher.stdout:
            said.append(line.strip())
            if "http://" in line:
                break
        yield launcher, said
        if launcher.poll() is None:
            os.killpg(launcher.pid, signal.SIGKILL)


def launch(root: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, root / "run.py", *arguments],
        cwd=root.parent,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for verb, (_, does) in run.VERBS.items():
        assert f"  {verb} " in shown
        assert does in shown


def test_an_unknown_verb_is_named_and_the_verbs_are_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run.main(["tset"]) == 2
    shown = capsys.readouterr()
    assert "'tset'" in shown.err
    assert "  test " in shown.out


def test_an_old_python_can_read_the_launcher_and_is_told_what_is_needed() -> None:
    ast.parse(LAUNCHER.read_text(), feature_version=(3, 7))
    as_if = f"import runpy, sys; sys.version_info = (3, 10); runpy.run_path({str(LAUNCHER)!r})"
    told = subprocess.run([sys.executable, "-c", as_if], stderr=subprocess.PIPE, text=True)
    assert told.returncode == 1
    assert "3.11" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_python_without_venv_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PYTHON", tmp_path / "none")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        run.make_venv()


@posix_only
def test_a_port_in_use_is_said_before_anything_is_started(clone: Path) -> None:
    shutil.rmtree(clone / ".venv")
    with socket.create_server((run.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        told = launch(clone, PORT=str(port))
    assert told.returncode == 1
    assert f"Port {port} is in use" in told.stdout
    assert f"PORT={port + 1} python3 run.py" in told.stdout
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("text", ["http", "-1", "0", "70000"])
def test_a_port_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(SystemExit, match="PORT must be a number"):
        run.free_port()


@posix_only
def test_it_installs_once_and_again_when_the_lock_changes(clone: Path) -> None:
    assert "Installing" in launch(clone, "manage", "check").stdout
    assert launch(clone, "manage", "check").stdout == "manage check\n"
    (clone / "requirements" / "base.txt").write_text("# changed\n")
    assert "Installing" in launch(clone, "manage", "check").stdout


def test_a_failed_installation_is_not_taken_for_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "VENV", tmp_path)
    monkeypatch.setattr(run, "make_venv", lambda: None)
    monkeypatch.setattr(run, "run", lambda *line: 1)
    with pytest.raises(SystemExit, match="could not be installed"):
        run.install("base")
    assert not list(tmp_path.iterdir())


@posix_only
def test_it_prepares_serves_and_ends_without_a_traceback(
    serving: tuple["subprocess.Popen[str]", list[str]], port: int
) -> None:
    launcher, said = serving
    address = f"http://{run.HOST}:{port}/"
    assert "manage prepare" in said
    assert said[-1].startswith(f"TwitchInfo is at {address}")
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == b"hello"
    os.killpg(launcher.pid, signal.SIGINT)  # what Ctrl-C does
    rest, _ = launcher.communicate(timeout=10)
    assert launcher.returncode == 0
    assert "Traceback" not in rest
    assert not run.answers(port)


@posix_only
def test_nothing_is_served_when_preparing_fails(clone: Path, port: int) -> None:
    (clone / "manage.py").write_text("import sys; sys.exit('the content does not hold together')\n")
    told = launch(clone, PORT=str(port))
    assert told.returncode == 1
    assert "http://" not in told.stdout


@posix_only
def test_a_verb_passes_on_its_arguments_and_the_exit_code(clone: Path) -> None:
    (clone / "manage.py").write_text("import sys; print(sys.argv[1:]); sys.exit(3)\n")
    told = launch(clone, "manage", "two words", "--flag")
    assert told.returncode == 3
    assert "['two words', '--flag']" in told.stdout


def test_tests_never_run_on_the_database_of_this_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://live/twitchinfo")
    monkeypatch.setenv("TWITCHINFO_ENV", "production")
    environment = run.test_environment("sqlite")
    assert "DATABASE_URL" not in environment
    assert environment["TWITCHINFO_ENV"] == "local"


class TestSteps:
    """The closing table and line of `run.py test`."""

    @pytest.fixture(autouse=True)
    def _no_processes(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(run, "VAR", tmp_path)
        monkeypatch.setattr(run, "run", lambda *line, environment: int(line[-1]))
        monkeypatch.delenv("CI", raising=False)

    def test_all_steps_run_and_one_failure_fails_all(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        steps = run.Steps()
        steps.run("first", "1")
        steps.run("second", "0")
        assert steps.close() == 1
        shown = capsys.readouterr().out
        assert "first                failed" in shown
        assert "second               passed" in shown
        assert "1 errors in" in shown.splitlines()[-1]

    def test_what_is_missing_is_skipped_with_its_name(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        steps = run.Steps()
        steps.run("browser", "1", missing="Chromium")
        assert steps.close() == 0
        assert "browser              skipped  missing: Chromium" in capsys.readouterr().out

    def test_nothing_may_be_missing_in_continuous_integration(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CI", "true")
        steps = run.Steps()
        steps.run("browser", "0", missing="Chromium")
        assert steps.close() == 1

    def test_the_last_line_adds_up_all_runs_of_pytest(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def pytest_run(*line: str, environment: run.Environment) -> int:
            report = next(part for part in line if part.startswith("--junitxml=")).split("=")[1]
            Path(report).parent.mkdir(exist_ok=True)
            Path(report).write_text(
                '<testsuites><testsuite name="pytest" tests="7" failures="0" errors="0" skipped="2"'
                ' time="1.5"/></testsuites>'
            )
            return 0

        monkeypatch.setattr(run, "run", pytest_run)
        steps = run.Steps()
        steps.pytest("on one database")
        steps.pytest("on the other")
        assert steps.close() == 0
        assert "= 10 passed, 4 skipped in " in capsys.readouterr().out.splitlines()[-1]
