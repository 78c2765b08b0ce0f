"""Changes `sources.yaml` for the user: adds a source, or replaces its `auth`.

All other bytes of the text stay unchanged: YAML is parsed only to find the place. (Round-trip
writers keep comments, but not indentation and alignment.) `sources` declares what the file may
contain, `sources_file` reads it.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import yaml

from zendesk_assets.errors import SourcesFileError
from zendesk_assets.settings.file import load_sources

_HEADER: Final = """\
# The Zendesk accounts to copy; sources.example.yaml shows all settings.
# warehouse: {type: duckdb, path: warehouse.duckdb}
# hub: {path: hub}
sources:
"""
_OAUTH: Final = {"type": "oauth"}


def is_blank(path: Path) -> bool:
    """Return whether the file is missing or has only comments."""
    try:
        return _compose(_read(path)) is None
    except (OSError, ValueError, yaml.YAMLError):
        return False  # reading it will show what is wrong


def add_source(path: Path, entry: dict[str, Any]) -> None:
    """Add `entry` (keys as in the file) at the end of `sources:`; create the file if necessary.

    Raises:
        SourcesFileError: if that is not possible; the file is then unchanged.
    """
    text = _read(path)
    if _compose(text) is None:
        text = _insert(text, len(text), _HEADER)
    before = yaml.safe_load(text)
    after = {**before, "sources": [*(before.get("sources") or ()), entry]}
    todo = f"add {_flow(entry)} to `sources`"
    _write(path, _edited(path, lambda: _with_source(text, entry), after, todo))


def use_oauth(path: Path, index: int) -> None:
    """Set `auth` of the source at `index` to `{type: oauth}`.

    Raises:
        SourcesFileError: if that is not possible; the file is then unchanged.
    """
    text = _read(path)
    after = yaml.safe_load(text)
    after["sources"][index] = {**after["sources"][index], "auth": _OAUTH}
    todo = f"set `auth` of source number {index + 1} to {_flow(_OAUTH)}"
    _write(path, _edited(path, lambda: _with_oauth(text, index), after, todo))


def refuse_unwritable(path: Path) -> None:
    """Check that the file can be written, as far as that can be known in advance.

    Raises:
        SourcesFileError: if it cannot.
    """
    folder = path.resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise SourcesFileError(
            f"{path} cannot be written: create the folder {folder}, writable for you, or set "
            "ZENDESK_SOURCES to another path."
        )


def lines_of_source(path: Path, index: int) -> tuple[int, int]:
    """Return the first and last line (from 1) of the source at `index`."""
    text = _read(path)
    node = _member(_compose(text), "sources")[1].value[index]
    return node.start_mark.line + 1, text[: _end(node)].count("\n") + 1


def _edited(path: Path, edit: Callable[[], str], wanted: dict[str, Any], todo: str) -> str:
    """Return the edited text if it has the wanted content; aliases or merges may prevent that."""
    with suppress(yaml.YAMLError, LookupError, TypeError, ValueError):
        text = edit()
        if yaml.safe_load(text) == wanted:
            return text
    raise SourcesFileError(
        f"{path} cannot be changed automatically without affecting other parts of it: "
        f"{todo} yourself, and run the command again."
    )


def _with_source(text: str, entry: dict[str, Any]) -> str:
    """Return the text with the entry at the end of its sources, in the existing style."""
    document = _compose(text)
    if all(key.value != "sources" for key, _value in document.value):
        return _insert(text, len(text), f"sources:\n{_block(entry, 2)}")
    key, node = _member(document, "sources")
    if isinstance(node, yaml.SequenceNode) and node.value:
        if node.flow_style:
            end = _end(node.value[-1])
            return f"{text[:end]}, {_flow(entry)}{text[end:]}"
        column = node.start_mark.column
        return _insert(text, _after(text, _end(node), column), _block(entry, column))
    start, end = node.start_mark.index, node.end_mark.index
    text = text[:start].rstrip(" ") + text[end:]
    return _insert(text, _after(text, key.end_mark.index, 0), _block(entry, 2))


def _with_oauth(text: str, index: int) -> str:
    node = _member(_member(_compose(text), "sources")[1].value[index], "auth")[1]
    new = _flow(_OAUTH) if node.flow_style else "type: oauth"
    return text[: node.start_mark.index] + new + text[_end(node) :]


def _compose(text: str) -> Any:
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _member(mapping: Any, name: str) -> tuple[Any, Any]:
    return next((key, value) for key, value in mapping.value if key.value == name)


def _end(node: Any) -> int:
    """Return where a node's own text ends; a block's end mark is where the next node begins."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        return int(node.end_mark.index)
    if isinstance(node, yaml.MappingNode):
        return max(_end(each) for pair in node.value for each in pair)
    return max(_end(each) for each in node.value)


def _after(text: str, end: int, column: int) -> int:
    """Return where a new line may begin: after this line and the comments indented below it."""
    place = _next_line(text, end)
    ahead = place
    while ahead < len(text):
        line = text[ahead : _next_line(text, ahead)]
        bare = line.lstrip(" ")
        if bare.strip() and not (bare.startswith("#") and len(line) - len(bare) > column):
            break
        ahead += len(line)
        place = ahead if bare.strip() else place
    return place


def _next_line(text: str, index: int) -> int:
    return text.find("\n", index) + 1 or len(text)


def _insert(text: str, place: int, lines: str) -> str:
    """Insert complete lines, with the same line ending as the others."""
    ending = "\r\n" if "\r\n" in text else "\n"
    missing = ending if text[:place] and not text[:place].endswith("\n") else ""
    return text[:place] + missing + lines.replace("\n", ending) + text[place:]


def _block(entry: dict[str, Any], column: int) -> str:
    options: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 1_000}
    lines = yaml.safe_dump([entry], default_flow_style=None, **options).splitlines(keepends=True)
    return "".join(" " * column + line for line in lines)


def _flow(value: dict[str, Any]) -> str:
    options: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 1_000}
    return str(yaml.safe_dump(value, default_flow_style=True, **options)).strip()


def _read(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open(encoding="utf-8", newline="") as file:  # line ends stay as they are
        return file.read()


def _write(path: Path, text: str) -> None:
    """Replace the file atomically, once the text is known to load."""
    target = path.resolve()  # a link stays a link
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
            _check(temporary, path)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise SourcesFileError(
            f"{path} cannot be written ({error.strerror}): make the file and its folder writable, "
            "and run the command again."
        ) from None


def _check(temporary: Path, path: Path) -> None:
    try:
        load_sources(temporary)
    except SourcesFileError as error:
        raise SourcesFileError(str(error).replace(str(temporary), str(path))) from None
