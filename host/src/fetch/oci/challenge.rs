//! How a registry asks for a login: the header `WWW-Authenticate`, RFC 9110 section
//! 11.6.1.

use ureq::http::HeaderMap;

/// A way to log in that we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User name and password with every request.
    Basic,
    /// A token from a service.
    Bearer {
        /// The address of the service.
        realm: String,
        /// The name that the service knows the registry by.
        service: Option<String>,
    },
}

/// The ways that a registry offers. What cannot be read is no offer.
pub(super) fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let values = headers.get_all("www-authenticate");
    values.iter().filter_map(|value| value.to_str().ok()).flat_map(parse).collect()
}

/// The offers in one header: a scheme and parameters, then perhaps a comma and the next
/// scheme.
fn parse(text: &str) -> Vec<Challenge> {
    let mut offers: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for part in parts(text) {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (part, None),
        };
        // a scheme stands before its first parameter
        let (scheme, name) = match name.rsplit_once(' ') {
            Some((scheme, name)) => (Some(scheme.trim()), name),
            None if value.is_none() => (Some(name), ""),
            None => (None, name),
        };
        if let Some(scheme) = scheme {
            offers.push((scheme.to_ascii_lowercase(), Vec::new()));
        }
        if let (Some(value), Some((_, parameters))) = (value, offers.last_mut()) {
            parameters.push((name.to_ascii_lowercase(), unquoted(value)));
        }
    }
    offers.iter().filter_map(|(scheme, parameters)| challenge(scheme, parameters)).collect()
}

fn challenge(scheme: &str, parameters: &[(String, String)]) -> Option<Challenge> {
    let parameter = |name: &str| {
        parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
    };
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => {
            Some(Challenge::Bearer { realm: parameter("realm")?, service: parameter("service") })
        }
        _ => None,
    }
}

/// What stands between commas that are not quoted.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let is_end = move |c: char| {
        let is_end = c == ',' && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        is_end
    };
    text.split(is_end).map(str::trim).filter(|part| !part.is_empty())
}

fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut escaped = false;
    let keep = |c: &char| {
        escaped = *c == '\\' && !escaped;
        !escaped
    };
    inner.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn offers_are_told_apart() {
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
    fn what_is_no_offer() {
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
