"""The process sandbox: a Python process of its own that the Linux kernel confines."""
