"""Code with a package: from the file to a run of the real engine, with a local index."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from aifp.schemas.errors import AifpError
from aifp.schemas.packages import PACKAGES
from tests.journeys.projects import Project, opened
from tests.wheelhouse import add_wheel

TEXT = """
directives:
  greeter:
    every: 1h
    do: log "greets"
"""
CODE = '''"""Greets politely."""

from aifp_guest import Ctx
from greeting import hello


def execute_greeter(ctx: Ctx) -> dict[str, object]:
    """Greet the world."""
    ctx.log("info", hello("world"))
    return {"said": hello("world")}
'''
TESTS = """from aifp_testing import play
from greeter import execute_greeter


def test_it_is_polite():
    assert play(execute_greeter).result == {"said": "good morning world"}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Generator[Project]:
    """A throw-away project that takes its packages from a folder of wheels."""
    words = {"polite_words.py": "WORD = 'good morning'\n"}
    files = {
        "greeting/__init__.py": "from greeting.say import hello\n",
        "greeting/say.py": "from polite_words import WORD\nhello = lambda n: f'{WORD} {n}'\n",
    }
    add_wheel(tmp_path / "index", "polite-words", "2.1", words)
    add_wheel(tmp_path / "index", "greeting", "1.4", files, needs=("polite-words>=2",))
    with pytest.MonkeyPatch.context() as environment, opened(tmp_path) as project:
        environment.setenv("AIFP_PACKAGE_INDEX", str(tmp_path / "index"))
        yield project


def implement(shop: Project) -> dict[str, object]:
    return shop.call("user_directive_implement", name="greeter", code=CODE, test_code=TESTS)


@pytest.mark.req("D40", "D48", "D50", "D83", "D98")
def test_a_package_goes_the_whole_way_from_its_import_to_a_run(shop: Project) -> None:
    shop.call("user_directive_parse", file_path=shop.write("greeter.yaml", TEXT))
    assert shop.ask("answer", name="greeter", answers={})["success"]
    with pytest.raises(AifpError, match="aifp approve --package greeting"):
        implement(shop)
    assert not (shop.folder / "src").exists()
    done = shop.run("approve", "--package", "--yes", "greeting")
    assert done.returncode == 0, done.stderr
    assert "- greeting 1.4 (pure Python), sha256 " in done.stdout
    made = implement(shop)
    assert json.loads(json.dumps(made["test_results"])) == [
        {"name": "test_it_is_polite", "passed": True, "error": None}
    ]
    shown = shop.ask("request", name="greeter")["text"]
    assert "- polite-words 2.1 (pure Python), sha256 " in shown
    shop.approve("greeter")
    assert shop.call("user_directive_activate", name="greeter")["success"]
    run = shop.call("run_directive", name="greeter")
    assert (run["status"], run["result"]) == ("success", {"said": "good morning world"})
    dry = shop.call("run_directive", name="greeter", dry_run=True)
    assert dry["result"] == {"said": "good morning world"}
    wheel = next((shop.folder / PACKAGES).glob("polite-words-*/package.whl"))
    kept = wheel.read_bytes()
    wheel.write_bytes(kept + b"\0")
    with pytest.raises(AifpError, match=r"polite-words 2\.1"):
        shop.call("run_directive", name="greeter")
    wheel.write_bytes(kept)
    assert shop.call("run_directive", name="greeter")["status"] == "success"
