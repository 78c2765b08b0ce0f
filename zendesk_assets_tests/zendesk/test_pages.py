"""Pages are cut into the bytes that Zendesk sent; what is no page is refused."""

import time
from datetime import UTC, datetime

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.zendesk.pages import (
    PageError,
    RecordTimes,
    count_by_day,
    cut_list,
    cut_records,
    decode_envelope,
)

TICKETS, ORGANIZATIONS = declared().streams["tickets"], declared().streams["organizations"]


def cut(body, stream=TICKETS):
    return cut_list(decode_envelope(body, stream), stream.records_key)


def test_records_keep_their_bytes():
    body = b'{"tickets":[{"id" : 1.0,"a":"\\ud800"},{"id":123456789012345678901234567890}],"x":1}'

    assert cut(body) == (b'{"id" : 1.0,"a":"\\ud800"}', b'{"id":123456789012345678901234567890}')


def test_a_record_with_half_a_character_keeps_its_time_and_its_neighbours():
    body = (
        b'{"tickets":[{"id":1},{"generated_timestamp":1700000000,"a":"\\udc00\x01\\ud83d\\ude00"},'
        b'{"id":3}],"end_of_stream":true}'
    )
    records = cut(body)

    assert records[1] in body
    assert len(records) == 3
    assert len(RecordTimes(TICKETS).read(records)) == 1


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("written", ["2027-03-28T01:30:00Z", "2027-03-28T03:30:00+02:00",
                                     "2027-03-28T01:30:00"])  # fmt: skip
def test_a_time_is_the_same_whatever_the_machines_time_zone(monkeypatch, zone, written):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        times = RecordTimes(ORGANIZATIONS).read((f'{{"updated_at":"{written}"}}'.encode(),))
    finally:
        monkeypatch.undo()
        time.tzset()

    assert times == [datetime(2027, 3, 28, 1, 30, tzinfo=UTC)]


def test_a_record_never_spans_two_lines():
    assert cut(b'{"tickets":[{"id":\n1,\r\n"a":"b\\n"}]}') == (b'{"id": 1,  "a":"b\\n"}',)


@pytest.mark.parametrize(
    "body",
    [b"<html>", b'{"tickets":[{"id":1}', b'{"groups":[]}', b'{"tickets":null}', b"[]", b""],
)
def test_what_is_no_page_is_refused(body):
    with pytest.raises(PageError):
        cut(body)


def test_times_are_read_from_seconds_and_from_text_and_missing_where_unusable():
    records = (b'{"generated_timestamp":1700000000}', b'{"generated_timestamp":0}', b"42", b"{}")
    assert RecordTimes(TICKETS).read(records) == [datetime.fromtimestamp(1700000000, UTC)]

    records = (b'{"updated_at":"2024-02-29T23:59:59Z"}', b'{"updated_at":"soon"}', b"null")
    times = RecordTimes(ORGANIZATIONS).read(records)
    assert times == [datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)]
    assert count_by_day(times) == {"2024-02-29": 1}


def test_a_single_object_keeps_its_bytes_below_its_name_and_nothing_else_is_one():
    overview = declared().streams["account_overview"]

    def cut_one(body):
        return cut_records(decode_envelope(body, overview), overview)

    assert cut_one(b'{"account_overview": {"a" : 1.0,\n"b":"\\ud800"}, "x": 1}') == (
        b'{"account_overview":{"a" : 1.0, "b":"\\ud800"}}',
    )
    for other in (b"[]", b"null", b'"text"', b"7"):
        with pytest.raises(PageError, match="is not an object"):
            cut_one(b'{"account_overview":%b}' % other)
    with pytest.raises(PageError, match="has no `account_overview`"):
        cut_one(b"{}")
