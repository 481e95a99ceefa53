"""Tries the features of Python's standard library, and reports the results: none of them reaches the machine."""

import encodings.idna  # imported at build time, because there are no files at run time
import errno
import os
import random
import socket
import subprocess
import sys
import threading
import time

from wit_world import exports
from wit_world.imports import binding
from wit_world.imports.types import CapabilitySlot, Outcome_Ok, ToolCheck


class Handler(exports.Handler):
    def slot(self) -> CapabilitySlot:
        return CapabilitySlot.STATE

    def descriptor_path(self) -> str:
        return "test.state.python-witness"

    def supported_versions(self) -> str:
        return "^1"

    def preflight(self) -> list[ToolCheck]:
        match binding.answers_json():
            case '{"exit": 7}':
                os._exit(7)
            case '{"exit": "raise"}':
                sys.exit("these are my last words")
            case '{"sleep": 3600}':
                time.sleep(3600)
        return [ToolCheck(name, "the result", Outcome_Ok(describe(question))) for name, question in QUESTIONS]


QUESTIONS = [
    ("current folder", os.getcwd),
    ("list /", lambda: os.listdir("/")),
    ("list .", lambda: os.listdir(".")),
    ("read /etc/passwd", lambda: open("/etc/passwd").read()),
    ("read ../../etc/passwd", lambda: open("../../etc/passwd").read()),
    ("read /proc/self/environ", lambda: open("/proc/self/environ").read()),
    ("write /tmp/x", lambda: open("/tmp/x", "w").write("x")),
    ("write x", lambda: open("x", "w").write("x")),
    ("make a folder", lambda: os.mkdir("/tmp/folder")),
    ("connect", lambda: socket.socket().connect(("127.0.0.1", 1))),
    ("listen", lambda: socket.create_server(("127.0.0.1", 0))),
    ("datagrams", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(("0.0.0.0", 0))),
    ("look a name up", lambda: socket.getaddrinfo("localhost", 80)),
    ("variables", lambda: dict(os.environ)),
    ("arguments", lambda: sys.argv),
    ("standard input", sys.stdin.read if sys.stdin else lambda: None),
    ("another program", lambda: subprocess.run(["sh"])),
    ("another process", lambda: os.fork()),
    ("another thread", lambda: threading.Thread(target=print).start()),
    ("sleeps", lambda: slept(0.005)),
    ("knows the year", lambda: time.gmtime().tm_year >= 2026),
    ("chance", lambda: len(os.urandom(32))),
    ("chance differs", lambda: os.urandom(8) != os.urandom(8) and random.SystemRandom().random() >= 0),
]


def slept(seconds: float) -> bool:
    start = time.monotonic()
    time.sleep(seconds)
    return time.monotonic() - start >= seconds


def describe(question) -> str:
    """Returns the result, or the name of the error."""
    try:
        return str(question())
    except OSError as error:
        return errno.errorcode.get(error.errno, type(error).__name__)
    except Exception as error:
        return type(error).__name__
