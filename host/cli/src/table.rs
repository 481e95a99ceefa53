//! Tables with aligned columns, and text styles.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as AnsiStyle};
use unicode_width::UnicodeWidthStr as _;

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
        (text.to_string(), self)
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

    /// Renders the table; each line ends with a line break.
    pub(crate) fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns).map(|column| self.width(column)).collect();
        let mut text = String::new();
        for row in &self.rows {
            text.push_str("  ");
            for (column, (cell, style)) in row.iter().enumerate() {
                let is_last = column + 1 == row.len();
                let padding = if is_last { 0 } else { widths[column] - cell.width() + 2 };
                // writing to a string cannot fail
                let _ = write!(text, "{}{:padding$}", style.paint(cell), "");
            }
            text.push('\n');
        }
        text
    }
}
