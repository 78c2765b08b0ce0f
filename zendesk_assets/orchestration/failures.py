"""How our errors become Dagster's: the sentence, without a traceback of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from zendesk_assets.errors import UnavailableError, ZendeskAssetsError

__all__ = ["as_failure"]


@contextmanager
def as_failure() -> Iterator[None]:
    """Turn our errors into `dagster.Failure`; a refusal is not worth a retry."""
    try:
        yield
    except UnavailableError as error:
        raise dg.Failure(
            str(error), metadata={"unavailable": error.reason}, allow_retries=False
        ) from None
    except ZendeskAssetsError as error:
        raise dg.Failure(str(error)) from None
