//! `X-Hub-Signature-256`: the HMAC-SHA256 of the raw body under the shared secret.
//!
//! The bytes are verified as they came; a body that means the same but is written differently is
//! another body. The older SHA-1 header is not looked at.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Why a delivery is not believed. The answer to all of them is 401; the difference is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// No header: most often a webhook that was set up without a secret.
    #[error("the X-Hub-Signature-256 header is missing: set the webhook secret at GitHub")]
    Missing,
    /// A header that is not `sha256=` and 64 lower-case hexadecimal digits.
    #[error("the X-Hub-Signature-256 header is not `sha256=` and 64 lower-case hex digits")]
    Malformed,
    /// Another secret, or another body.
    #[error("the signature does not fit the body: the secrets at GitHub and here differ")]
    Mismatch,
}

/// Accepts `body` if `header` is its signature under one of `secrets`. Two secrets are configured
/// while one is being replaced. An empty secret signs nothing, because anybody could.
///
/// # Errors
///
/// [`BadSignature`] says which of the three ways it failed. The comparison takes the same time
/// wherever the digests differ.
pub fn verify(
    secrets: &[SecretString],
    header: Option<&str>,
    body: &[u8],
) -> Result<(), BadSignature> {
    let digits = header.ok_or(BadSignature::Missing)?;
    let digits = digits.strip_prefix("sha256=").ok_or(BadSignature::Malformed)?;
    let lower_hex = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != 64 || !digits.bytes().all(lower_hex) {
        return Err(BadSignature::Malformed);
    }
    let claimed = hex::decode(digits).map_err(|_| BadSignature::Malformed)?;
    let mut good = false;
    for secret in secrets.iter().filter(|it| !it.expose_secret().is_empty()) {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
            continue;
        };
        mac.update(body);
        good |= mac.verify_slice(&claimed).is_ok();
    }
    if good { Ok(()) } else { Err(BadSignature::Mismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &str = "Hello, World!";
    const DIGEST: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[track_caller]
    fn check(
        secrets: &[&str],
        header: Option<&str>,
        body: &str,
        expected: Result<(), BadSignature>,
    ) {
        let secrets: Vec<_> = secrets.iter().map(|it| SecretString::from(*it)).collect();
        assert_eq!(verify(&secrets, header, body.as_bytes()), expected, "{header:?}");
    }

    #[test]
    fn a_signature_is_good_under_any_configured_secret() {
        let good = format!("sha256={DIGEST}");
        check(&[SECRET], Some(&good), BODY, Ok(()));
        check(&["new", SECRET], Some(&good), BODY, Ok(()));
        check(&[SECRET, "new"], Some(&good), BODY, Ok(()));
        check(&["new"], Some(&good), BODY, Err(BadSignature::Mismatch));
        check(&[], Some(&good), BODY, Err(BadSignature::Mismatch));
    }

    #[test]
    fn a_changed_body_is_refused() {
        let good = format!("sha256={DIGEST}");
        check(&[SECRET], Some(&good), "Hello, World?", Err(BadSignature::Mismatch));
        check(&[SECRET], Some(&good), "Hello, World!\n", Err(BadSignature::Mismatch));
        check(&[SECRET], Some(&good), "", Err(BadSignature::Mismatch));
    }

    #[test]
    fn only_one_way_of_writing_it_is_accepted() {
        let malformed = Err(BadSignature::Malformed);
        check(&[SECRET], None, BODY, Err(BadSignature::Missing));
        check(&[SECRET], Some(""), BODY, malformed);
        check(&[SECRET], Some(DIGEST), BODY, malformed);
        check(&[SECRET], Some("sha256="), BODY, malformed);
        check(&[SECRET], Some(&format!("sha256={}", &DIGEST[..62])), BODY, malformed);
        check(&[SECRET], Some(&format!("sha256={DIGEST}00")), BODY, malformed);
        check(&[SECRET], Some(&format!("sha256={}", DIGEST.to_uppercase())), BODY, malformed);
        check(&[SECRET], Some(&format!("SHA256={DIGEST}")), BODY, malformed);
        check(&[SECRET], Some(&format!("sha256={}zz", &DIGEST[..62])), BODY, malformed);
        check(&[SECRET], Some(&format!(" sha256={DIGEST}")), BODY, malformed);
        check(&[SECRET], Some("sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"), BODY, malformed);
    }

    #[test]
    fn an_empty_secret_opens_nothing() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"").unwrap();
        mac.update(BODY.as_bytes());
        let forged = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        check(&[""], Some(&forged), BODY, Err(BadSignature::Mismatch));
    }
}
