from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from aifp.helpers.user_directives.internal.code_generation import generate_implementation_code
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_implement,
    user_directive_parse,
    user_directive_validate,
)
from aifp.schemas.common import Failure
from aifp.schemas.errors import Conflict, InvalidArgument
from aifp.schemas.packages import Pin
from aifp.schemas.ports import Ctx, HostDoor, Sandbox
from aifp.schemas.sandbox import Guarantee, Job, Outcome
from aifp.schemas.workflow import ImplementAnswer, ParseAnswer, ValidateAnswer
from tests.helpers.user_directives.conftest import Write

RATES = """
timezone: Europe/Madrid
directives:
  rates_file:
    cron: "15 8-18/2 * * mon-fri"
    if: input_boolean.rates is on
    do:
      - {http: GET https://rates.example.net/daily, query: {day: "{{ run.date }}"}, save_as: rates}
      - choose:
          - if: vars.rates.json.eur > 2
            do: {notify: log, message: "Euro at {{ vars.rates.json.eur | round(1) }}"}
          - else: {log: quiet day}
    on_failure: {notify: log, message: "rates failed: {{ run.error }}"}
"""
GIVEN = '''"""Fetch the rates."""

from aifp_guest import Ctx


def execute_rates_file(ctx: Ctx) -> dict[str, object]:
    """Fetch the rates."""
    return {"rates": ctx.http("GET", "https://rates.example.net/v1/daily", auth="secret RATES")}


def on_failure_rates_file(ctx: Ctx) -> dict[str, object]:
    """Tell the failure."""
    ctx.notify("log", "rates failed")
    return {}
'''
GIVEN_TESTS = """from aifp_testing import play

from rates_file import execute_rates_file


def test_the_rates_come_back() -> None:
    assert play(execute_rates_file, answers=[{"status": 200}]).result == {"rates": {"status": 200}}
"""


def tick(name: str) -> str:
    return f"timezone: UTC\ndirectives:\n  {name}:\n    every: 1h\n    do: {{log: x}}\n"


async def validated(ctx: Ctx, write: Write, text: str = RATES, name: str = "rates_file") -> None:
    parsed = await user_directive_parse(ctx, write(f"{name}.yaml", text))
    assert isinstance(parsed, ParseAnswer), parsed
    assert not parsed.errors
    answer = await user_directive_validate(ctx, name)
    assert isinstance(answer, ValidateAnswer), answer
    assert answer.success, answer


async def implemented(
    ctx: Ctx, name: str = "rates_file", code: str | None = None, test_code: str | None = None
) -> ImplementAnswer:
    answer = await user_directive_implement(ctx, name, code, test_code)
    assert isinstance(answer, ImplementAnswer), answer
    return answer


@pytest.mark.req("D38", "D48", "D89")
async def test_code_and_tests_are_generated_written_and_registered(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write)
    answer = await implemented(ctx)
    assert answer.implementation_file == "src/automations/rates_file.py"
    assert answer.test_file == "tests/test_rates_file.py"
    assert answer.entry_point == "execute_rates_file"
    assert answer.status == "implemented"
    assert len(answer.test_results) == 5
    assert all(test.passed for test in answer.test_results)
    assert [(p.resource, p.value) for p in answer.permissions] == [
        (
            "host",
            {"host": "rates.example.net", "port": 443, "scheme": "https", "methods": ["GET"]},
        ),
        ("notify", {"channel": "log"}),
    ]
    assert (project / answer.implementation_file).exists()


@pytest.mark.req("D38")
async def test_the_same_directive_gives_the_same_bytes_and_no_second_version(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write)
    first = await implemented(ctx)
    before = (project / first.implementation_file).read_bytes()
    second = await implemented(ctx)
    assert (project / first.implementation_file).read_bytes() == before
    assert second.implementation_id == first.implementation_id


@pytest.mark.req("D38")
async def test_a_file_that_was_edited_is_never_written_over(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write)
    answer = await implemented(ctx)
    place = project / answer.implementation_file
    mine = place.read_text().replace("quiet day", "a quiet day")
    place.write_text(mine)
    refused = await user_directive_implement(ctx, "rates_file")
    assert isinstance(refused, Failure)
    assert (refused.error_code, "Conflict detected" in refused.error) == ("conflict", True)
    assert place.read_text() == mine
    tests = (project / "tests/test_rates_file.py").read_text()
    taken = await implemented(ctx, code=mine, test_code=tests)
    assert taken.implementation_id != answer.implementation_id


