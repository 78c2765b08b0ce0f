"""Parametrizations of which `make test` runs a few values, and `make test-long` the others."""

import pytest


def parametrize(names, values, *, few=1, **options):
    """Return `pytest.mark.parametrize` with all values marked long but `few`, spread evenly."""
    values = list(values)
    short = {(2 * number + 1) * len(values) // (2 * few) for number in range(few)}
    several = not isinstance(names, str) or "," in names
    return pytest.mark.parametrize(
        names,
        [
            each if number in short else _long(each, several=several)
            for number, each in enumerate(values)
        ],
        **options,
    )


def _long(value, *, several):
    return pytest.param(*(value if several else (value,)), marks=pytest.mark.long)
