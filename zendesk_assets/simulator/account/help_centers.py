"""Help centers of brands: what of their records follows from other records.

A vote follows from its user, sums of votes from the votes, numbers of comments from the comments,
translations and addresses from the text itself. A brand without a help center shows nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.configuration import Configuration
    from zendesk_assets.simulator.account.records import User
    from zendesk_assets.simulator.lists.store import Key, Row

_SOURCES = {"hc_categories": "Category", "hc_sections": "Section", "articles": "Article"}
_PLACES = {
    "hc_categories": "categories",
    "hc_sections": "sections",
    "articles": "articles",
    "topics": "community/topics",
    "posts": "community/posts",
}
_VOTED = {"articles": "Article", "posts": "Post"}
_VOTED_COMMENTS = {"article_comments": "Comment", "post_comments": "PostComment"}
# What is below an article or a post, and the path to it.
_BELOW = {
    "article_comments": ("articles", "article_id", "articles/{}/comments"),
    "post_comments": ("posts", "post_id", "community/posts/{}/comments"),
    "article_attachments": ("articles", "article_id", "articles/{}/attachments"),
}
_VOTERS = 2_000
_COMMENTS = 24  # with votes: ids of votes have room for as many
_NO_LETTERS = re.compile(r"\W+")


def complete(account: Configuration, name: str, rows: dict[Key, Row]) -> dict[Key, Row]:
    """Return the rows of a list of help centers as readers see them."""
    open_brands = {
        key: f"https://{brand['subdomain']}.zendesk.com"
        for key, brand in account.list_rows("brands").items()
        if brand["has_help_center"] and not brand["is_deleted"]
    }
    if name in _BELOW:
        return _below(account, name, open_brands)
    sums = _sums(account) if name in _VOTED else {}
    if name == "posts":
        rows = _with_comments(account, rows)
    found = {}
    for key, row in rows.items():
        site = open_brands.get(row["brand_id"])
        if site:
            found[key] = _completed(name, row, site, account.url, sums)
    return found


def votes(account: Configuration) -> list[Row]:
    """Return the votes that readers have cast: some of them, on a few articles and posts each."""
    items = [(name, key) for name in _VOTED for key in account.lists.seeded(name)]
    there = {name: account.lists.rows(name) for name in _VOTED}
    readers = [user for user in account.users.values() if user.role == "end-user" and user.active]
    return [
        _vote(account, user.id, user.created, place, _VOTED[name], there[name][key])
        for user in readers[:_VOTERS]
        for place, at in enumerate(_chosen(user.id // 37, len(items)))
        for name, key in [items[at]]
        if key in there[name]
    ] + _votes_on_comments(account, readers)


def _votes_on_comments(account: Configuration, readers: list[User]) -> list[Row]:
    """Return the votes on comments: of none to three readers on each."""
    comments = [(name, key) for name in _VOTED_COMMENTS for key in account.lists.seeded(name)]
    there = {name: _in_brands(account, name) for name in _VOTED_COMMENTS}
    return [
        _vote(account, user.id, user.created, 10 + at, _VOTED_COMMENTS[name], there[name][key])
        for at, (name, key) in enumerate(comments[:_COMMENTS])
        for user in readers[at * 2 % max(1, len(readers)) :][: at % 4]
        if key in there[name]
    ]


def _in_brands(account: Configuration, name: str) -> dict[Key, Row]:
    """Return what is below articles or posts, with the brands of these."""
    above, its_id, _path = _BELOW[name]
    parents = account.lists.rows(above)
    return {
        key: {**row, "brand_id": parents[row[its_id]]["brand_id"]}
        for key, row in account.lists.rows(name).items()
    }


def _chosen(number: int, items: int) -> Iterator[int]:
    """Yield which of the items a reader votes on, none twice."""
    for step in range(number % 5 if items else 0):
        yield (number * 3 + step) % items


def _vote(account: Configuration, user_id: int, since: int, place: int, kind: str, row: Row) -> Row:
    is_against = (user_id + row["id"]) // 37 % 4 == 0
    cast = max(iso(since), row["created_at"])
    vote_id = user_id + 2 + place
    return {
        "id": vote_id,
        "url": f"{account.url}/api/v2/help_center/votes/{vote_id}.json",
        "user_id": user_id,
        "value": -1 if is_against else 1,
        "item_id": row["id"],
        "item_type": kind,
        "created_at": cast,
        "updated_at": cast,
        "brand_id": row["brand_id"],
    }


def _sums(account: Configuration) -> dict[Key, list[int]]:
    """Return the values of the votes on each item."""
    found: dict[Key, list[int]] = {}
    for vote in account.lists.rows("hc_votes").values():
        found.setdefault(vote["item_id"], []).append(vote["value"])
    return found


def _below(account: Configuration, name: str, open_brands: dict[Key, str]) -> dict[Key, Row]:
    """Return the comments or attachments of the articles and posts that are there."""
    _above, its_id, path = _BELOW[name]
    sums = _sums(account) if name in _VOTED_COMMENTS else {}
    root = "api/v2" if name == "post_comments" else "api/v2/help_center"
    found = {}
    for key, row in _in_brands(account, name).items():
        if site := open_brands.get(row["brand_id"]):
            place = f"{path.format(row[its_id])}/{key}"
            if name == "article_attachments":
                more = _of_file(row, site)
            else:
                more = _of_comment(row, f"{site}/hc/{row.get('locale', 'en-us')}/{place}", sums)
            found[key] = row | more | {"url": f"{site}/{root}/{place}.json"}
    return found


def _of_comment(row: Row, html_url: str, sums: dict[Key, list[int]]) -> Row:
    cast = sums.get(row["id"], [])
    said = {"source_id": row.get("article_id"), "source_type": "Article"}
    return {
        **(said if "article_id" in row else {}),
        "html_url": html_url,
        "vote_sum": sum(cast),
        "vote_count": len(cast),
    }


def _of_file(row: Row, site: str) -> Row:
    path = f"/hc/article_attachments/{row['id']}"
    name = row["file_name"]
    return {"display_file_name": name, "relative_path": path, "content_url": f"{site}{path}"}


def _with_comments(account: Configuration, rows: dict[Key, Row]) -> dict[Key, Row]:
    """Return the posts with the number of their comments."""
    counts = Counter(each["post_id"] for each in account.lists.rows("post_comments").values())
    return {key: {**row, "comment_count": counts[key]} for key, row in rows.items()}


def _completed(name: str, row: Row, site: str, account_url: str, sums: dict[Key, list[int]]) -> Row:
    row = {**row, "url": row["url"].replace(account_url, site)}
    if name in _PLACES:
        slug = _NO_LETTERS.sub("-", row.get("title") or row["name"]).strip("-")
        place = f"{row.get('locale', 'en-us')}/{_PLACES[name]}"
        row["html_url"] = f"{site}/hc/{place}/{row['id']}-{slug}"
    if name in _VOTED:
        cast = sums.get(row["id"], [])
        row |= {"vote_sum": sum(cast), "vote_count": len(cast)}
    if name == "articles":
        row |= {"name": row["title"], "edited_at": row["updated_at"]}
    if name in _SOURCES:
        row["translations"] = _translations(row, _SOURCES[name], row.pop("translated"))
    return row


def _translations(row: Row, kind: str, others: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Return the text itself, and what it is in other languages."""
    own = [row.get("title") or row["name"], row.get("body", row.get("description"))]
    texts = {row["source_locale"]: own, **others}
    author = row.get("author_id")
    return [
        {
            "id": row["id"] + 1 + place,
            "url": row["url"].replace(".json", f"/translations/{locale}.json"),
            "html_url": row["html_url"].replace(f"/{row['locale']}/", f"/{locale}/"),
            "source_id": row["id"],
            "source_type": kind,
            "locale": locale,
            "title": title,
            "body": body,
            "outdated": locale in row.get("outdated_locales", ()),
            "draft": bool(row.get("draft")),
            "hidden": False,
            "created_by_id": author,
            "updated_by_id": author,
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        }
        for place, (locale, (title, body)) in enumerate(texts.items())
    ]
