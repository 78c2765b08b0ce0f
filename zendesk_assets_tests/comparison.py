"""What a table must hold, worked out from the simulator's state by plain Python, not by our SQL.

`differences` compares row by row and property by property; nothing is skipped but our own columns.
"""

import json
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb
import psycopg
from psycopg.types.string import TextLoader

from zendesk_assets.catalog import declared
from zendesk_assets.clock import read_time
from zendesk_assets.spec import RECEIVED, ColumnType, Compute
from zendesk_assets.warehouse.engines.lake.extensions import load
from zendesk_assets_tests.duckdb_file import opened
from zendesk_assets_tests.kinds import USUAL

CHILD_FIXED = {
    "id",
    "via",
    "via_reference_id",
    "event_type",
    "previous_value",
    "added_tags",
    "removed_tags",
}


# Of rows made from a record around them: which of their properties says which one that is.
_IDS_OF_OUTER = {"ticket_metrics": "ticket_id", "user_identities": "user_id"}


def differences(database, schema, simulator, collections=USUAL):
    """Return sentences about every row or property that is not as the account has it.

    `database` is a DuckDB file, the catalog of a lake (.sqlite), or the address of a PostgreSQL.
    """
    found = []
    with _connected(str(database)) as connection:
        connection.execute("set timezone = 'UTC'")
        for name in collections:
            found += _compare(connection, schema, declared().collections[name], simulator)
    return found


@contextmanager
def _connected(database):
    if database.endswith(".sqlite"):
        with duckdb.connect() as connection:
            load(connection, "ducklake", "sqlite_scanner")
            connection.execute(f"ATTACH 'ducklake:sqlite:{database}' AS lake (READ_ONLY)")
            connection.execute("USE lake")
            yield connection
        return
    if not database.endswith(".duckdb"):
        with psycopg.connect(database, autocommit=True) as connection:
            for kind in ("json", "jsonb"):
                connection.adapters.register_loader(kind, TextLoader)
            yield connection
        return
    with opened(database, read_only=True) as connection:
        yield connection


def _compare(connection, schema, collection, simulator):
    seen = Counter()
    wanted = {_key(collection, row, seen): row for row in expected_rows(collection, simulator)}
    columns = [column.name for column in collection.columns]
    quoted = [f'"{name}"' for name in columns]
    try:
        cursor = connection.execute(
            f"select {', '.join(quoted)}, _deleted, _unknown from {schema}.{collection.name} "
            "order by received_at"
        )
    except (duckdb.CatalogException, psycopg.errors.UndefinedTable):
        return [] if not wanted else [f"{collection.name}: there is no table"]
    got, found, seen = {}, [], Counter()
    for values in cursor.fetchall():
        row = dict(zip([*columns, "_deleted", "_unknown"], values, strict=True))
        key = _key(collection, row, seen)
        if key in got:
            found.append(f"{collection.name} {key}: twice")
        got[key] = _readable(collection, row)
    if collection.vanishes or collection.comes_whole or collection.due:
        # The account does not know any more what it had.
        got = {key: row for key, row in got.items() if key in wanted or not row["_deleted"]}
    # Zendesk never shows the metrics of a deleted ticket: only an earlier sync can know them.
    gone = {key for key in wanted if wanted[key].pop("_gone")}
    missing = wanted.keys() - got.keys() - gone
    found += [f"{collection.name} {key}: missing" for key in sorted(missing)]
    found += [
        f"{collection.name} {key}: alive" for key in gone & got.keys() if not got[key]["_deleted"]
    ]
    found += [f"{collection.name} {key}: too much" for key in sorted(got.keys() - wanted.keys())]
    for key in sorted((wanted.keys() & got.keys()) - gone):
        for name, value in wanted[key].items():
            if got[key][name] != value:
                found.append(
                    f"{collection.name} {key}.{name}: {got[key][name]!r} instead of {value!r}"
                )
    return found


