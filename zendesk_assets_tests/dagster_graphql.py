"""What a test asks of a running Dagster: sensors, runs, backfills, partitions, over GraphQL.

The same API as the UI's. Starting and stopping the server is `dagster_dev`; clicks are in
`browser`.
"""

import requests

from zendesk_assets.spec import months_in, window_of_months

LOCATION = "zendesk_assets"
REPOSITORY = "__repository__"

_SENSOR = """
query ($sensor: SensorSelector!) {
  sensorOrError(sensorSelector: $sensor) {
    __typename
    ... on Sensor { sensorState { id status } }
    ... on SensorNotFoundError { message }
  }
}"""
_START_SENSOR = """
mutation ($sensor: SensorSelector!) {
  startSensor(sensorSelector: $sensor) { __typename ... on PythonError { message } }
}"""
_STOP_SENSOR = """
mutation ($id: String!) { stopSensor(id: $id) { __typename ... on PythonError { message } } }
"""
_BACKFILLS = """
{ partitionBackfillsOrError {
    __typename
    ... on PartitionBackfills {
      results { id status numPartitions tags { key value } assetSelection { path }
                error { message } } }
    ... on PythonError { message }
} }"""
_RUNS = """
query ($filter: RunsFilter!) {
  runsOrError(filter: $filter) {
    __typename
    ... on Runs {
      results { runId status creationTime startTime endTime
                tags { key value } assetSelection { path } } }
    ... on InvalidPipelineRunsFilterError { message }
    ... on PythonError { message }
  }
}"""
_RANGES = """
query ($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    __typename
    ... on AssetNode {
      assetPartitionStatuses {
        ... on TimePartitionStatuses { ranges { status startKey endKey } } } }
    ... on AssetNotFoundError { message }
  }
}"""
_LAUNCH = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
    ... on PartitionKeysNotFoundError { message }
  }
}"""
_LAUNCH_JOB = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""
_LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries {
    loadStatus locationOrLoadError { __typename ... on PythonError { message } } } } } }"""
_RELOAD = """
mutation ($name: String!) {
  reloadRepositoryLocation(repositoryLocationName: $name) {
    __typename
    ... on WorkspaceLocationEntry { locationOrLoadError {
      __typename ... on PythonError { message errorChain { error { message } } } } }
    ... on ReloadNotSupported { message }
    ... on RepositoryLocationNotFound { message }
  }
}"""
_CONTENT = """
query ($repository: RepositorySelector!) {
  repositoryOrError(repositorySelector: $repository) {
    __typename
    ... on Repository {
      assetNodes { assetKey { path } }
      jobs { name }
      sensors { name sensorState { status } } }
    ... on PythonError { message }
    ... on RepositoryNotFoundError { message }
  }
}"""
_FAILURES = """
query ($run: ID!) {
  logsForRun(runId: $run, limit: 1000) {
    __typename
    ... on EventConnection {
      events { ... on ExecutionStepFailureEvent {
        message failureMetadata { description } error { message } } } }
    ... on PythonError { message }
    ... on RunNotFoundError { message }
  }
}"""


