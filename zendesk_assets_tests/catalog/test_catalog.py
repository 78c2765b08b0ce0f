"""The catalog holds together, and knows every property that Zendesk's OpenAPI file documents."""

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.spec import RECEIVED, ColumnType, ComparedBy
from zendesk_assets_tests.openapi import specification

# Documented properties that are neither columns nor `ignored`, each with the reason.
NOT_COLUMNS = {
    ("tickets", "comment"): "write only, though not marked so",
    ("users", "agent_brand_ids"): "write only, though not marked so",
    ("users", "remote_photo_url"): "write only, though not marked so",
}
# Where the answer of a stream's path does not name the schema of its records; the others follow
# from their paths.
SCHEMAS = {
    "attachments": "AttachmentObject",
    "ticket_events": "",  # it names that of metric events, which is wrong
    "ticket_metrics": "TicketMetricObject",
    "user_identities": "UserIdentityObject",
    "users": "UserForAdmin",
}


@pytest.fixture(scope="module")
def schemas():
    return specification()["components"]["schemas"]


def documented_schema(collection):
    """Return the schema of a collection's records, or nothing if the file does not have it."""
    if (name := SCHEMAS.get(collection.name)) is not None:
        return name and {"$ref": f"#/{name}"}
    stream = declared().stream_of(collection)
    path = specification()["paths"].get(f"/api/v2{stream.path}")
    if path is None or collection.name != stream.name:
        return None
    answer = path["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    envelope = properties(specification()["components"]["schemas"], answer)
    return envelope.get(stream.records_key, {}).get("items")


def properties(schemas, schema):
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found |= properties(schemas, part)
    return found


DOCUMENTED = [each for each in declared().collections.values() if documented_schema(each)]


@pytest.mark.parametrize("collection", DOCUMENTED, ids=lambda each: each.name)
def test_every_documented_property_is_a_column_or_left_out_for_a_reason(schemas, collection):
    known = {column.source_path.split(".")[0] for column in collection.columns}
    documented = {
        each
        for each, schema in properties(schemas, documented_schema(collection)).items()
        if not schema.get("writeOnly")
        and each not in collection.ignored
        and (collection.name, each) not in NOT_COLUMNS
    }

    assert documented
    assert documented - known == set()


@pytest.mark.parametrize("collection", declared().collections.values(), ids=lambda each: each.name)
class TestCollection:
    def test_its_stream_exists(self, collection):
        assert collection in declared().collections_of(declared().streams[collection.stream].name)

    def test_key_and_version_are_columns(self, collection):
        names = [column.name for column in collection.columns]
        assert len(names) == len(set(names))
        assert set(collection.primary_key) <= {*names, RECEIVED.name}
        version = collection.version
        column = collection.column(version) if collection.is_versioned else RECEIVED
        assert column.type in {
            ColumnType.TIMESTAMP,
            ColumnType.EPOCH,
        }

    def test_no_reading_of_a_series_replaces_or_deletes_another(self, collection):
        if collection.is_series:
            assert collection.version == RECEIVED.name
            deletes = (collection.vanishes, collection.deleted, collection.tombstone)
            assert not any(deletes)
            assert collection.compared_by is ComparedBy.NOTHING

    def test_everything_is_described(self, collection):
        assert collection.description.endswith(".")
        assert collection.docs_url.startswith("https://developer.zendesk.com/")
        assert all(column.description.endswith(".") for column in collection.columns)

    def test_references_to_our_own_tables_name_a_column(self, collection):
        for column in collection.columns:
            target = column.references
            if target and target.collection in declared().collections:
                assert declared().collections[target.collection].column(target.column)

    def test_no_column_takes_a_name_of_ours(self, collection):
        ours = {"_deleted", "_unknown", "received_at", "loaded_at", "_batch_id"}
        assert not ours & {column.name for column in collection.columns}


def test_the_nine_collections_are_there():
    assert set(declared().collections) >= {
        "groups",
        "tickets",
        "activities",
        "attachments",
        "organizations",
        "ticket_events",
        "ticket_fields",
        "ticket_metrics",
        "satisfaction_ratings",
    }


def test_two_walks_feed_four_tables():
    assert {each.name for each in declared().collections_of("tickets")} == {
        "tickets",
        "ticket_metrics",
    }
    assert {each.name for each in declared().collections_of("ticket_events")} == {
        "ticket_events",
        "attachments",
    }


def test_what_is_left_out_has_a_reason_and_is_no_table():
    names = [name for each, _ in declared().left_out for name in each.split(", ")]
    assert not {*names} & {*declared().collections, *declared().views}
    assert all(reason.endswith(".") for _, reason in declared().left_out)


def test_what_not_every_account_has_says_what_it_takes():
    known = declared()
    on_request = {name for area in known.on_request for name in known.areas[area]}
    lacking = {
        each.stream.name
        for each in known.declarations
        if not each.stream.needs
        and (each.stream.feature or on_request & {one.name for one in each.collections})
    }
    assert lacking == set()
