"""What `why` prints: a few lines for each state of a row, and which one the table shows."""

from rich.text import Text

from zendesk_assets.cli.terminal import Console
from zendesk_assets.plain_text import counted, spell_out_controls
from zendesk_assets.why import History, Step, brought, changed, heading, title, value, when

# A first state has dozens of values; who asks for one column sees it.
_FIRST_VALUES = 6


def show(console: Console, history: History, column: str | None) -> None:
    """Print a history; where only changes of one `column` are in it, it is named."""
    about = f" Only changes of {column} are shown." if column else ""
    console.say(f"{history.name}: {heading(history)}.{about}")
    for step in history.steps:
        console.say("")
        _show_step(console, step, history)
    console.say("")
    for line in [*history.verdict, *_differences(history), *history.notes]:
        console.say(line)


def _show_step(console: Console, step: Step, history: History) -> None:
    marks = []
    if step.number == history.winner:
        marks.append("counts")
    if step.number == history.shown:
        marks.append("in the table")
    said = "; ".join(filter(None, [title(step), *marks]))
    head = Text(f"{step.number:>3}  {when(step)}  ", "bold" if marks else "")
    console.print(head.append(said))
    for what, how, by in _changes(step):
        console.say(f"     {what}: {how}{f'   {by}' if by else ''}")
    if step.reason:
        console.say(f"     could not be read: {spell_out_controls(step.reason)}")
    if step.erased:
        console.say("     a person was erased from it")
    first, *again = step.origins
    console.say(f"     {brought(first, history)}")
    if again:
        times = counted(len(again), "more time")
        console.say(f"     and {times}, last by the {brought(again[-1], history)}")


def _changes(step: Step) -> list[tuple[str, str, str]]:
    """Return the changes of a step; of a first state the values, if they are few."""
    if not step.is_first:
        return [changed(each) for each in step.changes]
    if len(step.changes) > _FIRST_VALUES:
        return [("its values", f"{len(step.changes):,} (--json has them)", "")]
    return [(each.difference.path, value(each.difference.new), "") for each in step.changes]


def _differences(history: History) -> list[str]:
    """Return a line for each value that the table has and the state that counts has not."""
    if history.shown is not None and history.shown != history.winner:
        return []  # it is another state, which is above
    return [
        f"  {each.path}: {value(each.new)} in the table, {value(each.old)} in the hub"
        for each in history.differs
    ]
