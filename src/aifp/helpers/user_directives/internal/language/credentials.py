"""Text that looks like a credential: well-known token shapes, and long keys under telling names."""

import re

TOKENS = re.compile(
    r"""
      \bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}      # model providers
    | \b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}  # payment
    | \bgh[pousr]_[A-Za-z0-9]{30,}
    | \bgithub_pat_[A-Za-z0-9_]{40,}
    | \bglpat-[A-Za-z0-9_-]{20,}
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b
    | \bAIza[A-Za-z0-9_-]{35}
    | \bya29\.[A-Za-z0-9_-]{20,}
    | \bxox[abeoprs]-[A-Za-z0-9-]{10,}
    | \bnpm_[A-Za-z0-9]{36}
    | \bpypi-[A-Za-z0-9_-]{40,}
    | \bhf_[A-Za-z0-9]{30,}
    | \bdop_v1_[a-f0-9]{60,}
    | \bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{30,}
    | \beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    | \b[a-z][a-z0-9+.-]*://[^\s/:@{}]+:[^\s/@{}]{3,}@   # login inside an address
    | \b(?:[Bb]earer|[Bb]asic)\s+(?=[^\s]*[0-9])[A-Za-z0-9+/_.~-]{16,}=*
    """,
    re.VERBOSE,
)
TELLING_KEY = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential"
    r"|authorization|auth[_-]?key|client[_-]?key",
    re.IGNORECASE,
)
KEY_TEXT = re.compile(r"[A-Za-z0-9+/_=.~-]{16,}")
TELLING_QUERY = re.compile(
    r"[?&](?:[A-Za-z_-]*(?:token|key|secret|password|sig))=([^&#\s{}]{16,})", re.IGNORECASE
)
NAME_OF_A_SECRET = re.compile(r"[A-Z][A-Z0-9_]*")


def looks_like_credential(text: str, key: str = "") -> bool:
    """Say whether a text (under a key) is probably a password, key or token."""
    if TOKENS.search(text):
        return True
    if any(is_random(found) for found in TELLING_QUERY.findall(text)):
        return True
    return (
        bool(TELLING_KEY.search(key)) and KEY_TEXT.fullmatch(text) is not None and is_random(text)
    )


def is_random(text: str) -> bool:
    """Say whether a text mixes letters and digits as keys do, and is not just a name."""
    if NAME_OF_A_SECRET.fullmatch(text) and "_" in text:
        return False
    digits = sum(c.isdigit() for c in text)
    return digits >= 3 and digits < len(text) and len(set(text)) >= 8
