"""Looking into one line of text: quotes, brackets, words, and where it may be cut."""

import re

CLOSERS = {"(": ")", "[": "]", "{": "}"}
HIDDEN = "\0"
QUOTE_START = re.compile(r"(?:^|(?<=[\s=(\[{,:;]))'")


def mask(text: str) -> str:
    """Return the text with everything inside quotes and brackets hidden, of the same length."""
    hidden = list(text)
    open_brackets: list[str] = []
    at = 0
    while at < len(text):
        end = quote_end(text, at)
        depth = len(open_brackets)
        if end:
            hidden[at:end] = HIDDEN * (end - at)
            at = end
            continue
        if text[at] in CLOSERS:
            open_brackets.append(CLOSERS[text[at]])
        elif open_brackets and text[at] == open_brackets[-1]:
            open_brackets.pop()
            depth -= 1
        if depth:
            hidden[at] = HIDDEN
        at += 1
    return text if open_brackets else "".join(hidden)


def quote_end(text: str, at: int) -> int:
    """Return the index after a quoted text that starts here, 0 when none does."""
    if text[at] == '"':
        end = at + 1
        while end < len(text) and text[end] != '"':
            end += 2 if text[end] == "\\" else 1
        return end + 1 if end < len(text) else 0
    if text[at] == "'" and QUOTE_START.match(text, at):
        return text.find("'", at + 1) + 1
    return 0


def pieces(text: str, separator: re.Pattern[str]) -> list[tuple[int, str]]:
    """Cut a text at a separator outside quotes and brackets; return offset and text of each."""
    found: list[tuple[int, str]] = []
    start = 0
    for cut in [*separator.finditer(mask(text)), None]:
        raw = text[start : cut.start() if cut else len(text)]
        if stripped := raw.strip():
            found.append((start + raw.index(stripped), stripped))
        start = cut.end() if cut else start
    return found


def unquoted(text: str) -> str:
    """Return a text without the quotes around it."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text
