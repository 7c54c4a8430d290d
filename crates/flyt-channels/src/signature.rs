//! Signatures of outgoing webhooks: Standard Webhooks 1.0.0, the symmetric `v1`.
//!
//! Signed are the bytes `{webhook-id}.{webhook-timestamp}.{body}`. While a secret is being replaced both
//! sign, and the signatures stand side by side. The signatures of other systems' webhooks to us are not
//! here; they belong to the inbound adapters.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// What the spec calls a reasonable age of a signature, in seconds.
pub const TOLERANCE_S: i64 = 300;

/// Secrets are pasted by people: with and without padding both read.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret that cannot sign. The text never holds the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signing secret is `whsec_` and the base64 of 24 to 64 bytes")]
pub struct BadSecret;

/// Why a signature was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// None of our secrets can be read.
    #[error(transparent)]
    BadSecret(#[from] BadSecret),
    /// `webhook-timestamp` is no number of seconds.
    #[error("the timestamp cannot be read")]
    Timestamp,
    /// Older or newer than the tolerance.
    #[error("the timestamp is too far from now")]
    TooFar,
    /// No signature is ours.
    #[error("no signature matches")]
    NoMatch,
}

/// Says at save time whether a secret can sign.
pub fn check_secret(secret: &str) -> Result<(), BadSecret> {
    key(secret).map(drop)
}

/// The value of `webhook-signature`: one `v1,…` for each live secret, in their order, apart by a blank.
pub fn sign(secrets: &[String], id: &str, timestamp_s: i64, body: &[u8]) -> Result<String, BadSecret> {
    let mut signatures = Vec::with_capacity(secrets.len());
    for secret in secrets {
        let signature = signed(secret, id, timestamp_s, body)?.finalize().into_bytes();
        signatures.push(format!("v1,{}", BASE64.encode(signature)));
    }
    Ok(signatures.join(" "))
}

/// The three headers of a delivery as its receiver sees them.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// `webhook-id`
    pub id: &'a str,
    /// `webhook-timestamp`
    pub timestamp: &'a str,
    /// `webhook-signature`
    pub signature: &'a str,
    /// The raw bytes of the body.
    pub body: &'a [u8],
}

/// Checks a delivery against our live secrets. The comparison takes as long for a near miss as for a far one.
pub fn verify(
    secrets: &[String],
    delivery: Delivery<'_>,
    now: Timestamp,
    tolerance_s: i64,
) -> Result<(), Unverified> {
    let timestamp_s: i64 = delivery.timestamp.parse().map_err(|_| Unverified::Timestamp)?;
    if now.as_second().abs_diff(timestamp_s) > tolerance_s.unsigned_abs() {
        return Err(Unverified::TooFar);
    }
    for secret in secrets {
        let expected = signed(secret, delivery.id, timestamp_s, delivery.body)?;
        let given = delivery
            .signature
            .split(' ')
            .filter_map(|one| one.strip_prefix("v1,"));
        for signature in given.filter_map(|text| BASE64.decode(text).ok()) {
            if expected.clone().verify_slice(&signature).is_ok() {
                return Ok(());
            }
        }
    }
    Err(Unverified::NoMatch)
}

fn signed(secret: &str, id: &str, timestamp_s: i64, body: &[u8]) -> Result<Hmac<Sha256>, BadSecret> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key(secret)?).map_err(|_| BadSecret)?;
    mac.update(format!("{id}.{timestamp_s}.").as_bytes());
    mac.update(body);
    Ok(mac)
}

fn key(secret: &str) -> Result<Vec<u8>, BadSecret> {
    let encoded = secret.strip_prefix("whsec_").ok_or(BadSecret)?;
    let key = BASE64.decode(encoded).map_err(|_| BadSecret)?;
    if (24..=64).contains(&key.len()) {
        Ok(key)
    } else {
        Err(BadSecret)
    }
}
