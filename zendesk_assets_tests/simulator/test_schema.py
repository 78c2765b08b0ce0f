"""Every 200 body is what Zendesk's own OpenAPI file says, strictly, corrections being listed."""

import copy
from datetime import timedelta
from functools import cache

import pytest
from jsonschema import Draft202012Validator

from zendesk_assets.catalog import declared
from zendesk_assets.simulator.lists.declaration import declarations
from zendesk_assets_tests import long
from zendesk_assets_tests.openapi import specification
from zendesk_assets_tests.simulator.conftest import Site

from . import oas_corrections as corrections

QUERIES = ("page[size]=100", "per_page=100", "page[size]=1")
# Of the simulator's lists, those that the file knows.
PLAIN = [
    (f"{each.path}?{query}".removesuffix("?"), f"/api/v2/{each.path}")
    for each in declarations().values()
    if f"/api/v2/{each.path}" in specification()["paths"]
    for query in ("", *QUERIES)
]
PATHS = [
    *PLAIN,
    ("incremental/tickets/cursor?start_time=0&include=metric_sets,users,groups,organizations",
     "/api/v2/incremental/tickets/cursor"),
    ("incremental/tickets?start_time=0&include=metric_sets", "/api/v2/incremental/tickets"),
    ("incremental/ticket_events?start_time=0", "/api/v2/incremental/ticket_events"),
    ("incremental/ticket_events?start_time=0&include=comment_events",
     "/api/v2/incremental/ticket_events"),
    ("incremental/organizations?start_time=0", "/api/v2/incremental/organizations"),
    ("incremental/users/cursor?start_time=0", "/api/v2/incremental/users/cursor"),
    ("incremental/users/cursor?start_time=0&include=identities,organizations",
     "/api/v2/incremental/users/cursor"),
    ("incremental/users?start_time=0", "/api/v2/incremental/users"),
    ("incremental/custom_objects/equipment/cursor?start_time=0",
     "/api/v2/incremental/custom_objects/{custom_object_key}/cursor"),
    ("custom_objects/equipment/fields", "/api/v2/custom_objects/{custom_object_key}/fields"),
    ("incremental/routing/instance_values", "/api/v2/incremental/routing/instance_values"),
    *((f"incremental/ticket_metric_events?start_time=0{more}",
       "/api/v2/incremental/ticket_metric_events")
      for more in ("", "&include_changes=true", "&page[size]=100")),
    *(
        (f"{name}?{query}", f"/api/v2/{name}")
        for name in (
            "groups", "activities", "organizations", "satisfaction_ratings", "users", "tickets",
            "ticket_metrics", "deleted_tickets", "audit_logs",
        )
        for query in QUERIES
    ),
    *((f"{name}/count", f"/api/v2/{name}/count")
      for name in ("tickets", "organizations", "users", "groups", "activities",
                   "satisfaction_ratings", "ticket_fields", "tags")),
    *((f"search/count?query=type:{kind}", "/api/v2/search/count")
      for kind in ("ticket", "organization", "user", "group")),
    ("tickets/100", "/api/v2/tickets/{ticket_id}"),
    ("tickets/100/comments", "/api/v2/tickets/{ticket_id}/comments"),
    ("tickets/100/audits", "/api/v2/tickets/{ticket_id}/audits"),
    ("tickets/100/metrics", "/api/v2/tickets/{ticket_id}/metrics"),
    ("tickets/show_many?ids=1,2,3", "/api/v2/tickets/show_many"),
    ("organizations/show_many?ids={organization}", "/api/v2/organizations/show_many"),
    ("users/show_many?ids={user}", "/api/v2/users/show_many"),
    ("attachments/{attachment}", "/api/v2/attachments/{attachment_id}"),
    ("slas/policies/{policy}", "/api/v2/slas/policies/{sla_policy_id}"),
    ("group_memberships/{membership}", "/api/v2/group_memberships/{group_membership_id}"),
    ("users/{user}/identities", "/api/v2/users/{user_id}/identities"),
    ("users/me", "/api/v2/users/me"),
    ("account/settings", "/api/v2/account/settings"),
    ("oauth/tokens/current", "/api/v2/oauth/tokens/current"),
]  # fmt: skip


@cache
def schemas():
    """Return the corrected components, as strict JSON Schema."""
    found = copy.deepcopy(specification()["components"]["schemas"])
    found |= {name: schema for name, (schema, _why) in corrections.REPLACED.items()}
    for table in (corrections.EXTRA, corrections.TYPES, corrections.ENVELOPES):
        for name, (properties, _why) in table.items():
            flatten(found, found[name]).setdefault("properties", {}).update(properties)
    for name, (properties, _why) in corrections.NULLABLE.items():
        for each in properties:
            found[name]["properties"][each]["nullable"] = True
    found["UserObject"] = found["UserForAdmin"]  # the other half of its anyOf would let all pass
    return {name: strict(found, schema) for name, schema in found.items()}


