//! What a host and its worker say to each other: an order as arguments, and a report as
//! lines of text.
//!
//! Components and code go through files of their own; see the parent module.

use std::ffi::OsString;
use std::fmt::{self, Write as _};

use env_pack_domain::ForeignText;

use super::budget::Budget;
use super::confine::{Protection, ProtectionKind};

/// What a worker is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To compile the component on its standard input.
    Compile {
        /// Within these caps.
        budget: Budget,
        /// For guests with this much stack, in bytes, which decides about the code.
        stack_bytes: u64,
    },
    /// To print the world of the component on its standard input.
    Describe {
        /// Within these caps.
        budget: Budget,
    },
    /// To carry out an operation of a guest, which it is told over its standard output.
    Operate,
    /// To find out what it is kept from.
    Examine,
}

const COMPILE: &str = "compile";
const DESCRIBE: &str = "describe";
const OPERATE: &str = "operate";
const EXAMINE: &str = "examine";

impl Order {
    /// The order as arguments.
    pub fn to_arguments(self) -> Vec<String> {
        match self {
            Self::Compile { budget, stack_bytes } => words(COMPILE, budget, Some(stack_bytes)),
            Self::Describe { budget } => words(DESCRIBE, budget, None),
            Self::Operate => vec![OPERATE.to_owned()],
            Self::Examine => vec![EXAMINE.to_owned()],
        }
    }

    /// Reads an order from arguments.
    ///
    /// # Errors
    /// [`NoOrder`] when they are none, or more than one.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, NoOrder> {
        let arguments: Vec<String> = arguments
            .into_iter()
            .map(OsString::into_string)
            .collect::<Result<_, _>>()
            .map_err(|_| NoOrder)?;
        let number = |text: &String| text.parse::<u64>().map_err(|_| NoOrder);
        let budget = |numbers: [&String; 3]| {
            let [seconds, memory_bytes, code_bytes] = numbers.map(number);
            Ok(Budget { seconds: seconds?, memory_bytes: memory_bytes?, code_bytes: code_bytes? })
        };
        match arguments.as_slice() {
            [order, seconds, memory, code, stack_bytes] if order == COMPILE => Ok(Self::Compile {
                budget: budget([seconds, memory, code])?,
                stack_bytes: number(stack_bytes)?,
            }),
            [order, seconds, memory, code] if order == DESCRIBE => {
                Ok(Self::Describe { budget: budget([seconds, memory, code])? })
            }
            [order] if order == OPERATE => Ok(Self::Operate),
            [order] if order == EXAMINE => Ok(Self::Examine),
            _ => Err(NoOrder),
        }
    }
}

/// An order with its numbers.
fn words(order: &str, budget: Budget, more: Option<u64>) -> Vec<String> {
    let numbers = [budget.seconds, budget.memory_bytes, budget.code_bytes].into_iter().chain(more);
    std::iter::once(order.to_owned()).chain(numbers.map(|number| number.to_string())).collect()
}

/// Arguments that are no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoOrder;

impl fmt::Display for NoOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a worker is told `compile` and four numbers, `describe` and three, `operate`, or `examine`")
    }
}

impl std::error::Error for NoOrder {}

/// What a line of a report begins with when it is about a layer, and when it is about a
/// deed.
const KINDS: [(ProtectionKind, &str); 2] =
    [(ProtectionKind::Layer, "layer"), (ProtectionKind::Deed, "deed")];

/// A report, a line for each protection.
pub fn write_report(protections: &[Protection]) -> String {
    let mut report = String::new();
    for Protection { what, kind, holds } in protections {
        let kind = KINDS.iter().find(|(known, _)| known == kind).map_or("", |(_, name)| name);
        // writing to a string does not fail
        let _ = writeln!(report, "{kind}\t{holds}\t{}", what.as_exact());
    }
    report
}

/// Reads a report. What is no line of one is left out, and what is one is text of a
/// process that nobody trusts.
pub fn parse_report(report: &str) -> Vec<Protection> {
    let line = |line: &str| {
        let mut fields = line.splitn(3, '\t');
        let name = fields.next()?;
        let kind = KINDS.iter().find(|(_, known)| *known == name)?.0;
        let holds = fields.next()?.parse().ok()?;
        Some(Protection { kind, holds, what: ForeignText::excerpt(fields.next()?) })
    };
    report.split('\n').filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_understood_or_refused() {
        let budget = Budget { seconds: 3, memory_bytes: 1 << 27, code_bytes: 1 << 23 };
        let compile = Order::Compile { budget, stack_bytes: 512 << 10 };
        for order in [Order::Examine, Order::Operate, Order::Describe { budget }, compile] {
            assert_eq!(
                Order::parse(order.to_arguments().into_iter().map(OsString::from)),
                Ok(order)
            );
        }
        for words in [
            "",
            "compile",
            "compile 1 2 3",
            "compile 1 2 3 -4",
            "compile 1 2 3 4 5",
            "describe 1 2",
            "examine 1",
            "operate 1",
            "Examine",
        ] {
            let arguments = words.split_whitespace().map(OsString::from);
            assert_eq!(Order::parse(arguments), Err(NoOrder), "{words}");
        }
    }

    #[test]
    fn a_report_survives_its_way() {
        let found = [
            Protection {
                what: ForeignText::new("seccomp"),
                kind: ProtectionKind::Layer,
                holds: false,
            },
            Protection {
                what: ForeignText::new("read\ta file"),
                kind: ProtectionKind::Deed,
                holds: true,
            },
        ];
        assert_eq!(parse_report(&write_report(&found)), found);
        assert_eq!(
            parse_report("deed\tperhaps\tx\nlayer\ttrue\n\u{0}\ndeed\ttrue\t"),
            parse_report("deed\ttrue\t")
        );
    }
}
