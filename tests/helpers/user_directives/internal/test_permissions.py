import pytest

from aifp.helpers.user_directives.internal.permissions import is_private, permissions_of
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from tests.helpers.user_directives.internal.sheets import directive


def asked(sheet: CanonicalDirective, source: str = "") -> list[tuple[str, JsonMap]]:
    return [(p.resource, p.value) for p in permissions_of(sheet, {"sample": source})]


@pytest.mark.req("D96")
def test_steps_ask_for_exactly_what_they_reach() -> None:
    sheet = directive(
        {"verb": "http", "method": "GET", "url": "https://a.example.net/x/{{ input.id }}"},
        {
            "verb": "http",
            "method": "POST",
            "url": "https://a.example.net/y",
            "auth": {"kind": "bearer", "secret": "TOKEN"},
            "headers": {"X-Key": {"secret": "KEY"}},
            "file": "out/{{ run.date }}.csv",
        },
        {
            "verb": "repeat",
            "count": 2,
            "steps": [{"verb": "notify", "channel": "phone", "message": "x"}],
        },
        {"verb": "read_file", "path": "in/a.txt"},
        {"verb": "write_file", "path": "out/a.txt", "data": "x"},
        {"verb": "remember", "values": {"n": 1}},
        read={"depth": {"verb": "http", "method": "GET", "url": "http://127.0.0.1:8080/q"}},
        policies={"on_failure": [{"verb": "notify", "channel": "mail", "message": "x"}]},
        secrets=["KEY", "TOKEN"],
    )
    assert asked(sheet) == [
        ("file_read", {"path": "in/a.txt"}),
        ("file_read", {"path": "out/*.csv"}),
        ("file_write", {"path": "out/a.txt"}),
        (
            "host",
            {
                "host": "127.0.0.1",
                "port": 8080,
                "scheme": "http",
                "methods": ["GET"],
                "private": True,
            },
        ),
        (
            "host",
            {"host": "a.example.net", "port": 443, "scheme": "https", "methods": ["GET", "POST"]},
        ),
        ("notify", {"channel": "mail"}),
        ("notify", {"channel": "phone"}),
        ("secret", {"name": "KEY", "host": "a.example.net"}),
        ("secret", {"name": "TOKEN", "host": "a.example.net"}),
        ("state_mb", {"mb": 1}),
    ]


SOURCE = """
from aifp_guest import Ctx

BASE = "https://b.example.net/v1"


def execute_sample(ctx: Ctx) -> dict[str, object]:
    path = ctx.render("{{ input.path }}")
    ctx.http("GET", BASE, auth="secret B_TOKEN")
    ctx.http("PUT", f"{BASE}/items/{path}", json={})
    ctx.http("GET", "https://c.example.net/" + path, headers={"X": {"secret": "C_KEY"}})
    ctx.http("GET", path, auth="secret D_TOKEN")
    ctx.http("GET", f"https://{path}/x", auth="secret E_TOKEN")
    ctx.http(path, "https://d.example.net/")
    ctx.notify("phone", "hello")
    ctx.notify(path, "hello")
    ctx.file("read", "in/a.txt")
    ctx.file(op="append", path=ctx.render("log/{{ run.date }}.txt"), data="x")
    ctx.file("write", path, "x")
    ctx.state("set", "n", 1)
    return {}
"""


@pytest.mark.req("D96", "I19")
def test_code_is_granted_what_its_literals_name_and_nothing_computed() -> None:
    assert asked(directive({"verb": "log", "message": "x"}), SOURCE) == [
        ("file_read", {"path": "in/a.txt"}),
        ("file_write", {"path": "log/*.txt"}),
        (
            "host",
            {"host": "b.example.net", "port": 443, "scheme": "https", "methods": ["GET", "PUT"]},
        ),
        ("host", {"host": "c.example.net", "port": 443, "scheme": "https", "methods": ["GET"]}),
        ("notify", {"channel": "phone"}),
        ("secret", {"name": "B_TOKEN", "host": "b.example.net"}),
        ("secret", {"name": "C_KEY", "host": "c.example.net"}),
        ("state_mb", {"mb": 1}),
    ]


PROGRAMS = """
PRINT = "bin/print"

def execute_sample(ctx):
    ctx.command(["/usr/bin/rsync", "-a", ctx.render("{{ input.from }}"), f"to/{ctx.run['date']}"])
    ctx.command([PRINT, 3], cwd="labels", env={"COPIES": "2"})
    ctx.command(argv=ctx.render(["bin/show", "{{ vars.x }}"]))
    ctx.command([ctx.input["program"], "x"])
    ctx.command([*ctx.input["words"]])
    ctx.command(ctx.input["words"])
    return {}
"""


@pytest.mark.req("D107")
def test_code_may_run_the_programs_it_names_with_the_arguments_it_names() -> None:
    nothing: JsonMap = {"cwd": "", "env": []}
    sheet = directive(
        {"verb": "run", "program": "bin/show", "args": ["{{ vars.x }}"]},
    )
    assert asked(sheet, PROGRAMS) == [
        (
            "command",
            {
                "program": "/usr/bin/rsync",
                "args": ["-a", "{{ input.from }}", "to/{{ computed }}"],
                **nothing,
            },
        ),
        (
            "command",
            {"program": "bin/print", "args": ["3"], "cwd": "labels", "env": ["COPIES"]},
        ),
        ("command", {"program": "bin/show", "args": ["{{ vars.x }}"], **nothing}),
    ]


def test_permissions_do_not_depend_on_the_order_of_modules() -> None:
    sheet = directive({"verb": "log", "message": "x"})
    one = permissions_of(sheet, {"a": SOURCE, "b": ""})
    assert permissions_of(sheet, {"b": "", "a": SOURCE}) == one


LOCAL = ["localhost", "nas", "nas.local", "192.168.1.7", "::1", "fd00::1", "169.254.1.1"]


@pytest.mark.parametrize("host", LOCAL)
def test_names_and_addresses_of_the_local_network_are_private(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize("host", ["example.net", "93.184.216.34", "2606:2800::1"])
def test_names_and_addresses_of_the_world_are_not_private(host: str) -> None:
    assert not is_private(host)
