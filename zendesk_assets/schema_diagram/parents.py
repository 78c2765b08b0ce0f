"""How the lists are described that each record of another list has."""

from zendesk_assets.spec import Parent


def requests_of(parent: Parent) -> str:
    """Return whose lists are read, and how the hub keeps what is in them."""
    lists = []
    for each in reversed(parent.line):
        said = f"one list for each record of `GET /api/v2{each.path}`"
        if each.only_where and each.parent:
            said += f" with a `{each.only_where}`"
        elif each.only_where:
            said += f" whose `{each.only_where}` is true"
        if each.host_from:
            said += f", from `https://<its {each.host_from}>.zendesk.com`"
        lists.append(said)
    whose = "that record's id as" if parent.parent is None else "the ids of these records as"
    names = " and ".join(f"`{each.id_name}`" for each in reversed(parent.line))
    kept = (
        f"the hub keeps {whose} {names}, beside `{parent.child_name}`, which is what Zendesk sent"
    )
    return f"{', of which there is '.join(lists)}; {kept}"
