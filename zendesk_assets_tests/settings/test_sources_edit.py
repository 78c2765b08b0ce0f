"""A source is added to the file, or its `auth` replaced, and every other byte stays."""

from datetime import date

import pytest

from zendesk_assets.errors import SourcesFileError
from zendesk_assets.settings.edit import add_source, is_blank, lines_of_source, use_oauth
from zendesk_assets.settings.file import load_sources

ENTRY = {
    "nickname": "Bär: #2",
    "schema": "zendesk_b",
    "subdomain": "123",
    "auth": {"type": "oauth"},
    "history_start": date(2019, 5, 4),
}
A = "{nickname: A, schema: a, subdomain: a, auth: {type: bearer, token: 'x'}}"
STYLES = {
    "aligned": f"# top\nwarehouse:   {{type: duckdb,path: 'w'}}   # right\nsources:\n  - {A}\n",
    "not indented": """\
sources:
- nickname:   'A'    # why
  schema: a
  subdomain: "a"
  auth:
      type: bearer   # soon gone
      token: x
      # of the token
  # days_per_run: 30

# about the hub
hub: {path: h}
""",
    "deep": "sources:\n      - nickname: A\n        schema: a\n        subdomain: a\n"
    "        auth: {type: bearer, token: x}",
    "windows": f"hub: {{path: h}}\r\nsources:\r\n  - {A}\r\n# end\r\n",
    "flow": f"sources: [{A},  # one\n]\nhub: {{path: h}}\n",
    "empty list": "sources: []   # none yet\nhub: {path: h}\n",
    "nothing": "sources:\n  # - nickname: old\n\nhub: {path: h}\n",
    "no sources": "# only\nhub:   {path: h}\n",
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sources.yaml"


def put(path, text):
    path.write_bytes(text.encode())
    return path


def without(text, lines):
    """Return the text without those lines (from 1, inclusive)."""
    kept = text.splitlines(keepends=True)
    return "".join(kept[: lines[0] - 1] + kept[lines[1] :])


@pytest.mark.parametrize("style", STYLES)
def test_a_source_is_added_in_any_style_of_file(path, style):
    before = load_sources(put(path, STYLES[style])).sources
    add_source(path, ENTRY)

    *others, added = load_sources(path).sources
    assert tuple(others) == before
    assert (added.nickname, added.subdomain) == ("Bär: #2", "123")
    assert added.history_start == date(2019, 5, 4)


@pytest.mark.parametrize("style", ["aligned", "not indented", "deep", "windows", "nothing"])
def test_every_byte_outside_the_new_entry_stays(path, style):
    text = STYLES[style]
    count = len(load_sources(put(path, text)).sources)
    add_source(path, ENTRY)
    new = path.read_bytes().decode()

    left = without(new, lines_of_source(path, count))
    assert left == text + ("" if text.endswith("\n") else "\n")
    assert ("\r\n" in new) == (style == "windows")
    assert new.count("\n") == new.count("\r\n") or style != "windows"


def test_comments_inside_the_last_entry_stay_with_it(path):
    add_source(put(path, STYLES["not indented"]), ENTRY)
    lines = path.read_text().splitlines()

    assert lines.index("  # days_per_run: 30") == lines.index("- nickname: 'Bär: #2'") - 1
    assert lines.index("# about the hub") > lines.index("  history_start: 2019-05-04")


@pytest.mark.parametrize("text", [None, "", "# mine\n"])
def test_a_missing_or_blank_file_is_begun(path, text):
    if text is not None:
        put(path, text)
    assert is_blank(path)
    add_source(path, ENTRY)

    assert not is_blank(path)
    assert path.read_text().startswith(text or "# The Zendesk accounts")
    assert [source.schema_name for source in load_sources(path).sources] == ["zendesk_b"]


@pytest.mark.parametrize(
    ("style", "old", "new"),
    [
        ("aligned", "{type: bearer, token: 'x'}", "{type: oauth}"),
        ("not indented", "type: bearer   # soon gone\n      token: x\n", "type: oauth\n"),
        ("deep", "{type: bearer, token: x}", "{type: oauth}"),
        ("flow", "{type: bearer, token: 'x'}", "{type: oauth}"),
    ],
)
def test_auth_becomes_oauth_and_nothing_else_changes(path, style, old, new):
    use_oauth(put(path, STYLES[style]), 0)

    assert path.read_bytes().decode() == STYLES[style].replace(old, new)
    assert load_sources(path).sources[0].auth.type == "oauth"


def test_a_file_that_cannot_be_changed_alone_is_left_and_no_secret_is_told(path):
    text = f"x: &x {{type: bearer, token: s3cret}}\nsources:\n  - {A}\n".replace(
        "auth: {type: bearer, token: 'x'}", "auth: *x"
    )
    with pytest.raises(SourcesFileError, match="cannot be changed automatically without") as raised:
        use_oauth(put(path, text), 0)

    assert path.read_text() == text
    assert "s3cret" not in str(raised.value)


def test_a_result_that_is_not_valid_never_reaches_the_file(path):
    text = STYLES["deep"]
    with pytest.raises(
        SourcesFileError,
        match=r"sources\.yaml: .*the sources A and Bär: #2 have the same schema, a: give each",
    ):
        add_source(put(path, text), ENTRY | {"schema": "a"})

    assert path.read_text() == text
    assert [each.name for each in path.parent.iterdir()] == ["sources.yaml"]


def test_rights_and_links_of_the_file_stay(path, tmp_path):
    real = put(tmp_path / "real.yaml", STYLES["deep"])
    real.chmod(0o640)
    path.symlink_to(real)
    add_source(path, ENTRY)

    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert len(load_sources(real).sources) == 2
