"""What a column shows of an event, said once more and without a line of the server's.

Numbers are kept as they are written, as texts of a class of their own.
"""

import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# Members of the record that are lists.
LISTS = ("changes", "on_behalf_of", "targets")
# Columns that show members as they are.
WHOLE = (
    *LISTS,
    "actor.metadata",
    "changes.new",
    "metadata",
    "request",
    "request.body",
)
# Columns whose values are JSON for programs.
JSON = (*WHOLE, "authority", "target.id")
TIMES = ("occurred_at", "received_at")
INTEGERS = ("index", "request.status")


class Number(str):
    """A number as it is written."""


def events(text):
    """The events of NDJSON, numbers as they are written."""
    load = lambda line: json.loads(line, parse_int=Number, parse_float=Number)
    return [load(line) for line in text.split("\n")[:-1]]


def dumps(value):
    """A value in canonical form. Members are in order already."""
    match value:
        case Number():
            return str(value)
        case dict():
            members = (f"{dumps(key)}:{dumps(inner)}" for key, inner in value.items())
            return f"{{{','.join(members)}}}"
        case list():
            return f"[{','.join(map(dumps, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def scalar(value):
    """The text of a scalar, or JSON of what is none."""
    match value:
        case Number() | str():
            return str(value)
        case _:
            return dumps(value)


def at(value, keys):
    """The values at a path; lists on the way are stepped through."""
    if not keys:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from at(item, keys)
    elif isinstance(value, dict) and keys[0] in value:
        yield from at(value[keys[0]], keys[1:])


def known_by(party):
    return next(filter(None, (party.get(key) for key in ("name", "email", "id"))), None)


def values(event, name):
    """The values of a column, as they are in the event."""
    if name in ("user", "authority"):
        parties = [event["actor"]] if "actor" in event else []
        if name == "user":
            return [known_by(party) for party in parties]
        return sorted({known_by(party) for party in parties + event.get("on_behalf_of", [])})
    first, *rest = name.split(".")
    first = {"target": "targets", "event": "name"}.get(first, first)
    return list(at(event, [first, *rest]))


def leaves(value):
    match value:
        case None:
            return
        case list():
            for item in value:
                yield from leaves(item)
        case _:
            yield value


def clock(text, zone):
    """What a clock shows at an instant, without its offset, and how far it is ahead in minutes; nothing
    where a calendar has no such day."""
    instant = datetime.fromisoformat(text)
    try:
        shown = instant.astimezone(ZoneInfo(zone))
    except OverflowError:
        return None
    return shown.replace(tzinfo=None), shown.utcoffset()


def local(text, zone):
    """An instant as RFC 3339, as a clock shows it."""
    shown = clock(text, zone)
    if shown is None:
        return text
    minutes = int(shown[1].total_seconds() / 60)
    sign, minutes, offset = "-" if minutes < 0 else "+", abs(minutes), timedelta(minutes=minutes)
    moved = datetime.fromisoformat(text).replace(tzinfo=None) + offset
    return f"{moved.isoformat(timespec='microseconds')}{sign}{minutes // 60:02}:{minutes % 60:02}"


def display(event, name, zone):
    """What a cell shows people."""
    found = values(event, name)
    if name in WHOLE:
        return "; ".join(map(dumps, found))
    found = [leaf for value in found for leaf in leaves(value)]
    if name in TIMES:
        found = [local(text, zone) for text in found]
    return "; ".join(map(scalar, found))


def harmless(text):
    """A text as a cell of CSV has it, so that no program takes it for a formula."""
    text = re.sub(r'([;\t\r\n][ "]*)([=+\-@＝＋－＠])', r"\1'\2", text)
    return f"'{text}" if text[:1] and text[0] in "=+-@\t\r\n＝＋－＠" else text


def has_several(name):
    """Whether the record may have several values for a column."""
    first = name.split(".")[0]
    return name == "authority" or (first in (*LISTS, "target") and "." in name)


def typed(event, name):
    """The value of a column for programs; None where there is none."""
    found = values(event, name)
    return (found if has_several(name) else found[0]) if found else None


def text(event, name):
    """The same as text: of a string itself, of anything else JSON. Null is one within JSON alone."""
    if name in JSON:
        return dumps(typed(event, name)) if values(event, name) else None
    value = typed(event, name)
    return None if value is None else scalar(value)
