"""The commands of manage.py."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from pytest_django import Settings

from checker.loading import load_folder
from checker.publishing import publish
from conditions import editions
from conditions.models import Condition, Finding, Release, WarningSign
from tests import content_folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small content of tests/content_folder.py."""
    return content_folder.write(tmp_path / "content")


def run(*command: Any, **options: Any) -> str:
    said = StringIO()
    call_command(*map(str, command), stdout=said, stderr=said, **options)
    return said.getvalue()


# --- load_content, export_content ------------------------------------------------------------------


def test_load_content_says_what_it_did(folder: Path) -> None:
    assert "40 created, 0 updated, 0 deleted" in run("load_content", folder)
    assert Finding.objects.count() == 3
    assert "created" not in run("load_content", folder)


def test_load_content_lists_every_change_on_request(folder: Path) -> None:
    said = run("load_content", folder, "--dry-run")
    assert "create conditions.finding flicker" in said
    assert not Finding.objects.exists()
    load_folder(folder)
    (folder / "scenarios.yaml").unlink()
    assert "delete" not in run("load_content", folder, "--dry-run")
    assert "delete checker.scenario choking-at-table" in run(
        "load_content", folder, "--dry-run", "--prune"
    )
    run("load_content", folder, "--prune")
    assert "delete" not in run("load_content", folder, "--dry-run", "--prune")


def test_load_content_refuses_bad_content_with_every_reason(folder: Path) -> None:
    care = folder / "care.yaml"
    care.write_text(care.read_text().replace("urgency: soon", "urgency: now"))
    with pytest.raises(CommandError, match=r"care\.yaml, row 5, field urgency"):
        run("load_content", folder)
    assert not Finding.objects.exists()


def test_load_content_wants_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not a folder"):
        run("load_content", tmp_path / "nowhere")


def test_nothing_is_published_by_a_load(folder: Path) -> None:
    run("load_content", folder)
    assert not Release.objects.exists()


