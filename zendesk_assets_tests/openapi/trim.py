"""Makes `zendesk-support.json` from a copy of Zendesk's Support API OpenAPI file.

    .venv/bin/python -m zendesk_assets_tests.openapi.trim support-oas.yaml

Kept are the answers to every GET and the schemas that they name. Dropped are all sentences,
examples, parameters, defaults, and everything about writing.
"""

import json
import sys
from pathlib import Path

import yaml

TARGET = Path(__file__).with_name("zendesk-support.json")
SOURCE = (
    "Names and types of Zendesk's public Support API OpenAPI file, version 2.0.0, as it was on "
    "2026-07-05: https://github.com/emberstack/ES.FX/blob/aaf24a4/src/ES.FX.Zendesk/OpenApi/"
    "support-oas.yaml. Trimmed by zendesk_assets_tests/openapi/trim.py."
)
KEPT = {
    "$ref", "additionalProperties", "allOf", "anyOf", "enum", "format", "items", "maxItems",
    "maximum", "maxLength", "minimum", "minItems", "minLength", "nullable", "oneOf", "pattern",
    "properties", "readOnly", "required", "type", "writeOnly",
}  # fmt: skip
PREFIX = "#/components/schemas/"


class Loader(yaml.CSafeLoader):
    """Reads the bare `=` that the file has as a text."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: node.value)


def trim(specification):
    """Return the part of the specification that is kept."""
    components = specification["components"]["schemas"]
    paths = {path: answers(methods) for path, methods in sorted(specification["paths"].items())}
    paths = {path: found for path, found in paths.items() if found}
    schemas, waiting = {}, named(paths)
    while waiting:
        name = waiting.pop()
        if name not in schemas:
            schemas[name] = bare(components[name])
            waiting |= named(schemas[name])
    return {
        "x-source": SOURCE,
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def answers(methods):
    """Return what a GET answers with, as JSON, in the place where the whole file has it."""
    content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None:
        return None
    answer = {"content": {"application/json": {"schema": bare(schema)}}}
    return {"get": {"responses": {"200": answer}}}


def bare(schema):
    """Return a schema without sentences."""
    if isinstance(schema, list):
        return [bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key in KEPT}
    return {
        key: {name: bare(each) for name, each in value.items()} if key == "properties"
        else value if key in {"enum", "required"} else bare(value)
        for key, value in kept.items()
    }  # fmt: skip


def named(tree):
    """Return the names of the schemas that a tree refers to."""
    if isinstance(tree, list):
        return set().union(*map(named, tree))
    if not isinstance(tree, dict):
        return set()
    own = {tree["$ref"].removeprefix(PREFIX)} if isinstance(tree.get("$ref"), str) else set()
    return own.union(*map(named, tree.values()))


def written(specification):
    """Return the file's text: a path or schema a line, so that a newer one can be compared."""

    def lines(members):
        text = (f"{json.dumps(name)}: {json.dumps(each)}" for name, each in members.items())
        return "{\n" + ",\n".join(text) + "\n}"

    return (
        f'{{"x-source": {json.dumps(specification["x-source"])},\n'
        f'"paths": {lines(specification["paths"])},\n'
        f'"components": {{"schemas": {lines(specification["components"]["schemas"])}}}}}\n'
    )


if __name__ == "__main__":
    whole = yaml.load(Path(sys.argv[1]).read_text(encoding="utf-8"), Loader)  # a safe loader
    TARGET.write_text(written(trim(whole)), encoding="utf-8")
