//! The shape of a CBOR document, before a decoder recurses into it. Format: RFC 8949.

/// How deep a document may be nested: a manifest needs a dozen levels and whatever JSON a flow brings along, and the decoder must
/// get by with the stack of a process that was given little of it.
const DEPTH: usize = 64;

/// What is still to come at one level.
enum Level {
    /// This many items.
    Items(u64),
    /// Items up to a break.
    UntilBreak,
}

/// Checks that these bytes are one item, which ends where they end, declares nothing that is not there and is not nested deeply.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut walk = Walk { bytes, at: 0, levels: vec![Level::Items(1)] };
    while let Some(level) = walk.levels.last_mut() {
        match level {
            Level::Items(0) => drop(walk.levels.pop()),
            Level::Items(left) => {
                *left -= 1;
                walk.item()?;
            }
            Level::UntilBreak => walk.item()?,
        }
    }
    match bytes.len() - walk.at {
        0 => Ok(()),
        rest => Err(format!("{rest} bytes follow the document")),
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    levels: Vec<Level>,
}

impl Walk<'_> {
    fn item(&mut self) -> Result<(), String> {
        const BREAK: u8 = 0xff;
        let start = self.at;
        let first = *self.take(1)?.first().expect("one byte");
        let (major, info) = (first >> 5, first & 0x1f);
        if first == BREAK {
            return match self.levels.pop() {
                Some(Level::UntilBreak) => Ok(()),
                _ => Err(format!("a break at byte {start} ends nothing")),
            };
        }
        let argument = self.argument(info, start)?;
        match (major, argument) {
            (0 | 1 | 7, Some(_)) => Ok(()),
            (2 | 3, Some(length)) => {
                let length = usize::try_from(length).map_err(|_| self.missing(start))?;
                self.take(length).map(drop)
            }
            (4, Some(items)) => self.enter(Level::Items(items), start),
            (5, Some(pairs)) => self.enter(Level::Items(pairs.saturating_mul(2)), start),
            (6, Some(_)) => self.enter(Level::Items(1), start),
            (2..=5, None) => self.enter(Level::UntilBreak, start),
            _ => Err(format!("byte {start} begins no item")),
        }
    }

    /// The number that follows the first byte of an item; none for indefinite lengths.
    fn argument(&mut self, info: u8, start: usize) -> Result<Option<u64>, String> {
        let bytes = match info {
            0..24 => return Ok(Some(u64::from(info))),
            24..28 => self.take(1 << (info - 24))?,
            31 => return Ok(None),
            _ => return Err(format!("byte {start} begins no item")),
        };
        Ok(Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))))
    }

    fn enter(&mut self, level: Level, start: usize) -> Result<(), String> {
        // every item takes a byte at least
        if matches!(level, Level::Items(items) if items > (self.bytes.len() - self.at) as u64) {
            return Err(self.missing(start));
        }
        if self.levels.len() > DEPTH {
            return Err(format!("at byte {start} it is nested deeper than {DEPTH} levels"));
        }
        self.levels.push(level);
        Ok(())
    }

    fn take(&mut self, length: usize) -> Result<&[u8], String> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let taken = end.map(|end| &self.bytes[self.at..end]).ok_or_else(|| self.missing(self.at))?;
        self.at += length;
        Ok(taken)
    }

    fn missing(&self, start: usize) -> String {
        format!("what byte {start} declares is longer than the document")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(bytes: &[u8], reason: &str) {
        let error = check(bytes).expect_err("refused");
        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn one_item_is_a_document() {
        let documents: [&[u8]; 8] = [
            b"\x00",
            b"\x39\x01\x00",
            b"\x63abc",
            b"\x82\x01\x61a",
            b"\xa1\x61a\xf6",
            b"\xbf\x61a\x9f\x01\xff\xff",
            b"\x7f\x61a\x61b\xff",
            b"\xc1\xfb\x00\x00\x00\x00\x00\x00\x00\x00",
        ];
        for document in documents {
            assert_eq!(check(document), Ok(()), "{document:x?}");
        }
    }

    #[test]
    fn what_is_not_there_is_missed() {
        for document in [&b""[..], b"\x18", b"\x63ab", b"\x82\x01", b"\xa1\x61a", b"\x9f\x01", b"\xc1"] {
            refused(document, "longer than the document");
        }
        refused(b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff", "longer than the document");
        refused(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "longer than the document");
        refused(b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "longer than the document");
    }

    #[test]
    fn what_is_no_document_is_refused() {
        refused(b"\x00\x00", "1 bytes follow");
        refused(b"\xff", "ends nothing");
        refused(b"\x81\xff", "ends nothing");
        refused(b"\x1f", "begins no item");
        refused(b"\x1c", "begins no item");
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |levels: usize, open: u8, innermost: u8| [vec![open; levels], vec![innermost]].concat();
        assert_eq!(check(&nested(DEPTH, 0x81, 0)), Ok(()));
        refused(&nested(DEPTH + 1, 0x81, 0), "nested deeper");
        refused(&nested(200_000, 0x9f, 0), "nested deeper");
        refused(&nested(200_000, 0xc1, 0), "nested deeper");
    }
}
