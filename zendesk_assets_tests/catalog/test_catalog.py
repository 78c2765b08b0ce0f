"""The catalog holds together, and knows every property that Zendesk's OpenAPI file documents."""

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.spec import RECEIVED, ColumnType
from zendesk_assets_tests.openapi import specification

# Documented properties that are no column, each with the reason.
NOT_COLUMNS = {
    ("tickets", "fields"): "twin of custom_fields",
    ("tickets", "comment"): "write only, though not marked so",
    ("activities", "user"): "embedded user, personal data",
    ("activities", "actor"): "embedded user, personal data",
}
SCHEMAS = {
    "groups": "GroupObject",
    "tickets": "TicketObject",
    "activities": "ActivityObject",
    "attachments": "AttachmentObject",
    "organizations": "OrganizationObject",
    "ticket_fields": "TicketFieldObject",
    "ticket_metrics": "TicketMetricObject",
    "satisfaction_ratings": "SatisfactionRatingObject",
}


@pytest.fixture(scope="module")
def schemas():
    return specification()["components"]["schemas"]


def properties(schemas, name):
    schema = schemas[name]
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found |= (
            properties(schemas, part["$ref"].rsplit("/", 1)[-1])
            if "$ref" in part
            else (part.get("properties", {}))
        )
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_documented_property_is_a_column_or_left_out_for_a_reason(schemas, name):
    known = {column.source_path.split(".")[0] for column in declared().collections[name].columns}
    documented = {
        each
        for each, schema in properties(schemas, SCHEMAS[name]).items()
        if not schema.get("writeOnly") and (name, each) not in NOT_COLUMNS
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
        assert set(collection.primary_key) <= set(names)
        version = collection.version
        column = collection.column(version) if collection.is_versioned else RECEIVED
        assert column.type in {
            ColumnType.TIMESTAMP,
            ColumnType.EPOCH,
        }

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
