"""The guest renders with the very templates module the daemon checks with."""

import pytest
from pydantic import JsonValue

from aifp.server.sandbox.wasm import WasmSandbox
from tests.server.sandbox.doubles import job


def rendering(template: JsonValue) -> str:
    return f"def execute(ctx):\n    return ctx.render({template!r}, steps={{'a': {{'n': 5}}}})\n"


async def test_a_value_is_filled_from_the_runs_data_and_given_names(sandbox: WasmSandbox):
    code = rendering({"text": "{{ input.name }} has {{ steps.a.n }}", "n": "{{ steps.a.n }}"})
    end = await sandbox.run(job(code, inputs={"input": {"name": "Ada"}}))
    assert end.result == {"text": "Ada has 5", "n": 5}, end


@pytest.mark.req("I17")
@pytest.mark.parametrize(
    "template",
    [
        "{{ 'x' * 10**9 }}",
        "{{ 'x'.center(10**9) }}",
        "{{ '%01000000000d' % 1 }}",
        "{% for a in range(10**9) %}x{% endfor %}",
        "{{ input.big ~ input.big ~ input.big ~ input.big }}",
        "{{ input.text | replace('a', input.big) | replace('b', input.big) }}",
        "{{ [input.big, input.big, input.big] | join(input.big) }}",
    ],
)
async def test_a_template_that_would_take_all_memory_or_time_is_refused(
    sandbox: WasmSandbox, template: str
):
    inputs: dict[str, JsonValue] = {"input": {"big": "b" * 40_000, "text": "a" * 100}}
    end = await sandbox.run(job(rendering(template), inputs=inputs, wall_ms=2000, memory_mb=128))
    assert end.status in {"error", "memory", "timeout"} and end.result is None, end
    assert end.memory_peak_mb is None or end.memory_peak_mb < 250
