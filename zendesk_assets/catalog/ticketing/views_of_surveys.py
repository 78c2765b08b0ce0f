"""Views over CSAT surveys: questions, their options, what was answered, and about what."""

from zendesk_assets.catalog._columns import ident, integer, text, timestamp
from zendesk_assets.catalog._views import elements, position
from zendesk_assets.spec import Column, ColumnType, Compute

ANSWERS = elements(
    "survey_answers",
    "survey_responses",
    "response_id",
    "The answers to CSAT surveys; a survey that was not answered has none.",
    position(),
    text("question_id", "The question, of survey_questions.", "question.id"),
    text("type", "rating_scale, open_ended and others."),
    integer("rating", "The rating as a number."),
    text("rating_category", "good or bad."),
    text("value", "What was written."),
    timestamp("created_at", "When it was given."),
    timestamp("updated_at", "When it was last changed."),
    steps=("answers[]",),
    has_text_id=True,
)

SUBJECTS = elements(
    "survey_subjects",
    "survey_responses",
    "response_id",
    "What each CSAT survey is about: a ticket mostly.",
    position(),
    text("type", "ticket, request or conversation."),
    ident(
        "ticket_id", "The ticket, also of a request; NULL for a conversation.", "tickets", path="id"
    ),
    steps=("subjects[]",),
    has_text_id=True,
)

QUESTIONS = elements(
    "survey_questions",
    "surveys",
    "survey_id",
    "The questions of CSAT surveys, by version.",
    integer("survey_version", "The version of the survey.", "../version"),
    position(),
    text("id", "The id of the question."),
    text("type", "rating_scale_emoji, open_ended and others."),
    text("sub_type", "customer_satisfaction and others."),
    text("headline", "The question as it is asked.", "headline.value"),
    steps=("questions[]",),
    key=("survey_version", "position"),
    has_text_id=True,
)

OPTIONS = elements(
    "survey_question_options",
    "surveys",
    "survey_id",
    "The options of the questions of CSAT surveys.",
    integer("survey_version", "The version of the survey.", "../../version"),
    position("../"),
    Column(
        "option_position",
        ColumnType.INTEGER,
        "The place among the options of the question, from 1.",
        compute=Compute.POSITION,
    ),
    text("question_id", "The question, of survey_questions.", "../id"),
    integer("rating", "The rating as a number."),
    text("label", "What people see.", "label.value"),
    steps=("questions[]", "options[]"),
    key=("survey_version", "position", "option_position"),
    has_text_id=True,
)
