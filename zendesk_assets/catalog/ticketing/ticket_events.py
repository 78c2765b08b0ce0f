"""Ticket events and attachments: one walk of the event export with `include=comment_events`.

The reference page and the OpenAPI file describe this export with another schema (trap T15); the
declarations here follow recorded answers (docs/zendesk-api.md#ticket-events).
"""

from zendesk_assets.catalog._columns import (
    boolean,
    epoch,
    flag,
    ident,
    integer,
    json,
    number,
    text,
    timestamp,
)
from zendesk_assets.catalog._lists import docs
from zendesk_assets.spec import (
    Budget,
    Collection,
    Column,
    ColumnType,
    ComparedBy,
    Completion,
    Compute,
    Declaration,
    DeletedWhen,
    Involvement,
    Owner,
    Pagination,
    Personal,
    Placement,
    Reference,
    Stream,
)

_DOCS = docs("ticket-management/incremental_exports/#incremental-ticket-event-export")

_STREAM = Stream(
    name="ticket_events",
    path="/incremental/ticket_events",
    records_key="ticket_events",
    pagination=Pagination.TIME_EXPORT,
    completion=Completion.CONTINUE,
    time_field="timestamp",
    placement=Placement.EPOCH_SECONDS,
    since="start_time",
    page_size=1000,
    budget=Budget.EXPORTS,
    include=("comment_events",),
    parameters=(("support_type_scope", "all"),),
    partitioned=True,
    per_ticket=8,
    audits_path="/tickets/{}/audits",
    docs_url=_DOCS,
    description=(
        "Everything that happened to tickets, in the order of `timestamp`: each event with its "
        "child events, comments and attachments included."
    ),
)

_FILE = ("file_name", "content_url", "mapped_content_url", "thumbnails")
_CHANGES = ("Create", "Change")
# The export says `Comment` of all kinds; the audit reference has the others.
_COMMENTS = ("Comment", "VoiceComment", "TpeVoiceComment", "FacebookComment")
_SAID = ("body", "html_body", "plain_body")
_TEXTS = ("subject", "raw_subject", "description", "custom_ticket_fields.*")
# Names and addresses of all people in CC, in one text that does not say who is who.
_COPIED = ("current_collaborators", "previous_value")
_OF_REQUESTERS = (("satisfaction_comment", "previous_value"), _COPIED)


def _changed(name: str, kind: ColumnType, what: str, references: str | None = None) -> Column:
    """Declare a column that a Create or Change of that property fills (Segment has them)."""
    target = Reference(references) if references else None
    return Column(name, kind, what, references=target, only_for=_CHANGES)


