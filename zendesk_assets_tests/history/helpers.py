"""Records of lists and tickets, as small as they can be."""


def macro(number, title="", updated="2024-01-01T00:00:00Z", **more):
    """Return a macro, whose title is its number if none is given."""
    times = {"created_at": "2024-01-01T00:00:00Z", "updated_at": updated}
    return {"id": number, "title": title or str(number), "active": True, **times, **more}


def ticket(number, requester=43, version=1_700_000_000, **more):
    """Return a ticket of a requester."""
    times = {"created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}
    return {
        "id": number, "requester_id": requester, "generated_timestamp": version,
        "status": "open", "subject": f"Boiler {number}", **times, **more,
    }  # fmt: skip


def article(number, brand):
    """Return an article as the list of a brand has it."""
    times = {"created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}
    said = {"id": number, "title": str(number), "locale": "en", **times}
    return {"brand_id": brand, "article": said}
