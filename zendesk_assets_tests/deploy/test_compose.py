"""compose.yaml is valid, keeps secrets to those who need them, and fits the files beside it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from zendesk_assets.settings.file import load_sources
from zendesk_assets_tests.deploy.files import (
    DEPLOY,
    ROOT,
    compose,
    copies,
    dockerfile,
    example_variables,
    image_variables,
    is_sent,
    required_variables,
)

FILLED_IN = {"POSTGRES_PASSWORD": "pg-pass", "S3_ACCESS_KEY": "s3-key", "S3_SECRET_KEY": "s3-pass"}
NOT_SECRET = {"DAGSTER_BACKFILL_RETRY_DEFINITION_CHANGED_ERROR"}
EXAMPLES = sorted((DEPLOY / "config").glob("sources*.example.yaml"))
OURS = ("migrate", "code-location", "webserver", "daemon")


@pytest.fixture
def services():
    return compose(**FILLED_IN)["services"]


def check_jsonschema(path):
    command = str(Path(sys.executable).with_name("check-jsonschema"))
    schema = ["--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([command, *schema, path], capture_output=True, text=True, check=False)


def test_the_compose_file_is_valid_by_the_published_schema(tmp_path):
    assert check_jsonschema(DEPLOY / "compose.yaml").returncode == 0
    wrong = compose(**FILLED_IN)
    wrong["services"]["webserver"]["prots"] = ["127.0.0.1:3000:3000"]
    (tmp_path / "compose.yaml").write_text(yaml.safe_dump(wrong))
    assert check_jsonschema(tmp_path / "compose.yaml").returncode == 1


def test_ports_are_open_to_this_machine_only(services):
    ports = [port for each in services.values() for port in each.get("ports", ())]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports), ports


def test_every_image_is_ours_or_has_a_tag(services):
    images = [each["image"] for each in services.values()]
    images += [each.value for each in dockerfile() if each.name == "FROM"]
    assert all(re.fullmatch(r"[\w./-]+:[\w.-]+", image) for image in images), images
    assert not [image for image in images if image.endswith(":latest")]
    assert {services[name]["image"] for name in OURS} == {"zendesk-assets:local"}


def test_no_password_is_written_down(services):
    assert {"POSTGRES_PASSWORD", "S3_SECRET_KEY"} <= required_variables()
    assert required_variables() <= set(example_variables())
    assert example_variables()["POSTGRES_PASSWORD"] == example_variables()["S3_SECRET_KEY"] == ""
    assert "ignored" in ignored("deploy/.env", "deploy/config/sources.yaml")
    with pytest.raises(KeyError, match="POSTGRES_PASSWORD"):
        compose(**{**FILLED_IN, "POSTGRES_PASSWORD": None})


def ignored(*paths):
    """Return "ignored" if git leaves out all of the paths."""
    command = ["git", "check-ignore", "--quiet", "--no-index"]
    codes = [subprocess.run([*command, path], cwd=ROOT, check=False).returncode for path in paths]
    return "ignored" if codes == [0] * len(paths) else f"{codes} {paths}"


def test_only_the_code_location_has_the_secrets_of_sources(services):
    for name in ("migrate", "webserver", "daemon"):
        assert set(services[name]["environment"]) <= {"DAGSTER_POSTGRES_URL", *NOT_SECRET}
        assert "env_file" not in services[name]
    assert services["code-location"]["env_file"][0]["path"] == ".env"
    given = {*services["code-location"]["environment"], *example_variables()}
    for example in EXAMPLES:
        assert variables_of(example) <= given


def variables_of(path):
    return set(re.findall(r"\{env: (\w+)\}", path.read_text()))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_each_example_of_a_sources_file_is_valid_and_keeps_nothing_on_a_disk(example, monkeypatch):
    for name in variables_of(example):
        monkeypatch.setenv(name, "postgresql://somewhere/dagster")
    sources = load_sources(example)
    assert sources.rate_limits.type == "postgres"
    assert sources.warehouse.file is None
    assert sources.hub.path.startswith("s3://")


def test_every_database_and_bucket_that_is_named_is_made(services):
    addresses = services["code-location"]["environment"]
    databases = {each.rpartition("/")[2] for each in addresses.values() if "@postgres:" in each}
    made = re.findall(r"CREATE DATABASE (\w+)", (DEPLOY / "postgres" / "init.sql").read_text())
    assert databases == {services["postgres"]["environment"]["POSTGRES_DB"], *made}
    places = {each for path in EXAMPLES for each in re.findall(r"s3://([\w-]+)", path.read_text())}
    assert places == {"zendesk-hub", "zendesk-lake"}
    for place in places:
        assert f"store/{place}" in services["bucket"]["entrypoint"][-1]


def test_everything_that_lasts_is_in_a_volume_or_a_folder_of_the_host(services):
    volumes = compose(**FILLED_IN)["volumes"]
    mounted = {
        name: dict(volume.split(":")[:2] for volume in service.get("volumes", ()))
        for name, service in services.items()
    }
    named = {source for each in mounted.values() for source in each if not source.startswith(".")}
    assert named == set(volumes)
    for source in {source for each in mounted.values() for source in each} - named:
        assert (DEPLOY / source).exists(), source
    home = image_variables()["DAGSTER_HOME"]
    for name in ("code-location", "webserver", "daemon"):
        assert mounted[name]["dagster_storage"] == f"{home}/storage"
    sources = Path(image_variables()["ZENDESK_SOURCES"])
    assert mounted["code-location"]["./config"] == str(sources.parent)


def test_the_workspace_names_the_service_that_serves_the_code(services):
    (entry,) = yaml.safe_load((DEPLOY / "workspace.yaml").read_text())["load_from"]
    server = entry["grpc_server"]
    command = services["code-location"]["command"][-1]
    assert server["host"] in services
    assert f"--port {server['port']} " in command
    assert f"--location-name {server['location_name']}" in command
    assert f"fail-lost-runs {server['host']}:{server['port']} --before" in command
    target = {sources[0]: target for sources, target in copies()}["deploy/workspace.yaml"]
    for name in ("webserver", "daemon"):
        assert services[name]["command"][-2:] == ["--workspace", target]


def test_whoever_is_waited_for_can_be_healthy_or_ends(services):
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert services[other]["healthcheck"]["test"][0] == "CMD", (name, other)
            if how["condition"] == "service_completed_successfully":
                assert services[other]["restart"] == "no", (name, other)
    lasting = {name for name, each in services.items() if each["restart"] != "no"}
    assert lasting == {name for name, each in services.items() if "healthcheck" in each}


def test_the_image_runs_as_nobody_special():
    users = [each.value for each in dockerfile() if each.name == "USER"]
    assert users
    uid, gid = users[-1].split(":")
    assert int(uid) >= 1000
    assert int(gid) >= 1000


def test_what_is_private_is_not_sent_to_a_build():
    private = (".git/config", "sources.yaml", ".env", ".dagster/history/runs.db", "hub/zendesk/x")
    private += ("deploy/.env", "deploy/config/sources.yaml", "warehouse.duckdb", "tmp1/x")
    assert [path for path in private if is_sent(path)] == []
    wanted = [source for sources, _ in copies() for source in sources]
    assert [path for path in wanted if not is_sent(path)] == []
    assert [path for path in wanted if not (ROOT / path).exists()] == []
