// The handler `{{path}}`, which fills the slot `{{slot}}`.
//
// `gtc` loads it in a sandbox and reads its three constants. Before a deployment it runs the preflight,
// which checks that the operator's machine meets the requirements of the handler. Code at the top level
// runs once, when the component is built.

import { probe } from 'greentic:env-pack/tools@0.1.0';
import { OLDEST, checkOutput, checkFailure } from './checks.js';

export const handler = {
  // The first three return constants, which the host reads when it loads the pack. They must not call imports.
  slot: () => '{{slot}}',
  descriptorPath: () => '{{path}}',
  supportedVersions: () => '^0.1',

  // Each check is a line of `gtc op env tool-check`.
  preflight: () => [{ name: 'node', description: `Node.js ${OLDEST} or newer`, outcome: checkNode() }],
};

// Checks the version of a program. Replace this example with your own, also in `gtc-pack.toml`.
function checkNode() {
  try {
    return checkOutput(probe('node', ['--version']));
  } catch (error) {
    // an error of the interface is thrown, with its value as `payload`; anything else is a bug in this file
    if (error?.payload === undefined) throw error;
    return checkFailure(error.payload);
  }
}
