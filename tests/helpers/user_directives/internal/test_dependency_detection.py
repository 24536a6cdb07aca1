import logging
from pathlib import Path

import pytest

from aifp.helpers.user_directives.internal.dependency_detection import detect_dependencies
from aifp.schemas.ports import Ctx
from aifp.server.adapters.keyring import FileKeyring
from tests.helpers.user_directives.internal.sheets import directive
from tests.helpers.user_directives.needs import make_program


@pytest.mark.req("D39")
async def test_each_kind_of_dependency_is_found(plain_ctx: Ctx, keyring: FileKeyring) -> None:
    keyring.store("STORED", "a long value")
    sheet = directive(
        {"verb": "http", "method": "GET", "url": "https://a.example.net/x"},
        {"verb": "call", "target": "light.turn_on"},
        {"verb": "run", "program": "/no/such/rsync", "env": {"RSYNC_RSH": "ssh"}},
        secrets=["MISSING", "STORED"],
    )
    source = "import pandas\nimport json\nfrom prices import net\n"
    found = await detect_dependencies(plain_ctx, sheet, {"sample": source, "prices": ""})
    assert [(d.dependency_type, d.name, d.is_installed) for d in found] == [
        ("api_key", "MISSING", False),
        ("api_key", "STORED", True),
        ("environment_var", "RSYNC_RSH", True),
        ("python_package", "pandas", False),
        ("service", "a.example.net", True),
        ("service", "light", True),
        ("system_package", "/no/such/rsync", False),
    ]
    assert found[-1].note == "a person installs it, for example with: sudo apt-get install rsync"


@pytest.mark.req("D39")
async def test_a_program_that_is_there_is_found(plain_ctx: Ctx, project: Path) -> None:
    program = str(make_program(project / "program"))
    found = await detect_dependencies(plain_ctx, directive({"verb": "run", "program": program}))
    assert [(d.name, d.is_installed, d.note) for d in found] == [(program, True, None)]


@pytest.mark.req("D39")
@pytest.mark.parametrize(
    ("statement", "package"),
    [
        ("import yaml", "pyyaml"),
        ("from dateutil.parser import parse", "python-dateutil"),
        ("import PIL.Image as image", "pillow"),
        ("import Zope_Thing", "zope-thing"),
        ("import humanize.time", "humanize"),
    ],
)
async def test_an_import_is_found_under_the_name_to_install(
    plain_ctx: Ctx, statement: str, package: str
) -> None:
    sheet = directive({"verb": "log", "message": "x"})
    found = await detect_dependencies(plain_ctx, sheet, {"sample": statement})
    assert [(d.dependency_type, d.name) for d in found] == [("python_package", package)]


@pytest.mark.req("D39")
@pytest.mark.parametrize("module", ["os", "subprocess", "_ctypes", "aifp_guest", "distutils"])
async def test_what_belongs_to_python_or_the_sandbox_is_no_package(
    plain_ctx: Ctx, module: str
) -> None:
    sheet = directive({"verb": "log", "message": "x"})
    assert await detect_dependencies(plain_ctx, sheet, {"sample": f"import {module}"}) == []


@pytest.mark.req("D39")
async def test_code_that_cannot_be_read_gives_nothing_and_one_warning(
    plain_ctx: Ctx, caplog: pytest.LogCaptureFixture
) -> None:
    sheet = directive({"verb": "log", "message": "x"}, secrets=["A"])
    with caplog.at_level(logging.WARNING):
        assert await detect_dependencies(plain_ctx, sheet, {"sample": "def ("}) == []
    assert len(caplog.records) == 1
