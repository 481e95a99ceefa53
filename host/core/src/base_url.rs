//! The URL by which others reach the runtime of an environment.

use std::str::FromStr;

use env_pack_domain::ForeignText;
use env_pack_domain::grammar::Grammar;
use url::Url;

/// The longest URL, in bytes.
const MAX_BYTES: usize = 2048;

/// An `http` or `https` URL without user info, query and fragment, as the [WHATWG] spells it.
/// The final `/` of the shortest path may be missing.
///
/// [WHATWG]: https://url.spec.whatwg.org/#url-serializing
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Returns the URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        if text.len() > MAX_BYTES {
            return Err(InvalidBaseUrl::TooLong { bytes: text.len() });
        }
        let url = Url::parse(text).map_err(InvalidBaseUrl::Unreadable)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidBaseUrl::Scheme { scheme: ForeignText::excerpt(url.scheme()) });
        }
        if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
            return Err(InvalidBaseUrl::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidBaseUrl::QueryOrFragment);
        }
        if text != url.as_str() && format!("{text}/") != url.as_str() {
            return Err(InvalidBaseUrl::Spelling { canonical: ForeignText::new(url.as_str()) });
        }
        Ok(Self(text.to_owned()))
    }
}

impl Grammar for BaseUrl {
    const PATTERN: &'static str = "^https?://[^@?#]+$";
    const MAX_CHARS: Option<usize> = Some(MAX_BYTES);
}

/// The error for a text that is not a base URL. No message shows user info, which may be a
/// password.
#[derive(Debug, thiserror::Error)]
pub enum InvalidBaseUrl {
    /// It is too long.
    #[error("it has {bytes} bytes, more than {MAX_BYTES}")]
    TooLong {
        /// Its length, in bytes.
        bytes: usize,
    },
    /// It is not a URL.
    #[error("it is not a URL such as `https://greentic.example`")]
    Unreadable(#[source] url::ParseError),
    /// It has another scheme.
    #[error("its scheme is `{scheme}`; use `http` or `https`")]
    Scheme {
        /// The scheme.
        scheme: ForeignText,
    },
    /// It has a user name or a password.
    #[error("it has a user name or a password, which every reader of the environment would see")]
    UserInfo,
    /// It has a query or a fragment.
    #[error("it has a query or a fragment; paths are appended to it")]
    QueryOrFragment,
    /// Others read it as another text.
    #[error("write it as `{canonical}`")]
    Spelling {
        /// The same URL, as the standard spells it.
        canonical: ForeignText,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        let error = text.parse::<BaseUrl>().expect_err(text);
        env_pack_domain::with_causes(&error)
    }

    #[test]
    fn urls_keep_their_text() {
        for good in [
            "https://greentic.example",
            "https://greentic.example/",
            "http://127.0.0.1:8080/base/path",
            "https://[2001:db8::1]:8443",
            "https://xn--bcher-kva.example/b%C3%BCcher",
        ] {
            assert_eq!(good.parse::<BaseUrl>().expect(good).as_str(), good);
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (bad, expected) in [
            ("", "is not a URL"),
            ("greentic.example", "is not a URL"),
            ("https://", "is not a URL"),
            ("https://a.example:99999", "is not a URL"),
            ("ftp://a.example", "its scheme is `ftp`"),
            ("javascript:alert(1)", "its scheme is `javascript`"),
            ("file:///etc/passwd", "its scheme is `file`"),
            ("https://a.example?x=1", "a query or a fragment"),
            ("https://a.example/#x", "a query or a fragment"),
            ("https://A.example", "write it as `https://a.example/`"),
            (" https://a.example/", "write it as `https://a.example/`"),
            ("https://a.example/\n", "write it as `https://a.example/`"),
            ("https:\\\\a.example", "write it as `https://a.example/`"),
            ("https://a.example:443/", "write it as `https://a.example/`"),
            ("https://a.example/x/../y", "write it as `https://a.example/y`"),
            ("http://0x7f.1/", "write it as `http://127.0.0.1/`"),
            ("https://bücher.example/", "write it as `https://xn--bcher-kva.example/`"),
        ] {
            let reason = reason(bad);
            assert!(reason.contains(expected), "{bad}: {reason}");
        }
        let longest = format!("https://a.example/{}", "x".repeat(MAX_BYTES - 18));
        longest.parse::<BaseUrl>().expect("the longest");
        assert!(reason(&format!("{longest}x")).contains("2049 bytes"));
    }

    #[test]
    fn no_message_shows_user_info() {
        for bad in [
            "https://user:hunter2@a.example",
            "https://hunter2@a.example/",
            "https://@a.example/hunter2",
            "https://user:hunter2@a.example:99999",
            "ftp://user:hunter2@a.example",
        ] {
            let reason = reason(bad);
            assert!(!reason.contains("hunter2"), "{bad}: {reason}");
        }
    }
}
