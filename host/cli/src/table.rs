//! Tables with aligned columns, and text styles.

use std::fmt::Write as _;
use std::io;

use anstyle::{AnsiColor, Style as AnsiStyle};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::locale::with_signs;

/// The narrowest that a folded column becomes, in characters.
const MIN_COLUMN: usize = 12;

/// The spaces between two columns, and before the first.
const GAP: usize = 2;

/// The style of a text. Colour is never the only sign of a state: there is a symbol and a
/// word too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    #[default]
    Plain,
    Faint,
    Bold,
    Good,
    Notice,
    Bad,
}

impl Style {
    fn ansi(self) -> AnsiStyle {
        match self {
            Self::Plain => AnsiStyle::new(),
            Self::Faint => AnsiStyle::new().dimmed(),
            Self::Bold => AnsiStyle::new().bold(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Notice => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
        }
    }

    /// A table cell in this style.
    pub(crate) fn cell(self, text: impl ToString) -> Cell {
        (with_signs(&text.to_string()).into_owned(), self)
    }

    /// Wraps the text in escape sequences for this style.
    pub(crate) fn paint(self, text: &str) -> String {
        let style = self.ansi();
        format!("{style}{text}{style:#}")
    }
}

/// The text and style of a table cell.
pub(crate) type Cell = (String, Style);

/// A table with a row of headings and rows of styled cells.
pub(crate) struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(|heading| Style::Faint.cell(heading)).into()] }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// The width of the widest cell of a column.
    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|(text, _)| text.width()).max().unwrap_or_default()
    }

    /// Renders the table; each line ends with a line break. On a terminal, cells are folded so
    /// that lines fit.
    pub(crate) fn render(&self) -> String {
        self.render_within(terminal_columns())
    }

    fn render_within(&self, columns: Option<usize>) -> String {
        let widths = self.widths(columns);
        let mut text = String::new();
        for row in &self.rows {
            let cells = row.iter().zip(&widths);
            let folded: Vec<(Vec<&str>, Style)> =
                cells.map(|((cell, style), width)| (fold(cell, *width), *style)).collect();
            let lines = folded.iter().map(|(parts, _)| parts.len()).max().unwrap_or_default();
            for line in 0..lines {
                write_line(&mut text, &folded, line, &widths);
            }
        }
        text
    }

    /// The width of each column. As long as a line has more columns than the terminal, the widest
    /// column is narrowed.
    fn widths(&self, columns: Option<usize>) -> Vec<usize> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let mut widths: Vec<usize> = (0..count).map(|column| self.width(column)).collect();
        let Some(columns) = columns else { return widths };
        let available = columns.saturating_sub(GAP * count);
        while widths.iter().sum::<usize>() > available {
            match widths.iter_mut().max() {
                Some(widest) if *widest > MIN_COLUMN => *widest -= 1,
                _ => break,
            }
        }
        widths
    }
}

/// Writes one line of a row whose cells are folded.
fn write_line(text: &mut String, row: &[(Vec<&str>, Style)], line: usize, widths: &[usize]) {
    let mut column = 0;
    let mut written = 0;
    for ((parts, style), width) in row.iter().zip(widths) {
        column += GAP;
        if let Some(part) = parts.get(line) {
            // writing to a string cannot fail
            let _ = write!(text, "{:1$}{2}", "", column.saturating_sub(written), style.paint(part));
            written = column + part.width();
        }
        column += width;
    }
    text.push('\n');
}

/// Folds a text into lines of at most this width: at spaces, and words that are wider after the
/// punctuation of paths and descriptors, where that leaves no short line.
fn fold(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.width() > width {
        let mut end = 0;
        let mut used = 0;
        for (at, c) in rest.char_indices() {
            used += c.width().unwrap_or_default();
            if used > width && at > 0 {
                break;
            }
            end = at + c.len_utf8();
        }
        let space = rest[..end].rfind(' ').filter(|space| *space > 0);
        let punctuation = rest[..end].rfind(['/', '.', '@', '-']).map(|at| at + 1);
        let cut = match (space, punctuation) {
            _ if rest[end..].starts_with(' ') => end,
            (Some(space), _) => space,
            (None, Some(after)) if rest[..after].width() > width / 2 => after,
            _ => end,
        };
        lines.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest);
    }
    lines
}

/// The columns of the terminal that standard output is; none if it is not a terminal.
fn terminal_columns() -> Option<usize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(columns.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_folded_at_spaces_or_within_words() {
        for (text, width, lines) in [
            ("short", 5, &["short"][..]),
            ("", 5, &[""]),
            ("one two three", 7, &["one two", "three"]),
            ("one two three", 9, &["one two", "three"]),
            ("/a/long/path", 5, &["/a/", "long/", "path"]),
            ("a/longpath", 5, &["a/lon", "gpath"]),
            ("東京東京", 5, &["東京", "東京"]),
            ("東", 1, &["東"]),
        ] {
            assert_eq!(fold(text, width), lines, "{text}");
        }
    }

    #[test]
    fn the_widest_columns_are_folded_to_the_terminal() {
        let mut table = Table::new(["NAME", "PATH"]);
        table.row([Style::Plain.cell("a"), Style::Plain.cell("/a/path/that/is/rather/long")]);
        let folded = "  NAME  PATH\n  a     /a/path/that/\n        is/rather/long\n";
        let plain = |text: &str| anstream::adapter::strip_str(text).to_string();
        assert_eq!(plain(&table.render_within(Some(22))), folded);
        let whole = "  NAME  PATH\n  a     /a/path/that/is/rather/long\n";
        assert_eq!(plain(&table.render_within(None)), whole);
        // a column is never narrower than the least width
        assert_eq!(plain(&table.render_within(Some(3))).lines().count(), 4);
    }
}
