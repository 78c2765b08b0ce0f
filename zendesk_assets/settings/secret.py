"""Values that are never shown: a literal, or the name of an environment variable.

Only the wrapper; how secrets are used does not matter here.
"""

from __future__ import annotations

import os
import re
from typing import Annotated

from pydantic import BeforeValidator

from zendesk_assets.errors import SourcesFileError

# POSIX's portable names. A token in the place of a name is not one, and so never appears in the
# sentence about a variable that is not set.
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


class Secret:
    """A value that is never shown: a literal, or the name of an environment variable."""

    __slots__ = ("_env", "_literal")

    def __init__(self, *, literal: str | None = None, env: str | None = None) -> None:
        self._literal, self._env = literal, env

    def reveal(self) -> str:
        """Return the value.

        Raises:
            SourcesFileError: if it is empty, or its environment variable is not set.
        """
        found = self._literal if self._env is None else os.environ.get(self._env)
        value = (found or "").strip()  # a value from a file may end with a line break
        if not value:
            raise SourcesFileError(
                f"The environment variable {self._env} is not set: export it before you start "
                "Dagster, or put it into a .env file beside sources.yaml."
                if self._env
                else "A secret in the sources file is empty: give it a value or {env: NAME}."
            )
        return value

    def __repr__(self) -> str:
        """Show the origin of the value, never the value."""
        return f"Secret(env={self._env!r})" if self._env else "Secret('***')"

    def __eq__(self, other: object) -> bool:
        """Compare the origins of two secrets."""
        return isinstance(other, Secret) and (self._literal, self._env) == (
            other._literal,
            other._env,
        )

    def __hash__(self) -> int:
        """Hash like `__eq__`."""
        return hash((self._literal, self._env))

    @classmethod
    def parse(cls, value: object) -> Secret:
        """Return a Secret from a text or from `{env: NAME}`.

        Raises:
            ValueError: for anything else.
        """
        if isinstance(value, Secret):
            return value
        if isinstance(value, dict) and set(value) == {"env"}:
            if not isinstance(value["env"], str) or not _VARIABLE.fullmatch(value["env"]):
                raise ValueError(
                    "env must be the name of a variable, in capital letters, digits and "
                    "underscores, such as ZENDESK_TOKEN"
                )
            return cls(env=value["env"])
        if isinstance(value, str) and value.strip():
            return cls(literal=value)
        raise ValueError("must be a text or {env: NAME}")


SecretValue = Annotated[Secret, BeforeValidator(Secret.parse)]