_EVENTS = Collection(
    name="ticket_events",
    stream="ticket_events",
    description=(
        "One row per child event: each field that changed, each comment, as it happened. "
        "`field_name`, `value` and `previous_value` hold any change; comments have `body`."
    ),
    docs_url=_DOCS,
    compared_by=ComparedBy.AUDITS,
    records=("child_events[]",),
    twins=(("body", "html_body"), ("body", "plain_body")),
    version="timestamp",
    fixed_keys=(
        "id",
        "via",
        "via_reference_id",
        "event_type",
        "previous_value",
        "added_tags",
        "removed_tags",
        "rel",
        "revision_id",
        "is_public",
        "comment_present",
        "comment_public",
    ),
    spare_keys=("is_public", "comment_public", "comment_present"),
    dynamic_keys=(
        "custom_ticket_fields",
        "satisfaction_comment",
        "current_collaborators",
        "recipient",
        "external_id",
    ),
    personal=(
        Personal(
            "author_id",
            (
                *_SAID,
                "via.source.from",
                "data",
                "formatted_from",
                "formatted_to",
                *(f"attachments.*.{name}" for name in _FILE),
            ),
            unknown=True,
        ),
        Personal(
            "../updater_id",
            ("subject", "description", "custom_ticket_fields.*", "../system.*"),
            around=True,
            together=_OF_REQUESTERS,
        ),
        # As in the ticket itself, no matter who made the change.
        Personal(
            "../ticket_id",
            together=(
                *((name, "previous_value") for name in _TEXTS),
                *_OF_REQUESTERS,
                ("data", *_SAID, "formatted_from", "formatted_to"),
                ("recipients", *_SAID, "subject"),
            ),
            owner_is=Owner.REQUESTED,
        ),
        Personal("../ticket_id", together=(_COPIED,), owner_is=Owner.SHARED),
    ),
    involvements=(
        Involvement("../ticket_id", "requester_id", Owner.REQUESTED, before="previous_value"),
    ),
    columns=(
        ident("id", "The id of the child event."),
        ident(
            "ticket_event_id", "The event it is part of; also the id of the audit.", path="../id"
        ),
        ident("ticket_id", "The ticket.", "tickets", "../ticket_id"),
        epoch("timestamp", "When it happened.", "../timestamp"),
        timestamp("created_at", "When it happened, as the API writes it.", "../created_at"),
        ident("updater_id", "Who did it; -1 is the system.", "users", "../updater_id"),
        text("ticket_event_via", "How the event came about, in words.", "../via"),
        integer(
            "ticket_event_via_reference_id",
            "The rule or ticket it came from.",
            "../via_reference_id",
        ),
        text("ticket_event_type", "The type of the event: Audit.", "../event_type"),
        text("context_client", "The browser or mail client.", "../system.client"),
        text("context_location", "The place, by the address of the client.", "../system.location"),
        number("context_latitude", "Its latitude.", "../system.latitude"),
        number("context_longitude", "Its longitude.", "../system.longitude"),
        text("event_type", "Create, Change, Comment or another."),
        Column(
            "field_name",
            ColumnType.TEXT,
            "Which field a Create or Change is about; a custom field's id for custom fields.",
            compute=Compute.CHANGED_FIELD,
        ),
        Column(
            "value",
            ColumnType.TEXT,
            "The new value of that field, as text.",
            compute=Compute.CHANGED_VALUE,
        ),
        text("previous_value", "The old value of that field, as text; 0 for none."),
        text("via", "How the child event came about: a word, or an object for comments."),
        integer("via_reference_id", "The rule or ticket it came from."),
        text("rel", "The relation to what it came from."),
        integer("revision_id", "The revision of the rule it came from."),
        _changed("status", ColumnType.TEXT, "The new status."),
        _changed("priority", ColumnType.TEXT, "The new priority."),
        _changed("subject", ColumnType.TEXT, "The new subject."),
        Column(
            "ticket_type", ColumnType.TEXT, "The new type of the ticket.", "type", only_for=_CHANGES
        ),
        _changed("assignee_id", ColumnType.INTEGER, "The new assignee.", "users"),
        _changed("group_id", ColumnType.INTEGER, "The new group.", "groups"),
        _changed("requester_id", ColumnType.INTEGER, "The new requester.", "users"),
        _changed("organization_id", ColumnType.INTEGER, "The new organization.", "organizations"),
        _changed("brand_id", ColumnType.INTEGER, "The new brand.", "brands"),
        _changed("ticket_form_id", ColumnType.INTEGER, "The new form.", "ticket_forms"),
        _changed(
            "custom_status_id", ColumnType.INTEGER, "The new custom status.", "custom_statuses"
        ),
        _changed("satisfaction_score", ColumnType.TEXT, "The new rating: offered, good or bad."),
        _changed("locale_id", ColumnType.INTEGER, "The new language.", "locales"),
        _changed("tags", ColumnType.JSON, "The new tags."),
        json("added_tags", "The tags that were added."),
        json("removed_tags", "The tags that were removed."),
        Column(
            "custom_ticket_field_id",
            ColumnType.INTEGER,
            "The custom field that changed.",
            references=Reference("ticket_fields"),
            compute=Compute.CUSTOM_FIELD_ID,
        ),
        Column(
            "custom_ticket_field_new_value",
            ColumnType.TEXT,
            "The custom field's new value.",
            compute=Compute.CUSTOM_FIELD_VALUE,
        ),
        flag("comment_present", "Whether the event has a comment (comment left out)."),
        flag("comment_public", "Whether that comment is public."),
        flag("is_public", "Whether the ticket became public, or the change is visible to users."),
        Column(
            "comment_type",
            ColumnType.TEXT,
            "Comment, VoiceComment, TpeVoiceComment or FacebookComment.",
            "type",
            only_for=_COMMENTS,
        ),
        ident("author_id", "Who wrote the comment.", "users"),
        text("body", "The comment."),
        text("html_body", "The comment as HTML."),
        text("plain_body", "The comment as plain text."),
        boolean("public", "Whether the comment is public."),
        ident("audit_id", "The audit the comment is part of; the ticket event's id."),
        json("attachments", "The comment's attachments (see the table attachments)."),
        timestamp("comment_created_at", "When the comment was written.", "created_at"),
        json("data", "A call: numbers, recording, duration."),
        text("formatted_from", "A call: who called, formatted."),
        text("formatted_to", "A call: who was called, formatted."),
        boolean("transcription_visible", "A call: whether the transcription is visible."),
    ),
)

_ATTACHMENTS = Collection(
    name="attachments",
    stream="ticket_events",
    description=(
        "Files attached to comments of tickets, with the ticket, event and comment they belong to. "
        "`content_url` opens the file for whoever has it, unless private attachments are on."
    ),
    docs_url=docs("tickets/ticket-attachments/"),
    compared_by=ComparedBy.AUDITS_OF_FEW,
    records=("child_events[]", "attachments[]"),
    # `ticket_events` has these records, and with them what is unknown of them.
    ignored=("../*", "../../*"),
    version="created_at",
    deleted=DeletedWhen("deleted", "true"),
    personal=(Personal("../author_id", _FILE, unknown=True),),
    columns=(
        ident("id", "The id of the attachment."),
        ident("ticket_id", "The ticket.", "tickets", "../../ticket_id"),
        ident("ticket_event_id", "The event.", "ticket_events", "../../id", "ticket_event_id"),
        ident("comment_id", "The comment: a row of ticket_events.", "ticket_events", "../id"),
        ident("author_id", "Who wrote the comment.", "users", "../author_id"),
        text("url", "The API address of the attachment."),
        text("file_name", "The name of the file; redacted.txt once redacted."),
        text("content_url", "Where the file is. Treat it as a secret."),
        text("mapped_content_url", "The same on the account's own host name."),
        text("content_type", "The media type, guessed from the extension."),
        integer("size", "The size in bytes."),
        integer("width", "The width in pixels, of images."),
        integer("height", "The height in pixels, of images."),
        boolean("inline", "Whether the file is shown inside the comment."),
        boolean("deleted", "Whether the file has been deleted."),
        boolean("malware_access_override", "Whether agents may open it in spite of malware."),
        text(
            "malware_scan_result", "malware_found, malware_not_found, failed_to_scan, not_scanned."
        ),
        json("thumbnails", "Thumbnails: attachments themselves."),
        timestamp("created_at", "When the event that brought it happened.", "../../created_at"),
    ),
)

TICKET_EVENTS = Declaration(_STREAM, (_EVENTS, _ATTACHMENTS))
