"""The WebAssembly engine: one configuration, and the runner as native code."""

import os
import sys
from pathlib import Path

from wasmtime import Config, Engine
from wasmtime.component import Component

# Part of the native file's name: raise it when `engine` below changes.
CONFIGURATION = 1
WASM_STACK = 1024 * 1024


def engine() -> Engine:
    """Return an engine; native code loads only into the configuration that compiled it."""
    config = Config()
    config.wasm_component_model = True
    config.epoch_interruption = True
    config.max_wasm_stack = WASM_STACK
    return Engine(config)


def compile_runner(wasm: Path, target: Path) -> None:
    """Compile the runner to native code, for its owner only, and put it in place at once."""
    code = Component(engine(), wasm.read_bytes()).serialize()
    part = target.with_suffix(f".{os.getpid()}.part")
    part.touch(mode=0o600)
    part.chmod(0o600)
    part.write_bytes(code)
    part.replace(target)


def load(native: Path) -> tuple[Engine, Component]:
    """Load native code that `compile_runner` wrote."""
    running = engine()
    return running, Component.deserialize_file(running, str(native))


def main() -> None:
    """Compile the runner named first on the command line to the file named second."""
    compile_runner(Path(sys.argv[1]), Path(sys.argv[2]))
