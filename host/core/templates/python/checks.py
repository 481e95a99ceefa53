"""Reads the output of programs. This module needs no sandbox, so it can be tested anywhere."""

from __future__ import annotations

import re

OLDEST = (3, 9)
OLDEST_TEXT = ".".join(map(str, OLDEST))


def version_in(text: str) -> str | None:
    """Finds the first version in a text."""
    found = re.search(r"\d{1,9}(\.\d{1,9})+", text)
    return found and found.group()


def is_new_enough(version: str) -> bool:
    """Returns whether a version is supported."""
    return tuple(map(int, version.split("."))) >= OLDEST
