"""Names of directives: the name rule of the format."""

import hashlib
import re
import unicodedata

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
MADE_LENGTH = 60
# Windows opens a device instead of a file of this name, whatever the suffix.
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))]
)


def is_name(text: str) -> bool:
    """Say whether a text may be a name as it stands."""
    return NAME.fullmatch(text) is not None and text not in DEVICES


def name_and_title(text: str) -> tuple[str, str | None]:
    """Return the name made from a text, and the text as title when it was no name."""
    if is_name(text):
        return text, None
    return made_name(text), unicodedata.normalize("NFC", text)


def made_name(text: str) -> str:
    """Make a name: no accents, lower case, other characters to `_`, at most 60."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).lower()
    slug = re.sub(r"[^a-z0-9-]+", "_", plain).strip("_-")[:MADE_LENGTH].rstrip("_-")
    if not slug:
        return "d_" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"d_{slug}" if slug[0].isdigit() or slug in DEVICES else slug


def first_words(text: str, count: int = 8) -> str:
    """Return the first words of an unnamed line."""
    return " ".join(text.split()[:count])
