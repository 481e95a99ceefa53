//! `docs/validate.md` is generated from the table of codes: run with `BLESS=1` to update it.

use gtc_core::ops::validate::{Code, PAGE};

use test_support::repository;

const HEAD: &str = "<!-- from here on made of the table of codes: BLESS=1 cargo test -p gtc --test suite -- validate::documentation -->\n";

fn page() -> String {
    let mut text = HEAD.to_owned();
    let mut group = "";
    for code in Code::ALL {
        let description = code.description();
        if description.group != group {
            group = description.group;
            text.push_str(&format!("\n## {group}\n"));
        }
        text.push_str(&format!("\n### {}\n\n", code.name()));
        text.push_str(&format!(
            "*{}.* {}\n\n{}\n",
            description.severity, description.cause, description.fix
        ));
    }
    text
}

#[test]
fn the_page_explains_every_code() {
    let path = repository().join(PAGE);
    let text = std::fs::read_to_string(&path).expect("the page");
    let at = text.find(HEAD).expect("the line from which on it is made");
    let expected = format!("{}{}", &text[..at], page());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, expected).expect("a file");
        return;
    }
    assert!(
        text == expected,
        "{PAGE} is not what the table of codes says; make it anew with BLESS=1"
    );
}