def test_export_content_writes_the_drafts_and_leaves_what_is_right_alone(folder: Path) -> None:
    load_folder(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.yaml")}
    run("export_content", folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.yaml")} == before
    Condition.objects.filter(slug="benign").update(summary="A new summary.")
    assert "conditions/benign.yaml" in run("export_content", folder)
    assert "A new summary." in (folder / "conditions/benign.yaml").read_text()


# --- publish ---------------------------------------------------------------------------------------


def test_publish_makes_a_release_once(folder: Path) -> None:
    load_folder(folder)
    run("publish", "--note", "The first.")
    assert Release.objects.get().note == "The first."
    run("publish")
    assert Release.objects.count() == 1


def test_publish_fails_on_bad_drafts(folder: Path) -> None:
    load_folder(folder)
    WarningSign.objects.get(slug="throat").rules.all().delete()
    with pytest.raises(CommandError, match="'throat'"):
        run("publish")
    assert not Release.objects.exists()


# --- prepare ---------------------------------------------------------------------------------------


@pytest.fixture
def bare(folder: Path, settings: Settings) -> Path:
    """A site whose shipped content is the small one, before its first start."""
    settings.CONTENT_FOLDER = folder
    settings.VAR = folder.parent
    settings.STATIC_ROOT = folder.parent / "static"
    return folder


def test_prepare_loads_publishes_and_makes_an_admin(bare: Path, settings: Settings) -> None:
    said = run("prepare")
    assert (Finding.objects.count(), Release.objects.count()) == (3, 1)
    admin = get_user_model().objects.get()
    assert admin.is_superuser
    login = settings.VAR / "admin-login.txt"
    password = login.read_text().splitlines()[1].split()[-1]
    assert admin.check_password(password)
    assert password in said
    assert login.stat().st_mode & 0o077 == 0
    assert (settings.STATIC_ROOT / "css" / "site.css").exists()


def test_prepare_again_changes_and_says_nothing(bare: Path) -> None:
    run("prepare")
    before = list(Release.objects.values_list("number", "checksum"))
    assert run("prepare") == ""
    assert list(Release.objects.values_list("number", "checksum")) == before
    assert get_user_model().objects.count() == 1


def test_prepare_never_takes_over_an_editors_work(bare: Path) -> None:
    run("prepare")
    Condition.objects.filter(slug="benign").update(summary="Edited here.")
    said = run("prepare")
    assert "1 updated" in said
    assert "load_content" in said
    assert Condition.objects.get(slug="benign").summary == "Edited here."
    assert Release.objects.count() == 1


def test_prepare_refuses_content_that_cannot_be_loaded(bare: Path) -> None:
    care = bare / "care.yaml"
    care.write_text(care.read_text().replace("urgency: soon", "urgency: now"))
    with pytest.raises(CommandError, match="field urgency"):
        run("prepare")
    assert not Release.objects.exists()


def test_prepare_goes_on_with_a_site_that_the_new_content_does_not_fit(bare: Path) -> None:
    run("prepare")
    care = bare / "care.yaml"
    care.write_text(care.read_text().replace("urgency: soon", "urgency: now"))
    assert "stays as it is" in run("prepare")
    assert Release.objects.count() == 1


# --- evaluate --------------------------------------------------------------------------------------


@pytest.fixture
def released(folder: Path, no_edition: None) -> None:
    load_folder(folder)
    publish()


def story(**fields: Any) -> dict[str, Any]:
    return {
        "id": "flickers",
        "story": "A flicker.",
        "present": ["flicker"],
        "absent": ["weak-hand", "choking"],
        "expect": {"conditions": ["benign"], "urgency": ["self-care", "routine"]},
        "tags": ["everyday"],
        "tune": True,
        **fields,
    }


def written(folder: Path, *stories: Any) -> Path:
    path = folder / "stories.yaml"
    path.write_text(yaml.safe_dump({"scenarios": list(stories)}), encoding="utf-8")
    return path


TOTAL = {
    "n", "top_1", "top_3", "ended_early", "no_match", "urgency_exact", "urgency_accepted", "safe",
    "under_triage", "under_triage_by_two", "over_triage", "over_triage_by_two",
    "emergencies_caught", "alarm_rate", "screens", "baseline_count", "baseline_see_a_doctor",
}  # fmt: skip
EACH = {
    "id", "urgency", "accepted", "safe", "rank", "shown", "reasons", "screens", "ended_early",
}  # fmt: skip


@pytest.mark.parametrize("through", [False, True])
def test_evaluate_as_json_has_the_shape_that_docs_scenarios_promises(
    released: None, tmp_path: Path, through: bool
) -> None:
    file = written(tmp_path, story(), story(id="other", tune=False, tags=["young"]))
    options = ["--through-questionnaire"] if through else []
    found = json.loads(run("evaluate", file, "--json", *options))
    assert set(found) == {"release", "scenarios", "total", "tags", "tune", "each"}
    assert (found["release"], found["scenarios"]) == (1, 2)
    assert set(found["total"]) == TOTAL
    assert set(found["total"]["baseline_count"]) == {"top_1", "top_3"}
    assert set(found["total"]["baseline_see_a_doctor"]) == {"urgency_accepted", "safe"}
    assert {tag: set(of) for tag, of in found["tags"].items()} == {
        "everyday": TOTAL,
        "young": TOTAL,
    }
    assert {half: of["n"] for half, of in found["tune"].items()} == {"true": 1, "false": 1}
    assert [set(each) for each in found["each"]] == [EACH, EACH]
    if through:
        assert set(found["total"]["screens"]) == {"median", "p90", "max"}
        assert found["each"][0]["screens"] == 3
    else:
        assert found["total"]["screens"] is None


def test_evaluate_without_a_file_runs_the_scenarios_of_the_release(released: None) -> None:
    found = json.loads(run("evaluate", "--json"))
    assert [each["id"] for each in found["each"]] == ["choking-at-table"]
    assert found["total"]["emergencies_caught"] == 1


def test_evaluate_takes_several_files(released: None, tmp_path: Path) -> None:
    one = written(tmp_path, story())
    two = tmp_path / "two.yaml"
    two.write_text(yaml.safe_dump({"scenarios": [story(id="second")]}))
    found = json.loads(run("evaluate", one, two, "--json"))
    assert [each["id"] for each in found["each"]] == ["flickers", "second"]


def test_evaluate_in_words_names_what_went_wrong(released: None, tmp_path: Path) -> None:
    wrong = story(id="too-late", expect={"urgency": ["emergency"]})
    said = run("evaluate", written(tmp_path, story(), wrong), "--through-questionnaire")
    assert "too-late" in said
    assert "flickers" not in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("scenarios: [", "stories.yaml"),
        ("just text", "scenarios"),
        ("- a\n- list", "scenarios"),
        ("scenarios: {}", "scenarios"),
        (yaml.safe_dump({"scenarios": [story(present=["fliker"])]}), "'flicker'"),
        (yaml.safe_dump({"scenarios": [story(expect={"urgency": ["now"]})]}), "'now'"),
        (yaml.safe_dump({"scenarios": [story(present=["x", "y"]), "no"]}), "scenario 2"),
    ],
)
def test_evaluate_refuses_a_bad_file_with_status_two(
    released: None, tmp_path: Path, content: str, words: str
) -> None:
    path = tmp_path / "stories.yaml"
    path.write_text(content)
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("evaluate", str(path), stdout=StringIO(), stderr=said)
    assert ended.value.code == 2
    assert words in said.getvalue()


def test_evaluate_names_a_file_that_is_not_there(released: None, tmp_path: Path) -> None:
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("evaluate", str(tmp_path / "gone.yaml"), stderr=said)
    assert ended.value.code == 2
    assert "gone.yaml" in said.getvalue()


def test_evaluate_needs_a_release(no_edition: None) -> None:
    with pytest.raises((CommandError, editions.NoEdition)):
        run("evaluate")


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