def _key(collection, row, seen):
    """Return the key of a row; readings of a series are numbered, as they come in order."""
    values = tuple(row[name] for name in collection.primary_key if name != RECEIVED.name)
    if collection.is_series:
        seen[values] += 1
        values = (*values, seen[values])
    return values if len(values) > 1 else values[0]


def _readable(collection, row):
    for column in collection.columns:
        if column.type is ColumnType.JSON and row[column.name] is not None:
            row[column.name] = json.loads(row[column.name])
        if isinstance(row[column.name], datetime):
            row[column.name] = row[column.name].astimezone(UTC)
    row["_unknown"] = json.loads(row["_unknown"]) if row["_unknown"] else None
    return row


def expected_rows(collection, simulator):
    """Return the rows that a collection must have, typed, under the names of its columns."""
    outer = "users" if collection.name == "user_identities" else "tickets"
    around = {each["id"]: each for each in simulator.expected(outer)}
    keeps = declared().stream_of(collection).keeps
    for record in json.loads(json.dumps(simulator.expected(collection.name))):
        for path, names in keeps:
            _keep_only(record, path.split("."), names)
        row = {}
        for column in collection.columns:
            row[column.name] = _typed(column.type, _value(collection, column, record, around))
        row["_deleted"] = _deleted(collection, record, around)
        row["_unknown"] = None
        row["_gone"] = bool(record.get("ticket_deleted"))
        yield row


def _keep_only(value, steps, names):
    """Remove all other members from the objects that steps lead to."""
    inner = value.get(steps[0].removesuffix("[]")) if steps else None
    if isinstance(inner, dict | list):
        for each in inner if isinstance(inner, list) else [inner]:
            _keep_only(each, steps[1:], names)
    elif not steps:
        for name in value.keys() - set(names):
            del value[name]


def _value(collection, column, record, around):
    if collection.name == "ticket_events":
        return _event_value(column, record)
    path = column.source_path
    if not path.startswith("../"):
        return _at(record, path)
    if collection.name in _IDS_OF_OUTER:
        return _at(around[record[_IDS_OF_OUTER[collection.name]]], path.removeprefix("../"))
    return record[column.name]  # attachments: what encloses them stands beside them


def _event_value(column, record):
    child, parent = record["child"], record["parent"]
    if column.compute:
        return _computed(column.compute, child)
    if column.only_for and child["event_type"] not in column.only_for:
        return None
    if column.source_path.startswith("../"):
        return _at(parent, column.source_path.removeprefix("../"))
    return _at(child, column.source_path)


def _computed(compute, child):
    if child["event_type"] not in ("Create", "Change"):
        return None
    (name,) = [key for key in child if key not in CHILD_FIXED]
    if name != "custom_ticket_fields":
        value = child[name]
        return {Compute.CHANGED_FIELD: name, Compute.CHANGED_VALUE: value}.get(compute)
    ((field, value),) = child[name].items()
    if compute in (Compute.CHANGED_FIELD, Compute.CUSTOM_FIELD_ID):
        return field
    return value


def _at(record, path):
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record


def _as_text(value):
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


READ = {
    ColumnType.INTEGER: int,
    ColumnType.NUMBER: float,
    ColumnType.TIMESTAMP: read_time,
    ColumnType.EPOCH: lambda seconds: datetime.fromtimestamp(seconds, UTC),
    ColumnType.TEXT: _as_text,
}


def _typed(kind, value):
    return READ[kind](value) if value is not None and kind in READ else value


def _deleted(collection, record, around):
    if collection.name == "tickets":
        return record["status"] == "deleted"
    if collection.name == "ticket_metrics":
        return around[record["ticket_id"]]["status"] == "deleted"
    if collection.name == "users":
        return not record["active"]
    if collection.name in ("organizations", "ticket_forms", "satisfaction_reasons"):
        return record.get("deleted_at") is not None
    if collection.name in ("brands", "custom_object_records"):
        return record.get("is_deleted", record["name"] == "[DELETED]")
    flagged = ("groups", "attachments", "ticket_metric_events")
    return bool(record.get("deleted")) and collection.name in flagged
