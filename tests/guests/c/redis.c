// The handler `acme.state.redis-c`: is the Redis client there?

#include <stdlib.h>
#include <string.h>

#include "env_pack_handler.h"

exports_greentic_env_pack_handler_capability_slot_t exports_greentic_env_pack_handler_slot(void) {
  return GREENTIC_ENV_PACK_TYPES_CAPABILITY_SLOT_STATE;
}

// what is given back is freed after the call, so every text is a copy
void exports_greentic_env_pack_handler_descriptor_path(env_pack_handler_string_t *ret) {
  env_pack_handler_string_dup(ret, "acme.state.redis-c");
}

void exports_greentic_env_pack_handler_supported_versions(env_pack_handler_string_t *ret) {
  env_pack_handler_string_dup(ret, "^0.1");
}

static void judge(greentic_env_pack_types_outcome_t *outcome) {
  env_pack_handler_string_t tool, version;
  env_pack_handler_string_set(&tool, "redis-cli");
  env_pack_handler_string_set(&version, "--version");
  env_pack_handler_list_string_t args = {&version, 1};
  greentic_env_pack_tools_output_t output;
  greentic_env_pack_tools_failure_t failure;
  if (greentic_env_pack_tools_probe(&tool, &args, &output, &failure)) {
    outcome->tag = GREENTIC_ENV_PACK_TYPES_OUTCOME_OK;
    outcome->val.ok.is_some = true;
    env_pack_handler_string_dup_n(&outcome->val.ok.val, (const char *)output.stdout_.ptr, output.stdout_.len);
  } else if (failure.tag == GREENTIC_ENV_PACK_TOOLS_FAILURE_NOT_FOUND) {
    outcome->tag = GREENTIC_ENV_PACK_TYPES_OUTCOME_MISSING;
    env_pack_handler_string_dup(&outcome->val.missing.install_hint, "install redis-tools");
  } else {
    outcome->tag = GREENTIC_ENV_PACK_TYPES_OUTCOME_PROBE_ERROR;
    env_pack_handler_string_dup(&outcome->val.probe_error.detail, "it did not come to its end");
  }
}

void exports_greentic_env_pack_handler_preflight(exports_greentic_env_pack_handler_list_tool_check_t *ret) {
  ret->len = 1;
  ret->ptr = malloc(sizeof *ret->ptr);
  env_pack_handler_string_dup(&ret->ptr->name, "redis-cli");
  env_pack_handler_string_dup(&ret->ptr->description, "Redis client");
  judge(&ret->ptr->outcome);
}
