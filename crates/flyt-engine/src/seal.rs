//! Secrets at rest: XChaCha20-Poly1305 with the place of the secret as associated data, so that a sealed secret copied
//! elsewhere does not open.

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
    /// A key of its own for marks, derived from the installation's.
    marks: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// A seal with this key.
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(*key)),
            marks: hmac(key, "marks"),
        }
    }
    /// An unguessable mark of `context` that can be made again at any time, so that it need not be stored.
    pub(crate) fn mark(&self, context: &str) -> [u8; KEY_BYTES] {
        hmac(&self.marks, context)
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

fn hmac(key: &[u8; KEY_BYTES], text: &str) -> [u8; KEY_BYTES] {
    // A key is as long as a block of SHA-256; zeros at its end change nothing.
    let mut block = [0_u8; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
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
}
