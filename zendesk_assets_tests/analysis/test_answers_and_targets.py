"""Satisfaction by ticket and service levels, on tables filled by hand, on both engines."""

RECEIVED = "2026-03-01 12:00:00+00"


def rating(number, ticket_id, score, day, **more):
    moment = f"2026-{day} 12:00:00+00"
    return {"id": number, "ticket_id": ticket_id, "score": score, "created_at": moment,
            "updated_at": moment, "group_id": 7, **more}  # fmt: skip


def survey(number, ticket_id, category=None, day="02-01", **more):
    given = f"2026-{day}T12:00:00Z"
    answer = {"type": "rating_scale", "rating": 3, "rating_category": category,
              "updated_at": given}  # fmt: skip
    said = {"type": "open_ended", "value": "", "updated_at": given}
    return {"id": f"s{number}", "subjects": [{"id": f"{ticket_id}", "type": "ticket"}],
            "answers": [answer, said] if category else [], "responder_id": 9,
            "expires_at": f"2026-{day} 12:00:00+00", **more}  # fmt: skip


def test_the_latest_answer_counts_whether_to_a_rating_or_a_survey(desk):
    desk.fill("users", {"id": 5, "name": "Ann"}, {"id": 9, "name": "Bo"})
    desk.fill("tickets", *({"id": n, "assignee_id": 5, "group_id": n} for n in (1, 2, 3)))
    desk.fill(
        "satisfaction_ratings",
        rating(1, 1, "good", "02-01", assignee_id=8),
        rating(2, 2, "bad", "03-01", assignee_id=5, comment="Slow", reason="Late"),
        rating(3, 3, "offered", "03-09"),
    )
    desk.fill(
        "survey_responses",
        survey(1, 1, "neutral", "02-02"),
        survey(2, 2, "good", "02-28"),
        survey(3, 3, "bad", "02-02"),
        survey(4, 3, "good", "02-01"),
        survey(5, 4, None, "02-01"),
        survey(6, 5, "good", "02-01", _deleted=True),
        survey(7, 6, "good", "02-01", subjects=[{"id": "x", "type": "conversation"}]),
    )
    found = [
        tuple(row[name] for name in ("ticket_id", "source", "score", "rating", "assignee_name",
                                     "group_id", "comment", "reason"))
        for row in desk.rows("analysis_satisfaction", "ticket_id")
    ]  # fmt: skip
    assert found == [
        (1, "survey", "neutral", 3, "Ann", 1, None, None),
        (2, "rating", "bad", None, "Ann", 7, "Slow", "Late"),
        (3, "survey", "bad", 3, "Ann", 3, None, None),
        (4, "survey", None, None, None, None, None, None),
    ]
    by_group = {row["group_id"]: row["csat"] for row in desk.rows("analysis_csat")}
    assert by_group == {1: 0.0, 7: 0.0, 3: 0.0, None: None}


def test_a_rating_of_the_same_second_is_the_answer_to_the_survey_told_again(desk):
    desk.fill("users", {"id": 5, "name": "Ann"}, {"id": 8, "name": "Cy"})
    desk.fill("tickets", *({"id": n, "assignee_id": 5, "group_id": n} for n in range(1, 6)))
    desk.fill(
        "satisfaction_ratings",
        rating(1, 1, "bad", "02-01", assignee_id=8, comment="Slow", reason="Late"),
        rating(2, 2, "bad", "02-01", assignee_id=None, group_id=None),
        rating(3, 3, "good", "02-02", assignee_id=8),
        rating(4, 4, "offered", "02-01", assignee_id=8),
        rating(5, 5, "bad", "02-01", assignee_id=8, _deleted=True),
        rating(6, 1, "good", "01-31", assignee_id=8),
    )
    desk.fill("survey_responses", *(survey(n, n, "neutral", "02-01") for n in range(1, 6)))
    names = ("ticket_id", "source", "score", "rating", "assignee_name", "group_id", "comment",
             "reason")  # fmt: skip
    rows = desk.rows("analysis_satisfaction", "ticket_id")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (1, "survey", "neutral", 3, "Cy", 7, "Slow", "Late"),
        (2, "survey", "neutral", 3, None, None, None, None),
        (3, "rating", "good", None, "Cy", 7, None, None),
        (4, "survey", "neutral", 3, "Ann", 4, None, None),
        (5, "survey", "neutral", 3, "Ann", 5, None, None),
    ]
    counted = {row["group_id"]: row["received"] for row in desk.rows("analysis_csat")}
    assert counted == {7: 2, None: 1, 4: 1, 5: 1}


def clock(number, kind, hour, instance=1, ticket_id=1, **more):
    moment = f"2026-03-01 {hour:02}:00:00+00"
    return {"id": number, "ticket_id": ticket_id, "metric": "reply_time", "instance_id": instance,
            "type": kind, "time": moment, "received_at": RECEIVED, **more}  # fmt: skip


def target(minutes, policy, *, business=False):
    sla = {"target": minutes, "business_hours": business, "policy": {"title": f"Then {policy}"}}
    return {"sla": sla, "sla_policy_id": policy}


def test_a_target_is_met_missed_or_still_running(desk):
    desk.fill("tickets", *({"id": n, "_deleted": n == 3} for n in (1, 2, 3)))
    desk.fill("sla_policies", {"id": 8, "title": "Gold"})
    desk.fill(
        "ticket_metric_events",
        clock(1, "apply_sla", 1, **target(60, 7)),
        clock(2, "apply_sla", 2, **target(120, 8, business=True)),  # it replaced the first
        clock(3, "breach", 3, _deleted=True),  # withdrawn
        clock(4, "fulfill", 4),
        clock(5, "update_status", 4, status={"calendar": 180, "business": 90}),
        clock(6, "breach", 5),  # after the clock had ended
        clock(7, "apply_sla", 6, 2, **target(60, 7)),
        clock(8, "breach", 7, 2),
        clock(9, "fulfill", 8, 2),
        clock(10, "apply_sla", 9, 3, **target(300, 7)),
        clock(11, "breach", 14, 3),  # foretold
        clock(12, "apply_sla", 9, ticket_id=2, sla={"target": "soon", "policy": None}),
        clock(13, "breach", 11, ticket_id=2),
        clock(14, "apply_sla", 9, ticket_id=3, **target(60, 8)),
    )
    names = ("ticket_id", "instance_id", "policy_name", "target_minutes", "in_business_hours",
             "minutes", "is_met", "is_breached")  # fmt: skip
    rows = desk.rows("analysis_slas", "ticket_id, instance_id")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (1, 1, "Gold", 120, True, 90, True, False),
        (1, 2, "Then 7", 60, False, None, False, True),
        (1, 3, "Then 7", 300, False, None, False, False),
        (2, 1, None, None, None, None, False, True),
    ]
    assert [row["due_at"] is not None for row in rows] == [False, False, True, False]
