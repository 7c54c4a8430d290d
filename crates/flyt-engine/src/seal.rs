//! Secrets at rest: XChaCha20-Poly1305 with the place of the secret as associated data, so that a sealed secret copied
//! elsewhere does not open. And fingerprints: keyed hashes of what must be recognised but not read.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// Bytes of a nonce.
pub(crate) const NONCE_BYTES: usize = 24;
/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// The key of an installation.
#[derive(Clone)]
pub struct Seal {
    cipher: XChaCha20Poly1305,
    prints: Hmac<Sha256>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// A seal with this key.
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        // The block of the hash, of which the key fills a part: the same as the key itself (RFC 2104).
        let mut block = [0_u8; 64];
        for (place, byte) in block.iter_mut().zip(key) {
            *place = *byte;
        }
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(*key)),
            prints: Hmac::<Sha256>::new(&block.into()),
        }
    }
    /// A keyed hash of `plain` in the place `context`: the same for the same text, and of no use to read it without the key.
    pub fn print(&self, plain: &str, context: &str) -> String {
        let mut mac = self.prints.clone();
        for part in ["fingerprint", context, plain] {
            mac.update(&part.len().to_le_bytes());
            mac.update(part.as_bytes());
        }
        format!("hmac:{}", BASE64.encode(mac.finalize().into_bytes()))
    }
    /// Seals `plain` for the place `context`: nonce and cipher text.
    ///
    /// # Errors
    /// A sentence; only for texts of gigabytes.
    pub fn close(&self, plain: &str, context: &str, nonce: &[u8; NONCE_BYTES]) -> Result<Vec<u8>, String> {
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: context.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| "a secret could not be sealed".to_owned())?;
        Ok([nonce.as_slice(), &sealed].concat())
    }
    /// Opens what was sealed for the place `context`.
    ///
    /// # Errors
    /// A sentence: another key, another place, or damage.
    pub fn open(&self, sealed: &[u8], context: &str) -> Result<String, String> {
        let wrong =
            || "a stored secret does not open: is FLYT_SECRET_KEY the one it was sealed with?".to_owned();
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(wrong)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| wrong())?;
        let payload = Payload {
            msg: sealed,
            aad: context.as_bytes(),
        };
        let plain = self
            .cipher
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| wrong())?;
        String::from_utf8(plain).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_in_its_place_with_its_key() {
        let seal = Seal::new(&[7; KEY_BYTES]);
        let sealed = seal.close("whsec_x", "1/webhook/1", &[1; NONCE_BYTES]).unwrap();
        assert_eq!(seal.open(&sealed, "1/webhook/1").as_deref(), Ok("whsec_x"));
        assert!(seal.open(&sealed, "2/webhook/1").is_err());
        assert!(Seal::new(&[8; KEY_BYTES]).open(&sealed, "1/webhook/1").is_err());
        assert!(seal.open(&sealed[..10], "1/webhook/1").is_err());
    }

    #[test]
    fn a_fingerprint_is_of_its_text_its_place_and_its_key() {
        let seal = Seal::new(&[7; KEY_BYTES]);
        let print = seal.print("kari@check.example", "1/email");
        assert_eq!(print, seal.print("kari@check.example", "1/email"));
        assert!(print.starts_with("hmac:") && !print.contains("kari"));
        assert_ne!(print, seal.print("kari@check.example", "2/email"));
        assert_ne!(
            print,
            Seal::new(&[8; KEY_BYTES]).print("kari@check.example", "1/email")
        );
    }
}
