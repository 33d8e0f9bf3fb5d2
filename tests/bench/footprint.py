"""What a worker's memory and start-up are made of, step by step: `python -m tests.bench.footprint` in a fresh process.

Prints one line a step: name, megabytes of its own so far, seconds of processor time so far.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path


def told(step: str) -> None:
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            megabytes = int(line.split()[1]) / 1024
    print(json.dumps([step, megabytes, time.process_time()]), flush=True)


def main() -> None:
    told("Python")
    os.environ["DJANGO_SETTINGS_MODULE"] = "twitchinfo.settings"
    import django
    from django.conf import settings

    told("Django")
    for name in settings.INSTALLED_APPS:
        if not name.startswith(("django.", "checker", "conditions")):
            __import__(name.partition(".apps")[0])
    told("libraries with an app")
    import numpy

    assert numpy
    told("NumPy")
    django.setup()
    from django.core.handlers.wsgi import WSGIHandler

    from conditions import editions

    WSGIHandler()
    told("our models, admin and settings")
    from django.urls import get_resolver

    assert get_resolver().url_patterns
    told("views, forms, addresses")
    editions.refresh()
    editions.settle()
    told("the release, ready to answer")


if __name__ == "__main__":
    main()
