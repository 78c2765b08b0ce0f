"""The committed part of Zendesk's OpenAPI file is whole, and free of what is not needed."""

from zendesk_assets_tests.openapi import specification
from zendesk_assets_tests.openapi.trim import KEPT, TARGET, bare, named


def test_every_schema_that_is_named_is_there():
    components = specification()["components"]["schemas"]

    assert named(specification()) == set(components)


def test_it_holds_names_and_types_and_no_sentences():
    assert TARGET.stat().st_size < 500_000
    assert not KEPT & {"description", "example", "examples", "title", "default"}
    for schema in specification()["components"]["schemas"].values():
        assert bare(schema) == schema


def test_properties_that_are_called_like_keywords_are_kept():
    group = {"title": "Group", "properties": {"description": {"description": "What it is for",
                                                             "type": "string"}}}  # fmt: skip

    assert bare(group) == {"properties": {"description": {"type": "string"}}}
