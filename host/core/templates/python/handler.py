"""The handler `{{path}}`, which fills the slot `{{slot}}`.

`gtc` loads it in a sandbox and reads its three constants. Before a deployment it runs the preflight,
which checks that the operator's machine meets the requirements of the handler. Code at the top level
runs once, when the component is built.
"""

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import tools
from wit_world.imports.types import (
    CapabilitySlot,
    Missing,
    Outcome,
    Outcome_Missing,
    Outcome_Ok,
    Outcome_ProbeError,
    Outcome_VersionMismatch,
    ProbeError,
    ToolCheck,
    VersionMismatch,
)

import checks

INSTALL = "install it from https://www.python.org/downloads/"


class Handler(exports.Handler):
    # The first three return constants, which the host reads when it loads the pack. They must not call imports.

    def slot(self) -> CapabilitySlot:
        return CapabilitySlot.{{constant}}

    def descriptor_path(self) -> str:
        return "{{path}}"

    def supported_versions(self) -> str:
        return "^0.1"

    def preflight(self) -> list[ToolCheck]:
        """Each check is a line of `gtc op env tool-check`."""
        return [ToolCheck("python3", f"Python {checks.OLDEST_TEXT} or newer", check_python())]


def check_python() -> Outcome:
    """Checks the version of a program. Replace this example with your own, also in `gtc-pack.toml`."""
    try:
        output = tools.probe("python3", ["--version"])
    except Err as err:
        # An error of the interface is raised, with a case of `tools.failure` as its value.
        match err.value:
            case tools.Failure_NotFound():
                return Outcome_Missing(Missing(INSTALL))
            case tools.Failure_Denied(reason) | tools.Failure_Io(reason):
                return Outcome_ProbeError(ProbeError(reason))
            case _:
                return Outcome_ProbeError(ProbeError("it did not answer in time"))
    if output.exit_code != 0:
        return Outcome_ProbeError(ProbeError(f"it ended with exit code {output.exit_code}"))
    found = checks.version_in(output.stdout)
    if found is None:
        return Outcome_ProbeError(ProbeError("it printed no version"))
    if not checks.is_new_enough(found):
        return Outcome_VersionMismatch(VersionMismatch(found, f">={checks.OLDEST_TEXT}", INSTALL))
    return Outcome_Ok(found)
