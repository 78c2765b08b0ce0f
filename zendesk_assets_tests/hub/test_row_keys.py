"""The checksums of keys that manifests keep: none is missing, whatever a record looks like."""

import json
from datetime import UTC, datetime

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.hub import KeyWay, RowKeys, SourceHub, Storage, may_have
from zendesk_assets.hub.manifest import decode_manifest
from zendesk_assets.records.paths import Path, Step
from zendesk_assets_tests.hub.test_batches import manifest
from zendesk_assets_tests.warehouse.helpers import CHILDREN, FILES, METRICS, THINGS

NOW = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def hub(tmp_path):
    return SourceHub(Storage(str(tmp_path / "hub")), "s")


@pytest.mark.parametrize(
    ("collection", "line", "keys"),
    [
        (THINGS, b'{"id": 7, "name": "id"}', {"7"}),
        (THINGS, b'{"id": "seven \\ud83d"}', {"seven \ufffd"}),
        (THINGS, b'{"id": null}', set()),
        (THINGS, b'["id", 7]', set()),
        (THINGS, b"no JSON", set()),
        (METRICS, b'{"metric_set": {"id": 2}}', {"2"}),
        (METRICS, b'{"metric_set": null}', set()),
        (CHILDREN, b'{"id": 1, "children": [{"id": 2}, {"id": 3}, null]}', {"2", "3"}),
        (CHILDREN, b'{"id": 1, "children": [{"id": 2}, "odd", 4]}', {"2"}),
        (CHILDREN, b'{"id": 1}', set()),
        (FILES, b'{"children": [{"id": 2, "files": [{"id": 3}]}]}', {'["2","3"]'}),
    ],
)
@pytest.mark.parametrize("beside", [[], [b"no JSON"]])
def test_keys_are_read_from_records_whatever_their_shape(collection, line, keys, beside):
    (sums,) = RowKeys((collection,)).sums([line, *beside]).values()
    assert all(may_have(sums, each) for each in keys)
    assert len(sums) == 4 * len(keys)
    assert not may_have(sums, "8")


def test_a_record_that_deletes_rows_is_apart_from_the_rows():
    (sums,) = RowKeys((METRICS,)).sums([b'{"id": 1, "metric_set": {"id": 2}}']).values()
    assert (may_have(sums, "2"), may_have(sums, "1")) == (True, False)
    assert may_have(sums, "1", tombstones=True)
    assert not may_have(sums, "2", tombstones=True)


@pytest.mark.parametrize("stream", declared().streams)
def test_the_keys_of_a_streams_tables_are_read_together_as_one_by_one(stream):
    collections = [each for each in declared().collections_of(stream) if not each.is_series]
    record = {}
    for each in collections:
        for number, name in enumerate(each.primary_key):
            put(record, each.records, each.column(name).source_path, f"key {number}")
    lines, alone = [json.dumps(record).encode()], {}
    for each in collections:
        sums = RowKeys((each,)).sums(lines)
        key = json.dumps(["key 0", "key 1"], separators=(",", ":"))
        assert may_have(sums[KeyWay(each).name], key if len(each.primary_key) > 1 else "key 0")
        alone |= sums
    assert RowKeys(collections).sums(lines) == alone


def put(record, steps, path, value):
    """Put a value where a row of these steps has it."""
    levels = [record]
    for step in map(Step.parse, steps):
        inner = levels[0].setdefault(step.name, [{}] if step.is_list else {})
        levels.insert(0, inner[0] if step.is_list else inner)
    place = Path.parse(path)
    level = levels[place.out]
    for key in place.keys[:-1]:
        level = level.setdefault(key, {})
    level[place.keys[-1]] = value


def test_a_manifest_keeps_checksums_until_its_records_are_pruned_or_replaced(hub):
    keys = RowKeys((THINGS,))
    lines = [b'{"id": 7}', b'{"id": 8}']
    for change in (
        lambda batch, part: hub.replace_part(batch, part, [b'{"id": 9}'], NOW),
        lambda batch, _part: hub.prune(batch, NOW),
    ):
        landed = hub.land(manifest(stream="things", keys=keys.sums(lines)), lines)
        batch = hub.batch("things", landed.batch_id)
        assert hub.manifest(batch).keys == keys.sums(lines)
        change(batch, landed.parts[0])
        assert hub.manifest(batch).keys == {}


def test_manifests_of_earlier_versions_have_none(hub):
    landed = hub.land(manifest(stream="things"), [b'{"id": 7}'])
    path = f"{hub.batch('things', landed.batch_id).folder}/manifest.json"
    content = json.loads(hub._storage.read(path))
    del content["keys"], content["checksum"]
    assert decode_manifest(json.dumps(content).encode(), path).keys == {}
