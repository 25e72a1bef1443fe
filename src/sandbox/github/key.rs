//! The App's key pair: made or read here, and used to check the App's JSON Web Tokens.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::StartError;

/// What an App's token says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    /// Issued at, seconds.
    pub(super) iat: Option<i64>,
    /// Expires at, seconds.
    pub(super) exp: Option<i64>,
    /// The App's id; GitHub takes a number or its text.
    pub(super) iss: Option<serde_json::Value>,
}

/// A key pair.
pub(super) struct AppKey {
    pem: String,
    public: DecodingKey,
}

impl AppKey {
    /// A new key of 2,048 bits, as GitHub makes them.
    pub(super) fn generate() -> Result<AppKey, StartError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| StartError::KeyNotMade)?;
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| StartError::KeyNotMade)?;
        Ok(AppKey { pem: armour(der.as_ref()), public: public_half(&pair) })
    }

    pub(super) fn read(pem: &str) -> Result<AppKey, StartError> {
        let base64: String = pem.lines().filter(|it| !it.starts_with("-----")).collect();
        let der = STANDARD.decode(base64.trim()).map_err(|_| StartError::KeyNotRead)?;
        let pair = KeyPair::from_pkcs8(&der)
            .or_else(|_| KeyPair::from_der(&der))
            .map_err(|_| StartError::KeyNotRead)?;
        Ok(AppKey { pem: pem.to_owned(), public: public_half(&pair) })
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// The claims of a token that this key signed with RS256. Its times are judged by the caller,
    /// who knows the sandbox's clock.
    pub(super) fn verify(&self, token: &str) -> Option<Claims> {
        let mut rules = Validation::new(Algorithm::RS256);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        jsonwebtoken::decode(token, &self.public, &rules).ok().map(|it| it.claims)
    }
}

fn public_half(pair: &KeyPair) -> DecodingKey {
    DecodingKey::from_rsa_der(pair.public_key().as_ref())
}

fn armour(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    pem
}
