"""How often a load is tried that a passing fault of its database has ended.

What such a fault is, the engine says.
"""

from collections.abc import Callable

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.engine import Options


def attempts(
    options: Options, count: int, is_passing: Callable[[BaseException], object]
) -> Retrying:
    """Return what calls a function up to `count` times, and longer and longer apart."""

    def tell(state: RetryCallState) -> None:
        error = state.outcome and state.outcome.exception()
        # What a database has said may have a secret.
        if options.log is not None and isinstance(error, WarehouseError):
            options.log(f"{error} It is tried again.")

    return Retrying(
        stop=stop_after_attempt(count),
        wait=wait_random_exponential(max=20),
        retry=retry_if_exception(lambda error: bool(is_passing(error))),
        sleep=options.clock.sleep,
        before_sleep=tell,
        reraise=True,
    )
