"""Parses the sources file into a mapping: one YAML document with unique text keys.

YAML accepts a key twice (the last one wins), reads 030 as 24 and 1:30 as 90, and lets a few lines
expand to gigabytes; here each of these is an error with its line. The meaning of keys is elsewhere.
"""

import re
from typing import Any, Final

import yaml

_KEY: Final = re.compile(r"[A-Za-z_]{1,40}")
_NUMBER_IN_DISGUISE: Final = re.compile(r"[-+]?(?:0[0-9_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+)")
_INTEGER: Final = "tag:yaml.org,2002:int"
_STRING: Final = "tag:yaml.org,2002:str"
_MERGE: Final = "tag:yaml.org,2002:merge"
_MOST_VALUES: Final = 200_000
_DEEPEST: Final = 50


class YamlError(Exception):
    """An error in the text: the end of a sentence that begins with the file's name."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, except that dates which do not exist stay text."""

    def construct_yaml_timestamp(self, node: Any) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except (ValueError, AttributeError):
            return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def parse_mapping(text: str) -> dict[str, Any] | None:
    """Return the text's mapping; None if it is something else, or empty.

    Raises:
        YamlError: for invalid YAML; it never repeats a value, which may be a secret.
    """
    problem, loader = "", None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            _check(node)
            content = loader.construct_document(node)
            return content if isinstance(content, dict) else None
    except yaml.YAMLError as error:
        problem = _sentence(error)
    except RecursionError:
        problem = " is nested too deeply: write it as in sources.example.yaml"
    except (ValueError, TypeError, OverflowError, LookupError, AttributeError):  # of tags, !!int
        problem = " has a value that YAML cannot read: write it without a tag (!!…)"
    finally:
        if loader is not None:
            loader.dispose()
    if problem:
        raise YamlError(problem)
    return None


def shown_key(key: str) -> str:
    """Return the valid beginning of a key: in `{token:abc}`, the secret is part of the key."""
    found = _KEY.match(key)
    return key if _KEY.fullmatch(key) else f"{found[0] if found else ''}…"


def _sentence(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f", line {mark.line + 1}," if mark else ""
    context, what = getattr(error, "context", None) or "", getattr(error, "problem", None) or ""
    if "single document" in context:
        return f"{where} begins a second document (---): give all sources in one"
    if r"'\t'" in what:
        return f"{where} is not valid YAML: indent with spaces, not with tabs"
    if "undefined alias" in what:
        return f"{where} is not valid YAML: it uses an alias (*) that has no anchor (&) before it"
    return f"{where} is not valid YAML: check indents and quotes"


def _check(root: yaml.Node) -> None:
    """Raise YamlError for duplicate or non-text keys, and for aliases that expand or loop."""
    sizes: dict[int, int] = {}
    under_way: set[int] = set()

    def size(node: yaml.Node, depth: int) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in under_way or depth > _DEEPEST:
            raise YamlError(f"{_line(node)} is nested in itself, or too deeply")
        under_way.add(id(node))
        total = 1 + sum(size(each, depth + 1) for each in _inside(node))
        if total > _MOST_VALUES:
            raise YamlError(f"{_line(node)} has aliases (*) that expand to too much: write it out")
        sizes[id(node)] = total
        return total

    size(root, 0)


def _inside(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
        return [value for _key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if node.tag == _INTEGER and _NUMBER_IN_DISGUISE.fullmatch(str(node.value)):
        raise YamlError(
            f"{_line(node)} has a number that YAML reads differently (030 is 24, 1:30 is "
            "90): write it without the leading zero or the colon"
        )
    return []


def _check_keys(node: yaml.MappingNode) -> None:
    seen: dict[str, yaml.Node] = {}
    for key, _value in node.value:
        if key.tag not in {_STRING, _MERGE}:
            raise YamlError(
                f"{_line(key)} has a key that is not text: put it in quotes, or check its spelling"
            )
        if key.value in seen:
            first = seen[key.value].start_mark.line + 1
            raise YamlError(
                f"{_line(key)} repeats the key {shown_key(key.value)} of line {first}: only one of "
                "them would count, so keep one"
            )
        seen[key.value] = key


def _line(node: yaml.Node) -> str:
    return f", line {node.start_mark.line + 1},"
