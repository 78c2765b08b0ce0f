"""Fills an account with the past of a support desk: people, companies, groups and tickets.

The same seed, sizes and clock give the same account. Tickets come from `stories`, words from
`texts`.
"""
# ruff: noqa: PLR2004 (chances read best in place)

from __future__ import annotations

import gc
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from zendesk_assets.simulator.account import texts
from zendesk_assets.simulator.account.records import CustomField, Group, Organization, User
from zendesk_assets.simulator.account.stories import StoryTeller
from zendesk_assets.simulator.account.traits import add_traits
from zendesk_assets.simulator.times import DAY

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account

_QUIET = 600  # the past ends ten minutes ago: before every hold-back


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """How large an account is; None means in proportion to the tickets."""

    tickets: int = 500
    seed: int = 7
    history_days: int = 400
    events_per_ticket: float = 4.0
    organizations: int | None = None
    groups: int | None = None
    agents: int = 14


def seed_account(account: Account, plan: SeedPlan) -> None:
    """Fill the account."""
    was_enabled = gc.isenabled()
    gc.disable()
    account.place_ids(plan.seed)
    try:
        _Seeder(account, plan).run()
    finally:
        if was_enabled:
            gc.enable()


class _Seeder:
    def __init__(self, account: Account, plan: SeedPlan) -> None:
        self.account = account
        self.plan = plan
        self.random = Random(plan.seed)  # noqa: S311 (demo data, no secrets)
        self.end = account.now() - _QUIET
        self.start = self.end - plan.history_days * DAY

    def run(self) -> None:
        """Set up the desk as it was in the beginning, then go through its history."""
        account = self.account
        account.created, account.seeded = self.start - 90 * DAY, self.end
        account.brand_id, account.form_id = account.next_id(), account.next_id()
        self._add_fields()
        self._add_groups()
        self._add_agents()
        self._add_organizations()
        self._add_customers()
        StoryTeller(account, self.random, self.start, self.end).tell(
            self.plan.tickets, self.plan.events_per_ticket
        )
        self._delete_some()
        add_traits(account, self.plan.seed)
        account.lists.seed()
        account.seed_records()
        account.seed_side_conversations()

    def _add_fields(self) -> None:
        options = {"Product": texts.PRODUCTS, "Contact reasons": texts.REASONS}
        self.account.fields = [
            CustomField(
                self.account.next_id(), kind, title, description, self.account.created,
                options.get(title, ()),
            )
            for kind, title, description in texts.FIELDS
        ]  # fmt: skip

    def _add_groups(self) -> None:
        count = len(texts.GROUPS) if self.plan.groups is None else self.plan.groups
        for place in range(count):
            name, description = texts.GROUPS[place % len(texts.GROUPS)]
            city = texts.CITIES[place % len(texts.CITIES)][0].split(",")[0]
            label = name if place < len(texts.GROUPS) else f"{name} {city}"
            when = self.account.created + place * 3600
            group = Group(
                self.account.next_id(), label, when, when, description, default=place == 0
            )
            self.account.groups[group.id] = group

    def _add_agents(self) -> None:
        groups: list[int | None] = [*self.account.groups] or [None]
        for place in range(self.plan.agents):
            user = self._person("admin" if place < 2 else "agent", self.account.created)
            user.group_id = groups[place % len(groups)]
            user.last_login = self.end - place * 3600
            user.email = f"{_login(user.name)}@{self.account.subdomain}.example"
            self._keep_user(user)
            self.account.admin_id = self.account.admin_id or user.id

    def _add_organizations(self) -> None:
        count = self.plan.organizations
        for place in range(max(3, self.plan.tickets // 25) if count is None else count):
            first = texts.COMPANIES[place % len(texts.COMPANIES)]
            form = texts.COMPANY_FORMS[place // len(texts.COMPANIES) % len(texts.COMPANY_FORMS)]
            again = place // (len(texts.COMPANIES) * len(texts.COMPANY_FORMS))
            self._keep_organization(f"{first} {form}" + (f" {again + 1}" if again else ""))

    def _keep_organization(self, name: str) -> None:
        draw = self.random
        created = draw.randint(self.account.created, self.end)
        updated = draw.randint(created, self.end) if draw.random() < 0.4 else created
        organization = Organization(
            self.account.next_id(), name, created, updated,
            domain_names=(f"{name.lower().replace(' ', '-')}.example",),
            tags=("reseller",) if draw.random() < 0.2 else (),
            details=draw.choice((None, "", "Pays by invoice, 30 days net.")),
            notes=draw.choice((None, "", "Ask for the facility manager.")),
            external_id=f"crm-{draw.randint(10_000, 99_999)}" if draw.random() < 0.5 else None,
            fields={"machines": draw.randint(1, 40), "plan": draw.choice(("office", "hotel", None)),
                    "service_contract": draw.random() < 0.5},
        )  # fmt: skip
        self.account.organizations[organization.id] = organization
        self.account.timelines["organizations"].add((updated, organization.id))

    def _add_customers(self) -> None:
        companies: list[Organization | None] = [*self.account.organizations.values()] or [None]
        for _ in range(max(10, self.plan.tickets // 4)):
            created = self.random.randint(self.account.created, self.end - DAY)
            user = self._person("end-user", created)
            company = self.random.choice(companies) if self.random.random() < 0.6 else None
            domain = company.domain_names[0] if company else "mail.example"
            user.organization_id = company.id if company else None
            user.email = f"{_login(user.name)}{user.id // 37 % 1000}@{domain}"
            user.active = self.random.random() > 0.02
            user.email = user.email if user.active else None
            self._keep_user(user)

    def _person(self, role: str, created: int) -> User:
        draw = self.random
        name = f"{draw.choice(texts.FIRST_NAMES)} {draw.choice(texts.LAST_NAMES)}"
        updated = draw.randint(created, self.end)
        return User(
            self.account.next_id(), name.replace("Van-Dijk", "van Dijk"), None, role, created,
            updated, phone=None, fields={"newsletter": draw.random() < 0.3},
        )  # fmt: skip

    def _keep_user(self, user: User) -> None:
        self.account.users[user.id] = user
        self.account.timelines["users"].add((user.updated, user.id))
        self.account.seed_identities(user)

    def _delete_some(self) -> None:
        """Delete a group and some organizations, as has happened in any real account (trap T9)."""
        groups = list(self.account.groups.values())
        for group in groups[5:][:1]:
            group.deleted, group.updated = True, self.end - 50 * DAY
        organizations = list(self.account.organizations.values())
        for organization in organizations[7::29]:
            before = (organization.updated, organization.id)
            organization.name = f"{organization.id}_deleted_{organization.name}"
            organization.deleted_at = organization.updated = self.random.randint(
                organization.updated, self.end
            )
            after = (organization.updated, organization.id)
            self.account.timelines["organizations"].move(before, after)


def _login(name: str) -> str:
    kept = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalpha())
    return kept or "office"
