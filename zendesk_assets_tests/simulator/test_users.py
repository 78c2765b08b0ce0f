"""Users and their identities, as the cursor export gives them."""

from datetime import timedelta

import pytest

from zendesk_assets.simulator import RateLimits


def customer(site):
    return next(user for user in site.account.users.values()
                if user.role == "end-user" and user.email)  # fmt: skip


def export(site, since=0, **query):
    """Return all users by id and all identities by id that the export gives from a second on."""
    users, identities, query = {}, {}, query | {"include": "identities", "start_time": since}
    while True:
        page = site.json("incremental/users/cursor", **query)
        users |= {row["id"]: row for row in page["users"]}
        identities |= {row["id"]: row for row in page["identities"]}
        assert {row["user_id"] for row in page["identities"]} <= {u["id"] for u in page["users"]}
        if page["end_of_stream"]:
            return users, identities
        query.pop("start_time", None)
        query["cursor"] = page["after_cursor"]


def now(site):
    return int(site.clock.now().timestamp())


def test_users_come_with_all_their_identities(site):
    users, identities = export(site, per_page=7)
    assert users == {row["id"]: row for row in site.simulator.expected("users")}
    assert identities == {row["id"]: row for row in site.simulator.expected("user_identities")}
    emails = {row["user_id"]: row["value"] for row in identities.values()
              if row["type"] == "email"}  # fmt: skip
    assert emails == {row["id"]: row["email"] for row in users.values() if row["email"]}


def test_identities_must_be_asked_for_on_every_page(site):
    first = site.json("incremental/users/cursor", start_time=0, per_page=5, include="identities")
    assert first["identities"]
    second = site.json("incremental/users/cursor", cursor=first["after_cursor"], per_page=5)
    assert "identities" not in second


def test_the_export_is_for_admins(site):
    site.use(site.simulator.issue_token("agent"))
    assert site.get("incremental/users/cursor", start_time=0).status_code == 403


def test_a_user_comes_again_when_an_identity_was_added_or_removed(site):
    user = customer(site)
    site.clock.advance(timedelta(hours=1))
    added = site.act("add_identity", user_id=user.id, value="second@mail.example")
    changed = now(site)
    site.clock.advance(timedelta(minutes=2))
    users, identities = export(site, changed)
    assert list(users) == [user.id]
    assert added in identities

    site.clock.advance(timedelta(hours=1))
    site.act("remove_identity", user_id=user.id, identity_id=added)
    removed = now(site)
    site.clock.advance(timedelta(minutes=2))
    users, identities = export(site, removed)
    assert users[user.id]["updated_at"] > "2026-03-01T14"
    assert added not in identities
    assert identities

    rows = site.simulator.expected("user_identities", with_deleted=True)
    assert [row["id"] for row in rows if "_deleted" in row] == [added]


def test_a_new_address_changes_the_primary_identity_in_place(site):
    user = customer(site)
    before = site.account.identities_of(user.id)[0]
    site.account.update_user(user.id, email="new@mail.example")
    assert [(each.id, each.value) for each in site.account.identities_of(user.id)
            if each.type == "email"] == [(before.id, "new@mail.example")]  # fmt: skip


def test_another_primary_identity_changes_the_address(site):
    user = customer(site)
    added = site.account.add_identity(user.id, "second@mail.example")
    site.account.update_identity(user.id, added, primary=True)
    assert user.email == "second@mail.example"
    assert [each.primary for each in site.account.identities_of(user.id)
            if each.type == "email"] == [False, True]  # fmt: skip


def test_a_deleted_user_is_inactive_and_has_neither_address_nor_identities(site):
    user = customer(site)
    site.act("delete_user", user_id=user.id)
    users, identities = export(site)
    row = users[user.id]
    assert (row["active"], row["email"], row["permanently_deleted"]) == (False, None, False)
    assert user.id not in {each["user_id"] for each in identities.values()}
    assert "permanently_deleted" not in users[site.account.admin_id]


def test_a_wiped_user_comes_once_more_without_anything_personal(site):
    user = customer(site)
    site.account.update_user(user.id, notes="Lives in Leeds", external_id="crm-7", phone="+353")
    site.clock.advance(timedelta(days=31))
    site.act("wipe_user", user_id=user.id)
    row = export(site)[0][user.id]
    assert row["name"] == "Permanently Deleted User"
    assert row["permanently_deleted"] is True
    assert (row["email"], row["phone"], row["external_id"], row["notes"]) == (None, None, None, "")
    assert row["updated_at"].startswith("2026-04-01")


@pytest.mark.parametrize("name", ["alias", "notes", "external_id", "suspended", "photo", "details",
                                  "time_zone", "tags"])  # fmt: skip
def test_every_property_of_a_user_can_be_set(site, name):
    value = {"suspended": True, "photo": {"id": 1}, "tags": ["vip"]}.get(name, "text")
    site.act("update_user", user_id=customer(site).id, **{name: value})
    assert site.json(f"users/{customer(site).id}")["user"][name] == value


def test_only_lists_tell_who_may_only_chat(site):
    assert "chat_only" in site.json("users", **{"page[size]": 1})["users"][0]
    assert "chat_only" not in site.json("incremental/users/cursor", start_time=0)["users"][0]


def test_a_late_user_shows_at_its_own_second(site):
    site.act("set_export_delay", seconds=600)
    added = site.act("create_user", name="Late Riser", email="late@mail.example")
    site.clock.advance(timedelta(minutes=2))
    assert added not in export(site)[0]
    site.clock.advance(timedelta(minutes=10))
    assert export(site)[0][added]["created_at"] == "2026-03-01T12:00:00Z"


def test_the_export_is_charged_to_its_own_bucket_and_to_the_account(make_site):
    site = make_site(tickets=5, rate_limits=RateLimits(account=30, exports=1))
    for left in range(19, -1, -1):
        answer = site.get("incremental/users/cursor", start_time=0)
        header = answer.headers["zendesk-ratelimit-incremental-exports-cursor"]
        assert header == f"total=20; remaining={left}; resets=60"
    assert answer.headers["ratelimit-remaining"] == "10"
    assert site.get("incremental/users/cursor", start_time=0).status_code == 429
    assert site.get("incremental/organizations", start_time=0).status_code == 200
