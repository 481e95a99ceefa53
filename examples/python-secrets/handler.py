"""A secrets handler in Python, which checks the interpreter and the answers."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import binding, tools
from wit_world.imports.types import (
    CapabilitySlot,
    Missing,
    Outcome,
    Outcome_Missing,
    Outcome_Ok,
    Outcome_ProbeError,
    ProbeError,
    ToolCheck,
)


class Handler(exports.Handler):
    # The first three return constants, which the host reads when it loads the handler. It refuses a handler that calls
    # an import other than the log meanwhile.

    def slot(self) -> CapabilitySlot:
        return CapabilitySlot.SECRETS

    def descriptor_path(self) -> str:
        return "acme.secrets.python-demo"

    def supported_versions(self) -> str:
        return "^0.1"

    def preflight(self) -> list[ToolCheck]:
        return [
            ToolCheck("python3", "Python 3 on PATH", check_python()),
            ToolCheck("answers", "Answers are a JSON object", check_answers()),
        ]


def check_python() -> Outcome:
    """Checks the version of python3; the pack must declare exactly this command."""
    try:
        output = tools.probe("python3", ["--version"])
    except Err as err:
        # An error of the interface is raised, with a case of `tools.failure` as its value.
        match err.value:
            case tools.Failure_NotFound():
                return Outcome_Missing(Missing("install Python 3 from https://www.python.org/downloads/"))
            case tools.Failure_Denied(reason):
                return problem(reason)
            case tools.Failure_TimedOut():
                return problem("it did not answer in time")
            case tools.Failure_Io(reason):
                return problem(reason)
            case unknown:
                return problem(f"it failed: {unknown}")
    if output.exit_code != 0:
        return problem(f"it ended with exit code {output.exit_code}: {first_line(output.stderr)}")
    return Outcome_Ok(first_line(output.stdout))


def check_answers() -> Outcome:
    """Counts the operator's answers for this binding."""
    try:
        answers = json.loads(binding.answers_json())
    except ValueError as error:
        # The host returns valid JSON, but Python does not accept all of it: no number of 5,000 digits, for example.
        return problem(f"the answers cannot be read: {error}")
    if not isinstance(answers, dict):
        return problem("the answers are not a JSON object")
    return Outcome_Ok(f"{len(answers)} answers")


def problem(detail: str) -> Outcome:
    return Outcome_ProbeError(ProbeError(detail))


def first_line(text: str) -> str:
    # a text of a check has at most 64 KiB
    return next(iter(text.strip().splitlines()), "nothing")[:200]
