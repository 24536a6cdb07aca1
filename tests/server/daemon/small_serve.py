"""`aifp serve` with the small daemon in place of the whole product."""

import sys

from aifp.server.daemon import launch, pipe

if __name__ == "__main__":
    launch.DAEMON_ARGUMENTS[:] = ["-m", "tests.server.daemon.small_daemon"]
    sys.exit(pipe.main(sys.argv[1:]))
