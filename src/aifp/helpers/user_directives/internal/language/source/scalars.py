"""What an unquoted YAML text means: the 1.2 core schema, without infinity and NaN."""

import math
import re

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.source.nodes import Scalar

LARGEST = 2**53 - 1
LONGEST_DIGITS = 16
WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
DECIMAL_INTEGER = re.compile(r"[-+]?[0-9]+")
BASED_INTEGER = re.compile(r"0o([0-7]+)|0x([0-9a-fA-F]+)")
DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")


def core_value(text: str) -> Scalar:
    """Return the value of an unquoted text; raise E112 for numbers that cannot be kept."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if DECIMAL_INTEGER.fullmatch(text):
        return integer(text, 10, text)
    if based := BASED_INTEGER.fullmatch(text):
        return integer(based[1], 8, text) if based[1] else integer(based[2], 16, text)
    if NOT_FINITE.fullmatch(text):
        raise LanguageFault("E112", x=text)
    return decimal(text) if DECIMAL.fullmatch(text) else text


def integer(digits: str, base: int, text: str) -> int:
    """Return an integer within +-(2^53-1)."""
    significant = digits.lstrip("+-").lstrip("0")
    if len(significant) > LONGEST_DIGITS + 2:
        raise LanguageFault("E112", x=text)
    value = int(significant or "0", base)
    if value > LARGEST:
        raise LanguageFault("E112", x=text)
    return -value if digits.startswith("-") else value


def decimal(text: str) -> float:
    """Return a finite decimal."""
    value = float(text)
    if math.isinf(value):
        raise LanguageFault("E112", x=text)
    return value


def has_leading_zero(text: str) -> bool:
    """Say whether a number may have been meant as text (or as octal)."""
    return LEADING_ZERO.fullmatch(text) is not None
