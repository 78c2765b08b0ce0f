"""What the Dockerfile makes has everything that compose.yaml and the chart run."""

import shlex
from pathlib import Path

import pytest
import yaml

from zendesk_assets_tests.deploy.files import DEPLOY, compose, dockerfile
from zendesk_assets_tests.deploy.image import Image

pytestmark = pytest.mark.slow(seconds=60)
FILLED_IN = {"POSTGRES_PASSWORD": "pg", "S3_ACCESS_KEY": "s3", "S3_SECRET_KEY": "s3-pass"}
SHELL = {"sh", "exec", "&"}


@pytest.mark.long
def test_the_image_is_built_in_a_clean_environment_and_can_do_what_its_containers_are_told(
    tmp_path,
):
    image = Image(tmp_path).build()

    assert not Path(image.here("/src")).exists()
    where = image.run("python", "-c", "import zendesk_assets as z; print(z.__file__)").strip()
    assert Path(where).is_relative_to(image.here("/opt/venv"))
    image.run("python", "-c", "import dagster_k8s, dagster_postgres, psycopg, s3fs")
    assert "Zendesk data in your warehouse" in image.run(*image.command)
    assert "dagster, version 1.13" in image.run("dagster", "--version")
    settings = Path(where).with_name("dagster.yaml")
    assert yaml.safe_load(settings.read_text())["run_launcher"]["class"] == "WatchedRunLauncher"

    for program in programs():
        assert Path(image.which(program)).is_relative_to(image.here("/opt/venv")), program
    home = Path(image.here(image.variables["DAGSTER_HOME"]))
    assert yaml.safe_load((home / "dagster.yaml").read_text())["storage"].keys() == {"postgres"}
    assert (home / "storage").is_dir()

    notes = [shlex.split(line) for line in image.log]
    assert [note[0] for note in notes] == ["groupadd", "useradd", "chown"]
    user, group = image.user.split(":")
    assert user in notes[1]
    assert group in notes[0]
    assert notes[2][-2:] == ["dagster:dagster", image.here("/opt/dagster")]
    assert Path(image.here(image.variables["ZENDESK_SOURCES"])).parent.is_dir()


def programs():
    """Return the programs that the containers of our image are told to run, checks included."""
    found = {"dagster"}  # the chart's
    for service in compose(**FILLED_IN)["services"].values():
        if service["image"].startswith("zendesk-assets"):
            command = service["command"]
            lines = command[-1].splitlines() if command[0] == "sh" else [shlex.join(command)]
            found |= {
                next(word for word in shlex.split(each) if word not in SHELL) for each in lines
            }
            found |= {service["healthcheck"]["test"][1]} if "healthcheck" in service else set()
    return found


def program_of(line):
    return next(word for word in shlex.split(line) if word not in SHELL)


def test_one_base_image_and_one_installation_serve_every_container():
    assert [each.name for each in dockerfile()].count("FROM") == 1
    assert programs() == {
        "dagster",
        "dagster-daemon",
        "dagster-webserver",
        "python",
        "zendesk-assets",
    }
    assert (DEPLOY / "Dockerfile").read_text().count("pip install") == 1
