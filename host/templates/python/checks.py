"""What the handler makes of what programs print. Nothing here needs the sandbox, so that it can be tested anywhere."""

from __future__ import annotations

import re

OLDEST = (3, 9)
OLDEST_TEXT = ".".join(map(str, OLDEST))


def version_in(text: str) -> str | None:
    """The first thing in a text that looks like a version."""
    found = re.search(r"\d{1,9}(\.\d{1,9})+", text)
    return found and found.group()


def is_new_enough(version: str) -> bool:
    """Whether a version will do."""
    return tuple(map(int, version.split("."))) >= OLDEST
