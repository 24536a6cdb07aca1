"""The 37 hostile YAML texts of the fault catalogue, as (name, bytes, expected codes)."""

from typing import NamedTuple


class Hostile(NamedTuple):
    """One fixture: its bytes and the codes of its problems, none when it is to be read."""

    name: str
    data: bytes
    codes: tuple[str, ...]


def values(*lines: str) -> bytes:
    """Wrap lines as variables of a directive file."""
    return ("vars:\n" + "".join(f"  {line}\n" for line in lines)).encode() + DIRECTIVE


DIRECTIVE = b"directives: {a: {every: 1h, do: call a.b}}\n"


def alias_bomb() -> bytes:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return ("vars:\n" + "\n".join(f"  {row}" for row in rows)).encode()


def merge_bomb() -> bytes:
    keys = "\n".join(f"    k{n}: 1" for n in range(2_000))
    merges = "\n".join(f"  m{n}: {{<<: *base}}" for n in range(200))
    return f"vars:\n  base: &base\n{keys}\n{merges}\n".encode()


FLOW_1000 = b"vars: {x: " + b"[" * 1_000 + b"]" * 1_000 + b"}"
FLOW_100000 = b"vars: {x: " + b"[" * 100_000 + b"]" * 100_000 + b"}"
BLOCK_2000 = b"vars:\n" + b"".join(b" " * n + b"- \n" for n in range(1, 700))
BLOCK_DASHES = b"vars:\n  x:\n    " + b"- " * 2_000 + b"1\n"

HOSTILE = [
    Hostile("alias bomb 9^9", alias_bomb(), ("E106",)),
    Hostile("self reference", b"vars: &a [*a]\n", ("E106",)),
    Hostile("python object tag", b"vars: !!python/object/apply:os.system [id]\n", ("E107",)),
    Hostile("python name tag", b"vars: {x: !!python/name:os.system }\n", ("E107",)),
    Hostile("flow nesting 1,000", FLOW_1000, ("E103",)),
    Hostile("flow nesting 100,000", FLOW_100000, ("E103",)),
    Hostile("block nesting 2,000", BLOCK_DASHES, ("E103",)),
    Hostile("10 MB text", b"vars: {x: " + b"a" * 10_000_000 + b"}", ("E101",)),
    Hostile("120,000 items", b"vars: {x: [" + b"1," * 120_000 + b"]}", ("E104",)),
    Hostile("duplicate keys", b"timezone: UTC\ntimezone: UTC\n" + DIRECTIVE, ("E108",)),
    Hostile("BOM", b"\xef\xbb\xbftimezone: UTC\n" + DIRECTIVE, ()),
    Hostile("NUL", b"timezone: UTC\x00\n" + DIRECTIVE, ("E113",)),
    Hostile("UTF-16", ("timezone: UTC\n").encode("utf-16"), ("E102",)),
    Hostile("Latin-1", "vars: {x: café}\n".encode("latin-1") + DIRECTIVE, ("E102",)),
    Hostile("tab indentation", b"vars:\n\tx: 1\n" + DIRECTIVE, ("E111",)),
    Hostile("at 18:00", b"directives: {a: {at: 18:00, do: call a.b}}", ()),
    Hostile("at 08:00", b"directives: {a: {at: 08:00, do: call a.b}}", ()),
    Hostile("at 6:30", b"directives: {a: {at: 6:30, do: call a.b}}", ()),
    Hostile("keys on off yes NO", values("on: 1", "off: 2", "yes: 3", "NO: 4"), ()),
    Hostile("values NO and off", values("a: NO", "b: off"), ()),
    Hostile("unquoted */5", b"directives: {a: {cron: */5 * * * *, do: call a.b}}", ("E111",)),
    Hostile(
        "unquoted 0 18 * * *", b"directives:\n  a:\n    cron: 0 18 * * *\n    do: call a.b\n", ()
    ),
    Hostile("@daily", b"directives:\n  a:\n    cron: @daily\n    do: call a.b\n", ("E111",)),
    Hostile("%foo", b"directives:\n  a:\n    domain: %foo\n    do: call a.b\n", ("E111",)),
    Hostile("0755 1_000 0o17", values("a: 0755", "b: 1_000", "c: 0o17"), ("W101",)),
    Hostile(".nan .inf 1e500", values("a: .nan", "b: .inf", "c: 1e500"), ("E112",) * 3),
    Hostile("5,000-digit integer", values("a: " + "9" * 5_000), ("E112",)),
    Hostile("1,000,000-digit integer", values("a: " + "9" * 1_000_000), ("E105",)),
    Hostile("dates with an invalid one", values("a: 2026-12-24", "b: 2026-02-30"), ()),
    Hostile("merge bomb 200 x 2,000", merge_bomb(), ("E106",)),
    Hostile("two documents", DIRECTIVE + b"---\n" + DIRECTIVE, ("E110",)),
    Hostile("binary tag", b"vars: {x: !!binary aGk= }\n", ("E107",)),
    Hostile("unquoted {{ }}", values("a: {{ run.date }}"), ("E109",)),
    Hostile(": inside text", values("a: see: below"), ("E111",)),
    Hostile("empty and list keys", b"? [a, b]\n: 1\n", ("E109",)),
    Hostile("bidi name", "directives: {a\u202eb: {do: call a.b}}".encode(), ("E113",)),
    Hostile("200,000 aliases", b"vars: [&a x, " + b"*a, " * 200_000 + b"]", ("E106",)),
]
