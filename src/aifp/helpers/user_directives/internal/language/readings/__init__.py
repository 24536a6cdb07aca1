"""Canonical forms as text: one line in the file's own grammar, or sentences for a person."""
