"""Our server core under the official conformance suite."""
