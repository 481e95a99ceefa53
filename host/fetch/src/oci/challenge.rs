//! Authentication challenges: the header `WWW-Authenticate`
//! ([RFC 9110 section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)).

use ureq::http::HeaderMap;

/// A supported authentication scheme that a registry offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User name and password with every request.
    Basic,
    /// A token from a token service.
    Bearer {
        /// The URL of the service.
        realm: String,
        /// The name of the registry at the service.
        service: Option<String>,
    },
}

/// A scheme and its parameters, all names in lower case.
type Offer = (String, Vec<(String, String)>);

/// The supported challenges of a response. Others, and invalid ones, are skipped.
pub(super) fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let values = headers.get_all("www-authenticate");
    values.iter().filter_map(|value| value.to_str().ok()).flat_map(parse).collect()
}

/// Parses one header: a scheme, its parameters, then possibly the next scheme.
fn parse(text: &str) -> Vec<Challenge> {
    let mut offers: Vec<Offer> = Vec::new();
    for item in split_list(text) {
        let (name, value) = match item.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (item, None),
        };
        // a scheme precedes its first parameter, without a comma
        let (scheme, name) = match name.rsplit_once(' ') {
            Some((scheme, name)) => (Some(scheme.trim()), name),
            None if value.is_none() => (Some(name), ""),
            None => (None, name),
        };
        if let Some(scheme) = scheme {
            offers.push((scheme.to_ascii_lowercase(), Vec::new()));
        }
        if let (Some(value), Some((_, parameters))) = (value, offers.last_mut()) {
            parameters.push((name.to_ascii_lowercase(), unquote(value)));
        }
    }
    offers.iter().filter_map(challenge).collect()
}

fn challenge((scheme, parameters): &Offer) -> Option<Challenge> {
    let parameter = |name: &str| {
        parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
    };
    match scheme.as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => {
            Some(Challenge::Bearer { realm: parameter("realm")?, service: parameter("service") })
        }
        _ => None,
    }
}

/// Splits at commas that are not inside quotes.
fn split_list(text: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    let is_separator = move |c: char| {
        let is_separator = c == ',' && !is_quoted;
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = is_quoted && c == '\\' && !is_escaped;
        is_separator
    };
    text.split(is_separator).map(str::trim).filter(|item| !item.is_empty())
}

fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut is_escaped = false;
    let mut unescaped = String::new();
    for c in inner.chars() {
        is_escaped = c == '\\' && !is_escaped;
        if !is_escaped {
            unescaped.push(c);
        }
    }
    unescaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn several_challenges_are_parsed() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a:pull""#;
        assert_eq!(
            parse(hub),
            [bearer("https://auth.docker.io/token", Some("registry.docker.io"))]
        );
        assert_eq!(parse(r#"Basic realm="a registry, ours""#), [Challenge::Basic]);
        assert_eq!(parse("Basic"), [Challenge::Basic]);
        assert_eq!(
            parse(r#"Negotiate, BASIC realm=x , bearer Realm="https://r/a\"b,c" , SERVICE=s"#),
            [Challenge::Basic, bearer("https://r/a\"b,c", Some("s"))]
        );
    }

    #[test]
    fn invalid_challenges_are_skipped() {
        for text in [
            "",
            ",,,",
            "Digest realm=\"x\"",
            "Bearer service=\"x\"",
            "=",
            "realm=x",
            "Bearer \"",
            "\u{7f}",
        ] {
            assert_eq!(parse(text), [], "{text}");
        }
        let long = "Bearer ".repeat(10_000);
        assert_eq!(parse(&long), []);
    }
}
