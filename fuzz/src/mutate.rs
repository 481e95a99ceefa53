//! Mutates inputs of a corpus. The same seed makes the same inputs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::Target;

/// Size of the largest input, in bytes.
const MAX_BYTES: usize = 64 << 10;
/// Bytes at the edges of ranges, and bytes with a meaning in paths.
const EDGES: [u8; 8] = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff, b'/', b'.'];

/// An endless source of mutated inputs.
pub struct Mutator<'a> {
    state: u64,
    corpus: &'a [Vec<u8>],
}

impl<'a> Mutator<'a> {
    /// Creates a source of mutations of these inputs.
    pub fn new(seed: u64, corpus: &'a [Vec<u8>]) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, corpus }
    }

    /// Makes the next input.
    pub fn next_input(&mut self) -> Vec<u8> {
        let at = self.below(self.corpus.len());
        let mut input = self.corpus.get(at).cloned().unwrap_or_default();
        for _ in 0..=self.below(8) {
            self.change(&mut input);
        }
        input.truncate(MAX_BYTES);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len());
        let end = (at + 1 + self.below(32)).min(input.len());
        match self.below(8) {
            _ if input.is_empty() => input.extend((0..=self.below(64)).map(|_| self.next() as u8)),
            0 => input[at] ^= 1 << self.below(8),
            1 => input[at] = EDGES[self.below(EDGES.len())],
            2 => input[at] = self.next() as u8,
            3 => drop(input.drain(at..end)),
            4 => drop(input.splice(at..at, input[at..end].to_vec())),
            5 => input[at] = input[at].wrapping_add(1),
            6 => input.truncate(at),
            _ => {
                // a piece of another input
                let other = self.below(self.corpus.len());
                let other = &self.corpus[other];
                let from = self.below(other.len());
                let to = (from + 1 + self.below(64)).min(other.len());
                drop(input.splice(at..end, other[from..to].iter().copied()));
            }
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next() % bound as u64) as usize }
    }

    /// Marsaglia's [xorshift](https://doi.org/10.18637/jss.v008.i14) with 64 bits of state.
    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state >> 8
    }
}

/// Runs a target once. If it panics, the input is written to a file below `target/fuzz`.
///
/// # Errors
/// The path of that file.
pub fn attempt(target: &Target, input: &[u8]) -> Result<(), PathBuf> {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_ok() {
        return Ok(());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz").join(target.name);
    let path = folder.join(env_pack_domain::Sha256Digest::compute(input).hex());
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&path, input))
        .unwrap_or_else(|error| panic!("{}: {error}; the input is {input:?}", path.display()));
    Err(path)
}
