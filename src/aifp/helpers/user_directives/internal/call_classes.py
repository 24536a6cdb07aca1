"""How dangerous one host call is, by its function and its arguments."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.words import EffectClass

# From harmless to dangerous; what nobody knows counts as side effects (T01).
ORDER: tuple[EffectClass, ...] = (
    "read_only",
    "idempotent",
    "unknown",
    "side_effects",
    "destructive",
)
METHODS: dict[str, EffectClass] = {
    "GET": "read_only",
    "HEAD": "read_only",
    "PUT": "idempotent",
    "POST": "side_effects",
    "PATCH": "side_effects",
    "DELETE": "destructive",
}
FILE_OPS: dict[str, EffectClass] = {
    "read": "read_only",
    "list": "read_only",
    "write": "idempotent",
    "append": "side_effects",
}
STATE_OPS: dict[str, EffectClass] = {
    "get": "read_only",
    "test": "read_only",
    "entity": "read_only",
    "set": "idempotent",
    "delete": "idempotent",
}
# What stays with the run, and what goes out without anybody knowing what comes of it.
PLAIN: dict[str, EffectClass] = {
    "log": "read_only",
    "sleep": "read_only",
    "notify": "side_effects",
    "ask_worker": "side_effects",
}
# Words of addresses and of command lines that delete, pay, send or change databases (T01).
DEED_WORDS = """delete remove destroy purge erase wipe drop truncate uninstall pay charge refund
    transfer purchase checkout buy send mail email sms rm rmdir unlink shred"""
DEEDS = frozenset(DEED_WORDS.split())
THING_WORDS = "payment payments charges refunds transfers purchases emails mails messages"
THINGS = frozenset(THING_WORDS.split())
PROGRAM_WORDS = """dd mkfs kill pkill killall shutdown reboot halt poweroff mailx sendmail msmtp
    mutt psql mysql mariadb sqlite3 mongosh mongo redis-cli dropdb dropuser userdel"""
PROGRAMS = DEEDS | frozenset(PROGRAM_WORDS.split())
WORDS = re.compile(r"[a-z]+|[A-Z][a-z]*")


def worst(classes: Iterable[EffectClass]) -> EffectClass:
    """Return the most dangerous of several classes; of none, that it only reads."""
    found: set[EffectClass] = {"read_only", *classes}
    return next(word for word in reversed(ORDER) if word in found)


def rank(effect_class: EffectClass) -> int:
    """Return how dangerous a class is beside the others."""
    return ORDER.index(effect_class)


def class_of_call(
    function: str, arguments: JsonMap, called: Mapping[str, EffectClass]
) -> EffectClass:
    """Return the class of a call; an argument that is not known makes it unknown."""
    match function:
        case "http":
            return _of_http(_text(arguments.get("method")), _text(arguments.get("url")))
        case "file":
            return FILE_OPS.get(_text(arguments.get("op")), "unknown")
        case "state":
            return STATE_OPS.get(_text(arguments.get("op")), "unknown")
        case "command":
            return _of_command(arguments.get("argv"))
        case "tool":
            return called.get(_text(arguments.get("name")), "unknown")
        case other:
            return PLAIN.get(other, "unknown")


def _of_http(method: str, url: str) -> EffectClass:
    found = METHODS.get(method.upper(), "unknown")
    path = urlsplit(url).path if url else ""
    if found == "read_only":
        # An address that is called to do something does it for a GET as well.
        last = words_of(PurePosixPath(path).name)
        return "unknown" if last and last <= DEEDS else found
    return "destructive" if words_of(path) & (DEEDS | THINGS) else found


def _of_command(argv: JsonValue) -> EffectClass:
    """Return the class of a program's run: nobody knows what it does, unless its words tell."""
    words = [_text(word) for word in argv] if isinstance(argv, list) else []
    if not words or not words[0]:
        return "unknown"
    program = PurePosixPath(words[0]).name
    given = {part for word in words[1:] for part in re.split(r"[^A-Za-z0-9]+", word)}
    if program in PROGRAMS or program.startswith("mkfs") or given & PROGRAMS:
        return "destructive"
    return "side_effects"


def words_of(text: str) -> set[str]:
    """Return the words in a piece of an address, `sendMail` being two."""
    return {word.lower() for word in WORDS.findall(text)}


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
