//! The tests of the host, through its doors: the program, the library, the WIT.

mod architecture;
mod archives;
mod argv;
mod bind;
mod bombs;
mod builtins;
mod canary;
mod cli;
mod doctor;
mod engine;
mod extensions;
mod foreign;
mod grants;
mod hostile;
mod init;
mod inside;
mod inspect;
mod limits;
mod probes;
mod proposals;
mod reach;
mod stored;
mod support;
mod toolchains;
mod tools;
mod transcripts;
