//! The App's private key, in each of the ways people put one into an environment variable.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

/// Why a text is not the App's private key. Never contains the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing but blanks.
    #[error("the private key is empty: paste the .pem file that GitHub let you download")]
    Empty,
    /// A file name where the text is expected.
    #[error("this looks like the name of a file: put it into PRIVATE_KEY_PATH instead")]
    Path,
    /// Neither PEM nor base64 of PEM.
    #[error(
        "this is not a private key: it should begin with -----BEGIN RSA PRIVATE KEY-----, \
         or be that file in base64"
    )]
    NotPem,
    /// PEM, but of something else.
    #[error(
        "this PEM file is not an unencrypted RSA private key: generate a private key on the App's \
         settings page and use that file"
    )]
    OtherKind,
    /// The right kind, but cut off or altered.
    #[error("the private key is damaged: copy the whole .pem file again, with all its lines")]
    Damaged,
}

/// Reads the App's private key: the PEM file as it is, with its line ends written as `\n` (also
/// where those were escaped once more), with blanks in their place, in quotation marks, or the
/// whole file in base64, padded or not.
///
/// # Errors
///
/// [`KeyError`] says what the text is instead and where the right one is found.
pub fn private_key(text: &str) -> Result<EncodingKey, KeyError> {
    let text = text.trim().trim_matches(['"', '\'']).trim().replace("\\\\", "\\");
    let text = text.as_str();
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    let pem = if text.contains("-----BEGIN") { text.to_owned() } else { decoded(text)? };
    let (label, content) = parts(&pem)?;
    if !["RSA PRIVATE KEY", "PRIVATE KEY"].contains(&label) {
        return Err(KeyError::OtherKind);
    }
    let key = EncodingKey::from_rsa_pem(wrapped(label, &content).as_bytes());
    let key = key.map_err(|_| KeyError::Damaged)?;
    // Parsing looks at the shell only; one signature proves that the numbers inside are whole.
    let claims = serde_json::json!({});
    let trial = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key);
    trial.map(|_| key).map_err(|_| KeyError::Damaged)
}

fn decoded(text: &str) -> Result<String, KeyError> {
    let is_path = text.ends_with(".pem") || text.starts_with(['/', '.', '~']);
    if is_path && text.len() < 300 {
        return Err(KeyError::Path);
    }
    let compact: String = text.replace("\\n", "").split_whitespace().collect();
    // Some hosts take only the letters that may stand in an address, and no padding.
    let compact = compact.replace('-', "+").replace('_', "/");
    let bytes =
        STANDARD_NO_PAD.decode(compact.trim_end_matches('=')).map_err(|_| KeyError::NotPem)?;
    let pem = String::from_utf8(bytes).map_err(|_| KeyError::NotPem)?;
    if pem.contains("-----BEGIN") { Ok(pem) } else { Err(KeyError::NotPem) }
}

/// The label and the base64 text between the first pair of markers.
fn parts(pem: &str) -> Result<(&str, String), KeyError> {
    let after = pem.split_once("-----BEGIN ").ok_or(KeyError::NotPem)?.1;
    let (label, rest) = after.split_once("-----").ok_or(KeyError::NotPem)?;
    let (content, _) = rest.split_once("-----END").ok_or(KeyError::Damaged)?;
    let content = content.replace("\\r", "").replace("\\n", "");
    Ok((label, content.split_whitespace().collect()))
}

fn wrapped(label: &str, content: &str) -> String {
    let mut pem = format!("-----BEGIN {label}-----\n");
    for (index, char) in content.chars().enumerate() {
        if index != 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(char);
    }
    pem.push_str(&format!("\n-----END {label}-----\n"));
    pem
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;
    use crate::github::client::tests::server::TEST_KEY;

    #[track_caller]
    fn check(text: &str, expected: Result<(), KeyError>) {
        assert_eq!(private_key(text).map(drop), expected);
    }

    #[test]
    fn every_common_spelling_is_read() {
        check(TEST_KEY, Ok(()));
        check(&TEST_KEY.replace('\n', "\\n"), Ok(()));
        check(&TEST_KEY.replace('\n', "\r\n"), Ok(()));
        check(&TEST_KEY.replace('\n', " "), Ok(()));
        check(&format!("\"{}\"", TEST_KEY.trim().replace('\n', "\\n")), Ok(()));
        check(&TEST_KEY.replace('\n', "\\\\n"), Ok(()));
        check(&STANDARD.encode(TEST_KEY), Ok(()));
        check(&STANDARD_NO_PAD.encode(TEST_KEY), Ok(()));
        check(&URL_SAFE.encode(TEST_KEY), Ok(()));
        check(&STANDARD.encode(TEST_KEY.trim()), Ok(()));
    }

    #[test]
    fn anything_else_is_named() {
        check(" \n", Err(KeyError::Empty));
        check("/run/secrets/app.pem", Err(KeyError::Path));
        check("app.2026-11-21.private-key.pem", Err(KeyError::Path));
        check("hunter2", Err(KeyError::NotPem));
        check(&STANDARD.encode("hunter2"), Err(KeyError::NotPem));
        check(
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            Err(KeyError::OtherKind),
        );
        check(&TEST_KEY.replace("RSA", "OPENSSH"), Err(KeyError::OtherKind));
        check(&TEST_KEY[..TEST_KEY.len() / 2], Err(KeyError::Damaged));
        let lines: Vec<_> = TEST_KEY.lines().collect();
        let hole = [&lines[..4], &lines[6..]].concat().join("\n");
        check(&hole, Err(KeyError::Damaged));
    }
}
