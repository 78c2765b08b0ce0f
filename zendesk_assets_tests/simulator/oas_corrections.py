"""Where Zendesk's OpenAPI file is known to be wrong, as data, each with the reason.

Each reason begins with a heading of docs/zendesk-api.md. Nothing else of the file is changed;
`test_schema` makes it strict (no unknown property) and validates every modelled answer against it.
"""

from __future__ import annotations

from typing import Any

from zendesk_assets.simulator.lists.declaration import declarations
from zendesk_assets_tests.openapi import specification

__all__ = ["ENVELOPES", "EXTRA", "NULLABLE", "PAGING", "REPLACED", "TYPES"]

# schema → properties that are null in recordings though the file does not say so
NULLABLE: dict[str, tuple[tuple[str, ...], str]] = {
    "TicketObject": (
        ("forum_topic_id", "recipient", "satisfaction_rating"),
        "Tickets: seen null in 1,733 recorded rows",
    ),
    "TicketMetricObject": (
        ("assignee_updated_at", "requester_updated_at", "status_updated_at",
         "initially_assigned_at", "assigned_at", "solved_at", "latest_comment_added_at",
         "custom_status_updated_at"),
        "Ticket metrics: the file marks no null at all",
    ),
    "TicketMetricTimeObject": (("calendar", "business"), "Ticket metrics: inner values are null"),
    "AttachmentBaseObject": (("width", "height"), "Attachments: null for what is no image"),
    "ActivityObject": (("user", "actor"), "Activities: null for the system"),
    "SatisfactionRatingObject": (
        ("assignee_id", "group_id", "comment"),
        "Satisfaction ratings: null though documented mandatory",
    ),
    "UserForAdmin": (
        ("email", "last_login_at", "signature", "default_group_id"),
        "Users: e-mail often null; the others with end users",
    ),
    "BrandObject": (("host_mapping", "logo"), "Collections: almost no nullable flags"),
    "OauthTokenObject": (
        ("expires_at", "refresh_token"),
        "Authentication: old clients' tokens do not expire, client credentials are not refreshed",
    ),
    "SatisfactionReasonObject": (("deleted_at",), "Collections: null while the reason lives"),
    "SharingAgreementObject": (("remote_subdomain",), "Collections: null without an account"),
    "LocaleObject": (("created_at",), "Collections: recorded as null at times"),
    "ViewObject": (("description", "restriction"), "Collections: almost no nullable flags"),
    "AuthorObject": (("id",), "Collections: null where the author is not a user"),
    "SuspendedTicketObject": (("ticket_id",), "Collections: null where it answers no ticket"),
    "TicketFormObject": (("deleted_at",), "Collections: null while the form exists"),
    "TicketSkipObject": (("reason",), "Ticket skips: an agent need not give one"),
    "AuditLogObject": (("ip_address",), "Audit log: null where it is not known"),
    "DeletedUserObject": (("email", "organization_id"), "Deleted users: as in users"),
    "SLAPolicyObject": (("description",), "SLA policies: almost no nullable flags"),
    "CustomFieldObject": (("regexp_for_validation",), "Collections: almost no nullable flags"),
}  # fmt: skip