def flatten(components, schema):
    """Merge `allOf` of objects in place, so that unknown properties can be refused."""
    for part in schema.pop("allOf", ()):
        whole = components[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        whole = flatten(components, copy.deepcopy(whole))
        schema.setdefault("properties", {}).update(whole.get("properties", {}))
        schema["required"] = [*schema.get("required", ()), *whole.get("required", ())]
        for key in ("type", "$ref"):
            if key in whole:
                schema.setdefault(key, whole[key])
    return schema


def strict(components, schema):
    """Return the schema in JSON Schema's words: null spelled out, no unknown property."""
    if isinstance(schema, list):
        return [strict(components, each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = flatten(components, dict(schema)) if "allOf" in schema else dict(schema)
    nullable = schema.pop("nullable", False)
    schema.pop("example", None)
    result = {
        key: {name: strict(components, each) for name, each in value.items()}
        if key == "properties" else strict(components, value)
        for key, value in schema.items()
    }  # fmt: skip
    if result.get("properties") and "additionalProperties" not in result:
        result["additionalProperties"] = False
    return {"anyOf": [result, {"type": "null"}]} if nullable else result


def validator(path):
    answer = specification()["paths"][path]["get"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    if "properties" in schema:  # a few answers have no schema of their own to correct
        schema = schema | {"properties": corrections.PAGING | schema["properties"]}
    return Draft202012Validator(
        {**strict(schemas(), schema), "components": {"schemas": schemas()}},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def complaints(path, body):
    found = sorted(validator(path).iter_errors(body), key=lambda error: list(error.path))
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in found]


@pytest.fixture(scope="module")
def bodies():
    """Return an account that has everything, and what it answers."""
    site = Site(tickets=300)
    site.account.delete_ticket(250)
    site.account.update_ticket(260, group_id=next(iter(site.account.groups)), organization_id=5)
    site.account.rate_ticket(261, "bad", "Slow", reason="Delivery")
    site.account.add_activity(262)
    site.account.delete_user(next(reversed(site.account.users)))
    site.account.create_ticket(via="voice", attachments=[{"file_name": "a.png", "width": 9,
                                                          "height": 9}])  # fmt: skip
    site.clock.advance(timedelta(minutes=2))
    names = {
        "organization": next(iter(site.account.organizations)),
        "user": site.account.admin_id,
        "attachment": next(iter(site.account.attachments)),
        "policy": next(iter(site.account.list_rows("sla_policies"))),
        "membership": next(iter(site.account.list_rows("group_memberships"))),
    }
    yield {path: site.json(path.format_map(names)) for path, _operation in PATHS}
    site.simulator.stop()


@pytest.mark.parametrize(("path", "operation"), PATHS, ids=[path for path, _ in PATHS])
def test_an_answer_is_what_zendesk_documents(bodies, path, operation):
    assert complaints(operation, bodies[path])[:5] == []


def test_every_path_of_the_catalog_that_the_file_has_is_among_them():
    ours = {f"/api/v2{each.path}" for each in declared().streams.values()}
    assert ours & specification()["paths"].keys() <= {operation for _, operation in PATHS}


@pytest.mark.parametrize("path", [path for path, _ in PATHS if "/" not in path.split("?")[0]])
def test_every_answer_with_a_list_has_rows_to_validate(bodies, path):
    key = path.split("?")[0]
    assert bodies[path][{"satisfaction_reasons": "reasons"}.get(key, key)]


MUTATIONS = [
    ("tickets?per_page=100", "tickets", {"subject": 5}),
    ("tickets?per_page=100", "tickets", {"surprise": 1}),
    ("tickets?per_page=100", "tickets", {"custom_fields": [{"id": "x", "value": 1}]}),
    ("groups?per_page=100", "groups", {"updated_at": None}),
    ("groups?per_page=100", "groups", {"nmae": "Support"}),
    ("users?per_page=100", "users", {"active": "yes"}),
    ("activities?per_page=100", "activities", {"user_id": "1"}),
    ("incremental/ticket_events?start_time=0", "ticket_events", {"via": {"channel": "web"}}),
    ("incremental/ticket_events?start_time=0", "ticket_events",
     {"child_events": [{"id": 1, "via": "Mail", "event_type": "Create", "colour": "red"}]}),
    ("incremental/tickets?start_time=0&include=metric_sets", "metric_sets", {"replies": None}),
    ("satisfaction_ratings?per_page=100", "satisfaction_ratings", {"score": 1}),
    ("group_memberships?per_page=100", "group_memberships", {"group_id": "1"}),
    ("incremental/ticket_metric_events?start_time=0", "ticket_metric_events", {"type": "breached"}),
    ("incremental/ticket_metric_events?start_time=0", "ticket_metric_events",
     {"sla": {"target": "480"}}),
    ("slas/policies", "sla_policies", {"policy_metrics": [{"target": "480"}]}),
    ("incremental/users/cursor?start_time=0&include=identities,organizations", "identities",
     {"type": "fax"}),
    ("search/count?query=type:ticket", None, {"count": {"value": 1}}),
    ("satisfaction_ratings/count", None, {"count": 1}),
]  # fmt: skip


@long.parametrize(("path", "key", "change"), MUTATIONS, few=5)
def test_a_wrong_property_would_be_noticed(bodies, path, key, change):
    operation = dict(PATHS)[path]
    body = copy.deepcopy(bodies[path])
    assert complaints(operation, body) == []
    changed = body if key is None else body[key][0]
    changed |= change
    assert complaints(operation, body)


@pytest.mark.parametrize("path", ["groups?per_page=100", "tickets?per_page=100"])
def test_documented_properties_are_there(bodies, path):
    """Nothing that recordings always have is missing (the file marks hardly anything required)."""
    key = path.split("?")[0]
    always = {
        "groups": {"id", "url", "name", "description", "default", "deleted", "is_public",
                   "created_at", "updated_at"},
        "tickets": {"id", "url", "via", "custom_fields", "fields", "generated_timestamp",
                    "satisfaction_rating", "support_type", "custom_status_id", "brand_id"},
    }[key]  # fmt: skip
    assert all(always <= set(row) for row in bodies[path][key])
