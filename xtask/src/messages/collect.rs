//! Finds the messages in a syntax tree: string literals that hold words, and the doc
//! comments that become help pages and schema descriptions.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Ident, ImplItem, Item, Lit, LitStr, Macro, Meta};

use crate::sources::{self, is_test_item};

/// The derives whose types turn doc comments into text that users read.
const DOCUMENTED: [&str; 5] = ["Parser", "Args", "Subcommand", "ValueEnum", "JsonSchema"];
/// The macro of the command line whose arguments have such doc comments.
const DOCUMENTED_MACRO: &str = "shared_arguments";
/// The attributes whose strings users read.
const WITH_MESSAGES: [&str; 6] = ["error", "arg", "command", "clap", "value", "schemars"];

/// The messages of a file that are not in test code, in source order.
pub(super) fn messages(file: &syn::File) -> Vec<String> {
    let mut collector = Collector::default();
    collector.visit_file(file);
    collector.messages
}

#[derive(Default)]
struct Collector {
    messages: Vec<String>,
    /// Whether users read the doc comments of the type that is being visited.
    is_documented: bool,
}

impl Collector {
    fn add(&mut self, text: &str) {
        if is_prose(text) {
            self.messages.push(text.to_owned());
        }
    }

    /// Adds the strings of a macro call or an attribute, which have no syntax tree.
    fn add_tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                // the doc comments in a macro call are attributes too
                TokenTree::Group(group) if is_doc(&group) => {}
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) {
                        self.add(&text.value());
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    /// Adds the documentation and the messages among the attributes of an item.
    fn add_attributes(&mut self, attributes: &[Attribute]) {
        if self.is_documented {
            let documentation = documentation(attributes);
            if !documentation.is_empty() {
                self.messages.push(documentation);
            }
        }
        for attribute in attributes {
            if let Meta::List(list) = &attribute.meta
                && WITH_MESSAGES.iter().any(|name| list.path.is_ident(name))
            {
                self.add_tokens(list.tokens.clone());
            }
        }
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = sources::attributes(item);
        if is_test_item(attributes) {
            return;
        }
        if matches!(item, Item::Enum(_) | Item::Struct(_)) {
            self.is_documented = has_documented_derive(attributes);
            self.add_attributes(attributes);
            visit::visit_item(self, item);
            self.is_documented = false;
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        match item {
            ImplItem::Fn(function) if is_test_item(&function.attrs) => {}
            _ => visit::visit_impl_item(self, item),
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        self.add_attributes(&field.attrs);
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.add_attributes(&variant.attrs);
        visit::visit_variant(self, variant);
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {
        // the attributes with messages are those of types, fields and variants
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if call.path.is_ident(DOCUMENTED_MACRO)
            && let Ok(arguments) = call.parse_body_with(attributes_of_arguments)
        {
            self.is_documented = true;
            for attributes in arguments {
                self.add_attributes(&attributes);
            }
            self.is_documented = false;
        } else {
            self.add_tokens(call.tokens.clone());
        }
    }

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        self.add(&literal.value());
    }
}

/// Parses the body of the documented macro: `#[…] Type { name: Value }` for each argument.
fn attributes_of_arguments(body: ParseStream<'_>) -> syn::Result<Vec<Vec<Attribute>>> {
    let mut arguments = Vec::new();
    while !body.is_empty() {
        arguments.push(body.call(Attribute::parse_outer)?);
        body.parse::<Ident>()?;
        body.parse::<Group>()?;
    }
    Ok(arguments)
}

/// Returns true if a text has words and a space, apart from the placeholders of a format.
fn is_prose(text: &str) -> bool {
    let mut depth = 0_u32;
    let has_letters = text.chars().any(|character| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && character.is_alphabetic()
    });
    has_letters && text.contains(' ')
}

/// Returns true for the `[doc = "…"]` that a doc comment is among tokens.
fn is_doc(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket
        && group.stream().into_iter().next().is_some_and(|token| token.to_string() == "doc")
}

fn has_documented_derive(attributes: &[Attribute]) -> bool {
    let mut derives = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("derive") => Some(list.tokens.clone()),
        _ => None,
    });
    derives.any(|tokens| {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(name) => DOCUMENTED.iter().any(|derive| name == derive),
            _ => false,
        })
    })
}

/// The doc comment among these attributes, with a line for each paragraph.
fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let mut text = String::new();
    for line in lines {
        let line = line.trim();
        if line.is_empty() {
            text.push('\n');
        } else {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push(' ');
            }
            text.push_str(line);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_in_source_order() {
        let file = syn::parse_str(
            r#"
            /// Not shown.
            #[derive(Debug, Error)]
            enum Failure {
                #[error("no file at {0}")]
                /// Not shown either.
                NoFile(String),
            }
            /// A verb.
            #[derive(Args)]
            struct Verb {
                /// Where it is,
                /// and what.
                ///
                /// A second paragraph.
                #[arg(help = "some more", value_name = "X")]
                at: String,
            }
            #[expect(dead_code, reason = "not a message")]
            fn f() {
                g("two words", "{x} {y}", "word", format!("of {}", h!["the rest"]));
                i! { /// Not shown in a macro.
                    A }
            }
            shared_arguments! {
                /// A shared
                /// argument.
                #[arg(long)]
                Shared { shared: bool }
            }
            #[cfg(test)]
            mod tests { const T: &str = "in a test"; }
            "#,
        );
        let expected = [
            "no file at {0}",
            "A verb.",
            "Where it is, and what.\nA second paragraph.",
            "some more",
            "two words",
            "of {}",
            "the rest",
            "A shared argument.",
        ];
        assert_eq!(messages(&file.expect("Rust")), expected);
    }
}
