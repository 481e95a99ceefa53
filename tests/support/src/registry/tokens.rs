//! A token service, which authenticates users and signs their permissions.

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

/// An identity token, which replaces user name and password after a login.
pub const REFRESH_TOKEN: &str = "a-refresh-token-of-the-tests";

/// A token service. Anonymous users may pull from repositories below `public/`.
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
    /// The service name of registries that accept its tokens.
    pub const SERVICE: &str = "registry-of-tests";
    /// The issuer in its tokens.
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

    /// The URL for requests.
    pub fn realm(&self) -> String {
        format!("http://{}/token", self.server.host())
    }

    /// The address and port.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// The certificate that verifies its tokens, in PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// All requests, in order.
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
                    let field = |name: &str| fields.get(name).map(String::as_str);
                    (field("username"), field("password")) == (Some(USER), Some(PASSWORD))
                }
                _ => return self.grant(fields.get("scope"), None),
            },
        };
        if request.path != "/token"
            || fields.get("service").map(String::as_str) != Some(TokenServer::SERVICE)
        {
            return Reply::error(404, "UNKNOWN", "no such service");
        }
        if is_known {
            self.grant(fields.get("scope"), Some(USER))
        } else {
            Reply::error(401, "UNAUTHORIZED", "wrong name or password")
        }
    }

    /// A token for the parts of the scope that the user may access.
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

/// The access for one part of a scope: `repository:<name>:<actions>`.
fn access(scope: &str, is_known: bool) -> Option<Value> {
    let (rest, actions) = scope.rsplit_once(':')?;
    let (kind, name) = rest.split_once(':')?;
    let may = |action: &&str| is_known || (*action == "pull" && name.starts_with("public/"));
    let actions: Vec<&str> = actions.split(',').filter(may).collect();
    Some(json!({"type": kind, "name": name, "actions": actions}))
}
