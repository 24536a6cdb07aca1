"""Front door of the command line: `aifp serve` goes straight to the pipe, all else to typer."""

import importlib
import sys


def main() -> int:
    """Run the command line and return the exit code."""
    argv = sys.argv[1:]
    if argv[:1] == ["serve"]:
        # Nothing else may be imported before this: a client waits for it to start.
        pipe = importlib.import_module("aifp.server.daemon.pipe")
        if pipe.understands(argv[1:]):
            return pipe.main(argv[1:])
    commands = importlib.import_module("aifp.server.cli.commands")
    commands.app()
    return 0


if __name__ == "__main__":
    sys.exit(main())
