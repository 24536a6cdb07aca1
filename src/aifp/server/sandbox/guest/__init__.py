"""The part that lives inside the sandbox; plain Python, copied into the runner when it is built."""
