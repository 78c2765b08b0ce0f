"""The SQL as text: who changes a builder sees here what reaches the engine."""

from __future__ import annotations

from zendesk_assets.spec import ColumnType
from zendesk_assets.warehouse import tables
from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB
from zendesk_assets.warehouse.engines.postgres.dialect import POSTGRES
from zendesk_assets.warehouse.merge import Merge
from zendesk_assets.warehouse.sql import Layer, build_layers, ident, listing, literal, qualified
from zendesk_assets.warehouse.types import SQL_TYPES, build_typed
from zendesk_assets.warehouse.upsert import OLDEST, Upsert
from zendesk_assets_tests.warehouse.helpers import THINGS

UPSERT = Upsert('"w"."s"."t"', ("a", "b"), ("a", "b", "v", "_deleted"), "v")


def test_names_and_texts_are_quoted():
    assert ident('a"b') == '"a""b"'
    assert literal("it's") == "'it''s'"
    assert qualified("a", "b") == '"a"."b"'
    assert listing(["a", "b"], "t") == 't."a", t."b"'


def test_layers_read_from_the_one_before():
    text = build_layers([Layer("1 AS x", "true"), Layer("x + 1")], "t")
    assert text == (
        "WITH l0 AS NOT MATERIALIZED (\n  SELECT 1 AS x\n  FROM t\n  WHERE true\n)\n"
        "SELECT x + 1\n  FROM l0"
    )


def test_every_type_has_a_sql_type():
    assert set(SQL_TYPES) == set(ColumnType)


def test_an_integer_is_matched_before_it_is_cast():
    assert build_typed(ColumnType.INTEGER, "x") == (
        "CASE WHEN regexp_full_match(x, '-?[0-9]+') THEN TRY_CAST(x AS BIGINT) END"
    )


def test_a_table_is_created_without_an_index():
    text = tables.build_create('"t"', tables.fields_of(THINGS))
    assert text.startswith('CREATE TABLE IF NOT EXISTS "t" (\n  "id" BIGINT,\n  "name" VARCHAR')
    assert text.endswith(
        '"_deleted" BOOLEAN NOT NULL,\n  "_unknown" JSON,\n'
        '  "received_at" TIMESTAMP WITH TIME ZONE,\n  "loaded_at" TIMESTAMP WITH TIME ZONE,\n'
        '  "_batch_id" VARCHAR\n)'
    )
    assert "PRIMARY KEY" not in text


NEWER = """CASE
  WHEN t."a" IS NULL THEN 'insert'
  WHEN s."v" > t."v" OR (t."v" IS NULL AND s."v" IS NOT NULL) THEN 'update'
  WHEN s."v" IS NOT DISTINCT FROM t."v" AND (coalesce(s."received_at", {0}), \
coalesce(s."_batch_id", '') COLLATE "C") >= (coalesce(t."received_at", {0}), \
coalesce(t."_batch_id", '') COLLATE "C") THEN 'compare'
  ELSE 'older' END"""


def test_what_is_newer_is_said_once_and_by_narrow_columns():
    assert UPSERT.verdict() == NEWER.format(OLDEST)


def test_rows_are_judged_where_they_meet_the_table():
    assert Merge(UPSERT, DUCKDB).build_verdicts() == (
        'CREATE TEMP TABLE "incoming_verdicts" AS '
        'SELECT s.rowid AS incoming, coalesce(t."_deleted", false) AS was_deleted, '
        f'{UPSERT.verdict()} AS verdict\nFROM "incoming" AS s '
        'LEFT JOIN "w"."s"."t" AS t ON s."a" = t."a" AND s."b" = t."b"'
    )


def test_only_what_is_new_or_newer_is_written():
    judged = 's.ctid IN (SELECT incoming FROM "incoming_verdicts" WHERE verdict = '
    merge = Merge(UPSERT, POSTGRES)
    assert merge.build_delete() == (
        'DELETE FROM "w"."s"."t" AS t USING "incoming" AS s\n'
        f"""WHERE s."a" = t."a" AND s."b" = t."b" AND {judged}'update')"""
    )
    assert merge.build_insert("insert") == (
        'INSERT INTO "w"."s"."t" '
        '("a", "b", "v", "_deleted", "received_at", "_batch_id", "loaded_at")\n'
        'SELECT s."a", s."b", s."v", s."_deleted", s."received_at", s."_batch_id", $1 '
        f"""FROM "incoming" AS s WHERE {judged}'insert')"""
    )