@pytest.mark.req("D38")
async def test_a_file_that_was_there_before_is_never_written_over(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write)
    write("tests/test_rates_file.py", "my own tests\n")
    with pytest.raises(Conflict):
        await generate_implementation_code(ctx, 1)
    assert (project / "tests/test_rates_file.py").read_text() == "my own tests\n"
    assert not (project / "src").exists()


@pytest.mark.req("D48")
async def test_given_code_is_taken_whole_with_the_permissions_it_names(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write)
    answer = await implemented(ctx, code=GIVEN, test_code=GIVEN_TESTS)
    assert (project / answer.implementation_file).read_text() == GIVEN
    assert [(t.name, t.passed) for t in answer.test_results] == [("test_the_rates_come_back", True)]
    secret = [p.value for p in answer.permissions if p.resource == "secret"]
    assert secret == [{"name": "RATES", "host": "rates.example.net"}]


@pytest.mark.req("D48")
async def test_given_code_stays_until_other_code_is_given_or_its_file_is_removed(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write)
    first = await implemented(ctx, code=GIVEN, test_code=GIVEN_TESTS)
    again = await implemented(ctx)
    assert again.implementation_id == first.implementation_id
    assert (project / first.implementation_file).read_text() == GIVEN
    (project / first.implementation_file).unlink()
    made = await implemented(ctx)
    assert "Made by aifp" in (project / made.implementation_file).read_text()


@pytest.mark.req("D48", "D97")
async def test_given_code_with_a_forbidden_import_is_refused_with_its_line(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write)
    refused = await user_directive_implement(
        ctx, "rates_file", GIVEN.replace("\n\nfrom", "\n\nimport os\nfrom")
    )
    assert isinstance(refused, Failure)
    assert "src/automations/rates_file.py: line 3: import of os is not allowed" in refused.error
    assert not (project / "src").exists()


@pytest.mark.req("D48")
async def test_failing_tests_leave_no_file_and_no_implementation(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write)
    wrong = GIVEN_TESTS.replace('{"rates": {"status": 200}}', "None")
    refused = await user_directive_implement(ctx, "rates_file", GIVEN, wrong)
    assert isinstance(refused, Failure)
    assert "1 of 1 tests fail" in refused.error
    assert not (project / "src").exists()
    assert await ctx.directives.one("newest_implementation", directive_id=1) is None


@pytest.mark.req("X12")
async def test_validation_never_runs_the_code_it_is_given(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write)
    marker = project / "marker"
    effect = f'__import__("pathlib").Path({str(marker)!r}).write_text("x")\n'
    for code in (GIVEN + effect, effect + GIVEN, f"open({str(marker)!r}, 'w')\n" + GIVEN):
        refused = await user_directive_implement(ctx, "rates_file", code)
        assert isinstance(refused, Failure)
        assert refused.error_code == "invalid_argument"
    write("src/automations/helping.py", effect)
    uses = GIVEN.replace("\n\nfrom", "\n\nimport helping\nfrom")
    assert isinstance(await user_directive_implement(ctx, "rates_file", uses), Failure)
    assert not marker.exists()


CODE_STEPS = """
timezone: Europe/Madrid
directives:
  month-end:
    every: month on last day at 23:30
    steps:
      - {id: sums, code: close_month, with: {day: "{{ run.date }}"}}
      - {id: sheet, http: PUT https://files.example.org/close.json, json: "{{ steps.sums }}"}
      - id: mail
        notify: log
        message: "{{ steps.sums.total | round(2) }}"
        needs: [sums]
        on_error: continue
"""
FUNCTIONS = '''"""Sums of a month."""


def close_month(day: str) -> dict[str, float]:
    """Return the sums of the month that ends on a day."""
    return {"total": float(len(day))}
'''


@pytest.mark.req("D48")
async def test_functions_of_code_steps_lie_in_a_module_beside_the_generated_one(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write, CODE_STEPS, "month-end")
    missing = await user_directive_implement(ctx, "month-end")
    assert isinstance(missing, Failure)
    assert "src/automations/month_end_code.py" in missing.error
    answer = await implemented(ctx, "month-end", FUNCTIONS)
    assert (project / "src/automations/month_end_code.py").read_text() == FUNCTIONS
    assert (
        "from month_end_code import close_month"
        in (project / "src/automations/month_end.py").read_text()
    )
    assert all(test.passed for test in answer.test_results)


@pytest.mark.req("I24")
async def test_two_names_that_give_one_file_name_are_refused(ctx: Ctx, write: Write) -> None:
    for name in ("a-b", "a_b"):
        text = tick(name)
        await validated(ctx, write, text, name)
    await implemented(ctx, "a-b")
    refused = await user_directive_implement(ctx, "a_b")
    assert isinstance(refused, Failure)
    assert "a-b" in refused.error


