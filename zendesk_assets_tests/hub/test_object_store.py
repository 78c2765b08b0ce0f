"""The hub in S3: the same promises as in a folder, few requests, and clear words when it fails."""

import os
from datetime import timedelta

import fsspec
import pytest

from zendesk_assets.errors import CorruptPartError, HubError, MissingFileError, PrunedBatchError
from zendesk_assets.hub import SourceHub, Storage, find_damage
from zendesk_assets.storage import files
from zendesk_assets.warehouse.parts import fetch_part
from zendesk_assets_tests import long
from zendesk_assets_tests.hub.test_batches import RECORDS, START, manifest
from zendesk_assets_tests.object_store import BUCKET, SECRET, object_store

ROOT = f"s3://{BUCKET}/company/hub"
LATER = START + timedelta(days=2)


@pytest.fixture
def store(monkeypatch):
    with object_store(monkeypatch) as store:
        yield store


@pytest.fixture
def hub(store):
    return SourceHub(Storage(ROOT), "s")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(files, "_ATTEMPTS", 1)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def test_what_was_landed_is_read_back_and_another_machine_sees_it_at_once(hub, store, tmp_path):
    other = SourceHub(Storage(ROOT), "s")
    assert other.batches("tickets") == []
    landed = hub.land(manifest(), RECORDS)
    (batch,) = other.batches("tickets")

    assert other.manifest(batch) == landed
    assert find_damage(other, batch) is None
    (part,) = other.files(batch).parts
    local = fetch_part(part, tmp_path, 0)
    assert local.read_bytes() == hub.part(batch, landed.parts[0])
    assert store.names() == [
        f"company/hub/s/tickets/2024/{landed.batch_id}/manifest.json",
        f"company/hub/s/tickets/2024/{landed.batch_id}/part-00000.ndjson.zst",
    ]


def test_the_manifest_is_put_last_and_without_it_there_is_no_batch(hub, store):
    landed = hub.land(manifest(), RECORDS)
    puts = [path.rsplit("/", 1)[-1] for method, path, _ in store.requests if method == "PUT"]
    assert puts == ["part-00000.ndjson.zst", "manifest.json"]

    (batch,) = hub.batches("tickets")
    store.client.delete_object(Bucket=BUCKET, Key=f"company/hub/{batch.folder}/manifest.json")
    assert hub.batches("tickets") == []
    assert hub.abandoned("tickets", LATER) == [batch.folder]
    assert hub.abandoned("tickets", batch.id.landed) == []  # it may still be being written
    hub.remove_abandoned(batch.folder)
    assert store.names() == []
    assert landed.parts


def test_what_is_set_aside_is_kept_and_the_second_who_finds_it_is_told(hub, store):
    hub.land(manifest(), RECORDS)
    (batch,) = hub.batches("tickets")

    assert hub.damaged.set_aside(batch, LATER)
    assert not hub.damaged.set_aside(batch, LATER)
    assert hub.batches("tickets") == []
    assert [each.id for each in hub.damaged.lost("tickets")] == [batch.id]
    assert len(store.names()) == 2


def test_pruning_removes_the_parts_and_keeps_what_is_covered(hub, store):
    hub.land(manifest(), RECORDS)
    (batch,) = hub.batches("tickets")
    covered = hub.coverage("tickets")
    hub.prune(batch, LATER)

    assert hub.coverage("tickets") == covered
    assert [each.rsplit("/", 1)[-1] for each in store.names()] == ["manifest.json"]
    with pytest.raises(PrunedBatchError):
        hub.files(batch)


def test_coverage_costs_one_listing_however_many_batches_there_are(hub, store):
    for hour in range(40):
        hub.land(manifest(start=START + timedelta(hours=hour), hours=1), RECORDS)
    assert store.counted() == {"PUT": 80}

    assert len(hub.coverage("tickets")) == 1
    # One listing for each 1,000 files; so few batches have no index yet.
    assert store.counted() == {"GET": 1, "LIST": 1}
    for batch in hub.batches("tickets"):
        hub.files(batch)
    assert store.counted() == {"LIST": 1, "GET": 80}  # a manifest and a part each


@pytest.mark.parametrize("failure", [(500, "InternalError"), (503, "SlowDown")])
def test_a_store_in_trouble_for_a_moment_is_waited_for(hub, store, monkeypatch, failure):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # the client's own patience
    store.failures += [failure] * 2
    hub.land(manifest(), RECORDS)
    store.failures += [failure] * 2
    (batch,) = hub.batches("tickets")
    store.failures += [failure] * 2

    assert hub.files(batch).records == 3


def no_bucket(store, monkeypatch):
    return "s3://nowhere/hub", "There is no bucket for s3://nowhere/hub/"


def wrong_key(store, monkeypatch):
    store.failures += [(403, "InvalidAccessKeyId")]
    return ROOT, "InvalidAccessKeyId"


