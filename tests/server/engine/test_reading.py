"""Single reading calls under the grants of a release."""

import pytest

from aifp.schemas.errors import NotGranted, Unavailable
from aifp.schemas.sandbox import HostCall
from aifp.server.engine.world.reading import HostReader
from tests.server.engine.loopback import Loopback, Reply
from tests.server.engine.workbench import Workbench, host_permission


def asked(server: Loopback, method: str, path: str) -> HostCall:
    return HostCall(
        function="http", arguments={"method": method, "url": server.url(path), "pick": "ok"}
    )


async def test_a_value_is_read_and_nothing_is_ever_written(
    bench: Workbench, server: Loopback
) -> None:
    release = await bench.directive("", host_permission(server.port))
    reader = HostReader(bench.kit)
    assert await reader.read(bench.ctx, release, asked(server, "GET", "/a")) is True
    with pytest.raises(NotGranted):
        await reader.read(bench.ctx, release, asked(server, "POST", "/a"))
    assert [r.method for r in server.received] == ["GET"]


async def test_a_value_that_cannot_be_read_is_an_error(bench: Workbench, server: Loopback) -> None:
    server.script("/off", Reply(status=500))
    reader = HostReader(bench.kit)
    granted = await bench.directive("", host_permission(server.port))
    with pytest.raises(Unavailable, match="500"):
        await reader.read(bench.ctx, granted, asked(server, "GET", "/off"))
    bare = await bench.directive("", name="bare")
    with pytest.raises(Unavailable, match="not grant"):
        await reader.read(bench.ctx, bare, asked(server, "GET", "/a"))
