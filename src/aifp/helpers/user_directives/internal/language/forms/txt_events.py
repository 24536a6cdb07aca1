"""Events as TXT lines tell them, rewritten as start texts: `light.desk turns on`."""

import re

WORDS: dict[str, str] = {
    "turns on": "on",
    "turns off": "off",
    "opens": "open",
    "closes": "closed",
    "locks": "locked",
    "unlocks": "unlocked",
}
OUTCOMES: dict[str, str] = {
    "fails": "failed",
    "succeeds": "succeeded",
    "finishes": "finished",
    "is missed": "missed",
    "recovers": "recovered",
}
FILES: dict[str, str] = {
    "appears": "",
    "is created": " created",
    "changes": " changed",
    "is deleted": " deleted",
}
ENTITY = r"(?P<entity>[a-z_][a-z0-9_]*\.[a-z0-9_]+)"
REF = r"(?P<ref>[a-z_][a-z0-9_]*\.[a-z0-9_]+(?:\.[A-Za-z0-9_]+)?)"
LASTING = r"(?P<lasting>\s+for\s+.+)?"
NUMBER = r"(?P<number>[+-]?[0-9]+(?:\.[0-9]+)?)"
ASCII_ANY_CASE = re.IGNORECASE | re.ASCII
TURNS = re.compile(rf"{ENTITY}\s+(?P<verb>{'|'.join(WORDS)}){LASTING}", ASCII_ANY_CASE)
BECOMES = re.compile(
    rf"{ENTITY}\s+(?:becomes|changes\s+to)\s+(?P<word>\S+){LASTING}", ASCII_ANY_CASE
)
CHANGES = re.compile(rf"{ENTITY}\s+changes{LASTING}", ASCII_ANY_CASE)
RISES = re.compile(
    rf"{REF}\s+(?:rises\s+above|goes\s+above|exceeds)\s+{NUMBER}{LASTING}", ASCII_ANY_CASE
)
DROPS = re.compile(
    rf"{REF}\s+(?:drops\s+below|falls\s+below|goes\s+below)\s+{NUMBER}{LASTING}", ASCII_ANY_CASE
)
FILE = re.compile(
    r"(?P<glob>\S*[/*.]\S*)\s+(?P<verb>appears|is\s+created|changes|is\s+deleted)", ASCII_ANY_CASE
)
RUN = re.compile(rf"(?P<name>[a-z][a-z0-9_-]*)\s+(?P<verb>{'|'.join(OUTCOMES)})", ASCII_ANY_CASE)


def start_text(text: str) -> str:
    """Return the start text that a TXT event means; other texts come back as they are."""
    for read in (state_text, value_text, other_text):
        if found := read(text):
            return found
    return text


def state_text(text: str) -> str | None:
    """Read `light.desk turns on`, `lock.front becomes jammed`, `light.desk changes`."""
    if found := TURNS.fullmatch(text):
        return f"state {found['entity']} to {WORDS[words(found['verb'])]}{lasting(found)}"
    if found := BECOMES.fullmatch(text):
        return f"state {found['entity']} to {found['word']}{lasting(found)}"
    if found := CHANGES.fullmatch(text):
        return f"state {found['entity']}{lasting(found)}"
    return None


def value_text(text: str) -> str | None:
    """Read `sensor.attic rises above 30`."""
    for pattern, side in ((RISES, "above"), (DROPS, "below")):
        if found := pattern.fullmatch(text):
            return f"value {found['ref']} {side} {found['number']}{lasting(found)}"
    return None


def other_text(text: str) -> str | None:
    """Read `inbox/*.csv appears` and `backup fails`."""
    if found := FILE.fullmatch(text):
        return f"file {found['glob']}{FILES[words(found['verb'])]}"
    if found := RUN.fullmatch(text):
        return f"{OUTCOMES[words(found['verb'])]} {found['name']}"
    return None


def words(text: str) -> str:
    """Return a verb in lower case with single spaces."""
    return " ".join(text.lower().split())


def lasting(found: re.Match[str]) -> str:
    """Return the `for` part of an event."""
    return found["lasting"] or ""
