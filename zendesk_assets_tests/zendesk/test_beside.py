"""The second list of a page is put into the records of the first, byte for byte."""

import json

import msgspec
import pytest

from zendesk_assets.spec import Beside
from zendesk_assets.zendesk.beside import join_beside
from zendesk_assets.zendesk.pages import PageError

BESIDE = Beside("identities", "user_id")


def join(records, identities=None):
    page = {} if identities is None else {"identities": msgspec.Raw(identities)}
    return join_beside(page, tuple(records), BESIDE)


def test_each_record_gets_its_own_and_keeps_its_bytes():
    joined = join([b'{"id": 1,"x":1.0}', b'{"id":2}'], b'[{"id":7,"user_id":1, "v":1e2}]')

    assert joined[0] == b'{"id": 1,"x":1.0,"identities":[{"id":7,"user_id":1, "v":1e2}]}'
    assert json.loads(joined[1]) == {"id": 2, "identities": []}


def test_a_record_that_comes_twice_gets_them_twice():
    joined = join([b'{"id":1}', b'{"id":1}'], b'[{"id":7,"user_id":1}]')

    assert [len(json.loads(each)["identities"]) for each in joined] == [1, 1]


def test_what_belongs_to_no_record_is_kept_in_one_of_its_own():
    joined = join([b'{"id":1}'], b'[{"id":7,"user_id":9},{"id":8}]')

    assert json.loads(joined[1]) == {"identities": [{"id": 7, "user_id": 9}, {"id": 8}]}


@pytest.mark.parametrize("record", [b"5", b'"text"', b"[1]", b"null"])
def test_what_is_not_a_record_stays_as_it_is(record):
    assert join([record], b"[]") == (record,)


def test_without_the_second_list_nothing_is_said_of_it():
    assert join([b'{"id":1}']) == (b'{"id":1}',)


def test_a_second_list_that_is_not_a_list_is_no_page():
    with pytest.raises(PageError, match="`identities` is not a list"):
        join([b'{"id":1}'], b'{"id":7}')


def test_half_characters_are_no_hindrance():
    joined = join([b'{"id":1,"name":"\\ud83d"}'], b'[{"id":7,"user_id":1,"value":"\\ud83d"}]')

    assert joined[0].endswith(b',"identities":[{"id":7,"user_id":1,"value":"\\ud83d"}]}')
