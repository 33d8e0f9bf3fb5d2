"""Two people who press the button at the same moment: needs two connections, so nothing else is in the transaction."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from django.db import connection

from checker.loading import load_folder
from checker.publishing import PublishError, draft, publish
from conditions.models import Condition, Release
from tests import content_folder


@pytest.mark.skipif(
    os.environ.get("TEST_DB") != "postgres",
    reason="needs two connections; SQLite in memory refuses the second while the first writes",
)
@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_make_one_release(tmp_path: Path) -> None:
    load_folder(content_folder.write(tmp_path))
    publish()
    Condition.objects.filter(slug="benign").update(summary="Pressed twice.")
    draft()
    ready = threading.Barrier(2)
    told: list[str] = []

    def press() -> None:
        ready.wait(10)
        try:
            release = publish()
            told.append(str(release))
        except PublishError as error:
            told.append(error.problems[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Release.objects.count() == 2
    assert told.count("Release 2") == 1
    (other,) = [line for line in told if line != "Release 2"]
    assert other == "None" or "meanwhile" in other
