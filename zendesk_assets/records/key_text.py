"""How a row's key is one text: in the load log, in questions, and under checksums."""

import json
from collections.abc import Sequence


def key_text(key: Sequence[str]) -> str:
    """Return a key as one text: a JSON list of texts where it has several columns."""
    if len(key) == 1:
        return key[0]
    return json.dumps(list(key), ensure_ascii=False, separators=(",", ":"))
