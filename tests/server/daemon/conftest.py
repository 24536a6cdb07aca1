from tests.server.daemon.processes import project

__all__ = ["project"]
