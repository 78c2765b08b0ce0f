"""What answers calls: numbers and lines, menus, greetings; and the addresses that numbers need."""

from functools import partial

from zendesk_assets.catalog._columns import (
    boolean,
    ident,
    idents,
    integer,
    json,
    text,
    timestamp,
)
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.catalog.talk._talk import FEATURE, NEEDS
from zendesk_assets.spec import RECEIVED, Column, ColumnType, Pagination, Reference

_DOCS = "/api-reference/voice/talk-api/"
_list = partial(
    plain_list,
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs=NEEDS,
    feature=FEATURE,
    version=RECEIVED.name,
)


def _greetings(name: str, description: str) -> Column:
    return Column(
        name, ColumnType.JSON, description, references=Reference("greetings", listed=True)
    )


PHONE_NUMBERS = _list(
    "phone_numbers",
    "The telephone numbers of the account, and what happens to their calls.",
    page=f"{_DOCS}phone_numbers/",
    path="/channels/voice/phone_numbers",
    secrets=("token",),
    columns=(
        ident("id", "The id of the number."),
        text("number", "The number, as +35315550100."),
        text("display_number", "The number as people write it."),
        text("name", "The name, or the number."),
        text("nickname", "What agents see."),
        text("country_code", "The country, as IE."),
        boolean("toll_free", "Whether calls are free of charge."),
        boolean("external", "Whether it is a number elsewhere, used for calls out."),
        text("line_type", "phone or digital."),
        idents("group_ids", "The groups that its calls go to.", "groups"),
        ident("default_group_id", "The group that its calls go to by default.", "groups"),
        ident("ivr_id", "The menu that callers hear.", "ivrs"),
        ident("schedule_id", "Its business hours.", "schedules"),
        integer("priority", "Its priority among the numbers."),
        boolean("recorded", "Whether calls are recorded."),
        boolean("transcription", "Whether voicemail is transcribed."),
        boolean("voice_enabled", "Whether it takes calls."),
        boolean("sms_enabled", "Whether it takes text messages."),
        ident("sms_group_id", "The group that text messages go to.", "groups"),
        boolean("outbound_enabled", "Whether agents may call from it."),
        text("failover_number", "Where calls go when Talk fails."),
        json("capabilities", "What it can do: {sms, mms, voice}."),
        _greetings("greeting_ids", "Its own greetings."),
        _greetings("default_greeting_ids", "The greetings by default."),
        json("categorised_greetings", "Its greetings by category."),
        json("categorised_greetings_with_sub_settings", "The same, with their settings."),
        text("call_recording_consent", "Whether callers are asked for consent."),
        text("location", "The place of the number."),
        timestamp("created_at", "When the number was added."),
    ),
)

LINES = _list(
    "talk_lines",
    "What calls come in by: telephone numbers and digital lines, such as that of the Web Widget.",
    page=f"{_DOCS}lines/",
    path="/channels/voice/lines",
    records_key="lines",
    secrets=("token",),
    # Of numbers alone, whose table has them.
    ignored=(
        "display_number", "toll_free", "ivr_id", "voice_enabled", "sms_enabled", "sms_group_id",
        "outbound_enabled", "failover_number", "capabilities", "greeting_ids",
        "default_greeting_ids", "categorised_greetings", "categorised_greetings_with_sub_settings",
        "call_recording_consent", "location",
    ),
    columns=(
        ident("id", "The id of the line; of telephone lines, that in phone_numbers."),
        text("line_id", "Of digital lines: the id that the Web Widget is set up with."),
        text("line_type", "phone or digital."),
        text("nickname", "What agents see."),
        text("name", "Of telephone lines: the name, or the number."),
        text("number", "Of telephone lines: the number, as +35315550100."),
        text("outbound_number", "Of digital lines: the number that agents call back from."),
        ident("brand_id", "The brand.", "brands"),
        text("country_code", "The country, as IE."),
        boolean("external", "Whether it is a number elsewhere, used for calls out."),
        idents("group_ids", "The groups that its calls go to.", "groups"),
        ident("default_group_id", "The group that its calls go to by default.", "groups"),
        ident("schedule_id", "Its business hours.", "schedules"),
        integer("priority", "Its priority among the lines."),
        boolean("recorded", "Whether calls are recorded."),
        boolean("transcription", "Whether calls are transcribed."),
        timestamp("created_at", "When the line was added."),
    ),
)  # fmt: skip

IVRS = _list(
    "ivrs",
    "The menus that callers choose from with keys.",
    page=f"{_DOCS}ivrs/",
    path="/channels/voice/ivr",
    columns=(
        ident("id", "The id of the menu."),
        text("name", "The name."),
        json("menus", "Its levels: a list of {id, name, default, greeting_id, routes}."),
        idents("phone_number_ids", "The numbers that use it.", "phone_numbers"),
        json("phone_number_names", "The names of those numbers."),
    ),
)

GREETINGS = _list(
    "greetings",
    "What callers hear: greetings, music, announcements.",
    page=f"{_DOCS}greetings/",
    path="/channels/voice/greetings",
    columns=(
        text("id", "The id of the greeting."),
        ident("category_id", "What it is for.", "greeting_categories"),
        text("name", "The name."),
        boolean("default", "Whether it is one of Zendesk's own."),
        boolean("default_lang", "Whether it is in the language of the account."),
        boolean("active", "Whether it is in use."),
        boolean("pending", "Whether it is still being prepared."),
        text("audio_name", "The name of its file."),
        text("audio_url", "The address of its file."),
        ident("upload_id", "The upload that it was made from."),
        idents("phone_number_ids", "The numbers that use it.", "phone_numbers"),
        idents("ivr_ids", "The menus that use it.", "ivrs"),
        boolean("has_sub_settings", "Whether it has settings of its own."),
    ),
)

GREETING_CATEGORIES = _list(
    "greeting_categories",
    "What greetings are for: voicemail, waiting, hold and others.",
    page=f"{_DOCS}greetings/",
    path="/channels/voice/greeting_categories",
    columns=(ident("id", "The id of the category."), text("name", "The name.")),
)

ADDRESSES = _list(
    "addresses",
    "The addresses of the account's offices, which some countries ask for with a number.",
    page=f"{_DOCS}addresses/",
    path="/channels/voice/addresses",
    columns=(
        ident("id", "The id of the address."),
        text("name", "The name."),
        text("street", "The street."),
        text("zip", "The postal code."),
        text("city", "The city."),
        text("state", "The state."),
        text("province", "The province."),
        text("country_code", "The country, as IE."),
        text("provider_reference", "What the provider of telephony calls it."),
    ),
)
