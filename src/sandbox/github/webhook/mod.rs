//! Webhooks: what is told to the App, how it is signed, and how it travels.
//!
//! Every act calls [`World::emit`](super::world::World::emit), which writes a delivery into the
//! queue in the order of the acts. The pump posts them one after another and records the answer.
//! GitHub never repeats a failed delivery by itself; it keeps it for a while, and the App may ask
//! for it again.

mod delivery;
mod emit;
mod pump;

pub(super) use self::delivery::Hook;
pub use self::delivery::{Attempt, Delivery, DeliveryFault, DeliveryState};
pub(super) use self::pump::{Pump, post_pending};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The value of `X-Hub-Signature-256` for a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    #[expect(clippy::unwrap_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// The example of GitHub's documentation ("Validating webhook deliveries").
    #[test]
    fn the_documented_signature_comes_out() {
        assert_eq!(
            signature("It's a Secret to Everybody", b"Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }
}
