//! A token service: it looks at who asks, and signs what they may do.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::docker::{PASSWORD, USER};
use super::reply::Reply;
use super::server::{Request, Server};

/// What stands for a name and a password, once one is logged in.
pub const REFRESH_TOKEN: &str = "a-refresh-token-of-the-tests";

/// A token service, as a server. Whoever does not say who they are may pull what is below
/// `public/`.
pub struct TokenServer {
    server: Server,
    certificate: String,
}

/// Signs tokens.
struct Signer {
    key: EcdsaKeyPair,
    certificate: String,
    random: SystemRandom,
}

impl TokenServer {
    /// What registries call themselves that believe it.
    pub const SERVICE: &str = "registry-of-tests";
    /// What it calls itself.
    pub const ISSUER: &str = "tokens-of-tests";

    pub fn start() -> Self {
        let key = KeyPair::generate().expect("a key");
        let parameters = CertificateParams::new(vec!["tokens".to_owned()]).expect("parameters");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &key.serialize_der(),
            &random,
        );
        let signer = Signer {
            key: key.expect("a key"),
            certificate: STANDARD.encode(certificate.der()),
            random,
        };
        let server = Server::start(None, move |request| signer.answer(request));
        Self { server, certificate: certificate.pem() }
    }

    /// Where tokens come from.
    pub fn realm(&self) -> String {
        format!("http://{}/token", self.server.host())
    }

    /// Its address and port.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// What a registry trusts, to trust its tokens.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Everything that was asked of it, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }
}

impl Signer {
    fn answer(&self, request: &Request) -> Reply {
        let form = request.form();
        let fields = if request.method == "POST" { &form } else { &request.query };
        let is_known = match request.header("authorization") {
            Some(value) => {
                value == format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")))
            }
            None => match fields.get("grant_type").map(String::as_str) {
                Some("refresh_token") => {
                    fields.get("refresh_token").is_some_and(|token| token == REFRESH_TOKEN)
                }
                Some("password") => {
                    let said = |name: &str| fields.get(name).map(String::as_str);
                    (said("username"), said("password")) == (Some(USER), Some(PASSWORD))
                }
                _ => return self.grant(fields.get("scope"), None),
            },
        };
        if request.path != "/token"
            || fields.get("service").map(String::as_str) != Some(TokenServer::SERVICE)
        {
            return Reply::refusal(404, "UNKNOWN", "no such service");
        }
        match is_known {
            true => self.grant(fields.get("scope"), Some(USER)),
            false => Reply::refusal(401, "UNAUTHORIZED", "wrong name or password"),
        }
    }

    /// A token for what is asked for, as far as whoever asks may have it.
    fn grant(&self, scope: Option<&String>, user: Option<&str>) -> Reply {
        let parts = scope.map(|scope| scope.split(' ')).into_iter().flatten();
        let access: Vec<Value> = parts.filter_map(|scope| access(scope, user.is_some())).collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later").as_secs();
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [self.certificate]});
        let claims = json!({
            "iss": TokenServer::ISSUER,
            "aud": TokenServer::SERVICE,
            "sub": user.unwrap_or_default(),
            "nbf": now - 10,
            "iat": now,
            "exp": now + 300,
            "jti": "1",
            "access": access,
        });
        let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encoded(&header), encoded(&claims));
        let signature = self.key.sign(&self.random, signed.as_bytes()).expect("a signature");
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        Reply::json(200, &json!({"token": token, "access_token": token, "expires_in": 300}))
    }
}

/// What one part of a scope grants: `repository:<name>:<actions>`.
fn access(scope: &str, is_known: bool) -> Option<Value> {
    let (rest, actions) = scope.rsplit_once(':')?;
    let (kind, name) = rest.split_once(':')?;
    let may = |action: &&str| is_known || (*action == "pull" && name.starts_with("public/"));
    let actions: Vec<&str> = actions.split(',').filter(may).collect();
    Some(json!({"type": kind, "name": name, "actions": actions}))
}
