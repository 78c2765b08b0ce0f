"""Texts and values are erased where they are a person's; every other byte stays."""

import json

import pytest

from zendesk_assets.erasing import ERASED, Person, wipe

JANE = Person(frozenset({42}), ("jane.o'neil@acme.com", "Jané Doe"))


@pytest.mark.parametrize(
    ("text", "erased"),
    [
        ("Write to Jane.O'Neil@ACME.com.", f"Write to {ERASED}."),
        ("<jane.o&#x27;neil@acme.com>", f"<{ERASED}>"),
        ("?to=jane.o%27neil%40acme.com&x", f"?to={ERASED}&x"),
        ("JANÉ DOE, jané doe's", f"{ERASED}, {ERASED}'s"),
        ("mary-jane.o'neil@acme.com", None),
        ("jane.o'neil@acme.com.au", None),
        ("jane.o'neil@acme.community", None),
        ("Jané Doerr", None),
    ],
)
def test_a_text_is_erased_where_it_is_whole(text, erased):
    assert JANE.in_text(text) == (erased or text)
    for ascii_only in (True, False):
        raw = json.dumps({"a": [text, 1.50], text: None}, ensure_ascii=ascii_only).encode()
        assert json.loads(JANE.in_json(raw)) == {"a": [erased or text, 1.5], erased or text: None}


def test_every_other_byte_stays():
    raw = b'{"n": 1.50, "big":123456789012345678901234567890,\t"s":"\\ud83d","e":"jan\xc3\xa9 doe"}'
    assert JANE.in_json(raw) == raw.replace("jané doe".encode(), ERASED.encode())
    assert Person(frozenset({42})).in_json(raw) is raw


MARK = Person(frozenset(), ("kim.fisk@acme.com", "Kim Fisk", "+353 1 555 1986"))


@pytest.mark.parametrize(
    "hidden",
    [
        "kim fisk",
        "KIM FISK",
        "\\u212aim Fisk",
        "\\u006b\\u0131m fi\\u017fk",
        "k\\u0130m fisk",
        "\\u004B\\u0049m f\\u0069sk",
        "+353-1-5551986",
        "353\\u00a01\\u00a0555 1986",
    ],
)
def test_escapes_and_other_letters_hide_no_text(hidden):
    assert json.loads(MARK.in_json(f'{{"a":"{hidden}"}}'.encode()))["a"].endswith(ERASED)
    assert MARK.in_json(b'{"a":"\\u212aim Fiskar, 353 1 555 198"}') == (
        b'{"a":"\\u212aim Fiskar, 353 1 555 198"}'
    )


def test_half_a_record_loses_its_texts_too():
    assert JANE.in_json('{"a":"Jané Doe","b":'.encode()) == b'{"a":"[erased]","b":'


@pytest.mark.parametrize(
    ("path", "wiped"),
    [
        ("a", {"a": ERASED, "l": [{"v": "x"}, {"v": 1}, 5], "o": {"p": "q", "r": 2}}),
        ("l", {"a": "b", "l": None, "o": {"p": "q", "r": 2}}),
        ("l.*.v", {"a": "b", "l": [{"v": ERASED}, {"v": None}, 5], "o": {"p": "q", "r": 2}}),
        ("o.*", {"a": "b", "l": [{"v": "x"}, {"v": 1}, 5], "o": {"p": ERASED, "r": None}}),
        ("o.p", {"a": "b", "l": [{"v": "x"}, {"v": 1}, 5], "o": {"p": ERASED, "r": 2}}),
    ],
)
def test_a_value_is_wiped_at_its_path_once(path, wiped):
    raw = b'{"a":"b","l":[{"v":"x"},{"v":1},5],"o":{"p":"q","r":2}}'
    once = wipe(raw, tuple(path.split(".")))
    assert json.loads(once) == wiped
    assert wipe(once, tuple(path.split("."))) == once


@pytest.mark.parametrize("path", [("x",), ("a", "b"), ("l", "*", "x"), ("o", "*", "*")])
def test_a_path_that_leads_nowhere_changes_no_byte(path):
    raw = b'{ "a": "b", "l": [1, {"v": 2}], "o": {"p": 1}}'
    assert wipe(raw, path) == raw


@pytest.mark.parametrize(("raw", "meant"), [(b"42", True), (b'"42"', True), (b"421", False)])
def test_an_id_is_a_number_or_a_text(raw, meant):
    assert JANE.is_meant(raw) is meant
