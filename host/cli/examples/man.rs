//! Writes the manual pages of `gtc` and of each command to a folder:
//! `cargo run --package gtc --example man -- target/man`.

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| std::io::Error::other("name the folder of the pages"))?;
    std::fs::create_dir_all(&folder)?;
    clap_mangen::generate_to(gtc::manual_tree(), &folder)
}
