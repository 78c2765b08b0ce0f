"""What a sync shows: figures of the whole, in whatever terminal; sentences where lines stay."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.events import StepSuccessData
from rich.console import Console

from zendesk_assets.catalog import declared
from zendesk_assets.cli.planned_run import PlannedRun
from zendesk_assets.cli.progress import SyncDisplay
from zendesk_assets.cli.sync_course import Stage
from zendesk_assets.cli.sync_figures import SourceFigures
from zendesk_assets.cli.sync_screen import Screen, source_table
from zendesk_assets.clock import ManualClock
from zendesk_assets.hub import BatchId, Manifest
from zendesk_assets.orchestration import keys
from zendesk_assets.plain_text import escape_markdown
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets.warehouse import LoadResult
from zendesk_assets.zendesk import Limits

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RUNS = (("2024-04-02", "2024-05-01"), ("2024-02-02", "2024-03-02"), ("2024-03-03", "2024-04-01"))


def source(schema="zendesk_test", nickname="Test"):
    return Source(nickname=nickname, schema=schema, subdomain="acme", auth={"type": "oauth"})


def planned(of, *, runs=RUNS):
    """Return the runs of a first sync: what has no days, then days in ranges, the newest first."""
    daily = [
        each
        for each in declared().collections.values()
        if declared().streams[each.stream].partitioned
    ]
    whole = [each for each in declared().collections.values() if each not in daily]

    def assets(collections):
        streams = dict.fromkeys(each.stream for each in collections)
        hub = [keys.hub_key(of.schema_name, name) for name in streams]
        return (*hub, *(keys.table_key(of.schema_name, each.name) for each in collections))

    def run(collections, days=None):
        tables = tuple(keys.table_key(of.schema_name, each.name) for each in collections)
        first, last = (datetime.fromisoformat(f"{each}T00:00Z") for each in days or (RUNS[0]))
        window = Window(first, last + DAY) if days else None
        return PlannedRun(of, assets(collections), window, checked=tables)

    return [run(whole), *(run(daily, each) for each in runs)]


def figures_of(of, limits=None):
    return SourceFigures(of, planned(of), limits or Limits(200, 10), NOW)


def page(start, end, records=1000, waited=0.0, walk_start=None, oldest=None):
    window = Window(start, end)
    return Manifest(
        batch_id=str(BatchId.new(NOW, window)),
        schema="zendesk_test",
        stream="tickets",
        window_start=start,
        window_end=end,
        records=records,
        pages=1,
        requests=1,
        bytes=1_000_000,
        seconds_waited=waited,
        parts=(),
        oldest=oldest or start,
        newest=end,
        records_by_day={},
        cursor=None,
        ends_walk=False,
        parameters={},
        walk_start=walk_start or start,
        started=NOW,
        ended=NOW,
    )


def test_an_asset_of_many_runs_goes_on_and_never_begins_again():
    tickets, now = figures_of(source()).hub["tickets"], NOW
    shares, pages = [], []
    for first, _ in RUNS:
        start = datetime.fromisoformat(first).replace(tzinfo=UTC)
        tickets.begin(now)
        for tenth in range(10):
            now += timedelta(seconds=6)
            tickets.land(page(start + 3 * tenth * DAY, start + 3 * (tenth + 1) * DAY))
            shares.append(tickets.share(now))
            pages.append(tickets.totals.pages)
        tickets.end(now)

    assert shares == sorted(shares)
    assert pages == list(range(1, 31))
    assert shares[9] == pytest.approx(1 / 3, abs=0.01)
    assert (shares[-1], tickets.share(now)) == (0.99, 1.0)
    assert tickets.course.stage is Stage.DONE
    assert tickets.reached == datetime(2024, 5, 2, tzinfo=UTC)  # by the newest run, the first


def test_time_left_is_for_the_whole_and_days_that_cost_nothing_do_not_count():
    tickets, now = figures_of(source()).hub["tickets"], NOW
    assert tickets.seconds_left(now) is None
    tickets.begin(now)
    tickets.end(now + timedelta(seconds=1))  # the hub had those 30 days
    tickets.begin(now)
    now += timedelta(seconds=60)
    start = datetime(2024, 2, 2, tzinfo=UTC)
    tickets.land(page(start, start + 15 * DAY))

    # 15 days took a minute, 45 are left.
    assert tickets.seconds_left(now) == pytest.approx(3 * 61, rel=0.02)


def test_time_left_is_never_less_than_the_limit_makes_of_it():
    tickets, now = figures_of(source()).hub["tickets"], NOW
    tickets.begin(now)
    start = datetime(2024, 4, 2, tzinfo=UTC)
    for tenth in range(10):  # the minute's budget was free, so these took no time
        tickets.land(page(start + tenth * DAY, start + (tenth + 1) * DAY))
    assert tickets.seconds_left(now + timedelta(seconds=1)) == pytest.approx(80 * 6, rel=0.02)


def test_a_wait_counts_down_and_ends_with_the_next_page():
    tickets = figures_of(source()).hub["tickets"]
    tickets.begin(NOW)
    tickets.wait(NOW + timedelta(seconds=40))
    assert tickets.seconds_waiting(NOW) == 40
    assert tickets.seconds_waiting(NOW + timedelta(seconds=30)) == 10
    tickets.land(page(NOW - 2 * DAY, NOW - DAY))
    assert tickets.seconds_waiting(NOW) == 0


def test_a_stream_without_days_is_measured_from_its_first_record_and_a_list_not_at_all():
    figures, now = figures_of(source()), NOW
    organizations, groups = figures.hub["organizations"], figures.hub["groups"]
    organizations.begin(now)
    first = NOW - 100 * DAY
    organizations.land(page(EPOCH, NOW - 75 * DAY, walk_start=EPOCH, oldest=first))
    assert organizations.share(now) == pytest.approx(0.25, abs=0.01)
    groups.begin(now)
    groups.land(page(EPOCH, EPOCH))
    assert (groups.share(now), groups.seconds_left(now)) == (None, None)


def test_a_failure_of_one_run_stays_the_assets():
    tickets = figures_of(source()).hub["tickets"]
    for worst in (Stage.DONE, Stage.FAILED, Stage.DONE):
        tickets.begin(NOW)
        tickets.end(NOW, worst)
    assert tickets.course.stage is Stage.FAILED


# The picture.


def drawn(renderable, width, height):
    """Return the lines of a terminal of that size."""
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True)
    console.print(renderable)
    return re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue()).splitlines()


def big(number=1_234_567_890):
    """Return three sources, the first in the middle of its sync, with large numbers."""
    sources = [
        figures_of(source(f"zendesk_{'x' * 40}", "A nickname that is quite long, too")),
        figures_of(source("zendesk_globex", "Globex")),
        figures_of(source("zendesk_initech", "Initech")),
    ]
    sources[0].begin_run(NOW)
    for each in sources[0].hub.values():
        each.begin(NOW)
        each.land(page(NOW - 30 * DAY, NOW - 20 * DAY, records=number))
        each.totals.pages = number // 1000
    for table in sources[0].tables.values():
        table.course.begin(NOW)
        table.load(LoadResult(batches=9, inserted=number, updated=number, total=number))
        table.verdicts |= {"references_resolve": "2 ids are not there."}
    sources[0].hub["tickets"].wait(NOW + timedelta(seconds=34))
    return sources


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 40), (80, 10), (60, 24), (200, 50)])
@pytest.mark.parametrize("number", [7, 1_234_567_890])
def test_the_picture_fits_the_terminal_with_three_sources(width, height, number):
    now = NOW + timedelta(seconds=10)
    lines = drawn(Screen(big(number), lambda: now), width, height)

    assert len(lines) <= height - 1
    assert max(map(len, lines)) <= width
    shown = "\n".join(lines)
    assert lines[-1].startswith("then zendesk_globex, zendesk_initech")
    assert "tickets: waiting 24 s for the rate limit (10 pages a minute)"[: width - 1] in shown
    if width >= 80 and height >= 24:
        row = next(line for line in lines if re.match(r". tickets ", line))
        assert {f"{number:,}", "24", "%"} <= set(row.split())
        assert re.search(r"\d:\d\d:\d\d", row)  # the time left
    if height >= 24:
        rows = re.findall(r"^[^ ] (\w+)…? ", shown, re.MULTILINE)
        more = re.search(r"^  and (\d+) more$", shown, re.MULTILINE)
        every = len(declared().streams) + len(declared().collections)
        assert len(rows) + (int(more[1]) if more else 0) == every, shown
        assert len(rows) >= height - 7


def test_what_is_at_work_is_shown_however_low_the_terminal_is():
    sources = big()
    for name, each in sources[0].hub.items():
        if name != "tickets":
            for _ in each.course.windows:
                each.end(NOW)
    lines = drawn(Screen(sources, lambda: NOW), 80, 8)
    assert len(lines) <= 8
    assert any(re.match(r". tickets ", line) for line in lines)
    assert any(re.match(r"  and \d+ more", line) for line in lines)


def test_what_stays_of_a_source_fits_too():
    lines = drawn(source_table(big()[0], NOW, 80), 80, 24)
    assert max(map(len, lines)) <= 80
    assert any("1,234,567,890" in line for line in lines)


def test_of_many_assets_only_those_with_news_have_a_line_in_the_end():
    figures = figures_of(source())
    for each in (*figures.hub.values(), *figures.tables.values()):
        each.course.begin(NOW)
        for _ in each.course.windows:
            each.course.end(NOW)
    for day in (2, 3):
        figures.hub["tickets"].land(page(NOW - day * DAY, NOW - DAY))
    figures.hub["groups"].course.end(NOW, Stage.FAILED)
    figures.tables["users"].load(LoadResult(rows_in=5, inserted=5, total=5))
    figures.tables["macros"].verdicts["unique"] = "two rows share an id."
    lines = drawn(source_table(figures, NOW, 100), 100, 200)

    named = [found[1] for line in lines if (found := re.match(r"[✓✗] (\w+)", line))]
    assert named == ["groups", "tickets", "users", "macros"], lines
    rest = len(figures.courses) - 4
    assert f"  and {rest} more, with one page or nothing new" in lines


# Sentences.


def test_a_line_that_stays_says_when_it_was_printed(shown):
    display, clock, _ = shown
    out = display._console.file
    display.note("One.")
    clock.sleep(61)
    display.note("Two.")
    assert re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()) == (
        "2024-05-01T12:00:00Z One.\n2024-05-01T12:01:01Z Two.\n"
    )


@pytest.fixture
def shown():
    """Return a display of a first sync on a pipe, its clock, and a function for what it printed."""
    clock, out = ManualClock(NOW), io.StringIO()
    figures = figures_of(source())
    display = SyncDisplay([figures], Console(file=out, force_terminal=True, width=80), clock)
    display._is_live = False
    return display, clock, lambda: sentences(re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()))


def sentences(printed):
    """Return the lines without the time that each begins with."""
    lines = printed.splitlines()
    assert all(TIME.match(each) for each in lines), printed
    return [TIME.sub("", each) for each in lines]


TIME = re.compile(r"2024-05-01T12:\d\d:\d\dZ ")


def event(kind, step):
    return replace_event(step, dagster_event=dg.DagsterEvent(kind.value, "job", step_key=step))


def replace_event(step, **changes):
    entry = dg.EventLogEntry(
        error_info=None, level=20, user_message="", run_id="r", timestamp=0.0, step_key=step
    )
    return entry._replace(**changes) if hasattr(entry, "_replace") else replace(entry, **changes)


STEP = "zendesk_test__hub__tickets"
ASSET = keys.hub_key("zendesk_test", "tickets")


def test_a_line_comes_every_ten_seconds_also_while_the_rate_limit_is_waited_for(shown):
    display, clock, printed = shown
    display.on_event(event(dg.DagsterEventType.STEP_START, STEP))
    begun = "zendesk_test.hub.tickets: fetching 90 days, 2024-02-02 to 2024-05-01."
    assert printed() == [begun]
    display.on_page(ASSET, page(NOW - 29 * DAY, NOW - 15 * DAY))
    display.on_wait(ASSET, 48)
    for _ in range(30):
        clock.sleep(1)
        display.tick()

    lines = printed()[1:]
    assert len(lines) == 3
    assert [re.search(r"waiting (\d+) s for the rate limit", each)[1] for each in lines] == [
        "38",
        "28",
        "18",
    ]
    pattern = (
        r"zendesk_test\.hub\.tickets: 1 page, 1,000 records, reached 2024-04-16 12:00, 16 %, "
        r"waiting \d+ s for the rate limit, about 0:\d\d:\d\d left\."
    )
    assert all(re.fullmatch(pattern, each) for each in lines), lines


def test_with_many_tables_a_step_of_a_moment_has_one_line_and_passed_checks_have_none(shown):
    display, _, printed = shown
    table = "zendesk_test__macros"
    for step in ("zendesk_test__hub__macros", table, keys.checks_step(table)):
        display.on_event(event(dg.DagsterEventType.STEP_START, step))
        success = dg.DagsterEvent(
            dg.DagsterEventType.STEP_SUCCESS.value,
            "job",
            step_key=step,
            event_specific_data=StepSuccessData(duration_ms=1.0),
        )
        display.on_event(replace_event(step, dagster_event=success))
    assert [line.split(":")[0] for line in printed()] == [
        "✓ zendesk_test.hub.macros",
        "✓ zendesk_test.macros",
    ]


def test_who_ends_a_sync_is_told_that_the_next_goes_on(shown):
    display, _, printed = shown
    with pytest.raises(KeyboardInterrupt), display:
        raise KeyboardInterrupt
    assert printed() == [
        "Stopped. What is in the hub or in a table stays; the next sync continues from there."
    ]


def test_what_a_step_warns_of_is_said_once_and_what_it_says_goes_with_the_next_line(shown):
    display, clock, printed = shown
    display.on_event(event(dg.DagsterEventType.STEP_START, STEP))
    for _ in range(2):
        display.on_event(replace_event(STEP, level=30, user_message="API tokens end [soon]."))
    display.on_event(replace_event(STEP, user_message="status 503 at attempt 2; again in 8 s"))
    clock.sleep(11)
    display.tick()
    assert printed()[1] == "! zendesk_test.hub.tickets: API tokens end [soon]."
    assert printed()[2].endswith("status 503 at attempt 2; again in 8 s")
    assert len(printed()) == 3


def test_one_cause_of_many_failures_is_told_once_with_how_many_they_are(shown):
    display, _, printed = shown
    display.outcome.failed |= {"a.hub.groups": "No.", "a.hub.tickets": "No.", "a.tags": "Other."}
    display.summary()
    assert printed() == ["✗ a.hub.groups and 1 more: No.", "✗ a.tags: Other."]


def test_a_check_that_warns_is_marked_counted_and_shown_without_the_markdown_of_the_ui(shown):
    display, _, printed = shown
    step = "zendesk_test__sla_policies"
    verdict = dg.AssetCheckEvaluation(
        asset_key=keys.table_key("zendesk_test", "sla_policies"),
        check_name="no_undeclared_properties",
        passed=False,
        description=escape_markdown("1 property has no column: usage_7d."),
    )
    checks = keys.checks_step(step)
    for kind, data in (
        (dg.DagsterEventType.STEP_START, None),
        (dg.DagsterEventType.ASSET_CHECK_EVALUATION, verdict),
        (dg.DagsterEventType.STEP_SUCCESS, StepSuccessData(duration_ms=1.0)),
    ):
        happened = dg.DagsterEvent(kind.value, "job", step_key=checks, event_specific_data=data)
        display.on_event(replace_event(checks, dagster_event=happened))
    display.summary()

    name = "zendesk_test.sla_policies.checks"
    assert printed() == [
        f"! {name}: no_undeclared_properties: 1 property has no column: usage_7d.",
        f"! {name}: 1 of 1 check did not pass",
        "✓ Everything is up to date, with 1 warning.",
    ]


def test_all_that_became_of_the_rows_of_a_load_is_in_its_sentence():
    result = LoadResult(batches=2, inserted=3, deleted=1, quarantined=1_000, total=9)
    assert result.sentence.startswith(
        "9 rows: 3 inserted, 0 updated, 0 unchanged, 1 marked as deleted, 1,000 quarantined; "
        "batches: 2; "
    )


def test_what_was_not_begun_since_something_before_it_failed_is_no_warning_of_its_own(shown):
    display, _, printed = shown
    said = "Dependencies for step zendesk_test__tickets failed: ['x']. Not executing."
    display.on_event(replace_event("zendesk_test__tickets", level=40, user_message=said))
    assert printed() == []


def test_the_step_of_views_says_what_it_said_itself():
    view = keys.table_key("zendesk_test", "analysis_csat")
    report = keys.report_key("zendesk_test")
    figures = SourceFigures(source(), [PlannedRun(source(), (view, report))], Limits(200, 10), NOW)
    out = io.StringIO()
    display = SyncDisplay([figures], Console(file=out, width=80), ManualClock(NOW))
    steps = keys.views_step("zendesk_test", keys.ANALYSIS_VIEWS), report.to_python_identifier()
    for step, said in zip(steps, ("12 views, 1 written", "8 charts in r.html"), strict=True):
        display.on_event(event(dg.DagsterEventType.STEP_START, step))
        display.on_event(replace_event(step, user_message=said))
        success = dg.DagsterEvent(
            dg.DagsterEventType.STEP_SUCCESS.value,
            "job",
            step_key=step,
            event_specific_data=StepSuccessData(duration_ms=1.0),
        )
        display.on_event(replace_event(step, dagster_event=success))
    assert sentences(out.getvalue()) == [
        "✓ zendesk_test.analysis_views: 12 views, 1 written",
        "✓ zendesk_test.analysis.report: 8 charts in r.html",
    ]
    shown = Console(width=80, file=io.StringIO(), record=True)
    shown.print(source_table(figures, NOW, 80))
    assert "analysis_views  12 views, 1 written" in shown.export_text()
