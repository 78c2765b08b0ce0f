"""Short spellings for columns, so that a declaration reads as a table. It declares nothing."""

from dataclasses import replace

from zendesk_assets.spec import Column, ColumnType, Reference


def record(
    noun: str, *columns: Column, has_url: bool = True, has_text_id: bool = False
) -> tuple[Column, ...]:
    """Return the columns with those that nearly every record has around them."""
    key = text if has_text_id else ident
    return (
        key("id", f"The id of the {noun}."),
        *([text("url", f"The API address of the {noun}.")] if has_url else []),
        *columns,
        timestamp("created_at", f"When the {noun} was created."),
        timestamp("updated_at", f"When the {noun} was last updated."),
    )


def text(name: str, description: str, path: str = "") -> Column:
    """Declare a text column."""
    return Column(name, ColumnType.TEXT, description, path)


def integer(name: str, description: str, path: str = "") -> Column:
    """Declare a 64-bit integer column that is not an id of something."""
    return Column(name, ColumnType.INTEGER, description, path)


def ident(
    name: str, description: str, references: str | None = None, path: str = "", column: str = "id"
) -> Column:
    """Declare an id column, pointing at `references`.`column` where that is given."""
    target = Reference(references, column) if references else None
    return Column(name, ColumnType.INTEGER, description, path, references=target)


def text_ident(name: str, description: str, references: str, path: str = "") -> Column:
    """Declare a column with the id of `references`, where ids are texts."""
    return Column(name, ColumnType.TEXT, description, path, references=Reference(references))


def number(name: str, description: str, path: str = "") -> Column:
    """Declare a floating point column."""
    return Column(name, ColumnType.NUMBER, description, path)


def boolean(name: str, description: str, path: str = "") -> Column:
    """Declare a boolean column."""
    return Column(name, ColumnType.BOOLEAN, description, path)


def flag(name: str, description: str, path: str = "") -> Column:
    """Declare a boolean column that the API writes as true and false or as 1 and 0."""
    return Column(name, ColumnType.FLAG, description, path)


def timestamp(name: str, description: str, path: str = "") -> Column:
    """Declare a point in time that the API writes as ISO 8601."""
    return Column(name, ColumnType.TIMESTAMP, description, path)


def epoch(name: str, description: str, path: str = "") -> Column:
    """Declare a point in time that the API writes as Unix seconds."""
    return Column(name, ColumnType.EPOCH, description, path)


def json(name: str, description: str, path: str = "") -> Column:
    """Declare a nested value that stays JSON."""
    return Column(name, ColumnType.JSON, description, path)


def moving(column: Column) -> Column:
    """Return the column, marked as one that changes without a new version of its record."""
    return replace(column, moves=True)


def idents(name: str, description: str, references: str) -> Column:
    """Declare a list of ids of `references`, which stays JSON."""
    target = Reference(references, listed=True)
    return Column(name, ColumnType.JSON, description, references=target)
