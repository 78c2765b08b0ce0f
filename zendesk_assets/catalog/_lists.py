"""Short spellings for declarations, in which every default is said once; nothing is declared."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urljoin

from zendesk_assets.spec import (
    AFTER,
    RECEIVED,
    Budget,
    Collection,
    Column,
    ComparedBy,
    Completion,
    Declaration,
    DeletedWhen,
    Identity,
    Pagination,
    Parent,
    Personal,
    Stream,
)

_REFERENCE = "https://developer.zendesk.com/api-reference/ticketing/"
# Of UTC: the first sync of each day or hour reads the list (`spec.due_after`).
DAILY = timedelta(days=1)
HOURLY = timedelta(hours=1)


def docs(page: str) -> str:
    """Return the address of a page of Zendesk's reference, by default of the ticketing API."""
    return urljoin(_REFERENCE, page)


def plain_list(
    name: str,
    description: str,
    *,
    page: str,
    columns: tuple[Column, ...],
    read: str = "",
    path: str = "",
    records_key: str = "",
    pagination: Pagination = Pagination.CURSOR_LIST,
    page_size: int = 100,
    budget: Budget = Budget.ACCOUNT,
    parameters: Mapping[str, str] | None = None,
    include: tuple[str, ...] = (),
    parent: Parent | None = None,
    is_counted: bool = False,
    count_path: str = "",
    cadence: timedelta = timedelta(),
    needs: str = "",
    feature: str = "",
    primary_key: tuple[str, ...] = ("id",),
    version: str = "updated_at",
    deleted: DeletedWhen | None = None,
    vanishes: bool | None = None,
    compared_by: ComparedBy = ComparedBy.WHOLE_LIST,
    ignored: tuple[str, ...] = (),
    secrets: tuple[str, ...] = (),
    keeps: Mapping[str, tuple[str, ...]] | None = None,
    after: str = AFTER,
    personal: tuple[Personal, ...] = (),
    identities: tuple[Identity, ...] = (),
    keeps_history: bool = False,
) -> Declaration:
    """Declare a list that is read whole each time, and the table that shows it.

    `page` is that of Zendesk's reference; `read` says in a sentence what is read. A record that the
    list no longer has counts as deleted unless `vanishes` is false, which it is by default where
    the list shows deleted records (`deleted`). With `keeps_history`, a source keeps all states of
    its rows by default.
    """
    stream = Stream(
        name=name,
        path=path or f"/{name}",
        records_key=records_key or name,
        pagination=pagination,
        completion=Completion.WHOLE,
        page_size=page_size,
        budget=budget,
        time_field="" if version == RECEIVED.name else version,
        parameters=tuple((parameters or {}).items()),
        include=include,
        parent=parent,
        count_path=f"/{name}/count" if is_counted else count_path,
        cadence=cadence,
        needs=needs,
        feature=feature,
        secrets=secrets,
        keeps=tuple((keeps or {}).items()),
        after=after,
        docs_url=docs(page),
        description=read or f"Every row of {name}, read whole each time.",
    )
    collection = Collection(
        name=name,
        stream=name,
        description=description,
        docs_url=stream.docs_url,
        columns=columns,
        records=(parent.child_name,) if parent else (),
        parent_columns=_columns_of(parent, columns) if parent else (),
        primary_key=primary_key,
        version=version,
        deleted=deleted,
        vanishes=deleted is None if vanishes is None else vanishes,
        compared_by=compared_by,
        ignored=(*ignored, *secrets),
        personal=personal,
        identities=identities,
        keeps_history=keeps_history,
    )
    return Declaration(stream, (collection,))


def _columns_of(parent: Parent, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """Return the columns with the ids of the parents; StopIteration if one was forgotten."""
    paths = [f"../{each.id_name}" for each in parent.line]
    return tuple(next(each.name for each in columns if each.source_path == path) for path in paths)
