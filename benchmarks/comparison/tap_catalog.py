"""Prints a catalog of tap-zendesk with the given streams selected. Runs in the tap's environment.

    python tap_catalog.py CONFIG STREAM...

It is what `tap-zendesk --discover` does, without its look at every stream's permissions, for which
the simulator lacks endpoints that no sync needs.
"""

import json
import sys
from pathlib import Path
from typing import Any

import singer
from tap_zendesk.discover import load_shared_schema_refs
from tap_zendesk.streams import STREAMS
from zenpy import Zenpy


def main(config_path: str, *names: str) -> None:
    """Print the catalog."""
    config = json.loads(Path(config_path).read_text(encoding="utf-8"))
    client = Zenpy(subdomain=config["subdomain"], oauth_token=config["access_token"])
    chosen = [STREAMS[name](client, config) for name in STREAMS if name in names]
    print(json.dumps({"streams": [_selected(stream) for stream in chosen]}))


def _selected(stream: Any) -> dict[str, Any]:
    metadata = stream.load_metadata()
    for each in metadata:
        each["metadata"]["selected"] = True
    schema = singer.resolve_schema_references(stream.load_schema(), load_shared_schema_refs())
    name = stream.name
    return {"stream": name, "tap_stream_id": name, "schema": schema, "metadata": metadata}


if __name__ == "__main__":
    main(*sys.argv[1:])
