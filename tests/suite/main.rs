//! The tests of the host, through its doors: the program, the library, the WIT.
#![expect(
    clippy::disallowed_methods,
    reason = "tests prepare and look at files and programs directly"
)]

mod air_gap;
mod apart;
mod architecture;
mod archives;
mod argv;
mod authoring;
mod bench;
mod bind;
mod bombs;
mod builtins;
mod cache;
mod canary;
mod catalogue;
mod cli;
mod cosign;
mod doctor;
mod ecosystem;
mod engine;
mod examples;
mod extensions;
mod foreign;
mod grants;
mod help;
mod hostile;
mod init;
mod inside;
mod inspect;
mod layout;
mod limits;
mod multiple_signers;
mod oci;
mod odd_paths;
mod pack_test;
mod permissions;
mod plugins;
mod probes;
mod progress;
mod proposals;
mod reach;
mod refusals;
mod schemas;
mod signing;
mod stored;
mod support;
mod toolchains;
mod tools;
mod transcripts;
mod trust;
mod unread;
mod validate;
