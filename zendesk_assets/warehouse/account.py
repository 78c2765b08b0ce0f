"""Which account fills a schema, in its table `_account`: compared in each load, before any row.

The next load adopts a schema that was filled before the table existed.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from zendesk_assets.account_identity import AccountIdentity, describe_other, difference
from zendesk_assets.errors import OtherAccountError
from zendesk_assets.warehouse.engines.session import Session
from zendesk_assets.warehouse.sql import ident, qualified

__all__ = ["admit", "read", "refuse_other", "write"]

_TABLE = "_account"
_GROUPS = ident("groups")  # a word of SQL's


def read(session: Session, schema: str) -> list[AccountIdentity]:
    """Return the accounts that fill the schema: one, none if that is not known."""
    query = f"SELECT subdomain, url, host, {_GROUPS} FROM {_name(session, schema)}"
    return [
        AccountIdentity(subdomain=row[0], url=row[1], host=row[2], groups=_ids(row[3]))
        for row in session.ask(query)
    ]


def refuse_other(schema: str, known: Sequence[AccountIdentity], present: AccountIdentity) -> None:
    """Raise OtherAccountError if the schema is filled by another account than `present`."""
    for each in known:
        if what := difference(each, present):
            filled = f"The schema {schema} of the warehouse"
            raise OtherAccountError(describe_other(filled, schema, each, present, what))


def admit(session: Session, schema: str, present: AccountIdentity, now: datetime) -> None:
    """Compare the account with the one that fills the schema, and remember it."""
    known = read(session, schema)
    refuse_other(schema, known, present)
    if known != [present] and (present.groups or not known):
        write(session, schema, present, now)


def write(session: Session, schema: str, account: AccountIdentity, now: datetime) -> None:
    """Remember an account in the place of the one before."""
    table = _name(session, schema)
    groups = msgspec.json.encode(account.groups).decode()
    session.change(f"DELETE FROM {table}")
    session.change(
        f"INSERT INTO {table} (subdomain, url, host, {_GROUPS}, since) VALUES ($1, $2, $3, $4, $5)",
        [account.subdomain, account.url, account.host, groups, now],
    )


def _name(session: Session, schema: str) -> str:
    return qualified(session.dialect.database, schema, _TABLE)


def _ids(text: str | None) -> tuple[int, ...]:
    try:
        return msgspec.json.decode(text or "[]", type=tuple[int, ...])
    except msgspec.MsgspecError:
        return ()
