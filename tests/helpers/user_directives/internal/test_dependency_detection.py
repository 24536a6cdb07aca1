import logging

import pytest

from aifp.helpers.user_directives.internal.dependency_detection import detect_dependencies
from aifp.schemas.ports import Ctx
from aifp.server.adapters.keyring import FileKeyring
from tests.helpers.user_directives.internal.sheets import directive


@pytest.mark.req("D39")
async def test_each_kind_of_dependency_is_found(plain_ctx: Ctx, keyring: FileKeyring) -> None:
    keyring.store("STORED", "a long value")
    sheet = directive(
        {"verb": "http", "method": "GET", "url": "https://a.example.net/x"},
        {"verb": "call", "target": "light.turn_on"},
        {"verb": "run", "program": "/usr/bin/rsync", "env": {"RSYNC_RSH": "ssh"}},
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
        ("system_package", "/usr/bin/rsync", False),
    ]


@pytest.mark.req("D39")
async def test_code_that_cannot_be_read_gives_nothing_and_one_warning(
    plain_ctx: Ctx, caplog: pytest.LogCaptureFixture
) -> None:
    sheet = directive({"verb": "log", "message": "x"}, secrets=["A"])
    with caplog.at_level(logging.WARNING):
        assert await detect_dependencies(plain_ctx, sheet, {"sample": "def ("}) == []
    assert len(caplog.records) == 1
