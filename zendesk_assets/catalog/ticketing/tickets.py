"""Tickets and their metrics: one walk of the ticket export with `include=metric_sets` (T17)."""

from zendesk_assets.catalog._columns import (
    boolean,
    epoch,
    ident,
    idents,
    integer,
    json,
    number,
    text,
    timestamp,
)
from zendesk_assets.catalog._lists import docs
from zendesk_assets.spec import (
    Budget,
    ChangesIn,
    Collection,
    Column,
    ComparedBy,
    Completion,
    Declaration,
    DeletedWhen,
    Identity,
    Involvement,
    Owner,
    Pagination,
    Personal,
    Placement,
    Scrub,
    Stream,
    Tombstone,
)

_STREAM = Stream(
    name="tickets",
    path="/incremental/tickets/cursor",
    records_key="tickets",
    pagination=Pagination.CURSOR_EXPORT,
    completion=Completion.CONTINUE,
    time_field="generated_timestamp",
    placement=Placement.EPOCH_SECONDS,
    since="start_time",
    page_size=1000,
    budget=Budget.EXPORTS,
    include=("metric_sets",),
    # Without it tickets that only AI agents handled are left out silently (trap T26).
    parameters=(("support_type_scope", "all"),),
    partitioned=True,
    per_ticket=1,
    docs_url=docs("ticket-management/incremental_exports/#incremental-ticket-export-cursor-based"),
    description=(
        "Every state of every ticket that changed, in the order of `generated_timestamp`, with its "
        "metric set; archived and deleted tickets included."
    ),
)

# What a requester says, and is, in a ticket.
_CONTENT = (
    "subject",
    "raw_subject",
    "description",
    "custom_fields.*.value",
    "fields.*.value",
    "via.source.from",
    "satisfaction_rating.comment",
)
_SENDER = tuple(
    f"via.source.from.{name}" for name in ("address", "phone", "formatted_phone", "profile_url")
)
_OUTBOUND = ("via.source.rel", "outbound")

_TICKETS = Collection(
    name="tickets",
    stream="tickets",
    description="The latest state of every ticket.",
    docs_url=docs("tickets/tickets/"),
    compared_by=ComparedBy.BY_COUNTED_ID,
    version="generated_timestamp",
    deleted=DeletedWhen("status", "deleted"),
    # 30 days after its deletion a ticket comes once more, wiped (trap T8).
    scrub=Scrub((("status", "deleted"), ("subject", "SCRUBBED"), ("description", "X"))),
    # `fields` is byte for byte `custom_fields` (trap T29); `metric_set` is a table of its own.
    ignored=("fields", "metric_set"),
    changes_in=ChangesIn(
        "ticket_events", "ticket_id", "timestamp", "updater_id", "field_name", "value"
    ),
    twins=(("custom_fields", "fields"), ("subject", "raw_subject")),
    personal=(
        Personal("requester_id", _CONTENT, unknown=True),
        # The person called is the one the ticket is about.
        Personal("requester_id", ("via.source.to",), only_if=_OUTBOUND),
        # A ticket that belongs to someone else by now was this person's before.
        Personal("id", _CONTENT, owner_is=Owner.REQUESTED),
        # The first comment and the subject belong to the submitter of the ticket.
        Personal("submitter_id", ("subject", "raw_subject", "description")),
    ),
    identities=(Identity("requester_id", _SENDER, unless=_OUTBOUND),),
    involvements=(
        Involvement("id", "requester_id", Owner.REQUESTED),
        *(
            Involvement("id", name, Owner.SHARED)
            for name in ("collaborator_ids", "follower_ids", "email_cc_ids")
        ),
    ),
    columns=(
        ident("id", "The id of the ticket; small numbers, counted per account."),
        text("url", "The API address of the ticket."),
        text("encoded_id", "The id as Zendesk writes it in e-mail."),
        text("external_id", "An id from another system."),
        text("type", "problem, incident, question or task."),
        text("subject", "The subject, with dynamic content replaced."),
        text("raw_subject", "The subject, with dynamic content as placeholders."),
        text("description", "The first comment."),
        text("priority", "urgent, high, normal or low."),
        text("status", "new, open, pending, hold, solved, closed or deleted."),
        ident("custom_status_id", "The custom status.", "custom_statuses"),
        text("recipient", "The address the first e-mail was sent to."),
        ident("requester_id", "Who asked for support.", "users"),
        ident("submitter_id", "Who submitted the ticket.", "users"),
        ident("assignee_id", "The agent assigned.", "users"),
        ident("organization_id", "The organization of the requester.", "organizations"),
        ident("group_id", "The group assigned.", "groups"),
        idents("collaborator_ids", "Ids of the users in CC (legacy).", "users"),
        idents("follower_ids", "Ids of the agents who follow.", "users"),
        idents("email_cc_ids", "Ids of the users in CC.", "users"),
        ident("forum_topic_id", "The forum topic the ticket came from."),
        ident("problem_id", "For an incident: the problem ticket.", "tickets"),
        boolean("has_incidents", "For a problem: whether it has incidents."),
        boolean("is_public", "Whether any comment is public."),
        timestamp("due_at", "For a task: when it is due."),
        json("tags", "The tags of the ticket."),
        json("custom_fields", "Custom fields: a list of {id, value}."),
        json("via", "How the ticket was created: channel and source."),
        json("satisfaction_rating", "The rating, or that none was offered."),
        number("satisfaction_probability", "The predicted chance of a good rating."),
        idents("sharing_agreement_ids", "Ids of sharing agreements.", "sharing_agreements"),
        idents("followup_ids", "Ids of the tickets that follow up on this one.", "tickets"),
        ident("ticket_form_id", "The form used.", "ticket_forms"),
        ident("deleted_ticket_form_id", "The form used, if it was deleted since.", "ticket_forms"),
        ident("brand_id", "The brand.", "brands"),
        boolean("allow_channelback", "Whether agents may answer in the channel of origin."),
        boolean("allow_attachments", "Whether agents may add attachments."),
        boolean("from_messaging_channel", "Whether the ticket came from messaging."),
        text("support_type", "agent or ai_agent."),
        timestamp("created_at", "When the ticket was created."),
        timestamp("updated_at", "When a change last made a ticket event."),
        epoch("generated_timestamp", "When anything last changed, system updates included."),
    ),
)


