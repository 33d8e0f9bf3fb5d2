#!/usr/bin/env python3
"""The way in to TwitchInfo: `python3 run.py` serves it, `python3 run.py help` lists the rest.

Needs Python 3.11 and nothing else. What it installs goes into .venv, what it makes goes into var;
delete either and it is made again.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(f"TwitchInfo needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

import errno
import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from xml.etree import ElementTree

Verb = Callable[[list[str]], int]
Environment = Mapping[str, str]

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PROGRAMS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")
VAR = ROOT / "var"
HOST = "127.0.0.1"
DJADE = ("djade", "--target-version", "5.2")
# What would make the Python in .venv look elsewhere for its packages or its settings.
LEFT_OUT = (
    "DJANGO_SETTINGS_MODULE",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSAFEPATH",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
)


# ---------------------------------------------------------------- the verbs


def serve(arguments: list[str]) -> int:
    if arguments:
        sys.exit("serve takes no arguments. PORT=8001 python3 run.py serves on another port.")
    port = free_port()
    install("base")
    code = run("manage.py", "prepare")
    if code:
        return code
    say("Starting the server ...")
    environment = {**local_environment(), **granian_environment(port)}
    program = ("-m", "granian", "twitchinfo.wsgi:application")
    with running(*program, environment=environment, apart=True) as server:
        while server.poll() is None and not answers(port):
            time.sleep(0.05)
        if server.poll() is None:
            say(f"TwitchInfo is at http://{HOST}:{port}/ (Ctrl-C stops it)")
        return server.wait()


def test(arguments: list[str]) -> int:
    install("base", "test")
    if arguments and arguments != ["--all"]:
        database = os.environ.get("TEST_DB", "sqlite")
        return run("-m", "pytest", *arguments, environment=test_environment(database))
    options = ["-n", "2"]
    long = ["-m", ""] if arguments else []
    steps = Steps()
    lint(steps)
    steps.run("migrations", "manage.py", "makemigrations", "--check", "--dry-run")
    steps.run(
        "deployment",
        *("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        environment=production_environment(),
    )
    steps.pytest("tests on SQLite", *options, *long)
    steps.pytest(
        "tests on PostgreSQL",
        *options,
        *long,
        environment=test_environment("postgres"),
        missing=no_postgres(),
    )
    # Its tables are made from the models: both runs before it have tried the migrations.
    browser = ("tests/browser", "--no-migrations", *options, *long)
    steps.pytest("tests in a browser", *browser, missing=no_browser())
    return steps.close()


def check(arguments: list[str]) -> int:
    install("base", "test")
    steps = Steps()
    lint(steps)
    return steps.close()


def fix(arguments: list[str]) -> int:
    install("base", "test")
    run(*DJADE, *templates())
    run("-m", "ruff", "format", "--quiet", ".")
    left = run("-m", "ruff", "check", "--fix", ".")
    run("-m", "ruff", "format", ".")  # again: a fix may leave an import or a line out of form
    return left


def lock(arguments: list[str]) -> int:
    """Lock in the newest versions that requirements/*.in allow; no address gets into the files."""
    install("base")
    run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"]
    options += ["--custom-compile-command", "python3 run.py lock"]
    # Extras stay: pip would take another version for `coverage[toml]` than the one locked for `coverage`.
    options += ["--no-emit-index-url", "--no-emit-find-links", "--no-strip-extras"]
    for name in ("base", "test", "bench"):
        files = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"]
        code = run("-m", "uv", "pip", "compile", *options, *files, *arguments)
        if code:
            return code
    return 0


def command(*line: str, needs: tuple[str, ...] = ("base",)) -> Verb:
    """Make a verb of a Python command line; what follows the verb is added to it."""

    def verb(arguments: list[str]) -> int:
        install(*needs)
        return run(*line, *arguments)

    return verb


def show_help(arguments: list[str]) -> int:
    print("python3 run.py [verb] [arguments]\n")
    for name, (_, does) in VERBS.items():
        print(f"  {name:12} {does}")
    print("\nWithout a verb it serves, on port 8000 or the one in PORT.")
    return 0


VERBS: dict[str, tuple[Verb, str]] = {
    "serve": (serve, "install, prepare the data, serve the site on this machine"),
    "test": (test, "every check and test; --all: the long ones too; else what pytest takes"),
    "check": (check, "look for mistakes without running anything: lint and types"),
    "fix": (fix, "repair and format the code and the templates"),
    "lock": (lock, "lock the versions in requirements/; --upgrade takes newer ones"),
    "manage": (command("manage.py"), "a command of Django, such as `manage createsuperuser`"),
    "bench": (
        command("-m", "tests.bench", needs=("base", "test", "bench")),
        "how fast it is; writes docs/benchmarks.md",
    ),
    "screenshots": (
        command("-m", "tests.browser.screenshots", needs=("base", "test")),
        "pictures of every page in every state, in var/screenshots",
    ),
    "audit": (
        command("-m", "tests.browser.audit", needs=("base", "test")),
        "all of every page in a real browser; writes var/audit/report.md",
    ),
    "licences": (
        command("-m", "tests.licences", needs=("base", "test")),
        "write docs/licences.md from the locks",
    ),
    "advisories": (
        command("-m", "tests.advisories", needs=("base", "test")),
        "ask a source of advisories about every locked package",
    ),
    "help": (show_help, "this list"),
}


def main(arguments: list[str]) -> int:
    verb, *rest = arguments or ["serve"]
    if verb in ("-h", "--help"):
        verb = "help"
    if verb not in VERBS:
        print(f"There is no verb {verb!r}.\n", file=sys.stderr)
        show_help([])
        return 2
    for name in ("SIGTERM", "SIGHUP"):  # told to stop, or the terminal was closed (unless nohup)
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: sys.exit(0 if verb == "serve" else 143))
    try:
        return VERBS[verb][0](rest)
    except KeyboardInterrupt:
        say("\nStopped.")
        return 0 if verb == "serve" else 130


# ---------------------------------------------------------------- installing


def install(*locks: str) -> None:
    """Bring .venv up to date with these locks of requirements/; does nothing if it is."""
    make_venv()
    stamps = {}
    for name in locks:
        content = (ROOT / "requirements" / f"{name}.txt").read_bytes()
        stamp = VENV / f"installed-{name}.sha256"
        digest = hashlib.sha256(content).hexdigest()
        if not stamp.exists() or stamp.read_text() != digest:
            stamps[name] = (stamp, digest, packages(content.decode()))
    if not stamps:
        return
    count = len(set().union(*(names for _, _, names in stamps.values())))
    say(f"Installing {count} packages ...")
    line = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
    for name in stamps:
        line += ["-r", f"requirements/{name}.txt"]
    if run(*line):
        sys.exit("The packages could not be installed; the reason is above.")
    for stamp, digest, _ in stamps.values():
        stamp.write_text(digest)


def make_venv() -> None:
    # Asked of the Python itself: it may be gone, half made, or made by an older version.
    healthy = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    if PYTHON.exists():
        asked = [str(PYTHON), "-c", healthy]
        if (
            subprocess.run(asked, env=local_environment(), stderr=subprocess.DEVNULL).returncode
            == 0
        ):
            return
    say("Making .venv ...")
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        sys.exit(
            "This Python has no venv module. On Debian or Ubuntu install it with\n"
            "  apt install python3-venv\n"
            "and run this again."
        )
    made = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(made, env=local_environment()).returncode:
        sys.exit(".venv could not be made; the reason is above.")


def packages(locked: str) -> set[str]:
    """The names in a lock, without those for Windows only."""
    lines = re.findall(r"^[\w.,[\]-]+==.*", locked, re.MULTILINE)
    return {line.split("==")[0] for line in lines if "sys_platform == 'win32'" not in line}


# ---------------------------------------------------------------- running


def say(line: str) -> None:
    print(line, flush=True)


def run(*line: str, environment: Environment | None = None) -> int:
    """Run to the end what `running` runs; return its exit code."""
    with running(*line, environment=environment) as process:
        return process.wait()


@contextmanager
def running(
    *line: str, environment: Environment | None = None, apart: bool = False
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run Python with these arguments, or a program of .venv, and do not leave it behind.

    Ctrl-C reaches it as well, and it gets time to put things in order; unless it runs `apart`,
    where it is only told to end, as a server is that ends its own workers.
    """
    of_python = line[0].startswith("-") or line[0].endswith(".py")
    program: list[str | Path]
    program = [PYTHON, *line] if of_python else [PROGRAMS / line[0], *line[1:]]
    process = subprocess.Popen(
        program, cwd=ROOT, env=environment or local_environment(), start_new_session=apart
    )
    try:
        yield process
    except KeyboardInterrupt:
        with suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
            process.wait(0 if apart else 3)
        raise
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except (KeyboardInterrupt, subprocess.TimeoutExpired):
                if apart and os.name == "posix":
                    os.killpg(process.pid, signal.SIGKILL)
                process.kill()


def local_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    return {"TWITCHINFO_ENV": "local", **kept}


def granian_environment(port: int, workers: int = 1) -> dict[str, str]:
    """The settings that ship for granian, with a port and a number of workers of one's own."""
    lines = (ROOT / "deploy" / "granian.env").read_text().splitlines()
    shipped = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    return {**shipped, "GRANIAN_PORT": str(port), "GRANIAN_WORKERS": str(workers)}


def test_environment(database: str) -> dict[str, str]:
    """Local settings and the wanted database, whatever this shell is set up for."""
    environment = {
        **local_environment(),
        "TWITCHINFO_ENV": "local",
        "TWITCHINFO_VAR": str(VAR / "test"),
        "TEST_DB": database,
    }
    if database == "sqlite":
        environment.pop("DATABASE_URL", None)
    return environment


def production_environment() -> dict[str, str]:
    return {
        **local_environment(),
        "TWITCHINFO_ENV": "production",
        "TWITCHINFO_VAR": str(VAR / "test"),
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "twitchinfo.example",
        "DATABASE_URL": "postgres://nobody@localhost/never-connected",
    }


def free_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        sys.exit(f"PORT must be a number from 1 to 65535, not {text!r}.")
    port = int(text)
    with socket.socket() as server:
        if os.name == "posix":
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                sys.exit(f"Cannot listen on port {port}: {error.strerror}.")
            sys.exit(
                f"Port {port} is in use. Stop what uses it, or choose another:\n"
                f"  PORT={port + 1} python3 run.py"
            )
    return port


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0


# ---------------------------------------------------------------- testing


class Steps:
    """Named steps, each run whatever became of the one before; `close` shows how they went."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.rows: list[tuple[str, str, str]] = []
        self.counts: Counter[str] = Counter()

    def run(
        self,
        name: str,
        *line: str,
        environment: Environment | None = None,
        missing: str | None = None,
    ) -> None:
        """Run one step. What is `missing` is skipped; in continuous integration nothing may be."""
        say(f"\n---- {name}")
        started = time.monotonic()
        if missing:
            result = "failed" if os.environ.get("CI", "").lower() in ("1", "true") else "skipped"
            note = f"missing: {missing}"
            say(note)
        else:
            code = run(*line, environment=environment or test_environment("sqlite"))
            result = "failed" if code else "passed"
            note = f"{time.monotonic() - started:.1f} s"
        self.rows.append((name, result, note))

    def pytest(
        self,
        name: str,
        *arguments: str,
        environment: Environment | None = None,
        missing: str | None = None,
    ) -> None:
        report = VAR / "reports" / f"{name.replace(' ', '-')}.xml"
        report.unlink(missing_ok=True)
        line = ("-m", "pytest", f"--junitxml={report}", *arguments)
        self.run(name, *line, environment=environment, missing=missing)
        if report.exists():
            for suite in ElementTree.parse(report).iter("testsuite"):
                of = {key: int(value) for key, value in suite.items() if value.isdecimal()}
                not_passed = of["failures"] + of["errors"] + of["skipped"]
                self.counts["failed"] += of["failures"]
                self.counts["passed"] += of["tests"] - not_passed
                self.counts["skipped"] += of["skipped"]
                self.counts["errors"] += of["errors"]

    def close(self) -> int:
        """Print what became of every step, and a last line as pytest does; return the exit code."""
        failed = [name for name, result, _ in self.rows if result == "failed"]
        say("")
        for name, result, note in self.rows:
            say(f"{name:20} {result:8} {note}")
        if failed and not self.counts["failed"] + self.counts["errors"]:
            self.counts["errors"] = len(failed)
        parts = [f"{number} {word}" for word, number in self.counts.items() if number]
        if parts:
            said = f" {', '.join(parts)} in {time.monotonic() - self.started:.2f}s "
            say(f"\n{said:=^80}")
        return 1 if failed else 0


def lint(steps: Steps) -> None:
    steps.run("ruff check", "-m", "ruff", "check", ".")
    steps.run("ruff format", "-m", "ruff", "format", "--check", ".")
    steps.run("mypy", "-m", "mypy")
    steps.run("djlint", "-m", "djlint", "--lint", "--quiet", *templates())
    steps.run("djade", *DJADE, "--check", *templates())


def templates() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]


def no_postgres() -> str | None:
    """What the tests on PostgreSQL lack, if anything."""
    if os.environ.get("DATABASE_URL"):
        return None
    asked = [str(PYTHON), "-c", "from tests import pg_plugin; print(pg_plugin.missing() or '')"]
    answer = subprocess.run(
        asked, cwd=ROOT, env=test_environment("sqlite"), stdout=subprocess.PIPE, text=True
    )
    return answer.stdout.strip() or None


def no_browser() -> str | None:
    """What the tests in a browser lack, if anything."""
    names = ("chromium", "chromium-browser", "google-chrome")
    if os.environ.get("CHROMIUM") or any(map(shutil.which, names)):
        return None
    return "Chromium; `apt install chromium`, or set CHROMIUM to the path of one"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
