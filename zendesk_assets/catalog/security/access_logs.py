"""The access log: every request that agents and admins made to the account, reading ones too.

docs/zendesk-api.md#access-log. Zendesk forgets it after 90 days.
"""

from datetime import timedelta

from zendesk_assets.catalog._columns import ident, integer, json, text, timestamp
from zendesk_assets.catalog._lists import docs
from zendesk_assets.spec import (
    Budget,
    Collection,
    ComparedBy,
    Completion,
    Declaration,
    Pagination,
    Personal,
    Placement,
    Stream,
)

_DOCS = docs("account-configuration/access_logs/")

_STREAM = Stream(
    name="access_logs",
    path="/access_logs",
    records_key="access_logs",
    pagination=Pagination.CURSOR_LIST,
    # In ascending order unless a `sort` is sent.
    completion=Completion.CONTINUE,
    page_size=2500,
    budget=Budget.ACCESS_LOGS,
    time_field="timestamp",
    since="filter[start]",
    until="filter[end]",
    since_as=Placement.ISO_8601,
    needs="the add-on Advanced Data Privacy and Protection, and an admin",
    kept=timedelta(days=90),
    docs_url=_DOCS,
    description=(
        "The access log in the order of time, which never changes once it is written; at first the "
        "90 days that Zendesk has."
    ),
)

_ACCESS_LOGS = Collection(
    name="access_logs",
    stream="access_logs",
    description=(
        "The requests that agents and admins made to the account, reading ones too. Addresses and "
        "queries can hold what was searched for: the data of others."
    ),
    docs_url=_DOCS,
    version="timestamp",
    compared_by=ComparedBy.DAYS_OF_LIST,
    personal=(
        Personal("user_id", ("ip_address", "client", "url", "referer", "graphql"), unknown=True),
    ),
    columns=(
        text("id", "The id of the entry."),
        timestamp("timestamp", "When the request was made."),
        ident("user_id", "Who made it.", "users"),
        text("ip_address", "The address that it came from."),
        text("method", "GET, POST, PUT or DELETE."),
        text("url", "The path that was asked for, with its query; /graphql for those."),
        integer("status", "The HTTP status of the response."),
        text("authorization_type", "basic, session, bearer and others."),
        text("client", "The program that asked: a browser or an integration (its user agent)."),
        text("referer", "The page of Zendesk that it came from."),
        integer("bytes_sent", "The size of the response."),
        text("category", "What was accessed, in words: Tickets, Users and others."),
        text("summary", "The same in a few words, as View ticket."),
        json("graphql", "Of a GraphQL request: {operation_name, operation_type, query, …}."),
    ),
)

ACCESS_LOGS = Declaration(_STREAM, (_ACCESS_LOGS,))
