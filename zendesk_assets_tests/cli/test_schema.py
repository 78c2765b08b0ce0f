"""`zendesk-assets schema` writes what is asked for, where it is asked for."""

import pytest


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.svg", b"<svg"), ("a.pdf", b"%PDF-"), ("a.html", b"<!doctype html>"), ("a.md", b"# Coll")],
)
def test_the_file_is_what_its_name_ends_in(run, tmp_path, name, begins):
    assert run("schema", "--output", name).code == 0
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_an_svg_has_the_areas_beside_it_and_an_area_can_be_drawn_alone(run, tmp_path):
    assert run("schema", "--output", "a.svg").code == 0
    assert {"a.svg", "a-people.svg", "a-ticketing.svg"} <= {
        each.name for each in tmp_path.iterdir()
    }
    assert run("schema", "--area", "people", "--output", "b.svg").code == 0
    assert (tmp_path / "b.svg").read_bytes() == (tmp_path / "a-people.svg").read_bytes()
    assert run("schema", "--area", "people", "--output", "c.pdf").code == 0
    unknown = run("schema", "--area", "sales", "--output", "d.svg")
    assert (unknown.code, "Choose one of" in unknown.output) == (1, True)
    assert not list(tmp_path.glob("[b-d]-*.svg"))


def test_the_format_wins_over_the_ending(run, tmp_path):
    assert run("schema", "--format", "svg", "--output", "a.txt").code == 0
    assert (tmp_path / "a.txt").read_bytes().startswith(b"<svg")


def test_without_a_file_it_is_printed(run):
    assert run("schema").output.startswith("# Collections")
    assert run("schema", "--format", "html").output.startswith("<!doctype html>")


def test_an_ending_that_says_nothing_and_a_folder_that_is_not_there_say_what_to_do(run, tmp_path):
    unknown = run("schema", "--output", "a.png")
    assert (unknown.code, "svg, pdf, html, md" in unknown.output) == (1, True)
    nowhere = run("schema", "--output", "no/where.svg")
    assert (nowhere.code, "name a file in an existing folder" in nowhere.output) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_a_pdf_is_not_poured_into_a_terminal(run, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    refused = run("schema", "--format", "pdf")
    assert (refused.code, "--output schema.pdf" in refused.output) == (1, True)
