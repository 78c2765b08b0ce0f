"""CSAT surveys and the responses to them; an account has either these or legacy ratings (T14).

docs/zendesk-api.md#survey-responses.
"""

from datetime import timedelta

from zendesk_assets.catalog._columns import ident, integer, json, text, text_ident, timestamp
from zendesk_assets.catalog._lists import HOURLY, docs, plain_list
from zendesk_assets.spec import (
    RECEIVED,
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

_DOCS = docs("ticket-management/csat_survey_responses/")
_NEEDS = "a plan with CSAT surveys instead of legacy CSAT, and an admin"
_FEATURE = "active_features.customer_satisfaction_survey"
_PAGE = 50  # more is refused

_STREAM = Stream(
    name="survey_responses",
    path="/guide/survey_responses",
    records_key="survey_responses",
    pagination=Pagination.CURSOR_LIST,
    completion=Completion.SINCE,
    time_field="",
    page_size=_PAGE,
    per_ticket=1,  # at most: one is sent for each ticket that was solved
    budget=Budget.GUIDE,
    since="filter[created_at_start]",
    since_as=Placement.EPOCH_MILLISECONDS,
    # It says when a survey was sent, and answers may be changed for 28 days after that.
    overlap=timedelta(days=29),
    cadence=HOURLY,
    needs=_NEEDS,
    feature=_FEATURE,
    docs_url=_DOCS,
    description="Surveys sent since 29 days before the last walk, answered or not.",
)

_RESPONSES = Collection(
    name="survey_responses",
    stream="survey_responses",
    description=(
        "CSAT surveys that were sent, with the answers; one without answers was not answered (yet)."
    ),
    docs_url=_DOCS,
    version=RECEIVED.name,
    personal=(Personal("responder_id", ("answers.*.value",), unknown=True),),
    columns=(
        text("id", "The id of the response; ascends in time."),
        ident("responder_id", "Who was asked.", "users"),
        text_ident("survey_id", "The survey.", "surveys", "survey.id"),
        integer("survey_version", "The version of the survey.", "survey.version"),
        text("survey_state", "The state of the survey then.", "survey.state"),
        json("subjects", "What it is about: a list of {id, type, zrn}; of type ticket mostly."),
        json("subject_zrns", "The same as names: zen:ticket:3."),
        timestamp("expires_at", "Until when it can be answered: 28 days after it was sent."),
        json("answers", "A list of {type, question, rating, rating_category, value, …}."),
    ),
)

SURVEY_RESPONSES = Declaration(_STREAM, (_RESPONSES,))

SURVEYS = plain_list(
    "surveys",
    "CSAT surveys with their questions. A version that was replaced stays, marked as deleted.",
    page="ticket-management/csat_surveys/",
    read="The present version of every survey, read whole each time.",
    path="/guide/en-us/surveys",
    page_size=_PAGE,
    budget=Budget.GUIDE,
    cadence=HOURLY,  # a version that was replaced is not listed any more
    needs=_NEEDS,
    feature=_FEATURE,
    primary_key=("id", "version"),
    compared_by=ComparedBy.NOTHING,  # which takes one column for the key
    columns=(
        text("id", "The id of the survey."),
        integer("version", "Its version."),
        text("state", "enabled or disabled."),
        json("questions", "A list of {id, type, sub_type, headline, options, follow_up}."),
        timestamp("created_at", "When the survey was created."),
        timestamp("updated_at", "When the survey was last updated."),
    ),
)
