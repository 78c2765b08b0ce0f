"""What a schema browser shows: no table, view or column of a schema of ours lacks its meaning."""

from zendesk_assets.analysis import VIEWS, nested_views_for, object_views_for
from zendesk_assets.catalog import declared
from zendesk_assets.fivetran import RELATIONS
from zendesk_assets.warehouse import put_family, put_views
from zendesk_assets.warehouse.load_log import ensure_load_log
from zendesk_assets.warehouse.relations import Present, ensure
from zendesk_assets.warehouse.tables import LOAD_LOG, history_of, relation_of


def test_every_table_view_and_column_has_a_comment(desk, warehouse):
    collections = declared().collections
    histories = [history_of(each) for each in collections.values() if each.can_have_history]
    with warehouse.changing("s", "all") as session:
        ensure_load_log(session, "s")
        for each in (*map(relation_of, collections.values()), *histories):
            ensure(session, "s", each, Present())
    desk.engine.run(
        "INSERT INTO s.custom_objects (key, title, _deleted) VALUES ('car', 'Car', false);"
        "INSERT INTO s.custom_object_fields (id, custom_object_key, key, type, active, _deleted) "
        "VALUES (1, 'car', 'wheels', 'text', true, false)"
    )
    nested = [view.as_view() for view in nested_views_for(collections)]
    put_views(warehouse, "s", nested)
    put_views(warehouse, "s", [view.as_view() for view in VIEWS.values()], partly=True)
    put_views(warehouse, "s", [each.as_view() for each in RELATIONS.values()], partly=True)
    objects = put_family(warehouse, "s", object_views_for(collections)).views
    assert objects
    names = {*collections, *LOAD_LOG, *VIEWS, *objects}
    names |= {each.name for each in (*nested, *histories)}
    for schema, wanted in {"s": names, "s_fivetran": {*RELATIONS}}.items():
        found = comments(warehouse, schema)
        assert {table for table, _ in found} == wanted
        assert [place for place, comment in found.items() if not comment] == []


def test_a_load_log_of_before_is_commented_by_the_next_load(desk, warehouse):
    with warehouse.changing("s", "all") as session:
        ensure_load_log(session, "s")
    for log, relation in LOAD_LOG.items():
        desk.engine.run(f"COMMENT ON TABLE s.{log} IS NULL")
        desk.engine.run(f"COMMENT ON COLUMN s.{log}.{relation.columns[0]} IS NULL")
    with warehouse.changing("s", "all") as session:
        ensure_load_log(session, "s")
    assert [place for place, comment in comments(warehouse).items() if not comment] == []


def comments(warehouse, schema="s"):
    """Return the comments of a schema's tables, views and columns ("" for the whole)."""
    with warehouse.reading() as session:
        rows = session.ask(session.dialect.columns, [schema])
    return {(table, column): comment for table, column, _, comment in rows}
