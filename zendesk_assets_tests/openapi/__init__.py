"""What Zendesk's public OpenAPI file says of answers: names, types, `required`, enums.

`zendesk-support.json` is made by `trim` and never edited by hand; where the file is known to be
wrong is in `simulator/oas_corrections.py`.
"""

import json
from functools import cache
from pathlib import Path

__all__ = ["specification"]

_FILE = Path(__file__).with_name("zendesk-support.json")


@cache
def specification():
    """Return `paths` with their answers, and `components.schemas`; copy before changing."""
    return json.loads(_FILE.read_text(encoding="utf-8"))
