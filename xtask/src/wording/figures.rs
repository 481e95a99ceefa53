//! Measures the style of the sources without tests: comments, idiom, and lengths.

use std::ops::RangeInclusive;

use anyhow::Result;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprMatch, ImplItemFn, Item, ItemFn, Local, Pat, Signature, TraitItemFn};

use super::limits::Measured;
use crate::sources::{self, Source};

/// Columns of a line, lines of a function, and lines of a file.
const MAX_COLUMNS: usize = 100;
const MAX_FUNCTION_LINES: usize = 60;
const MAX_FILE_LINES: usize = 500;
const PEOPLE: [&str; 4] = ["nobody", "somebody", "whoever", "anybody"];

#[derive(Default)]
struct Totals {
    lines: usize,
    long_lines: usize,
    long_files: usize,
    comment_words: usize,
    people: usize,
    docs: usize,
    docs_with_what: usize,
    syntax: SyntaxTotals,
}

/// The figures that need the syntax tree.
#[derive(Default)]
struct SyntaxTotals {
    bool_matches: usize,
    tuple_lets: usize,
    named_closures: usize,
    long_functions: usize,
    /// The lines of items that are test code.
    test_lines: Vec<RangeInclusive<usize>>,
}

/// Measures every figure, with two decimals at most.
pub(super) fn measure() -> Result<Measured> {
    let mut totals = Totals::default();
    for source in sources::without_tests()? {
        totals.add(&source);
    }
    let ratio = |count: usize, whole: usize, scale: f64| {
        (count as f64 / whole as f64 * scale * 100.0).round() / 100.0
    };
    let syntax = &totals.syntax;
    let figures = [
        (
            "nobody/somebody/whoever/anybody per 1000 comment words",
            ratio(totals.people, totals.comment_words, 1000.0),
        ),
        (
            "% of doc comments that begin with What",
            ratio(totals.docs_with_what, totals.docs, 100.0),
        ),
        ("matches on a bool", syntax.bool_matches as f64),
        ("lets of a tuple", syntax.tuple_lets as f64),
        (
            "closures bound to a name per 1000 lines",
            ratio(syntax.named_closures, totals.lines, 1000.0),
        ),
        ("% of lines over 100 columns", ratio(totals.long_lines, totals.lines, 100.0)),
        ("functions over 60 lines", syntax.long_functions as f64),
        ("files over 500 lines", totals.long_files as f64),
    ];
    Ok(figures.into_iter().map(|(name, figure)| (name.to_owned(), figure)).collect())
}

impl Totals {
    fn add(&mut self, source: &Source) {
        self.syntax.test_lines.clear();
        self.syntax.visit_file(&source.syntax);
        let mut follows_doc = false;
        let mut lines = 0;
        for (at, line) in source.text.lines().enumerate() {
            if self.syntax.test_lines.iter().any(|range| range.contains(&(at + 1))) {
                continue;
            }
            lines += 1;
            self.long_lines += usize::from(line.chars().count() > MAX_COLUMNS);
            follows_doc = self.add_comment(line.trim_start(), follows_doc);
        }
        self.lines += lines;
        self.long_files += usize::from(lines > MAX_FILE_LINES);
    }

    /// Adds the line if it is a comment; returns true if it is a doc comment.
    fn add_comment(&mut self, line: &str, follows_doc: bool) -> bool {
        let Some(comment) = line.strip_prefix("//") else {
            return false;
        };
        let words =
            comment.split(|character: char| !character.is_alphabetic() && character != '\'');
        for word in words.filter(|word| !word.is_empty()) {
            self.comment_words += 1;
            self.people += usize::from(PEOPLE.contains(&word.to_lowercase().as_str()));
        }
        let Some(doc) = comment.strip_prefix(['/', '!']) else {
            return false;
        };
        if !follows_doc {
            self.docs += 1;
            self.docs_with_what += usize::from(doc.trim_start().starts_with("What "));
        }
        true
    }
}

impl SyntaxTotals {
    fn add_function(&mut self, signature: &Signature, body: &Block) {
        let first = signature.span().start().line;
        let last = body.brace_token.span.close().end().line;
        self.long_functions += usize::from(last - first + 1 > MAX_FUNCTION_LINES);
    }
}

impl<'ast> Visit<'ast> for SyntaxTotals {
    fn visit_item(&mut self, item: &'ast Item) {
        if sources::is_test_item(sources::attributes(item)) {
            let span = item.span();
            self.test_lines.push(span.start().line..=span.end().line);
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add_function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.add_function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.add_function(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_expr_match(&mut self, expression: &'ast ExprMatch) {
        let is_on_bool = expression.arms.iter().any(|arm| is_bool(&arm.pat));
        self.bool_matches += usize::from(is_on_bool);
        visit::visit_expr_match(self, expression);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(value) = &local.init {
            match (&local.pat, value.expr.as_ref()) {
                (Pat::Tuple(_), Expr::Tuple(_)) => self.tuple_lets += 1,
                (Pat::Ident(_), Expr::Closure(_)) => self.named_closures += 1,
                _ => {}
            }
        }
        visit::visit_local(self, local);
    }
}

fn is_bool(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Lit(literal) if matches!(literal.lit, syn::Lit::Bool(_)))
}