# schema → properties that answers have and the file lacks
EXTRA: dict[str, tuple[dict[str, Any], str]] = {
    "TicketObject": (
        {"metric_set": {"nullable": True, "$ref": "#/components/schemas/TicketMetricObject"}},
        "Side-loads: the side-load embeds it, null when deleted",
    ),
    "CustomFieldOptionObject": (
        {"default": {"type": "boolean"}},
        "Tickets: recorded with every option of a field",
    ),
    "TicketFieldObject": (
        {"key": {"type": "string", "nullable": True}, "raw_agent_description": {"type": "string"}},
        "Tickets: recorded with every field; system fields have no key",
    ),
    "OrganizationObject": (
        {"deleted_at": {"type": "string", "nullable": True}},
        "Organizations: in the export, not in the file",
    ),
    "UserForAdmin": (
        {"permanently_deleted": {"type": "boolean"}, "is_billing_admin": {"type": "boolean"}},
        "Users: on inactive rows only; recorded in 2026",
    ),
    "AutomationObject": ({"url": {"type": "string"}}, "Collections: recorded with each"),
    "SupportAddressObject": ({"url": {"type": "string"}}, "Collections: recorded with each"),
    "ViewObject": (
        {"url": {"type": "string"}, "raw_title": {"type": "string"}},
        "Collections: recorded with each",
    ),
    "LocaleObject": (
        {"native_name": {"type": "string"}, "presentation_name": {"type": "string"},
         "rtl": {"type": "boolean"}, "default": {"type": "boolean"}},
        "Collections: recorded with each",
    ),
    "MacroObject": (
        {"attachments": {"type": "array", "items": {"type": "integer"}}},
        "Collections: recorded with some",
    ),
    "GroupSLAPolicyMetricObject": (
        {"target_in_seconds": {"type": "integer"}}, "SLA policies: as in those with customers",
    ),
    "TargetObject": (
        {"url": {"type": "string"}} | {
            name: {"type": "string", "nullable": True}
            for name in ("email", "subject", "method", "target_url", "content_type", "username",
                         "password")
        },
        "Collections: what a target has depends on its type",
    ),
    "TicketFormObject": (
        {"form_type": {"type": "string"}}, "Collections: recorded with every form in 2026",
    ),
    "CustomStatusObject": (
        {"url": {"type": "string"}}, "Collections: recorded with every status",
    ),
    "SLAPolicyObject": (
        {"metric_settings": {"type": "object", "nullable": True}},
        "SLA policies: when clocks start and stop, on newer accounts",
    ),
    "SLAPolicyMetricObject": (
        {"target_in_seconds": {"type": "integer"}},
        "SLA policies: beside the target in minutes, on newer accounts",
    ),
    "TicketMetricEventBaseObject": (
        {
            "sla": {
                "type": "object", "additionalProperties": False,
                "required": ["target", "business_hours", "policy"],
                "properties": {
                    "target": {"type": "integer"}, "target_in_seconds": {"type": "integer"},
                    "business_hours": {"type": "boolean"},
                    "policy": {
                        "type": "object", "additionalProperties": False,
                        "required": ["id", "title"],
                        "properties": {
                            "id": {"type": "integer"}, "title": {"type": "string"},
                            "description": {"type": "string", "nullable": True},
                        },
                    },
                },
            },
            "status": {
                "type": "object", "additionalProperties": False,
                "required": ["calendar", "business"],
                "properties": {"calendar": {"type": "integer"}, "business": {"type": "integer"}},
            },
        },
        "Ticket metric events: the file has them in schemas of their own that nothing names",
    ),
    "TicketCommentObject": (
        {"data": {"type": "object"}, "formatted_from": {"type": "string"},
         "formatted_to": {"type": "string"}, "transcription_visible": {"type": "boolean"}},
        "Ticket events: voice comments add these",
    ),
}  # fmt: skip

