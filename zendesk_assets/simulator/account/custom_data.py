"""Records of custom objects: pieces of equipment and contracts of the account's customers.

What objects there are is a plain list. A deleted record is exported for 30 days, with "[DELETED]"
for each of its values. docs/zendesk-api.md#custom-objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.account.configuration import Configuration
from zendesk_assets.simulator.account.derived import Derived, kept
from zendesk_assets.simulator.account.identifiers import ulid
from zendesk_assets.simulator.times import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.records import Organization

NAME = "custom_object_records"
_WIPED = "[DELETED]"
_KEPT = 30 * DAY
_MACHINES = ("Barista Pro 2", "Office One", "Grinder X")


class CustomData(Configuration):
    """An account with records of custom objects."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.object_records: dict[str, tuple[int, dict[str, Any], bool]] = {}

    def create_record(self, object_key: str, name: str, **fields: Any) -> str:
        """Add a record of a custom object; return its id. `fields` are its custom fields."""
        return self._add_record(object_key, name, None, fields, self.now())

    def update_record(self, record_id: str, name: str | None = None, **fields: Any) -> None:
        """Set custom fields of a record, its name, or both."""
        row = self._record(record_id)
        changed = {**row, "name": name or row["name"], "updated_at": iso(self.now())}
        changed["custom_object_fields"] = {**row["custom_object_fields"], **fields}
        self._keep_record(record_id, self.now(), changed)

    def delete_record(self, record_id: str) -> None:
        """Delete a record: what is exported of it from now on is wiped."""
        row = self._record(record_id)
        fields = dict.fromkeys(row["custom_object_fields"], _WIPED)
        wiped = {"name": _WIPED, "external_id": _WIPED, "custom_object_fields": fields}
        gone = {**row, **wiped, "updated_at": iso(self.now())}
        self._keep_record(record_id, self.now(), gone, deleted=True)

    def seed_records(self) -> None:
        """Add the machines of each company, and its contract if it has one."""
        for organization in self.organizations.values():
            count = min(3, organization.fields.get("machines", 0))
            for place in range(count):
                self._seed_machine(organization, place)
            if organization.fields.get("service_contract"):
                fields = {"organization": str(organization.id), "level": "Next working day"}
                name = f"Contract of {organization.name}"
                self._add_record("service_contract", name, None, fields, organization.created)

    def _seed_machine(self, organization: Organization, place: int) -> None:
        number = organization.id // 37 % 10_000 * 10 + place
        model = _MACHINES[number % len(_MACHINES)]
        fields = {
            "serial_number": f"BP-{number:06}",
            "model": model.lower().replace(" ", "_"),
            "installed_on": iso(organization.created)[:10],
            "organization": str(organization.id),
        }
        name, when = f"{model} {number:06}", organization.created + place * 60
        self._add_record("equipment", name, fields["serial_number"], fields, when)

    def _add_record(
        self, object_key: str, name: str, external_id: str | None, fields: dict[str, Any], when: int
    ) -> str:
        key = ulid(when, len(self.object_records) + 1)
        row = {
            "id": key,
            "url": f"{self.url}/api/v2/custom_objects/{object_key}/records/{key}.json",
            "custom_object_key": object_key,
            "name": name,
            "external_id": external_id,
            "custom_object_fields": fields,
            "created_by_user_id": str(self.admin_id),
            "updated_by_user_id": str(self.admin_id),
            "created_at": iso(when),
            "updated_at": iso(when),
        }
        self._keep_record(key, when, row)
        return key

    def _record(self, record_id: str) -> dict[str, Any]:
        _second, row, deleted = self.object_records.get(record_id, (0, {}, True))
        if deleted:
            message = f"There is no record of a custom object with the id {record_id!r}."
            raise SimulatorError(message)
        return row

    def _keep_record(
        self, record_id: str, when: int, row: dict[str, Any], *, deleted: bool = False
    ) -> None:
        self.object_records[record_id] = when, row, deleted
        self.revision += 1


def object_records(account: CustomData, object_key: str = "") -> list[Derived]:
    """Return the records that are exported now, of one object or of all that exist."""
    objects = {object_key} if object_key else {*account.list_rows("custom_objects")}
    oldest, found = account.now() - _KEPT, kept(account, NAME, lambda _account: _all(account))
    return [
        (second, key, row)
        for second, key, row in found
        if account.object_records[str(key)][1]["custom_object_key"] in objects
        and (second > oldest or not account.object_records[str(key)][2])
    ]


def _all(account: CustomData) -> Iterator[Derived]:
    return ((when, key, row) for key, (when, row, _) in account.object_records.items())
