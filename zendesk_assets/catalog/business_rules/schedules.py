"""Business hours, and the holidays on which they do not count."""

from zendesk_assets.catalog._columns import ident, json, text, timestamp
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import RECEIVED, Pagination, Parent

_NEEDS = "a plan with business hours, and an admin"

SCHEDULES = plain_list(
    "schedules",
    "Business hours: the hours of a week in which targets are counted.",
    page="ticket-management/schedules/",
    path="/business_hours/schedules",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    keeps_history=True,
    needs=_NEEDS,
    feature="active_features.business_hours",
    columns=(
        ident("id", "The id of the schedule."),
        text("name", "The name of the schedule."),
        text("time_zone", "The time zone, as Zendesk calls it."),
        json("intervals", "A list of {start_time, end_time}, in minutes since Sunday 0:00 there."),
        timestamp("created_at", "When the schedule was created."),
        timestamp("updated_at", "When the schedule was last updated."),
    ),
)

HOLIDAYS = plain_list(
    "schedule_holidays",
    "Holidays of schedules: the dates on which their business hours do not count.",
    page="ticket-management/schedules/",
    read="The holidays of every schedule: one request for each schedule.",
    path="/business_hours/schedules/{}/holidays",
    records_key="holidays",
    pagination=Pagination.OFFSET_LIST,
    parent=Parent("/business_hours/schedules", "schedules", "schedule_id", "holiday"),
    cadence=DAILY,
    keeps_history=True,
    needs=_NEEDS,
    feature="active_features.business_hours",
    version=RECEIVED.name,
    columns=(
        ident("id", "The id of the holiday."),
        ident("schedule_id", "The schedule.", "schedules", "../schedule_id"),
        text("name", "The name of the holiday."),
        text("start_date", "The first date, as 2026-12-24."),
        text("end_date", "The last date, which is a holiday too."),
    ),
)