# schema → properties whose type in the file contradicts recordings
TYPES: dict[str, tuple[dict[str, Any], str]] = {
    "TicketObject": (
        {
            "status": {
                "type": "string",
                "enum": ["new", "open", "pending", "hold", "solved", "closed", "deleted"],
            },
            "satisfaction_rating": {
                "type": "object", "nullable": True, "required": ["score"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "integer"}, "score": {"type": "string"},
                    "comment": {"type": "string", "nullable": True},
                    "reason": {"type": "string", "nullable": True},
                    "reason_id": {"type": "integer", "nullable": True},
                },
            },
            "custom_fields": {"$ref": "#/components/schemas/CustomFieldValues"},
            "fields": {"$ref": "#/components/schemas/CustomFieldValues"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "Tickets: deleted is a status; the rating's and custom fields' recorded shapes",
    ),
    "ItamAsset": (
        {"purchase_cost": {"type": ["object", "null"]}},
        "Collections: an object with a currency since July 2026",
    ),
    "ActionObject": (
        {"value": {"type": ["string", "array", "null"]}}, "Collections: a text or a list of texts",
    ),
    "ConditionObject": (
        {"value": {"type": ["string", "integer", "array", "null"]}},
        "Collections: recorded with any type",
    ),
    "TriggerConditionObject": (
        {"value": {"type": ["string", "integer", "array", "null"]}},
        "Collections: recorded with any type",
    ),
    "SLAPolicyFilterConditionObject": (
        {"value": {"type": ["string", "integer", "array"]}},
        "SLA policies: recorded as a number too",
    ),
    "ViaObject": (
        {
            "source": {
                "type": "object", "additionalProperties": False,
                "required": ["from", "to", "rel"],
                "properties": {
                    "from": {"type": "object", "additionalProperties": True},
                    "to": {"type": "object", "additionalProperties": True},
                    "rel": {"type": "string", "nullable": True},
                },
            },
        },
        "Tickets: from and to are free-form (numbers of calls, profiles)",
    ),
    "OrganizationObject": (
        {
            "organization_fields": {
                "type": "object",
                "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            },
        },
        "Organizations: values are bool, number, string or null",
    ),
}  # fmt: skip

_ID: dict[str, Any] = {"type": "integer"}
_TEXT: dict[str, Any] = {"type": "string"}
_CHANGE_VALUE: dict[str, Any] = {}

PAGING: dict[str, Any] = {
    "meta": {
        "type": "object",
        "properties": {
            "has_more": {"type": "boolean"},
            "after_cursor": {"type": "string", "nullable": True},
            "before_cursor": {"type": "string", "nullable": True},
        },
    },
    "links": {
        "type": "object",
        "properties": {
            "prev": {"type": "string", "nullable": True},
            "next": {"type": "string", "nullable": True},
        },
    },
    "count": {"type": "integer"},
    "next_page": {"type": "string", "nullable": True},
    "previous_page": {"type": "string", "nullable": True},
}

# whole schemas: the file has the wrong one, or none
REPLACED: dict[str, tuple[dict[str, Any], str]] = {
    "TriggerCategoriesResponse": (
        {
            "type": "object",
            "properties": PAGING | {
                "trigger_categories": {
                    "type": "array", "items": {"$ref": "#/components/schemas/TriggerCategory"},
                },
            },
        },
        "Collections: without the counts of rules, which are a side-load",
    ),
    "CustomFieldValues": (
        {
            "type": "array",
            "items": {
                "type": "object", "required": ["id", "value"], "additionalProperties": False,
                "properties": {
                    "id": _ID,
                    "value": {
                        "nullable": True,
                        "anyOf": [
                            {"type": "string"}, {"type": "boolean"}, {"type": "number"},
                            {"type": "array", "items": _TEXT},
                        ],
                    },
                },
            },
        },
        "Tickets: the field's type decides the value's type (trap T29)",
    ),
    "TicketEventObject": (
        {
            "type": "object", "additionalProperties": False,
            "required": ["id", "ticket_id", "timestamp", "created_at", "updater_id", "via",
                         "system", "event_type", "child_events"],
            "properties": {
                "id": _ID, "ticket_id": _ID, "timestamp": _ID,
                "created_at": {"type": "string", "format": "date-time"},
                "updater_id": {"type": "integer", "nullable": True}, "via": _TEXT,
                "via_reference_id": {"type": "integer", "nullable": True},
                "event_type": {"type": "string", "enum": ["Audit"]},
                "system": {
                    "type": "object", "additionalProperties": False,
                    "required": ["client", "location", "latitude", "longitude"],
                    "properties": {
                        "client": {"type": "string", "nullable": True},
                        "location": {"type": "string", "nullable": True},
                        "latitude": {"type": "number", "nullable": True},
                        "longitude": {"type": "number", "nullable": True},
                    },
                },
                "child_events": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/TicketEventChild"},
                },
            },
        },
        "Ticket events: the file describes this list with the ticket metric event",
    ),
    "TicketEventChild": (
        {"oneOf": [{"$ref": f"#/components/schemas/TicketEvent{kind}"}
                   for kind in ("Change", "Stub", "Comment")]},
        "Ticket events: three kinds of children",
    ),
    "TicketEventChange": (
        {
            "type": "object", "required": ["id", "via", "event_type"],
            "minProperties": 5,
            "properties": {
                "id": _ID, "via": _TEXT,
                "via_reference_id": {"type": "integer", "nullable": True},
                "event_type": {"type": "string", "enum": ["Create", "Change"]},
                "organization_id": {"type": "string", "nullable": True},
                "assignee_id": {"type": "integer", "nullable": True},
                "group_id": {"type": "integer", "nullable": True},
                "requester_id": _ID, "brand_id": _ID, "subject": _TEXT, "status": _TEXT,
                "priority": {"type": "string", "nullable": True},
                "type": {"type": "string", "nullable": True},
                "satisfaction_score": _TEXT,
                "satisfaction_comment": {"type": "string", "nullable": True},
                "sla_policy": _TEXT,
                "requester_wait_time": {"type": "object"},
                "is_public": _TEXT,
                "current_collaborators": _TEXT,
                "custom_ticket_fields": {"type": "object", "minProperties": 1},
                "tags": {"type": "array", "items": _TEXT},
                "added_tags": {"type": "array", "items": _TEXT},
                "removed_tags": {"type": "array", "items": _TEXT},
                "previous_value": _CHANGE_VALUE,
            },
            "additionalProperties": False,
        },
        "Ticket events: the field's name is a dynamic key; an organization's id is a text",
    ),
    "TicketEventStub": (
        {
            "type": "object", "additionalProperties": False,
            "required": ["id", "via", "comment_present", "comment_public", "event_type"],
            "properties": {
                "id": _ID, "via": _TEXT,
                "via_reference_id": {"type": "integer", "nullable": True},
                "comment_present": {"type": "boolean"}, "comment_public": {"type": "boolean"},
                "event_type": {"type": "string", "enum": ["Comment"]},
            },
        },
        "Ticket events: a comment without the side-load",
    ),
    "TicketEventComment": (
        {
            "type": "object", "additionalProperties": False,
            "required": ["id", "via", "type", "author_id", "body", "html_body", "plain_body",
                         "public", "attachments", "audit_id", "created_at", "event_type"],
            "properties": {
                "id": _ID, "type": {"type": "string", "enum": [
                    "Comment", "VoiceComment", "TpeVoiceComment",
                ]},
                "via": {"$ref": "#/components/schemas/TicketAuditViaObject"},
                "via_reference_id": {"type": "integer", "nullable": True},
                "author_id": _ID, "body": _TEXT, "html_body": _TEXT, "plain_body": _TEXT,
                "public": {"type": "boolean"}, "audit_id": _ID,
                "created_at": {"type": "string", "format": "date-time"},
                "attachments": {
                    "type": "array", "items": {"$ref": "#/components/schemas/AttachmentObject"},
                },
                "event_type": {"type": "string", "enum": ["Comment"]},
                "data": {"type": "object"}, "formatted_from": _TEXT, "formatted_to": _TEXT,
                "transcription_visible": {"type": "boolean"},
            },
        },
        "Ticket events: a comment with `comment_events`",
    ),
}  # fmt: skip


def _list_of(schema: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{schema}"}}


_SIDE_LOADS = {
    "users": _list_of("UserForAdmin"),
    "groups": _list_of("GroupObject"),
    "organizations": _list_of("OrganizationObject"),
}


def _answers_of_lists():
    """Return the schemas of answers of the simulator's lists; those with offsets are right."""
    paths = specification()["paths"]
    lists = [each for each in declarations().values() if each.paging != "offset"]
    found = [paths.get(f"/api/v2/{each.path}") for each in lists]
    answers = [each["get"]["responses"]["200"]["content"] for each in found if each]
    named = [each["application/json"]["schema"].get("$ref", "") for each in answers]
    return [each.rpartition("/")[2] for each in named if each]


_PAGED = (
    *_answers_of_lists(),
    "GroupsResponse",
    "ActivitiesResponse",
    "OrganizationsResponse",
    "UsersResponse",
    "SatisfactionRatingsResponse",
    "UserIdentitiesResponse",
    "TicketsResponse",
    "TicketMetricsResponse",
    "TicketCommentsResponse",
    "TicketAuditsResponseNoneCursor",
    "ListDeletedTicketsResponse",
    "CustomObjectFieldsResponse",
    "AuditLogsResponse",
)
# response schema → properties of the envelope that the file lacks or has wrong
ENVELOPES: dict[str, tuple[dict[str, Any], str]] = dict.fromkeys(
    _PAGED, (PAGING, "Lists: the file leaves the paging envelope out of most lists")
) | {
    "TicketFormStatusesResponse": (
        PAGING | {"ticket_form_statuses": _list_of("TicketFormStatusObject")},
        "Collections: the file says that there is at most one",
    ),
    "CursorBasedExportIncrementalTicketsResponse": (_SIDE_LOADS, "Side-loads: side-loads"),
    "TimeBasedExportIncrementalTicketsResponse": (
        _SIDE_LOADS | {"metric_sets": _list_of("TicketMetricObject")},
        "Side-loads: side-loads, metric sets on top too",
    ),
    "CursorBasedExportIncrementalUsersResponse": (
        {
            "identities": _list_of("UserIdentityObject"),
            "organizations": _list_of("OrganizationObject"),
        },
        "Side-loads: beside the users",
    ),
    "TicketMetricEventsResponse": (
        {name: PAGING[name] for name in ("meta", "links")},
        "Ticket metric events: by cursor as well",
    ),
    "ExportIncrementalTicketEventsResponse": (
        {"ticket_events": _list_of("TicketEventObject")},
        "T15: the real schema",
    ),
    "TicketMetricsByTicketMetricIdResponse": (
        {"ticket_metric": {"$ref": "#/components/schemas/TicketMetricObject"}},
        "Ticket metrics: one object, where the file has an array",
    ),
}  # fmt: skip
