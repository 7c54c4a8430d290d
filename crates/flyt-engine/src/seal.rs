//! Secrets at rest: XChaCha20-Poly1305 with the place of the secret as associated data, so that a sealed secret copied
//! elsewhere does not open. A sealed secret names its key, so that keys can be changed (`reseal.rs`).

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

/// Bytes of a nonce.
pub(crate) const NONCE_BYTES: usize = 24;
/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// First byte of what is sealed: how the rest is laid out. 1: id of the key, nonce, cipher text.
const LAYOUT: u8 = 1;
/// Bytes of a key's id.
const ID_BYTES: usize = 8;

/// Which key sealed something; it tells nothing of the key.
type KeyId = [u8; ID_BYTES];

#[derive(Clone)]
struct OneKey {
    id: KeyId,
    cipher: XChaCha20Poly1305,
    /// A key of its own for marks, derived from this one.
    marks: [u8; KEY_BYTES],
}
impl OneKey {
    fn new(key: &[u8; KEY_BYTES]) -> Self {
        let digest: [u8; 32] = Sha256::new_with_prefix(b"flyt key id\0")
            .chain_update(key)
            .finalize()
            .into();
        let mut id = [0; ID_BYTES];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self {
            id,
            cipher: XChaCha20Poly1305::new(&Key::from(*key)),
            marks: hmac(key, "marks"),
        }
    }
}

/// The key of an installation, and the one before while secrets are sealed anew.
#[derive(Clone)]
pub struct Seal {
    current: OneKey,
    old: Option<OneKey>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

/// Where a secret of a business lies: what it is sealed for, and what sealing it anew expects. Every row of `secrets` is
/// sealed for this.
pub(crate) fn place(business_no: i64, name: &str, version: i64) -> String {
    format!("{business_no}/{name}/{version}")
}

impl Seal {
    /// A seal with this key.
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self {
            current: OneKey::new(key),
            old: None,
        }
    }
    /// The same seal, which also opens what `key` sealed.
    #[must_use]
    pub fn with_old(self, key: &[u8; KEY_BYTES]) -> Self {
        Self {
            old: Some(OneKey::new(key)),
            ..self
        }
    }
    /// Unguessable marks of `context` that can be made again at any time, so that they need not be stored: the current key's, and
    /// the old one's while there is one.
    pub(crate) fn marks(&self, context: &str) -> Vec<[u8; KEY_BYTES]> {
        let keys = [Some(&self.current), self.old.as_ref()];
        keys.into_iter()
            .flatten()
            .map(|key| hmac(&key.marks, context))
            .collect()
    }
    /// A name of the current key, in hex; it tells nothing of the key.
    pub fn id(&self) -> String {
        format!("{:016x}", u64::from_be_bytes(self.current.id))
    }
    /// Seals `plain` for the place `context`: layout, id of the key, nonce and cipher text.
    ///
    /// # Errors
    /// A sentence; only for texts of gigabytes.
    pub fn close(&self, plain: &str, context: &str, nonce: &[u8; NONCE_BYTES]) -> Result<Vec<u8>, String> {
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: context.as_bytes(),
        };
        let sealed = self
            .current
            .cipher
            .encrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| "a secret could not be sealed".to_owned())?;
        Ok([&[LAYOUT], self.current.id.as_slice(), nonce, &sealed].concat())
    }
    /// Opens what was sealed for the place `context`.
    ///
    /// # Errors
    /// A sentence: another key, another place, or damage.
    pub fn open(&self, sealed: &[u8], context: &str) -> Result<String, String> {
        let damaged = || "a stored secret does not open: it is damaged or not in its place".to_owned();
        let (id, rest) = split(sealed).ok_or_else(damaged)?;
        let known = [Some(&self.current), self.old.as_ref()];
        let key = known.into_iter().flatten().find(|k| k.id == id).ok_or_else(|| {
            "a stored secret was sealed with another key: set FLYT_SECRET_KEY to that one, or FLYT_SECRET_KEY_OLD \
             beside a new one"
                .to_owned()
        })?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let payload = Payload {
            msg: sealed,
            aad: context.as_bytes(),
        };
        let plain = key
            .cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| damaged())?;
        String::from_utf8(plain).map_err(|_| damaged())
    }
    /// Whether the current key sealed this.
    pub(crate) fn is_current(&self, sealed: &[u8]) -> bool {
        split(sealed).is_some_and(|(id, _)| id == self.current.id)
    }
    /// Whether one of our keys sealed this.
    pub(crate) fn is_known(&self, sealed: &[u8]) -> bool {
        self.is_current(sealed)
            || split(sealed).is_some_and(|(id, _)| self.old.as_ref().is_some_and(|k| k.id == id))
    }
}

/// Id of the key, and what follows it.
fn split(sealed: &[u8]) -> Option<(KeyId, &[u8])> {
    let (layout, rest) = sealed.split_first()?;
    let (id, rest) = rest.split_first_chunk::<ID_BYTES>()?;
    (*layout == LAYOUT).then_some((*id, rest))
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
        let other = Seal::new(&[8; KEY_BYTES])
            .open(&sealed, "1/webhook/1")
            .unwrap_err();
        assert!(other.contains("FLYT_SECRET_KEY_OLD"), "{other}");
        assert!(seal.open(&sealed[..10], "1/webhook/1").is_err());
        assert!(seal.open(b"", "1/webhook/1").is_err());
    }

    #[test]
    fn a_new_key_opens_what_the_old_one_sealed_and_seals_with_itself() {
        let old = Seal::new(&[7; KEY_BYTES]);
        let sealed = old.close("whsec_x", "1/webhook/1", &[1; NONCE_BYTES]).unwrap();
        let both = Seal::new(&[8; KEY_BYTES]).with_old(&[7; KEY_BYTES]);
        assert_eq!(both.open(&sealed, "1/webhook/1").as_deref(), Ok("whsec_x"));
        assert!(both.is_known(&sealed) && !both.is_current(&sealed));
        let anew = both.close("whsec_x", "1/webhook/1", &[2; NONCE_BYTES]).unwrap();
        assert!(both.is_current(&anew) && old.open(&anew, "1/webhook/1").is_err());
    }
}
