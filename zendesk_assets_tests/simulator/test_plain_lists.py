"""Plain lists: data files over one store, served as Zendesk pages them, changed at run time."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

import zendesk_assets
from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.lists import declaration
from zendesk_assets.simulator.lists.declaration import declarations

NAMES = sorted(declarations())


def rows_of(site, name):
    """Return what the endpoint of a list answers in all, with the property the path has."""
    declaration = declarations()[name]
    parents = declaration.parents and site.account.list_rows(declaration.parents)
    found = []
    for parent in parents or [None]:
        path = declaration.path.replace("{id}", str(parent))
        more = {declaration.parent: parent} if parent else {}
        if declaration.by_brand:
            more["brand_id"] = parents[parent].get("brand_id", parent)
            brand = site.account.list_rows("brands")[more["brand_id"]]
            if not brand["has_help_center"]:
                continue
            site.session.headers["Host"] = f"{brand['subdomain']}.zendesk.com"
        found += [row | more for row in pages(site, path, declaration)]
    return found


def pages(site, path, declaration):
    if declaration.paging == "cursor":
        everything = dict.fromkeys(declaration.hides, "true")
        everything["include"] = ",".join(declaration.side_loads)
        return list(site.walk_list(path, declaration.answer_key(), **everything))
    found, page = [], site.json(path)
    while True:
        found += page[declaration.answer_key()]
        following = _following(page)
        if following is None:
            return found
        page = site.session.get(following, timeout=10).json()


def _following(page):
    if isinstance(page.get("links"), list):  # they are the records, and `meta` has the address
        return page["meta"]["after_cursor"] if page["meta"]["has_more"] else None
    return page.get("next_page") or page.get("links", {}).get("next")


@pytest.mark.parametrize("name", NAMES)
def test_the_endpoint_gives_the_expected_rows_and_no_others(site, name):
    identity = declarations()[name].identity
    found, expected = rows_of(site, name), site.simulator.expected(name)

    assert found
    assert {row[identity]: row for row in found} == {row[identity]: row for row in expected}
    assert len(found) == len(expected)


def test_deleted_brands_are_listed_only_when_asked_for(site):
    shown = site.json("brands")["brands"]
    deleted = [row for row in site.simulator.expected("brands") if row["is_deleted"]]
    assert deleted
    assert len(shown) == len(site.simulator.expected("brands")) - len(deleted)
    assert not any(row["is_deleted"] for row in shown)


@pytest.mark.parametrize("name", NAMES)
def test_agents_may_read_a_list_unless_it_is_for_admins(site, name):
    declaration = declarations()[name]
    parents = site.account.list_rows(declaration.parents) if declaration.parents else [""]
    path = declaration.path.replace("{id}", str(next(iter(parents))))
    site.use(site.simulator.issue_token("agent"))
    assert site.get(path).status_code == (403 if declaration.only_admins else 200)
    site.use(site.simulator.issue_token("end-user"))
    assert site.get(path).status_code == 403


@pytest.mark.parametrize("name", NAMES)
def test_a_row_can_be_created_changed_and_deleted_over_http(site, name):
    identity = declarations()[name].identity
    values = {"name": "vip"} if name == "tags" else {"position": 99, "created_by_test": True}
    [key] = site.act("create_row", collection=name, values=values)
    assert key in {row[identity] for row in rows_of(site, name)}

    site.clock.advance(timedelta(hours=1))
    site.act("update_row", collection=name, key=key, changes={"remark": "changed"})
    row = next(row for row in rows_of(site, name) if row[identity] == key)
    assert row["remark"] == "changed"
    if "updated_at" in row:
        assert row["created_at"] == "2026-03-01T12:00:00Z"
        assert row["updated_at"] == "2026-03-01T13:00:00Z"

    site.act("delete_row", collection=name, key=key)
    assert key not in {row[identity] for row in rows_of(site, name)}
    assert key not in {row[identity] for row in site.simulator.expected(name)}


def test_a_deleted_row_is_known_as_deleted_if_it_was_ever_sent(site):
    seen = site.json("group_memberships")["group_memberships"][0]
    unseen = site.account.create_row("group_memberships")[0]
    for key in (seen["id"], unseen):
        site.account.delete_row("group_memberships", key)

    rows = site.simulator.expected("group_memberships", with_deleted=True)
    assert [row for row in rows if "_deleted" in row] == [seen | {"_deleted": True}]
    assert unseen not in {row["id"] for row in rows}


def test_an_emptied_list_is_empty(site):
    site.act("delete_rows", collection="group_memberships")
    assert site.json("group_memberships", **{"page[size]": 100})["group_memberships"] == []


def test_memberships_refer_to_agents_and_groups_and_each_agent_has_a_default(site):
    rows = site.simulator.expected("group_memberships")
    agents = {user.id for user in site.account.users.values() if user.role != "end-user"}
    assert {row["group_id"] for row in rows} <= set(site.account.groups)
    assert {row["user_id"] for row in rows if row["default"]} == agents
    for row in rows:
        if row["default"]:
            assert site.account.users[row["user_id"]].group_id == row["group_id"]


def test_memberships_need_groups(make_site):
    site = make_site(tickets=3, groups=0)
    assert site.simulator.expected("group_memberships") == []


def test_tags_are_names_with_counts_the_most_used_first(site):
    rows = rows_of(site, "tags")
    assert all(set(row) == {"name", "count"} for row in rows)
    assert [row["count"] for row in rows] == sorted((row["count"] for row in rows), reverse=True)
    site.account.create_ticket(tags=["never_seen_before"])
    assert {"name": "never_seen_before", "count": 1} in rows_of(site, "tags")
    assert site.json("tags/count")["count"]["value"] == len(rows_of(site, "tags"))


def test_policies_come_a_hundred_a_page_whatever_size_is_asked_for(site):
    before = len(site.simulator.expected("sla_policies"))
    site.act("create_row", collection="sla_policies", values={"title": "More"}, count=150)

    first = site.json("slas/policies", **{"page[size]": 10})
    assert (len(first["sla_policies"]), first["count"]) == (100, 150 + before)
    assert "meta" not in first
    assert first["previous_page"] is None
    second = site.session.get(first["next_page"], timeout=10).json()
    assert (len(second["sla_policies"]), second["next_page"]) == (50 + before, None)
    assert second["previous_page"]
    assert len({row["id"] for row in rows_of(site, "sla_policies")}) == 150 + before


def test_policies_are_refused_where_the_plan_lacks_them(site):
    site.act("make_unavailable", path="slas/policies")
    answer = site.get("slas/policies")
    assert answer.status_code == 403
    assert answer.json()["error"]["title"] == "Forbidden"
    assert "You do not have access to this page." in answer.json()["error"]["message"]
    site.act("make_available", path="slas/policies")
    assert site.get("slas/policies").status_code == 200


def test_the_policy_that_ticket_events_name_exists(site):
    children = [row["child"] for row in site.simulator.expected("ticket_events")]
    named = {child["sla_policy"] for child in children if "sla_policy" in child}
    assert named
    assert named <= {row["title"] for row in site.simulator.expected("sla_policies")}


@pytest.mark.parametrize("path", ["business_hours/schedules", "custom_statuses"])
def test_a_whole_list_ignores_paging(site, path):
    page = site.json(path, **{"page[size]": 1, "per_page": 1})
    assert page["count"] == len(page[path.rpartition("/")[2]])
    assert "meta" not in page
    assert page["next_page"] is None


def test_schedules_have_no_address_and_their_hours_are_minutes_of_the_week(site):
    for row in site.json("business_hours/schedules")["schedules"]:
        assert set(row) == {"id", "name", "time_zone", "intervals", "created_at", "updated_at"}
        assert all(0 <= each["start_time"] < each["end_time"] <= 10_080
                   for each in row["intervals"])  # fmt: skip


def test_holidays_do_not_say_to_which_schedule_they_belong(site):
    first, second = site.account.list_rows("schedules")
    rows = site.json(f"business_hours/schedules/{first}/holidays")["holidays"]
    assert all(set(row) == {"id", "name", "start_date", "end_date"} for row in rows)
    expected = site.simulator.expected("schedule_holidays")
    assert {row["schedule_id"] for row in expected} == {first, second}
    assert len(rows) == sum(row["schedule_id"] == first for row in expected)


def test_the_holidays_of_a_deleted_schedule_are_gone(site):
    first, second = site.account.list_rows("schedules")
    site.account.delete_row("schedules", second)
    assert site.get(f"business_hours/schedules/{second}/holidays").status_code == 404
    assert {row["schedule_id"] for row in site.simulator.expected("schedule_holidays")} == {first}


def test_a_single_row_is_shown_by_its_id(site):
    row = site.simulator.expected("sla_policies")[0]
    assert site.json(f"slas/policies/{row['id']}") == {"sla_policy": row}
    assert site.get("slas/policies/1").status_code == 404


def test_raw_text_can_be_planted_in_a_row(site):
    key = site.simulator.expected("sla_policies")[0]["id"]
    site.act("set_raw", kind="sla_policies", record_id=key, name="position", raw='"first"')
    assert site.json("slas/policies")["sla_policies"][0]["position"] == "first"
    assert site.simulator.expected("sla_policies")[0]["position"] == "first"


def test_a_page_of_an_offset_list_can_lead_to_itself(site):
    site.simulator.faults.add("duplicate_page", path="slas/policies")
    page = site.json("slas/policies")
    assert site.session.get(page["next_page"], timeout=10).json()["next_page"] is None


def test_an_unknown_list_or_row_is_a_sentence(site):
    with pytest.raises(SimulatorError, match=r"Choose one of: .*sla_policies"):
        site.account.create_row("macros_of_old")
    with pytest.raises(SimulatorError, match="tags has no row 'nothing'"):
        site.account.delete_row("tags", "nothing")


def test_ids_of_lists_are_unique_and_depend_on_the_seed(make_site):
    here, there = make_site(tickets=3), make_site(tickets=3, seed=8)
    names = ("group_memberships", "schedules", "schedule_holidays", "sla_policies")
    ids = [row["id"] for site in (here, there) for name in names
           for row in site.simulator.expected(name)]  # fmt: skip
    assert len(ids) == len(set(ids))


def test_the_data_files_are_part_of_the_package():
    package = Path(zendesk_assets.__file__).parent
    settings = tomllib.loads((package.parent / "pyproject.toml").read_text())
    patterns = settings["tool"]["setuptools"]["package-data"]["zendesk_assets"]
    packed = {path.name for pattern in patterns for path in package.glob(pattern)}
    assert packed >= {each.name for each in declaration.data_files()}


FURTHER = """{"path": "parts/of/{id}/things", "paging": "cursor", "key": "parts",
 "parent": "group_id", "parents": "schedules", "has_text_ids": true, "is_counted": true,
 "order": ["-position"],
 "defaults": {"active": true, "group_id": "@schedules/1"},
 "rows": [{"each": "agents", "title": "Mine, $title", "owner": "@agents/#", "position": 1}]}"""


def test_one_more_list_is_one_more_file(tmp_path, monkeypatch, make_site):
    for each in declaration.data_files():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    (tmp_path / "parts.json").write_text(FURTHER)
    monkeypatch.setattr(declaration, "data_files", lambda: list(tmp_path.iterdir()))
    declarations.cache_clear()
    try:
        site = make_site(tickets=3, agents=4)
        rows = site.simulator.expected("parts")
        assert [row["owner"] for row in rows] == list(site.account.users)[:4]
        assert {row["title"] for row in rows} == {"Mine, Acme"}
        assert all(row["active"] and isinstance(row["id"], str) for row in rows)
        parent = rows[0]["group_id"]
        page = site.json(f"parts/of/{parent}/things", **{"page[size]": 3})
        assert (len(page["parts"]), page["meta"]["has_more"]) == (3, True)
        assert site.json(f"parts/of/{parent}/things/count")["count"]["value"] == 4
        assert site.json(f"parts/of/{parent}/things/{rows[0]['id']}")["part"]["position"] == 1
        assert site.get("parts/of/1/things").status_code == 404
    finally:
        declarations.cache_clear()