def _minutes(name: str, what: str) -> tuple[Column, Column]:
    """Declare the pair of columns that Segment makes of `{calendar, business}`."""
    return (
        integer(f"{name}_calendar", f"{what}, in calendar minutes.", f"{name}.calendar"),
        integer(f"{name}_business", f"{what}, in business minutes.", f"{name}.business"),
    )


_METRICS = Collection(
    name="ticket_metrics",
    stream="tickets",
    description=(
        "One row per ticket: reply, resolution and wait times, counts of reopens and replies. "
        "As fresh as the ticket's last change: wait times of open tickets go on in Zendesk."
    ),
    docs_url=docs("tickets/ticket_metrics/"),
    compared_by=ComparedBy.METRICS_BY_ID,
    records=("metric_set",),
    # `tickets` has the ticket, and with it what is unknown of it.
    ignored=("../*",),
    # The set's own updated_at lags behind real changes (trap T17).
    version="generated_timestamp",
    deleted=DeletedWhen("../status", "deleted"),
    # A deleted ticket comes with metric_set null (trap T18).
    tombstone=Tombstone("ticket_id", "id", DeletedWhen("status", "deleted")),
    columns=(
        ident("id", "The id of the metric set."),
        text("url", "The API address of the metric set."),
        ident("ticket_id", "The ticket.", "tickets"),
        integer("group_stations", "How many groups the ticket passed through."),
        integer("assignee_stations", "How many assignees the ticket had."),
        integer("reopens", "How often the ticket was reopened."),
        integer("replies", "How many public replies agents gave."),
        *_minutes("reply_time_in_minutes", "Time to the first public reply"),
        *_minutes("first_resolution_time_in_minutes", "Time to the first resolution"),
        *_minutes("full_resolution_time_in_minutes", "Time to the last resolution"),
        *_minutes("agent_wait_time_in_minutes", "Time the agent waited for the requester"),
        *_minutes("requester_wait_time_in_minutes", "Time the requester waited"),
        *_minutes("on_hold_time_in_minutes", "Time on hold"),
        integer(
            "reply_time_in_seconds_calendar",
            "Time to the first reply in seconds; messaging tickets only.",
            "reply_time_in_seconds.calendar",
        ),
        integer(
            "reply_time_in_seconds_business",
            "The same in business hours.",
            "reply_time_in_seconds.business",
        ),
        timestamp("assignee_updated_at", "When the assignee last updated the ticket."),
        timestamp("requester_updated_at", "When the requester last updated the ticket."),
        timestamp("status_updated_at", "When the status last changed."),
        timestamp("initially_assigned_at", "When the ticket was first assigned."),
        timestamp("assigned_at", "When the ticket was last assigned."),
        timestamp("solved_at", "When the ticket was solved."),
        timestamp("latest_comment_added_at", "When the last comment was added."),
        timestamp("custom_status_updated_at", "When the custom status last changed."),
        timestamp("created_at", "When the metric set was created."),
        timestamp("updated_at", "When the metric set was updated; lags (use generated_timestamp)."),
        epoch(
            "generated_timestamp",
            "The ticket's: when anything about it last changed.",
            "../generated_timestamp",
        ),
    ),
)

TICKETS = Declaration(_STREAM, (_TICKETS, _METRICS))
