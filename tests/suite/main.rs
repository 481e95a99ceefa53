//! The tests of the host, through its doors: the program, the library, the WIT.

mod architecture;
mod bind;
mod builtins;
mod cli;
mod doctor;
mod engine;
mod extensions;
mod grants;
mod init;
mod inspect;
mod refusals;
mod stored;
mod support;
mod toolchains;
mod tools;
mod transcripts;