def no_right(store, monkeypatch):
    store.failures += [(403, "AccessDenied")]
    return ROOT, "AccessDenied"


def other_region(store, monkeypatch):
    store.failures += [(400, "AuthorizationHeaderMalformed")]
    return ROOT, "AWS_DEFAULT_REGION"


def no_credentials(store, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    return ROOT, "There are no credentials"


def nobody_there(store, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    return ROOT, "cannot be reached"


def in_trouble(store, monkeypatch):
    store.failures += [(503, "SlowDown")] * 30
    return ROOT, "has an error"


@pytest.mark.parametrize(
    "trouble",
    [no_bucket, wrong_key, no_right, other_region, no_credentials, nobody_there, in_trouble],
)
@long.parametrize("what", ["list", "read", "write"])
def test_each_trouble_is_one_sentence_with_a_next_step_and_no_secret(
    store, monkeypatch, impatient, trouble, what
):
    root, words = trouble(store, monkeypatch)
    storage = Storage(root)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    do = {
        "list": lambda: storage.find("s"),
        "read": lambda: storage.read("s/x"),
        "write": lambda: storage.write("s/x", b"x"),
    }
    with pytest.raises(HubError) as caught:
        do[what]()

    # A part in a store that cannot be asked is neither missing nor damaged.
    assert not isinstance(caught.value, MissingFileError | CorruptPartError)
    text = str(caught.value)
    assert words in text
    assert text.count("\n") == 0
    assert text.endswith((".", "there."))
    assert SECRET not in text
    assert "AWSAccessKeyId" not in text
    assert caught.value.__cause__ is None


def test_a_part_that_is_gone_is_damage_and_a_store_that_is_away_is_not(
    hub, store, tmp_path, impatient
):
    hub.land(manifest(), RECORDS)
    (batch,) = hub.batches("tickets")
    (part,) = hub.files(batch).parts
    store.failures += [(503, "SlowDown")] * 30
    with pytest.raises(HubError) as away:
        fetch_part(part, tmp_path, 0)
    assert not isinstance(away.value, CorruptPartError)

    store.failures.clear()
    store.client.delete_object(Bucket=BUCKET, Key=part.removeprefix(f"s3://{BUCKET}/"))
    with pytest.raises(CorruptPartError, match="is missing"):
        fetch_part(part, tmp_path, 0)
    with pytest.raises(CorruptPartError):
        hub.files(batch)


@pytest.mark.parametrize("root", ["s3://", "nothing-like-that://x/y"])
def test_a_place_that_cannot_be_is_said_at_once(root):
    with pytest.raises(HubError, match="s3://bucket/prefix"):
        Storage(root)


@long.parametrize("own_attempts", ["1", "5"])
@long.parametrize("method", ["PUT", "GET", "HEAD", "POST", "DELETE"], few=2)
def test_a_request_whose_answer_is_lost_is_neither_lost_nor_done_twice(
    store, monkeypatch, method, own_attempts
):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", own_attempts)
    hub = SourceHub(Storage(ROOT), "s")
    for lost in (1, 2):
        store.lost[method] = lost
        landed = hub.land(manifest(), RECORDS)
        (batch,) = hub.batches("tickets")
        store.lost[method] = lost
        assert hub.manifest(batch) == landed
        assert hub.files(batch).records == 3
        hub.prune(batch, LATER)
        store.lost[method] = lost
        assert hub.damaged.set_aside(batch, LATER)
        assert hub.batches("tickets") == []
        assert batch.id in {each.id for each in hub.damaged.lost("tickets")}
        store.lost[method] = 0
        assert len(store.names()) == lost


@pytest.mark.parametrize("failure", [(503, "SlowDown"), (500, "InternalError")])
def test_a_store_that_stays_in_trouble_leaves_no_batch_that_is_half_seen(
    hub, store, impatient, failure
):
    for before in range(2):
        served = []

        def fail_later(_client, method, _path, before=before, served=served):
            served.append(method)
            store.failures[:] = [failure] * 30 if served.count("PUT") > before else []

        store.on_request = fail_later
        with pytest.raises(HubError, match="has an error") as raised:
            hub.land(manifest(), RECORDS)
        assert "nothing half-written counts" in str(raised.value)
        store.on_request, store.failures[:] = lambda *_: None, []
        assert hub.batches("tickets") == []


def test_a_batch_that_no_listing_knows_yet_is_not_removed_as_abandoned(hub, store):
    landed = hub.land(manifest(), RECORDS)
    store.unlisted = ("manifest.json",)
    (folder,) = hub.abandoned("tickets", LATER)
    hub.remove_abandoned(folder)
    store.unlisted = ()

    (batch,) = hub.batches("tickets")
    assert hub.manifest(batch) == landed
    assert hub.files(batch).records == 3
