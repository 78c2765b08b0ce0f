"""`history` of a source says which tables keep their states, and is refused where it cannot."""

import re

import pytest
import yaml

from zendesk_assets.account import chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.errors import SourcesFileError
from zendesk_assets.history import histories_of
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Source
from zendesk_assets.warehouse import name_history

BY_DEFAULT = {
    "triggers", "automations", "macros", "sla_policies", "group_sla_policies", "schedules",
    "schedule_holidays", "ticket_forms",
}  # fmt: skip


def entry(history, **more):
    found = {"nickname": "N", "schema": "n", "subdomain": "n", "auth": {"type": "oauth"}, **more}
    return found | ({} if history == "" else {"history": history})


def chosen(history, **more):
    source = Source.model_validate(entry(history, **more))
    return histories_of(source, chosen_collections(source))


@pytest.mark.parametrize(
    ("history", "names"),
    [
        ("", BY_DEFAULT),
        (True, BY_DEFAULT),
        (None, BY_DEFAULT),
        ([], set()),
        (False, set()),
        (["tickets", "users"], {"tickets", "users"}),
        (["default", "tickets"], BY_DEFAULT | {"tickets"}),
    ],
)
def test_what_is_named_has_a_history_or_what_has_one_by_default(history, names):
    assert chosen(history) == names
    assert chosen(history, collections={"include": ["groups", "tickets", "users"]}) == (
        names & {"groups", "tickets", "users"}
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tickest", "there is no collection tickest (did you mean tickets?): use default"),
        ("audit_logs", "audit_logs is not synced: name it under `collections` too"),
        ("ticket_metrics", "ticket_metrics cannot have one, because other records decide"),
        ("ticket_metric_events", "cannot have one"),
    ],
)
def test_what_cannot_have_one_is_refused_by_name(name, told, tmp_path):
    path = tmp_path / "sources.yaml"
    path.write_text(yaml.safe_dump({"sources": [entry([name])]}))
    with pytest.raises(SourcesFileError, match=re.escape(told)) as refused:
        load_sources(path)
    assert "sources[0].history (in the source n): " in str(refused.value)


def test_no_history_takes_the_name_of_a_table_or_view():
    names = {*declared().collections, *declared().views}
    assert names.isdisjoint(map(name_history, declared().collections))
