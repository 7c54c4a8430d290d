//! Fingerprints: keyed hashes of addresses that must be recognised but not read. Each business has a key of its own, made
//! when the first person is erased and sealed as all secrets are, so that changing the installation's key keeps them.

use crate::engine::Inner;
use crate::random;
use crate::refusal::Refusal;
use crate::seal::{NONCE_BYTES, place};
use crate::tenant::Tenant;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use flyt_store::secrets::{self, Secret};
use flyt_store::{Tx, businesses};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

/// The name under which the key lies among the secrets. It has one version for ever.
const NAME: &str = "fingerprints";
const VERSION: i64 = 1;
/// Bytes of the key: a block of the hash.
const KEY_BYTES: usize = 64;

/// The fingerprints of a business.
pub(crate) struct Prints(Hmac<Sha256>);
impl Prints {
    fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(Hmac::<Sha256>::new(&(*key).into()))
    }
    /// The fingerprint of an address, in the form in which addresses compare.
    pub(crate) fn of(&self, channel: &str, folded: &str) -> String {
        let mut mac = self.0.clone();
        for part in [channel, "\n", folded] {
            mac.update(part.as_bytes());
        }
        format!("hmac:{}", BASE64.encode(mac.finalize().into_bytes()))
    }
}

/// The sealed key of a business, if it has one.
pub(crate) async fn sealed(tx: &mut Tx, no: i64) -> Result<Option<Vec<u8>>, Refusal> {
    let mut found = secrets::versions(&mut tx.tenant(no), NAME).await?;
    Ok(found.pop().map(|s| s.sealed))
}

/// The fingerprints of a business. None: nobody has been erased there, or the key they were sealed with is lost, which
/// `flyt check` tells of.
pub(crate) fn open(inner: &Inner, tenant: &Tenant) -> Option<Prints> {
    let sealed = tenant.fingerprints.as_deref()?;
    let plain = inner
        .seal
        .open(sealed, &place(tenant.business.no, NAME, VERSION))
        .ok()?;
    let key: [u8; KEY_BYTES] = BASE64.decode(plain).ok()?.try_into().ok()?;
    Some(Prints::new(&key))
}

/// The same, made if there are none.
pub(crate) fn make(inner: &Inner, tx: &mut Tx, tenant: &Tenant, now: Timestamp) -> Result<Prints, Refusal> {
    if let Some(there) = open(inner, tenant) {
        return Ok(there);
    }
    let no = tenant.business.no;
    if tenant.fingerprints.is_some() {
        let what =
            "the key of the fingerprints does not open: is FLYT_SECRET_KEY the one they were sealed with?";
        return Err(Refusal::Unavailable(what.to_owned()));
    }
    let (mut key, mut nonce) = ([0_u8; KEY_BYTES], [0_u8; NONCE_BYTES]);
    random::fill(&mut key).map_err(Refusal::Unavailable)?;
    random::fill(&mut nonce).map_err(Refusal::Unavailable)?;
    let context = place(no, NAME, VERSION);
    let sealed = inner.seal.close(&BASE64.encode(key), &context, &nonce);
    let row = Secret {
        name: NAME.to_owned(),
        version: VERSION,
        sealed: sealed.map_err(Refusal::Bug)?,
        created_at: now,
    };
    secrets::insert(&mut tx.tenant(no), &row)?;
    // What is kept of the business in memory has none yet.
    businesses::raise_epoch(&mut tx.tenant(no))?;
    Ok(Prints::new(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_of_its_address_its_channel_and_its_key() {
        let prints = Prints::new(&[7; KEY_BYTES]);
        let print = prints.of("email", "kari@check.example");
        assert_eq!(print, prints.of("email", "kari@check.example"));
        assert!(print.starts_with("hmac:") && !print.contains("kari"));
        assert_ne!(print, prints.of("sms", "kari@check.example"));
        assert_ne!(
            print,
            Prints::new(&[8; KEY_BYTES]).of("email", "kari@check.example")
        );
    }
}
