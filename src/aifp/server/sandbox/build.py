"""Build the runner: our own command, `python -m aifp.server.sandbox.build`."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from aifp.schemas.errors import Unavailable
from aifp.server.cache import prune
from aifp.server.sandbox import runner_files, staging

WHY = "Building the sandbox's Python (once for each version; automations run inside it)"
# Older runners stay for other checkouts of this machine, up to this many.
KEPT_RUNNERS = 8
BUILDER = "from componentize_py import script; import sys; sys.exit(script())"


def build(folder: Path) -> Path:
    """Return the runner for the present sources in a folder, building it if it is not there."""
    target = folder / staging.runner_name()
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="aifp-runner-") as work:
            staging.stage(Path(work) / "app")
            _componentize(Path(work))
            part = target.with_suffix(f".{os.getpid()}.part")
            part.write_bytes((Path(work) / "runner.wasm").read_bytes())
            part.replace(target)
        prune(folder, "runner-*.wasm", KEPT_RUNNERS)
    return target


def _componentize(work: Path) -> None:
    """Run the builder; it adds what it finds in a virtual environment, so it gets an empty one."""
    if importlib.util.find_spec("componentize_py") is None:
        raise Unavailable("Building the runner needs componentize-py: pip install 'aifp[dev]'")
    (work / "empty/lib/python3/site-packages").mkdir(parents=True)
    arguments = ["-q", "-d", str(staging.WIT), "-w", "runner", "componentize"]
    arguments += ["-p", str(work / "app"), "app", "-o", str(work / "runner.wasm")]
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-c", BUILDER, *arguments],
        env={**os.environ, "VIRTUAL_ENV": str(work / "empty")},
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(f"The runner could not be built: {' | '.join(lines[:12])}")


def build_with_display(folder: Path) -> Path:
    """Build while showing why and for how long."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        progress.add_task(WHY, total=None)
        return build(folder)


def main(
    into: Annotated[Path | None, typer.Option(help="Folder; the cache if not given.")] = None,
) -> None:
    """Build the sandbox's runner if it is not built yet, and say where it lies."""
    runner = build_with_display(into or runner_files.default_cache())
    Console().print(str(runner), soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
