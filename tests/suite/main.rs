//! The tests of the host, through its doors: the program, the library, the WIT.
#![expect(unreachable_pub, reason = "a test program exports nothing")]
#![expect(clippy::too_many_lines, reason = "a table of hostile cases is as long as it is")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests prepare and look at files and programs directly"
)]

mod answered_addresses;
mod answers;
mod architecture;
mod archives;
mod audit;
mod authoring;
mod builtins;
mod cache;
mod catalogue;
mod cli;
mod closed_stdout;
mod compile_bombs;
mod compiler_failures;
mod completions;
mod composed_components;
mod cosign;
mod doctor_self;
mod dry_runs;
mod durability;
mod ecosystem;
mod empty_wasi;
mod engine;
mod env;
mod env_packs;
mod examples;
mod extensions;
mod fleet;
mod grants;
mod guide;
mod help;
mod history;
mod hostile;
mod hostile_tools;
mod import_circles;
mod isolation;
mod killed_hosts;
mod layout;
mod limits;
mod linear_time;
mod load_deadlines;
mod log_lines;
mod many_handlers;
mod messaging;
mod moving;
mod network_probes;
mod non_utf8_paths;
mod oci;
mod pack;
mod pack_bounds;
mod packs_without_handlers;
mod permissions;
mod pins;
mod plugins;
mod progress;
mod proposals;
mod refusals;
mod requests;
mod schemas;
mod secret_leaks;
mod severities;
mod taken_paths;
mod terminals;
mod tool_arguments;
mod toolchains;
mod transcripts;
mod trust_root;
mod unreleased_interface;
mod untrusted_text;
