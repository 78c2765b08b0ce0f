"""What Dagster's chart makes of our values, as its templates of 1.13 say; Helm is not needed.

How it writes dagster.yaml, and the context of the code location's runs. Which names it knows is in
`chart_keys.yaml`. https://github.com/dagster-io/dagster/tree/master/helm/dagster
"""

import re
from pathlib import Path

import yaml

KEYS = yaml.safe_load(Path(__file__).with_name("chart_keys.yaml").read_text())


def unknown_keys(values, known=KEYS, place=""):
    """Return the paths of the keys that the chart does not know."""
    if known is None:
        return []
    if isinstance(known, list):
        inner = [unknown_keys(each, known[0], f"{place}[]") for each in values]
        return [path for paths in inner for path in paths]
    if not isinstance(values, dict):
        return [place]
    found = [f"{place}.{key}".lstrip(".") for key in values if key not in known]
    for key in values.keys() & known.keys():
        found += unknown_keys(values[key], known[key], f"{place}.{key}".lstrip("."))
    return found


def instance_settings(values):
    """Return the dagster.yaml that the chart writes."""
    daemon = values["dagsterDaemon"]
    database = _database(values)
    storages = {
        "run_storage": ("dagster_postgres.run_storage", "PostgresRunStorage"),
        "event_log_storage": ("dagster_postgres.event_log", "PostgresEventLogStorage"),
        "schedule_storage": ("dagster_postgres.schedule_storage", "PostgresScheduleStorage"),
    }
    return {
        **{
            name: {"module": module, "class": which, "config": {"postgres_db": database}}
            for name, (module, which) in storages.items()
        },
        "run_coordinator": {
            "module": "dagster.core.run_coordinator",
            "class": daemon["runCoordinator"]["type"],
        },
        "run_launcher": {
            "module": "dagster_k8s",
            "class": values["runLauncher"]["type"],
            "config": launcher_settings(values),
        },
        "run_monitoring": _snake(daemon["runMonitoring"]),
        "run_retries": _snake(daemon["runRetries"]),
        "concurrency": {key: _concurrency(values)[key] for key in ("pools", "runs")},
        "retention": {
            key: {"purge_after_days": values["retention"][key]["purgeAfterDays"]}
            for key in ("schedule", "sensor")
        },
        "telemetry": values["telemetry"],
        **values["additionalInstanceConfig"],
    }


def launcher_settings(values):
    """Return the configuration of the run launcher in that dagster.yaml."""
    config = values["runLauncher"]["config"]["k8sRunLauncher"]
    passed_on = ("resources", "securityContext", "envVars", "volumes", "volumeMounts", "labels")
    return {
        "load_incluster_config": config["loadInclusterConfig"],
        "image_pull_policy": config["imagePullPolicy"],
        "job_namespace": "default",
        "service_account_name": "dagster",
        "dagster_home": values["global"]["dagsterHome"],
        "instance_config_map": "dagster-instance",
        "postgres_password_secret": values["global"]["postgresqlSecretName"],
        **{snake(key): config[key] for key in passed_on if key in config},
        "run_k8s_config": {snake(key): value for key, value in config["runK8sConfig"].items()},
    }


def run_context(deployment, namespace="default"):
    """Return what the chart tells the code location about the pods of its runs."""
    context = {
        "image_pull_policy": deployment["image"]["pullPolicy"],
        "env_secrets": [each["name"] for each in deployment.get("envSecrets", ())],
        "env": deployment.get("env", []),
        "volumes": deployment.get("volumes", []),
        "volume_mounts": deployment.get("volumeMounts", []),
        "resources": deployment.get("resources", {}),
        "namespace": namespace,
    }
    return {"k8s": context}


def code_server_command(deployment):
    """Return what the chart's pod of a code location runs."""
    where = ["-h", "0.0.0.0", "-p", str(deployment["port"])]
    return ["dagster", "code-server", "start", *where, *deployment["codeServerArgs"]]


def snake(name):
    """Return someName as some_name."""
    return re.sub(r"(?<!^)([A-Z])", lambda found: f"_{found[0].lower()}", name)


def _snake(values):
    return {snake(key): value for key, value in values.items()}


def _concurrency(values):
    limits = values["concurrency"]
    runs = {**_snake(limits["runs"])}
    return {"pools": _snake(limits["pools"]), "runs": runs}


def _database(values):
    postgres = values["postgresql"]
    return {
        "username": postgres["postgresqlUsername"],
        "password": {"env": "DAGSTER_PG_PASSWORD"},
        "hostname": postgres["postgresqlHost"],
        "db_name": postgres["postgresqlDatabase"],
        "port": postgres["service"]["port"],
    }
