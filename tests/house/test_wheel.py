"""The wheel, installed in a clean environment, is the whole product."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
ASK = (
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",'
    '"capabilities":{},"clientInfo":{"name":"wheel","version":"1"}}}\n'
    '{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
    '{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n'
)


def run(*command: str, environment: dict[str, str] | None = None, said: str = "") -> str:
    done = subprocess.run(  # noqa: S603
        command, check=False, capture_output=True, text=True, env=environment, input=said
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.timeout(900)
def test_the_wheel_lists_its_tools_in_a_clean_environment(tmp_path: Path) -> None:
    source = tmp_path / "source"
    run("git", "clone", "-q", "--no-hardlinks", str(PROJECT), str(source))
    into = str(source / "src/aifp/server/sandbox")
    own = os.environ | {"PYTHONPATH": str(source / "src")}
    run(sys.executable, "-m", "aifp.server.sandbox.build", "--into", into, environment=own)
    run(sys.executable, str(source / "sync-directives.py"), "--core", environment=own)
    wheels = tmp_path / "wheels"
    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(wheels), str(source))
    venv.create(tmp_path / "clean", with_pip=True)
    binaries = tmp_path / "clean" / "bin"
    pip = (str(binaries / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check")
    run(*pip, str(next(wheels.glob("*.whl"))))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "AIFP_CONFIG": str(tmp_path / "config"),
    }
    place = tmp_path / "project"
    run(str(binaries / "aifp"), "init", str(place), environment=environment)
    serve = (str(binaries / "aifp"), "serve", "--project", str(place))
    try:
        answer = run(*serve, said=ASK, environment=environment)
    finally:
        run(str(binaries / "aifp"), "stop", "--project", str(place), environment=environment)
    listed = next(line for line in answer.splitlines() if '"id":2' in line)
    names = {tool["name"] for tool in json.loads(listed)["result"]["tools"]}
    catalog = json.loads((PROJECT / "src/aifp/helpers_parsed.json").read_text(encoding="utf-8"))
    core = {h["name"] for h in catalog["helpers"] if h["is_tool"] and "core" in h["toolsets"]}
    assert names == core
    # The wheel brought its own; a checkout's would have been built in the cache.
    assert list((tmp_path / "clean").glob("lib/python3*/site-packages/aifp/aifp_core.db"))
    assert not (tmp_path / "home" / ".cache" / "aifp" / "core").exists()
