// The handler `{{path}}`, which fills the slot `{{slot}}`.
//
// `gtc` loads it in a sandbox and asks what it is. Before anything is deployed it runs the preflight, which finds out whether the
// operator's machine has what the handler needs. What stands here at the top level runs once, when the component is built.

import { probe } from 'greentic:env-pack/tools@0.1.0';
import { OLDEST, judge, whenItFails } from './checks.js';

export const handler = {
  // The first three are constants, asked when the pack is loaded; whatever is imported refuses to answer meanwhile.
  slot: () => '{{slot}}',
  descriptorPath: () => '{{path}}',
  supportedVersions: () => '^0.1',

  // Each check is a line that the operator reads in `gtc op env tool-check`.
  preflight: () => [{ name: 'node', description: `Node.js ${OLDEST} or newer`, outcome: checkNode() }],
};

// Asks a program for its version. This one is an example: put yours in its place, here and in `gtc-pack.toml`.
function checkNode() {
  try {
    return judge(probe('node', ['--version']));
  } catch (error) {
    // an error of the interface is thrown, with its value as `payload`; anything else is a fault in this file
    if (error?.payload === undefined) throw error;
    return whenItFails(error.payload);
  }
}