@pytest.mark.req("I24")
@pytest.mark.parametrize("name", ["json", "class", "aifp_guest", "app"])
async def test_a_name_of_python_itself_gets_a_module_of_its_own(
    ctx: Ctx, write: Write, name: str
) -> None:
    text = tick(name)
    await validated(ctx, write, text, name)
    answer = await implemented(ctx, name)
    assert answer.entry_point == f"execute_{name}"
    assert answer.implementation_file == f"src/automations/{name}_directive.py"


@pytest.mark.req("D48")
async def test_a_verb_of_a_later_version_is_refused_by_name(ctx: Ctx, write: Write) -> None:
    text = "timezone: UTC\ndirectives:\n  x: {every: 1h, do: call light.turn_on}\n"
    await user_directive_parse(ctx, write("x.yaml", text))
    answer = await user_directive_validate(ctx, "x")
    assert isinstance(answer, ValidateAnswer)
    assert answer.success
    assert "`call`" in answer.warnings[0]
    refused = await user_directive_implement(ctx, "x")
    assert isinstance(refused, Failure)
    assert (refused.error_code, "`call`" in refused.error) == ("unavailable", True)


async def test_a_read_that_the_engine_cannot_make_is_refused(ctx: Ctx, write: Write) -> None:
    text = """
timezone: UTC
directives:
  x:
    read: {depth: {code: measured}}
    if: read.depth > 5
    do: {log: deep}
"""
    await user_directive_parse(ctx, write("x.yaml", text))
    answer = await user_directive_validate(ctx, "x")
    assert isinstance(answer, ValidateAnswer)
    assert "read.depth" in answer.warnings[0]
    refused = await user_directive_implement(ctx, "x")
    assert isinstance(refused, Failure)
    assert (refused.error_code, "read.depth" in refused.error) == ("unavailable", True)


async def test_a_draft_is_not_implemented(ctx: Ctx, write: Write) -> None:
    await user_directive_parse(ctx, write("x.yaml", RATES))
    refused = await user_directive_implement(ctx, "rates_file")
    assert isinstance(refused, Failure)
    assert refused.error_code == "invalid_transition"


async def test_code_without_an_entry_point_is_refused(ctx: Ctx, write: Write) -> None:
    await validated(ctx, write)
    with pytest.raises(InvalidArgument, match="execute_rates_file"):
        await generate_implementation_code(ctx, 1, FUNCTIONS)


@dataclass
class Meddling:
    """The sandbox, and somebody who does something else while code is tried in it."""

    sandbox: Sandbox
    meddle: Callable[[], Awaitable[None]]

    async def probe(self) -> frozenset[Guarantee]:
        return await self.sandbox.probe()

    def profile(self, packages: Sequence[Pin] = ()) -> str:
        return self.sandbox.profile(packages)

    async def run(self, job: Job, host: HostDoor | None = None) -> Outcome:
        await self.meddle()
        return await self.sandbox.run(job, host)


@pytest.mark.req("D48", "D98")
async def test_code_made_for_a_text_that_changed_meanwhile_is_refused(
    ctx: Ctx, write: Write
) -> None:
    await validated(ctx, write, tick("clock"), "clock")

    async def edit() -> None:
        await validated(ctx, write, tick("clock").replace("1h", "2h"), "clock")

    answer = await user_directive_implement(
        replace(ctx, sandbox=Meddling(ctx.sandbox, edit)), "clock"
    )
    assert isinstance(answer, Failure), answer
    assert answer.error_code == Conflict.code
    assert "while its code was made" in answer.error
    assert await ctx.files.find("src/**/*.py") == []
    again = await user_directive_implement(ctx, "clock")
    assert isinstance(again, ImplementAnswer), again


@pytest.mark.req("D38", "D48")
async def test_a_file_edited_while_the_tests_ran_is_kept(
    ctx: Ctx, write: Write, project: Path
) -> None:
    await validated(ctx, write, tick("clock"), "clock")
    mine = "# a person was faster\n"

    async def edit() -> None:
        place = project / "src/automations/clock.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(mine)

    meddled = replace(ctx, sandbox=Meddling(ctx.sandbox, edit))
    answer = await user_directive_implement(meddled, "clock")
    assert isinstance(answer, Failure), answer
    assert answer.error_code == Conflict.code
    assert (project / "src/automations/clock.py").read_text() == mine
    assert await ctx.directives.one("newest_implementation", directive_id=1) is None
