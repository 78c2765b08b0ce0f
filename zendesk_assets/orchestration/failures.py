"""Turns errors into Dagster failures, and failed steps into the sentence to show for them.

For ours it is a sentence without a traceback, and never has a credential.

https://docs.dagster.io/deployment/execution/run-retries
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dagster as dg
from dagster import EventLogEntry

from zendesk_assets.errors import (
    CredentialsError,
    OtherAccountError,
    UnavailableError,
    ZendeskAssetsError,
    redact,
)
from zendesk_assets.orchestration.dagster_internals.names import DagsterExecutionInterruptedError
from zendesk_assets.storage.errors import is_disk_full_error

# Metadata of a failure after which no further request to the account makes sense.
CREDENTIALS_REFUSED: Final = "credentials_refused"

_INTERRUPTED: Final = (DagsterExecutionInterruptedError.__name__, KeyboardInterrupt.__name__)


@contextmanager
def as_failure() -> Iterator[None]:
    """Turn our errors into `dagster.Failure`; a refusal is not worth a retry."""
    try:
        yield
    except UnavailableError as error:
        raise dg.Failure(
            str(error), metadata={"unavailable": error.reason}, allow_retries=False
        ) from None
    except (CredentialsError, OtherAccountError) as error:
        raise dg.Failure(
            str(error), metadata={CREDENTIALS_REFUSED: True}, allow_retries=False
        ) from None
    except ZendeskAssetsError as error:
        raise dg.Failure(str(error)) from None
    except Exception as error:
        if is_disk_full_error(error):
            raise dg.Failure(
                f"A disk is full ({redact(str(error))}): free some space and sync again; what was "
                "landed and loaded before is kept."
            ) from None
        # An unexpected error: its text may contain a request with our credentials.
        text = f"{type(error).__name__}: {error}"
        if redact(text) == text:
            raise
        raise dg.Failure(redact(text)) from None


class Refusals:
    """The runs of this process in which Zendesk has refused an account's credentials.

    The first stream fails with the sentence and the command; the others of the run are not asked.
    """

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def first_in(self, run_id: str) -> str:
        """Return the asset that was refused in a run, or ''."""
        return self._first.get(run_id, "")

    @contextmanager
    def noted(self, run_id: str, asset: dg.AssetKey, schema: str) -> Iterator[None]:
        """Note a refusal in the block, and add the command that connects the account again."""
        try:
            yield
        except CredentialsError as error:
            self._first[run_id] = asset.to_user_string()
            if "`zendesk-assets " in str(error):
                raise
            raise CredentialsError(
                f"{error} To connect it again: `zendesk-assets connect --schema {schema}`."
            ) from error


def failure_sentence(entry: EventLogEntry) -> str:
    """Return why a step failed, without Dagster's own text around it."""
    event = entry.dagster_event
    data = event.step_failure_data if event else None
    if data is None:
        return entry.user_message
    failure = data.user_failure_data
    if failure and failure.description:
        return failure.description
    error = data.error
    while error and error.cause and error.cls_name not in _INTERRUPTED:
        error = error.cause
    if error and error.cls_name in _INTERRUPTED:
        return "interrupted; what had landed stays."
    return error.message.strip() if error else entry.user_message
