//! Counts retired words in the Rust files of the repository, tests included.

use std::fs;

use anyhow::Result;

use super::limits::Measured;
use crate::process::root;
use crate::sources;

/// Counts each of these words, and phrases of several words.
///
/// A word with a capital or an underscore is an identifier: it counts as it is written.
/// Any other counts in each spelling, in comments, in strings, in the names of files, and
/// as a part of a `snake_case` identifier.
pub(super) fn count(retired: Vec<&str>) -> Result<Measured> {
    let mut counts: Measured = retired.iter().map(|word| ((*word).to_owned(), 0.0)).collect();
    for path in sources::paths()? {
        // the texts of other tools, and the words to be counted
        if path.starts_with("tests/fixtures") || path.starts_with("xtask/src/wording") {
            continue;
        }
        let text = fs::read_to_string(root().join(&path))?;
        let name = path.with_extension("").display().to_string();
        for text in [name, text] {
            let identifiers = split(&text, |character| character == '_');
            let text = text.to_lowercase();
            let words = split(&text, |_| false);
            for (retired, count) in &mut counts {
                *count += if is_identifier(retired) {
                    identifiers.iter().filter(|word| *word == retired).count() as f64
                } else {
                    occurrences(&words, retired) as f64
                };
            }
        }
    }
    Ok(counts)
}

fn is_identifier(word: &str) -> bool {
    word.contains(|character: char| character.is_uppercase() || character == '_')
}

/// The runs of letters, digits and the characters that are also accepted.
fn split(text: &str, also: fn(char) -> bool) -> Vec<&str> {
    text.split(|character: char| !character.is_alphanumeric() && !also(character))
        .filter(|word| !word.is_empty())
        .collect()
}

/// Longer phrases that contain a retired one and are plain English.
const ACCEPTED: [&str; 4] = ["there is no", "is no longer", "is no std", "foreign text"];

/// Returns how often the words of a phrase follow one another outside of accepted phrases.
fn occurrences(words: &[&str], phrase: &str) -> usize {
    let accepted = ACCEPTED.iter().filter(|accepted| accepted.contains(phrase));
    sequences(words, phrase) - accepted.map(|accepted| sequences(words, accepted)).sum::<usize>()
}

fn sequences(words: &[&str], phrase: &str) -> usize {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    words.windows(phrase.len()).filter(|window| *window == phrase).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_in_each_spelling_and_phrases_across_lines() {
        let text = "nobody_asked(Nobody) // what is\n// no digest".to_lowercase();
        let words = split(&text, |_| false);
        assert_eq!(occurrences(&words, "nobody"), 2);
        assert_eq!(occurrences(&words, "is no"), 1);
        let text = "there is no file, it is no longer a file, it is no file";
        assert_eq!(occurrences(&split(text, |_| false), "is no"), 1);
        assert_eq!(occurrences(&words, "no body"), 0);
    }
}
