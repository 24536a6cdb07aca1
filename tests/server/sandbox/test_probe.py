import asyncio
import sys
from typing import get_args

import pytest

from aifp.schemas.sandbox import Guarantee, Job, Outcome
from aifp.server.sandbox import probing
from aifp.server.sandbox.wasm import PROFILE, WasmSandbox
from tests.server.sandbox.doubles import job


@pytest.mark.req("X07")
async def test_every_guarantee_is_proved_by_attack(sandbox: WasmSandbox):
    assert await sandbox.probe() == frozenset(get_args(Guarantee))


async def test_a_job_runs_only_where_what_it_needs_is_proved(
    sandbox: WasmSandbox, monkeypatch: pytest.MonkeyPatch
):
    async def unproved(drive: probing.Drive) -> frozenset[Guarantee]:
        return frozenset({"no_network"})

    monkeypatch.setattr(probing, "prove", unproved)
    needs = job("def execute(ctx):\n    return 1\n").model_copy(update={"needs": ["memory"]})
    end = await sandbox.run(needs)
    assert (end.status, end.error) == ("refused", "this sandbox has not proved memory")


async def test_a_sandbox_that_lets_code_out_proves_nothing():
    async def breached(job: probing.Job) -> Outcome:
        return Outcome(status="ok", result=["it worked"])

    assert await probing.prove(breached) == frozenset()


@pytest.mark.skipif(sys.platform != "linux", reason="the second wall is Linux only")
async def test_workers_stand_behind_a_second_wall(sandbox: WasmSandbox):
    assert await sandbox.is_locked()


async def test_the_profile_names_the_language_and_the_rules(sandbox: WasmSandbox):
    assert sandbox.profile() == PROFILE


async def test_a_probe_that_is_called_off_leaves_no_attack_behind() -> None:
    begun, ended, every_attack = list[int](), list[int](), asyncio.Event()

    async def drive(job: Job) -> Outcome:
        place = len(begun)
        begun.append(place)
        if len(begun) == len(probing.PROOFS):
            every_attack.set()
        try:
            return await asyncio.get_running_loop().create_future()
        finally:
            # Workers take their time to end, each its own.
            for _ in range(place):
                await asyncio.sleep(0)
            ended.append(place)

    attack = asyncio.ensure_future(probing.prove(drive))
    await every_attack.wait()
    attack.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attack
    assert sorted(ended) == begun
