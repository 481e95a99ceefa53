//! Help pages: those of commands leave the global options to a page of their own,
//! `gtc help options`.

use std::io;

use clap::{Arg, Command};

use super::input::accept_alternatives;

/// The hidden command whose help page lists the global options.
const OPTIONS: &str = "options";

/// The layout of help pages below that of `gtc`: clap's, and a line about global options.
const TEMPLATE: &str = "\
{before-help}{about-with-newline}
{usage-heading} {usage}

{all-args}

See `gtc help options` for global options, such as --format and --offline.{after-help}";

/// Hides the global options from the help pages of all commands but `gtc` itself.
pub(crate) fn short_pages(tree: Command) -> Command {
    tree.mut_subcommands(|command| {
        if command.get_name() == OPTIONS {
            return command;
        }
        // a command receives the global options from its parent, before it is built
        short_pages(command)
            .help_template(TEMPLATE)
            .defer(|command| accept_alternatives(command.mut_args(hide_global_option)))
    })
}

/// Hides the global options from the manual pages of all commands but `gtc` itself.
pub(crate) fn manual_pages(tree: Command) -> Command {
    tree.mut_subcommands(|command| {
        let notes = command.get_after_help().map(|notes| format!("{notes}\n\n"));
        let notes = notes.unwrap_or_default() + "See gtc(1) for global options.";
        manual_pages(command)
            .after_help(notes)
            .defer(|command| command.mut_args(hide_global_option))
    })
}

fn hide_global_option(arg: Arg) -> Arg {
    let is_hidden = arg.is_hide_set() || arg.is_global_set();
    arg.hide(is_hidden)
}

/// Prints the page of the global options, for `gtc options`.
pub(crate) fn print_options_page(tree: Command) -> io::Result<u8> {
    if let Err(page) = tree.try_get_matches_from(["gtc", "help", OPTIONS]) {
        page.print()?;
    }
    Ok(0)
}
