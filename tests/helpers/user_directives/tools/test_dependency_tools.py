"""What directives need: listed, added, marked, and looked for before anything is switched on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aifp.helpers.user_directives.internal.dependency_detection import (
    detect_dependencies,
    keep_dependencies,
)
from aifp.helpers.user_directives.tools.dependency_tools import (
    add_dependency,
    mark_dependency_installed,
)
from aifp.helpers.user_directives.tools.workflow_tools import user_directive_activate
from aifp.schemas.activation import Activated
from aifp.schemas.common import Failure
from aifp.schemas.dependencies import DependencyAdded, DependencyMarked
from aifp.server.adapters.keyring import FileKeyring
from aifp.server.adapters.machine import HostMachine
from tests.helpers.user_directives.calls import answered, called, names, refused
from tests.helpers.user_directives.internal.sheets import directive
from tests.helpers.user_directives.lives import TEXT, Life, code_of
from tests.helpers.user_directives.needs import install_package, make_program
from tests.wheelhouse import add_wheel

KINDS = {
    "python_package": "requests",
    "system_package": "/no/such/program",
    "api_key": "WEATHER_KEY",
    "environment_var": "AIFP_TEST_UNSET",
    "service": "weather.example.net",
}
LAMP = TEXT.replace("sums", "lamp")


async def add(
    life: Life, directive_id: int, kind: Any, name: str, version: str | None = None
) -> int:
    answer = await add_dependency(life.ctx, directive_id, kind, name, version)
    assert isinstance(answer, DependencyAdded), answer
    return answer.dependency_id


async def mark(life: Life, dependency_id: int) -> DependencyMarked:
    answer = await mark_dependency_installed(life.ctx, dependency_id)
    assert isinstance(answer, DependencyMarked), answer
    return answer


def stored(life: Life, dependency_id: int) -> dict[str, Any]:
    return life.sql("SELECT * FROM directive_dependencies WHERE id = ?", dependency_id)[0]


@pytest.mark.req("D16")
async def test_a_shared_package_is_two_rows_that_name_both_directives(life: Life) -> None:
    sums, lamp = await life.validated(), await life.validated(LAMP, "lamp")
    first = await add(life, sums, "python_package", "requests", "2.31.0")
    await add(life, lamp, "python_package", "requests")
    found = await called(life.ctx, "get_dependencies")
    assert found["count"] == 2
    assert [row["directive_id"] for row in found["dependencies"]] == [lamp, sums]
    assert [row["required_by"] for row in found["dependencies"]] == [["lamp", "sums"]] * 2
    one = await called(life.ctx, "get_dependencies", directive_id=sums)
    assert one["dependencies"] == [
        {
            "id": first,
            "directive_id": sums,
            "dependency_type": "python_package",
            "name": "requests",
            "version": "2.31.0",
            "is_installed": False,
            "required_by": ["lamp", "sums"],
        }
    ]
    assert await called(life.ctx, "get_dependencies", directive_id=99) == {
        "dependencies": [],
        "count": 0,
    }


@pytest.mark.req("D17")
async def test_what_is_marked_or_needed_by_an_archived_directive_only_is_not_missing(
    life: Life,
) -> None:
    sums, lamp = await life.validated(), await life.validated(LAMP, "lamp")
    marked = await add(life, sums, "system_package", "/no/such/program")
    await add(life, lamp, "python_package", "requests")
    await add(life, sums, "python_package", "six")
    assert await names(life.ctx, "get_missing_dependencies") == [
        "requests",
        "six",
        "/no/such/program",
    ]
    await mark(life, marked)
    life.sql("UPDATE user_directives SET status = 'archived' WHERE id = ?", lamp)
    assert await names(life.ctx, "get_missing_dependencies") == ["six"]


@pytest.mark.req("D18", "D60")
async def test_each_type_is_listed_for_itself(life: Life) -> None:
    sums = await life.validated()
    for kind, name in KINDS.items():
        await add(life, sums, kind, name)
    for kind, name in KINDS.items():
        found = await called(life.ctx, "get_dependencies_by_type", dependency_type=kind)
        assert [(row["name"], row["dependency_type"]) for row in found["result"]] == [(name, kind)]
        assert (found["count"], found["total"], found["truncated"]) == (1, 1, False)


@pytest.mark.req("D18", "D64")
async def test_another_word_for_a_type_lists_nothing_and_warns(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    data = await refused(life.ctx, "get_dependencies_by_type", dependency_type="library")
    assert data["result"] == []
    assert "python_package" in str(data["warnings"])
    assert "dependency_type" in caplog.text


@pytest.mark.req("D19", "D83")
async def test_a_repeat_keeps_the_id_and_changes_the_version(life: Life) -> None:
    sums = await life.validated()
    first = await add(life, sums, "python_package", "Requests_Toolbelt", "1.0.0")
    assert await add(life, sums, "python_package", "requests-toolbelt", ">=2,<3") == first
    assert await add(life, sums, "python_package", "requests.toolbelt") == first
    row = stored(life, first)
    assert (row["name"], row["version"]) == ("requests-toolbelt", ">=2,<3")
    assert (row["added_by"], row["is_installed"]) == ("ai", 0)
    told = [event["metadata_json"] for event in life.events("dependency_added")]
    assert len(told) == 3
    assert '"version": ">=2,<3"' in told[1]


@pytest.mark.req("D19", "D83")
@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("python_package", "2.31.0"),
        ("python_package", "1.0rc1"),
        ("python_package", "~=1.4, !=1.4.2"),
        ("system_package", "7.88.1-10+deb12u5"),
        ("system_package", ">=7"),
        ("service", "v2"),
    ],
)
async def test_exact_versions_and_ranges_are_stored(life: Life, kind: str, version: str) -> None:
    sums = await life.validated()
    number = await add(life, sums, kind, KINDS[kind], version)
    assert stored(life, number)["version"] == version


@pytest.mark.req("D19", "D61")
@pytest.mark.parametrize(
    ("kind", "name", "version"),
    [
        ("python_package", "requests", "two"),
        ("python_package", "requests", ">=2,<three"),
        ("python_package", "requests", "=>2"),
        ("python_package", "requests; rm -rf", None),
        ("python_package", "-r", None),
        ("system_package", "rsync --delete", None),
        ("service", "weather.example.net", "sk-live-0123456789"),
        ("api_key", "WEATHER_KEY", "sk-live-0123456789"),
        ("api_key", "WEATHER_KEY=sk-live", None),
        ("api_key", "sk-live-0123456789", None),
        ("environment_var", "HOME", "1.0"),
        ("environment_var", "HOME=/root", None),
        ("environment_var", "", None),
    ],
)
async def test_what_is_no_name_or_version_is_refused_and_not_stored(
    life: Life, kind: str, name: str, version: str | None
) -> None:
    sums = await life.validated()
    before = life.dump()
    given = {"directive_id": sums, "dependency_type": kind, "name": name, "version": version}
    answer = await answered(life.ctx, "add_dependency", **given)
    assert answer.data["error_code"] == "invalid_argument"
    assert life.dump() == before


@pytest.mark.req("D19")
async def test_the_value_of_a_secret_is_refused_as_a_name(life: Life, keyring: FileKeyring) -> None:
    keyring.store("WEATHER_KEY", "ABCD_VERY_SECRET")
    sums = await life.validated()
    before = life.dump()
    answer = await add_dependency(life.ctx, sums, "api_key", "ABCD_VERY_SECRET")
    assert code_of(answer) == "invalid_argument"
    assert isinstance(answer, Failure)
    assert "VERY" not in answer.error
    assert life.dump() == before


@pytest.mark.req("D19", "D20", "D65", "D86")
async def test_an_unknown_id_is_not_found_and_makes_no_file(life: Life) -> None:
    assert code_of(await add_dependency(life.ctx, 7, "service", "x")) == "not_found"
    assert code_of(await mark_dependency_installed(life.ctx, 7)) == "not_found"
    assert list(life.project.iterdir()) == []
    await life.validated()
    before = life.dump()
    assert code_of(await add_dependency(life.ctx, 7, "service", "x")) == "not_found"
    assert code_of(await mark_dependency_installed(life.ctx, 7)) == "not_found"
    assert life.dump() == before


@pytest.mark.req("D20")
async def test_what_is_there_is_verified(
    life: Life, keyring: FileKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = await life.validated()
    program = life.project / "program"
    here = {**KINDS, "system_package": str(program)}
    numbers = {kind: await add(life, sums, kind, name) for kind, name in here.items()}
    assert [stored(life, n)["is_installed"] for n in numbers.values()] == [0, 0, 0, 0, 0]
    install_package(life.project, "requests", "2.31.0")
    make_program(program)
    keyring.store("WEATHER_KEY", "a long value")
    monkeypatch.setenv("AIFP_TEST_UNSET", "1")
    marked = {kind: await mark(life, number) for kind, number in numbers.items()}
    assert {kind: answer.verified for kind, answer in marked.items()} == {
        "python_package": True,
        "system_package": True,
        "api_key": True,
        "environment_var": True,
        # Nobody can look whether a service is there: its word is taken.
        "service": False,
    }
    assert marked["python_package"].model_dump() == {
        "success": True,
        "dependency": "requests",
        "version": "2.31.0",
        "verified": True,
    }
    assert [stored(life, n)["is_installed"] for n in numbers.values()] == [1, 1, 1, 1, 1]
    assert stored(life, numbers["python_package"])["installed_version"] == "2.31.0"
    assert len(life.events("dependency_marked_installed")) == 5


@pytest.mark.req("D20", "D83")
async def test_another_version_than_the_asked_one_is_not_verified(life: Life) -> None:
    sums = await life.validated()
    install_package(life.project, "requests", "1.9")
    number = await add(life, sums, "python_package", "requests", ">=2,<3")
    assert await mark(life, number) == DependencyMarked(
        dependency="requests", version="1.9", verified=False
    )
    assert stored(life, number)["error"] == "1.9 is there, >=2,<3 is needed"
    install_package(life.project, "requests", "2.31.0")
    assert (await mark(life, number)).verified
    assert stored(life, number)["error"] is None


@pytest.mark.req("D20", "D50")
@pytest.mark.parametrize("kind", ["python_package", "system_package", "api_key", "environment_var"])
async def test_what_is_only_said_to_be_there_still_blocks_activation(life: Life, kind: str) -> None:
    sums = await life.implemented()
    number = await add(life, sums, kind, KINDS[kind])
    await life.approve()
    answer = await mark(life, number)
    assert (answer.verified, answer.version) == (False, None)
    assert stored(life, number)["is_installed"] == 1
    refusal = await user_directive_activate(life.ctx, "sums")
    assert code_of(refusal) == "dependency_missing"
    assert isinstance(refusal, Failure)
    assert f"{kind} {KINDS[kind]}" in refusal.error
    assert life.standing(sums)[0] == "implemented"
    # The word is taken back: it is listed as missing again.
    assert await names(life.ctx, "get_missing_dependencies") == [KINDS[kind]]


@pytest.mark.req("D20", "D50")
async def test_what_was_there_and_is_gone_blocks_activation_until_it_is_back(life: Life) -> None:
    sums = await life.implemented()
    program = make_program(life.project / "program")
    number = await add(life, sums, "system_package", str(program))
    assert stored(life, number)["verified"] == 1
    await life.approve()
    program.unlink()
    assert code_of(await user_directive_activate(life.ctx, "sums")) == "dependency_missing"
    make_program(program)
    assert isinstance(await user_directive_activate(life.ctx, "sums"), Activated)
    assert stored(life, number)["is_installed"] == 1


@pytest.mark.req("D20", "D50", "D83")
async def test_a_pinned_package_is_there_when_exactly_its_bytes_are(
    life: Life, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    for version in ("1.0", "2.0"):
        add_wheel(index, "greeting", version, {"greeting.py": f"VERSION = {version!r}\n"})
    machine = HostMachine(life.project, str(index))
    (pin,) = await machine.resolve(["greeting<2"])
    await machine.place([pin], install=True)
    await machine.place(await machine.resolve(["greeting"]), install=True)
    life.ctx = replace(life.ctx, machine=machine)
    sums = await life.implemented()
    number = await add(life, sums, "python_package", "greeting", "<2")
    life.sql(
        "UPDATE directive_dependencies SET installed_version = '1.0', sha256 = ? WHERE id = ?",
        " ".join(pin.hashes),
        number,
    )
    await life.approve()
    # The newer version beside it is not the pinned one.
    assert await mark(life, number) == DependencyMarked(
        dependency="greeting", version="1.0", verified=True
    )
    assert await add(life, sums, "python_package", "greeting", "<2") == number
    assert stored(life, number)["verified"] == 1
    (tree,) = await machine.place([pin])
    module = Path(tree) / "greeting.py"
    text = module.read_text()
    module.write_text("VERSION = 'stolen'\n")
    assert (await mark(life, number)).verified is False
    refusal = await user_directive_activate(life.ctx, "sums")
    assert isinstance(refusal, Failure)
    assert "package greeting 1.0 was altered on disk" in refusal.error
    assert await names(life.ctx, "get_missing_dependencies") == ["greeting"]
    module.write_text(text)
    assert isinstance(await user_directive_activate(life.ctx, "sums"), Activated)


@pytest.mark.req("D83", "D98")
async def test_another_installed_version_voids_the_approval(life: Life) -> None:
    sums = await life.implemented()
    install_package(life.project, "requests", "2.31.0")
    number = await add(life, sums, "python_package", "requests", ">=2,<3")
    await life.approve()
    assert isinstance(await user_directive_activate(life.ctx, "sums"), Activated)
    install_package(life.project, "requests", "2.32.0")
    await mark(life, number)
    life.sql("UPDATE user_directives SET status = 'paused' WHERE id = ?", sums)
    assert code_of(await user_directive_activate(life.ctx, "sums")) == "approval_required"


async def detect(life: Life, directive_id: int, code: str, *secrets: str) -> None:
    """Look through code for what it needs, as each reading of a directive does."""
    sheet = directive({"verb": "log", "message": "x"}, secrets=list(secrets))
    needs = await detect_dependencies(life.ctx, sheet, {"sums_code": code})
    async with life.ctx.directives.write() as db:
        await keep_dependencies(db, life.ctx.clock.now(), directive_id, needs)


@pytest.mark.req("D16", "D19", "D83")
async def test_what_was_added_pinned_or_installed_outlives_a_new_detection(life: Life) -> None:
    sums = await life.validated()
    await detect(life, sums, "import six")
    detected = life.sql("SELECT id FROM directive_dependencies WHERE name = 'six'")[0]["id"]
    install_package(life.project, "six", "1.16.0")
    assert await mark(life, detected) == DependencyMarked(
        dependency="six", version="1.16.0", verified=True
    )
    added = await add(life, sums, "service", "weather.example.net", "v2")
    await mark(life, added)
    before = {number: stored(life, number) for number in (detected, added)}
    assert before[detected]["installed_version"] == "1.16.0"
    # Validating looks at the directive alone, implementing at its code as well.
    await detect(life, sums, "")
    assert await names(life.ctx, "get_dependencies_by_type", dependency_type="service") == [
        "weather.example.net"
    ]
    await detect(life, sums, "import six")
    for number, row in before.items():
        assert {**stored(life, number), "checked_at": row["checked_at"]} == row


@pytest.mark.req("D16", "D39")
async def test_what_is_not_found_any_more_is_not_listed_and_blocks_nothing(life: Life) -> None:
    sums = await life.implemented()
    await detect(life, sums, "import six", "WEATHER_KEY")
    found = await called(life.ctx, "get_dependencies")
    assert [row["name"] for row in found["dependencies"]] == ["WEATHER_KEY", "six"]
    await detect(life, sums, "")
    assert (await called(life.ctx, "get_dependencies"))["count"] == 0
    assert await names(life.ctx, "get_missing_dependencies") == []
    await life.approve()
    assert isinstance(await user_directive_activate(life.ctx, "sums"), Activated)
