from tests.server.mcp.living import living

__all__ = ["living"]
