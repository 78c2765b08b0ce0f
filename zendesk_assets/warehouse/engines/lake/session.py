"""A transaction on a lake, which other processes write to meanwhile."""

from dataclasses import dataclass

from zendesk_assets.warehouse.engines.attached.session import DuckDBSession


class NotAloneError(Exception):
    """What is to be done takes the turn for the whole lake: begin again with it."""


@dataclass(frozen=True)
class LakeSession(DuckDBSession):
    """A session that knows whether it has the turn for the whole lake."""

    is_alone: bool = True

    def make_schema(self, schema: str) -> None:
        """Create a schema if it is missing; only who is alone completes one.

        Raises:
            NotAloneError: if others may be at it too.
        """
        if not self.is_alone:
            raise NotAloneError
        super().make_schema(schema)

    def commit(self) -> None:
        """Commit what was changed."""
        self.connection.commit()
