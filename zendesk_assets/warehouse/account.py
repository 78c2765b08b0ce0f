"""Which account fills a schema, in its table `_account`: compared in each load, before any row.

The next load adopts a schema that was filled before the table existed. The table has one row, which
is replaced as a whole: no column of it is a key, since all of an account may be renamed.
"""
# ruff: noqa: S608  # names are quoted by `name_table`

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from zendesk_assets.account_identity import AccountIdentity, describe_other, difference
from zendesk_assets.errors import OtherAccountError
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.relations import name_table, table_names
from zendesk_assets.warehouse.sql import ident

if TYPE_CHECKING:
    from zendesk_assets.warehouse.warehouse import Warehouse

_TABLE = "_account"
_GROUPS = ident("groups")  # a word of SQL's


def check_account(warehouse: Warehouse, schema: str, present: AccountIdentity) -> None:
    """Raise OtherAccountError if a schema is filled by another account than `present`."""
    with warehouse.reading() as session:
        if session is not None:
            _check(session, schema, present)


def set_account(warehouse: Warehouse, schema: str, account: AccountIdentity) -> None:
    """Remember that `account` fills a schema, whatever was known; nothing if it has no data."""
    with warehouse.changing(schema, _TABLE) as session:
        if session is not None and _read(session, schema):
            _write(session, schema, account, warehouse.clock.now())


def admit(session: Session, schema: str, present: AccountIdentity, now: datetime) -> None:
    """Compare the account with the one that fills the schema, and remember it.

    Raises:
        OtherAccountError: if another one does.
    """
    known = _check(session, schema, present)
    if known != present and (present.groups or known is None):
        _write(session, schema, present, now)


def _check(session: Session, schema: str, present: AccountIdentity) -> AccountIdentity | None:
    """Return the account that fills the schema if it is `present`; None if that is not known."""
    known = _read(session, schema)
    if known is not None and (what := difference(known, present)):
        filled = f"The schema {schema} of the warehouse"
        raise OtherAccountError(describe_other(filled, schema, known, present, what))
    return known


def _read(session: Session, schema: str) -> AccountIdentity | None:
    if _TABLE not in table_names(session, schema):
        return None
    query = f"SELECT subdomain, url, host, {_GROUPS} FROM {name_table(session, schema, _TABLE)}"
    for subdomain, url, host, groups in session.ask(query):
        return AccountIdentity(subdomain=subdomain, url=url, host=host, groups=_ids(groups))
    return None


def _write(session: Session, schema: str, account: AccountIdentity, now: datetime) -> None:
    """Remember an account in the place of the one before."""
    table = name_table(session, schema, _TABLE)
    groups = msgspec.json.encode(account.groups).decode()
    session.change(f"DELETE FROM {table}")
    session.change(
        f"INSERT INTO {table} (subdomain, url, host, {_GROUPS}, since) VALUES ($1, $2, $3, $4, $5)",
        [account.subdomain, account.url, account.host, groups, now],
    )


def _ids(text: str | None) -> tuple[int, ...]:
    try:
        return msgspec.json.decode(text or "[]", type=tuple[int, ...])
    except msgspec.MsgspecError:
        return ()
