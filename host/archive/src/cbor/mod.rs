//! Checks the structure of a CBOR document ([RFC 8949]) before a recursive decoder reads
//! it.
//!
//! [RFC 8949]: https://www.rfc-editor.org/rfc/rfc8949

use std::collections::HashSet;

/// Maximum nesting. A manifest needs a dozen levels plus the JSON of its flows, and the
/// decoder must get by with the small stack that some processes have.
const MAX_DEPTH: usize = 64;

/// The byte that ends an item of indefinite length.
const BREAK: u8 = 0xff;

/// An item that has been entered, and what is still expected in it.
enum Level<'a> {
    /// This many items.
    Items(u64),
    /// Items up to a break.
    UntilBreak,
    /// Pairs of a map: a number of them, or pairs up to a break.
    Pairs { left: Option<u64>, keys: HashSet<&'a [u8]>, value_is_next: bool },
}

/// Checks that these bytes are exactly one item, that all declared lengths fit, that it is
/// not nested deeper than [`MAX_DEPTH`] levels, that there are at most `max_items` items, and that
/// no map has a key twice. Of two values for one key, one decoder takes the first and another the
/// last.
///
/// # Errors
/// The problem and its offset, as a sentence.
pub(super) fn check(bytes: &[u8], max_items: usize) -> Result<(), String> {
    let levels = vec![Level::Items(1)];
    let mut validator = Validator { bytes, at: 0, items: 0, max_items, levels };
    while let Some(level) = validator.levels.last_mut() {
        match level {
            Level::Items(0) | Level::Pairs { left: Some(0), value_is_next: false, .. } => {
                validator.levels.pop();
            }
            Level::Items(left) => {
                *left -= 1;
                validator.item()?;
            }
            Level::UntilBreak => validator.item()?,
            Level::Pairs { value_is_next: true, .. } => validator.value()?,
            Level::Pairs { .. } => validator.key()?,
        }
    }
    match bytes.len() - validator.at {
        0 => Ok(()),
        rest => Err(format!("{rest} bytes follow the document")),
    }
}

struct Validator<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The number of items so far.
    items: usize,
    max_items: usize,
    levels: Vec<Level<'a>>,
}

impl<'a> Validator<'a> {
    /// Reads the key of a pair, or the break after the last pair.
    fn key(&mut self) -> Result<(), String> {
        let start = self.at;
        let Some(Level::Pairs { left, .. }) = self.levels.last() else { return Ok(()) };
        match (self.bytes.get(start), left) {
            (Some(&BREAK), None) => {
                self.at += 1;
                self.levels.pop();
                return Ok(());
            }
            (Some(byte), _) if !is_plain_key(*byte) => {
                return Err(format!("the key at byte {start} is not a text or number"));
            }
            _ => self.item()?,
        }
        let key = &self.bytes[start..self.at];
        if !is_shortest(key) {
            return Err(format!("the key at byte {start} is not encoded in its shortest form"));
        }
        if let Some(Level::Pairs { left, keys, value_is_next }) = self.levels.last_mut() {
            if !keys.insert(key) {
                return Err(format!("duplicate key at byte {start}"));
            }
            *left = left.map(|left| left - 1);
            *value_is_next = true;
        }
        Ok(())
    }

    fn value(&mut self) -> Result<(), String> {
        let start = self.at;
        if self.bytes.get(start) == Some(&BREAK) {
            return Err(format!("break instead of a value at byte {start}"));
        }
        if let Some(Level::Pairs { value_is_next, .. }) = self.levels.last_mut() {
            *value_is_next = false;
        }
        self.item()
    }

    fn item(&mut self) -> Result<(), String> {
        let start = self.at;
        let Some(&first) = self.bytes.get(start) else { return Err(too_long(start)) };
        self.at = start + 1;
        self.items += 1;
        if self.items > self.max_items {
            return Err(format!("it has more than {} items", self.max_items));
        }
        if first == BREAK {
            return match self.levels.pop() {
                Some(Level::UntilBreak) => Ok(()),
                _ => Err(format!("unexpected break at byte {start}")),
            };
        }
        let major = first >> 5;
        let info = first & 0x1f;
        let argument = if info < 24 { Some(u64::from(info)) } else { self.argument(info, start)? };
        match (major, argument) {
            // numbers and simple values, and empty items, which have no level to enter
            (0 | 1 | 7, Some(_)) | (2..=5, Some(0)) => Ok(()),
            (2 | 3, Some(length)) => {
                let length = usize::try_from(length).map_err(|_| too_long(start))?;
                self.take(length).map(drop)
            }
            (4, Some(items)) => self.enter(Level::Items(items), start),
            (5, left) => {
                self.enter(Level::Pairs { left, keys: HashSet::new(), value_is_next: false }, start)
            }
            (6, Some(_)) => self.enter(Level::Items(1), start),
            (2..=4, None) => self.enter(Level::UntilBreak, start),
            _ => Err(no_item(start)),
        }
    }

    /// Reads the argument that follows the first byte of an item; returns `None` for an
    /// indefinite length.
    fn argument(&mut self, info: u8, start: usize) -> Result<Option<u64>, String> {
        let bytes = match info {
            24..28 => self.take(1 << (info - 24))?,
            31 => return Ok(None),
            _ => return Err(no_item(start)),
        };
        let mut number = [0; 8];
        number[8 - bytes.len()..].copy_from_slice(bytes);
        Ok(Some(u64::from_be_bytes(number)))
    }

    fn enter(&mut self, level: Level<'a>, start: usize) -> Result<(), String> {
        // an item takes at least one byte
        let min_bytes = match level {
            Level::Items(items) => items,
            Level::Pairs { left, .. } => left.unwrap_or_default().saturating_mul(2),
            Level::UntilBreak => 0,
        };
        if min_bytes > (self.bytes.len() - self.at) as u64 {
            return Err(too_long(start));
        }
        if self.levels.len() > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels at byte {start}"));
        }
        self.levels.push(level);
        Ok(())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| too_long(self.at))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }
}

/// Returns true for the first byte of a number or of a text of definite length. Some decoders
/// take a byte string for the text of the same bytes, so that the key would be there twice.
fn is_plain_key(first: u8) -> bool {
    matches!(first >> 5, 0 | 1 | 3) && first & 0x1f != 0x1f
}

/// Returns true if an item encodes its number or length in as few bytes as possible, so
/// that equal keys are equal bytes.
fn is_shortest(item: &[u8]) -> bool {
    let starts_with_zeros = |count: usize| item[1..].iter().take(count).all(|byte| *byte == 0);
    match item[0] & 0x1f {
        24 => item[1] >= 24,
        25 => !starts_with_zeros(1),
        26 => !starts_with_zeros(2),
        27 => !starts_with_zeros(4),
        _ => true,
    }
}

fn too_long(start: usize) -> String {
    format!("the item at byte {start} is longer than the document")
}

fn no_item(start: usize) -> String {
    format!("invalid item at byte {start}")
}

#[cfg(test)]
mod tests;
