"""The values for Dagster's chart: names the chart knows, settings Dagster and Kubernetes accept."""

import copy
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from dagster._cli.code_server import start_command
from dagster._config import process_config, resolve_to_config_type
from dagster._core.instance.config import dagster_instance_config
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.models import k8s_model_from_dict
from kubernetes import client as kubernetes

from zendesk_assets_tests.deploy import chart
from zendesk_assets_tests.deploy.files import DEPLOY, ROOT, compose, image_variables

FILLED_IN = {"POSTGRES_PASSWORD": "pg", "S3_ACCESS_KEY": "s3", "S3_SECRET_KEY": "s3-pass"}


@pytest.fixture
def values():
    return copy.deepcopy(yaml.safe_load((DEPLOY / "helm" / "values.yaml").read_text()))


@pytest.fixture
def deployment(values):
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    return deployment


def test_every_key_is_one_the_chart_knows(values):
    assert chart.unknown_keys(values) == []
    values["dagsterDaemon"]["runMonitoring"]["pollInterval"] = 20
    values["dagster-user-deployments"]["deployments"][0]["envSecret"] = []
    assert sorted(chart.unknown_keys(values)) == [
        "dagster-user-deployments.deployments[].envSecret",
        "dagsterDaemon.runMonitoring.pollInterval",
    ]


def test_dagster_accepts_the_instance_that_the_chart_writes(values, tmp_path):
    settings = chart.instance_settings(values)
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(settings))
    accepted, _ = dagster_instance_config(str(tmp_path))
    assert accepted["run_launcher"]["class"] == "K8sRunLauncher"

    settings["concurrency"]["runs"]["max_runs"] = 3
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(settings))
    with pytest.raises(Exception, match="max_runs"):
        dagster_instance_config(str(tmp_path))


def test_kubernetes_has_the_settings_of_every_other_instance(values):
    ours = chart.instance_settings(values)
    theirs = yaml.safe_load((ROOT / "zendesk_assets" / "dagster.yaml").read_text())
    limits = ours["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limits == theirs["concurrency"]["runs"]["tag_concurrency_limits"]
    # Kubernetes itself says whether a pod is dead; before that, it may have to add a node.
    assert theirs.pop("run_launcher")["class"] == "WatchedRunLauncher"
    assert ours["run_monitoring"].pop("start_timeout_seconds") == 600
    assert theirs["run_monitoring"].pop("start_timeout_seconds") == 180
    theirs.pop("storage")
    assert {name: ours[name] for name in theirs} == theirs


def test_the_run_launcher_accepts_its_configuration(values):
    schema = resolve_to_config_type(K8sRunLauncher.config_type())
    settings = chart.launcher_settings(values)
    outcome = process_config(schema, settings)
    assert outcome.success, outcome.errors

    settings["run_k8s_config"]["pod_spec_config"]["security_contxt"] = {}
    assert not is_accepted(lambda: K8sContainerContext.create_from_config({"k8s": settings}))


def is_accepted(make):
    try:
        make()
    except Exception:  # noqa: BLE001 # Dagster's and Kubernetes' own kinds
        return False
    return True


def test_runs_get_the_secrets_and_the_sources_file_of_the_code_location(deployment):
    context = K8sContainerContext.create_from_config(chart.run_context(deployment))
    spec = context.run_k8s_config.container_config
    assert [each["secret_ref"]["name"] for each in spec["env_from"]] == ["zendesk-assets"]
    mounts = {each["name"]: each["mount_path"] for each in spec["volume_mounts"]}
    given = {each["name"]: each["value"] for each in spec["env"] if "value" in each}
    sources = Path(given["ZENDESK_SOURCES"])
    assert str(sources) == image_variables()["ZENDESK_SOURCES"]
    assert mounts["sources"] == str(sources.parent)


def test_kubernetes_accepts_what_is_passed_on_to_it(values, deployment):
    launcher = values["runLauncher"]["config"]["k8sRunLauncher"]
    pods = [values["dagsterWebserver"], values["dagsterDaemon"], deployment, launcher]
    for pod in pods:
        is_model("V1ResourceRequirements", pod["resources"])
        is_model("V1SecurityContext", pod["securityContext"])
        is_model("V1PodSecurityContext", pod.get("podSecurityContext", {}))
        for volume in pod.get("volumes", ()):
            is_model("V1Volume", volume)
        for mount in pod.get("volumeMounts", ()):
            is_model("V1VolumeMount", mount)
    is_model("V1Probe", values["dagsterWebserver"]["readinessProbe"])
    with pytest.raises(Exception, match="runAsUsr"):
        is_model("V1PodSecurityContext", {"runAsUsr": 1000})


def is_model(name, content):
    """Fail unless Kubernetes has a model of this name with these fields, at every depth."""
    model = getattr(kubernetes, name)
    known = {wire: attribute for attribute, wire in model.attribute_map.items()}
    unknown = set(content) - set(known)
    assert not unknown, f"{name} has no {unknown}"
    for wire, value in content.items():
        inner = model.openapi_types[known[wire]]
        if isinstance(value, dict) and inner.startswith("V1"):
            is_model(inner, value)
    plain = {known[wire]: value for wire, value in content.items() if not isinstance(value, dict)}
    k8s_model_from_dict(model, plain)


def test_no_pod_may_become_root(values, deployment):
    for pod in (values["dagsterWebserver"], values["dagsterDaemon"], deployment):
        assert pod["podSecurityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["allowPrivilegeEscalation"] is False
    spec = values["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]["podSpecConfig"]
    assert spec["security_context"]["run_as_non_root"] is True


def test_one_image_with_a_fixed_tag_is_used_everywhere(values, deployment):
    images = [values["dagsterWebserver"]["image"], values["dagsterDaemon"]["image"]]
    assert images == [deployment["image"]] * 2
    assert deployment["image"]["tag"] not in ("", "latest")
    assert "image" not in values["runLauncher"]["config"]["k8sRunLauncher"]


def test_nothing_secret_is_in_the_values(values):
    assert values["generatePostgresqlPasswordSecret"] is False
    assert values["global"]["postgresqlSecretName"]
    text = (DEPLOY / "helm" / "values.yaml").read_text()
    assert "postgresqlPassword" not in text
    assert "://" not in text.replace("https://dagster-io.github.io", "")


def test_the_home_is_the_images_and_the_daemon_has_the_variables_of_compose(values):
    assert values["global"]["dagsterHome"] == image_variables()["DAGSTER_HOME"]
    daemon = compose(**FILLED_IN)["services"]["daemon"]["environment"]
    wanted = {key: value for key, value in daemon.items() if key != "DAGSTER_POSTGRES_URL"}
    assert values["dagsterDaemon"]["env"] == wanted


def test_dagster_knows_the_arguments_of_the_code_location(deployment):
    command = chart.code_server_command(deployment)
    assert command[:3] == ["dagster", "code-server", "start"]
    command += ["--no-such-option"]
    outcome = CliRunner().invoke(start_command, command[3:])
    assert outcome.exit_code == 2
    assert "--no-such-option" in outcome.output
    assert "--module-name" not in outcome.output
