"""From bytes to checked text: size, UTF-8, and no character that deceives the eye."""

import re

from aifp.helpers.user_directives.internal.language.source.refusal import SourceFault, Spot, spot_at

MAX_BYTES = 1_048_576
BYTE_ORDER_MARK = "\ufeff"
# Control characters except tab and line end, and what reorders or hides text.
REFUSED = re.compile(
    "[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060"
    "\u2066-\u2069\ufeff\ud800-\udfff]|\r(?!\n)"
)
REFUSED_IN_NAMES = re.compile("[\u200c\u200d]")


def decode(data: bytes) -> str:
    """Return the text of a file, without a byte order mark and with LF line ends."""
    if len(data) > MAX_BYTES:
        raise SourceFault("E101", Spot(1, 1), n=f"{len(data):,}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise bad_byte(data, error.start) from None
    text = text.removeprefix(BYTE_ORDER_MARK)
    if found := refused_character(text):
        raise SourceFault("E113", spot_at(text, found.start()), hex=hex_of(found[0]))
    return text.replace("\r\n", "\n")


def bad_byte(data: bytes, offset: int) -> SourceFault:
    """Return the fault that names the first byte that is not UTF-8."""
    before = data[:offset].decode("utf-8").removeprefix(BYTE_ORDER_MARK)
    return SourceFault("E102", spot_at(before, len(before)), hex=f"{data[offset]:02x}", n=offset)


def refused_character(text: str) -> re.Match[str] | None:
    """Return the first character that no directive file may hold."""
    return REFUSED.search(text)


def refused_in_name(text: str) -> re.Match[str] | None:
    """Return the first character that a name may not hold although other texts may."""
    return REFUSED_IN_NAMES.search(text)


def hex_of(character: str) -> str:
    """Return the code point as people write it, four digits or more."""
    return f"{ord(character):04X}"