class DagsterGraphQL:
    """A Dagster webserver at `url`."""

    url = ""

    def graphql(self, query, variables=None):
        """Return the data of the answer; fail with the errors of GraphQL, if there are any."""
        body = {"query": query, "variables": variables or {}}
        answer = requests.post(f"{self.url}/graphql", json=body, timeout=60)
        content = answer.json()
        assert not content.get("errors"), content["errors"]
        return content["data"]

    def location_is_loaded(self):
        """Return whether the code location is there; fail if it cannot be loaded."""
        try:
            entries = self.graphql(_LOCATIONS)["workspaceOrError"]["locationEntries"]
        except requests.RequestException:
            return False
        found = [entry["locationOrLoadError"] or {} for entry in entries]
        errors = [each["message"] for each in found if each.get("__typename") == "PythonError"]
        assert not errors, errors
        return all(entry["loadStatus"] == "LOADED" for entry in entries) and bool(entries)

    def reload(self):
        """Reload the definitions, as the button does; return the error of the code location."""
        entry = self._ask(_RELOAD, {"name": LOCATION})["locationOrLoadError"]
        chain = [each["error"]["message"] for each in entry.get("errorChain", ())]
        return "\n".join([entry.get("message", ""), *chain]).strip()

    def content(self):
        """Return the names of what the code location has: assets, jobs, and running sensors."""
        selector = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY}
        found = self._ask(_CONTENT, {"repository": selector})
        return {
            "assets": {"/".join(node["assetKey"]["path"]) for node in found["assetNodes"]},
            "jobs": {job["name"] for job in found["jobs"]} - {"__ASSET_JOB"},
            "running": {
                sensor["name"]
                for sensor in found["sensors"]
                if sensor["sensorState"]["status"] == "RUNNING"
            },
        }

    def step_failures(self, run):
        """Return what the failed steps of a run say, as the UI shows it."""
        events = [each for each in self._ask(_FAILURES, {"run": run})["events"] if each]
        return [
            (each["failureMetadata"] or {}).get("description") or each["error"]["message"]
            for each in events
        ]

    def sensor_running(self, name):
        """Return whether a schedule sensor is switched on."""
        return self._sensor(name)["status"] == "RUNNING"

    def set_sensor(self, name, *, running):
        """Switch a schedule sensor on or off, as its switch in the UI does."""
        if running:
            self._ask(_START_SENSOR, {"sensor": _selector(name)})
        else:
            self._ask(_STOP_SENSOR, {"id": self._sensor(name)["id"]})

    def backfills(self):
        """Return all backfills, newest first; `tags` and `assets` as plain values."""
        return [_plain(each) for each in self._ask(_BACKFILLS)["results"]]

    def runs(self, tags=None, statuses=None):
        """Return runs, newest first, those with all `tags` and one of `statuses` if given."""
        wanted = {"tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]}
        if statuses:
            wanted["statuses"] = list(statuses)
        return [_plain(each) for each in self._ask(_RUNS, {"filter": wanted})["results"]]

    def materialized_partitions(self, asset):
        """Return the months of an asset that are materialized; `asset` is "schema/hub/tickets"."""
        return self.partitions(asset, "MATERIALIZED")

    def partitions(self, asset, status):
        """Return the months of an asset that are MATERIALIZED, FAILED or MATERIALIZING."""
        node = self._ask(_RANGES, {"key": {"path": asset.split("/")}})
        ranges = node["assetPartitionStatuses"]["ranges"]
        return {
            month
            for each in ranges
            if each["status"] == status
            for month in months(each["startKey"], each["endKey"])
        }

    def launch_backfill(self, assets, partitions, tags=None):
        """Launch a backfill of assets ("schema/table") for months; return its id."""
        params = {
            "assetSelection": [{"path": asset.split("/")} for asset in assets],
            "partitionNames": list(partitions),
            "tags": [{"key": key, "value": value} for key, value in (tags or {}).items()],
        }
        return self._ask(_LAUNCH, {"params": params})["backfillId"]

    def launch_job(self, job, config):
        """Launch a job, as its Launchpad does; return the id of the run."""
        selector = {
            "repositoryLocationName": LOCATION,
            "repositoryName": REPOSITORY,
            "pipelineName": job,
        }
        params = {"selector": selector, "runConfigData": config}
        return self._ask(_LAUNCH_JOB, {"params": params})["run"]["runId"]

    def _sensor(self, name):
        return self._ask(_SENSOR, {"sensor": _selector(name)})["sensorState"]

    def _ask(self, query, variables=None):
        """Return the only field of the answer, which is a union of a value and its errors."""
        (value,) = self.graphql(query, variables).values()
        assert not value["__typename"].endswith(("Error", "Invalid", "Conflict")), value
        return value


def months(first, last):
    """Return the months from `first` to `last`, both included, as partition keys."""
    return list(months_in(window_of_months(first, last)))


def _selector(name):
    return {
        "repositoryLocationName": LOCATION,
        "repositoryName": REPOSITORY,
        "sensorName": name,
    }


def _plain(item):
    tags = {tag["key"]: tag["value"] for tag in item["tags"]}
    assets = ["/".join(key["path"]) for key in item["assetSelection"] or []]
    return {**item, "tags": tags, "assets": assets}
