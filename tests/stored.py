"""Everything that the database holds, table by table, so that a test can say that nothing was added."""

from __future__ import annotations

from django.db import connection


def everything_stored() -> dict[str, list[str]]:
    """Return every row of every table, as text, whether or not a model knows it."""
    tables = connection.introspection.table_names()
    assert len(tables) > 20
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(repr(row) for row in cursor.fetchall())
    return found


def added(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return what stands in a table now that did not stand there before."""
    assert before.keys() == after.keys()
    return {
        table: rows
        for table in after
        if (rows := [row for row in after[table] if row not in set(before[table])])
    }
