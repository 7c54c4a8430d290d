//! Hashes of passwords: Argon2id with the parameters that OWASP recommends. Each takes 19 MiB and tens of milliseconds, so they
//! are made off the async threads, few at a time, and those who come when too many wait already are sent away.

use crate::problem::Problem;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use flyt_core::person::composed;
use std::sync::OnceLock;
use tokio::sync::Semaphore;

/// Memory of one hash, in KiB.
const MEMORY_KIB: u32 = 19_456;
/// Passes over it.
const PASSES: u32 = 2;
/// Hashes made at the same time.
const AT_ONCE: usize = 4;
/// Hashes that are made or waited for.
const IN_LINE: usize = 64;
/// Bytes of a salt.
const SALT_BYTES: usize = 16;

/// The place where hashes are made.
#[derive(Debug)]
pub(crate) struct Hashes {
    line: Semaphore,
    seats: Semaphore,
    /// What the passwords of people are compared with whom nobody knows: it takes as long.
    nobody: OnceLock<String>,
}
impl Default for Hashes {
    fn default() -> Self {
        Self {
            line: Semaphore::new(IN_LINE),
            seats: Semaphore::new(AT_ONCE),
            nobody: OnceLock::new(),
        }
    }
}

/// What comparing a password came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) same: bool,
    /// It is the same, and was hashed with other parameters than today's.
    pub(crate) outdated: bool,
}

impl Hashes {
    /// The hash of a password with a salt of its own, as a PHC text.
    pub(crate) async fn make(&self, password: &str) -> Result<String, Problem> {
        let mut salt = [0_u8; SALT_BYTES];
        flyt_engine::random::fill(&mut salt).map_err(|e| Problem::unavailable(&e))?;
        let password = composed(password);
        let made = self.turn(move || hash(&password, &salt)).await?;
        made.map_err(|e| Problem::bug(&e))
    }
    /// Whether a password is the one of a hash. Without a hash it is not, after as long a time.
    pub(crate) async fn compare(&self, password: &str, with: Option<&str>) -> Result<Compared, Problem> {
        let known = with.is_some();
        let hash = match with {
            Some(hash) => hash.to_owned(),
            None => self.nobody().await?,
        };
        let password = composed(password);
        let compared = self.turn(move || verify(&password, &hash)).await?;
        let compared = compared.map_err(|e| Problem::bug(&e))?;
        Ok(Compared {
            same: compared.same && known,
            ..compared
        })
    }
    async fn nobody(&self) -> Result<String, Problem> {
        if let Some(hash) = self.nobody.get() {
            return Ok(hash.clone());
        }
        let made = self.make("nobody has this password").await?;
        Ok(self.nobody.get_or_init(|| made).clone())
    }
    /// Does `work` when a seat is free.
    async fn turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _in_line = self
            .line
            .try_acquire()
            .map_err(|_| Problem::unavailable("too many people sign in at once"))?;
        let _seat = self
            .seats
            .acquire()
            .await
            .map_err(|e| Problem::bug(&e.to_string()))?;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|e| Problem::bug(&e.to_string()))
    }
}

fn argon2() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|e| e.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}
fn hash(password: &str, salt: &[u8]) -> Result<String, String> {
    let salt = SaltString::encode_b64(salt).map_err(|e| e.to_string())?;
    let hash = argon2()?.hash_password(password.as_bytes(), &salt);
    hash.map(|h| h.to_string()).map_err(|e| e.to_string())
}
fn verify(password: &str, hash: &str) -> Result<Compared, String> {
    let hash = PasswordHash::new(hash).map_err(|e| format!("a stored hash cannot be read: {e}"))?;
    let same = argon2()?.verify_password(password.as_bytes(), &hash).is_ok();
    let today = Params::try_from(&hash).is_ok_and(|p| p.m_cost() == MEMORY_KIB && p.t_cost() == PASSES);
    Ok(Compared {
        same,
        outdated: same && !today,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_knows_its_password_in_whatever_composition_and_no_other() {
        let hashes = Hashes::default();
        let hash = hashes.make("blåbærsyltetøy på brødskive").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let other = hashes.make("blåbærsyltetøy på brødskive").await.unwrap();
        assert_ne!(hash, other, "each has its own salt");
        let apart = "bla\u{30a}bærsyltetøy pa\u{30a} brødskive";
        let compare = async |password: &str| hashes.compare(password, Some(&hash)).await.unwrap();
        assert_eq!(
            compare(apart).await,
            Compared {
                same: true,
                outdated: false
            }
        );
        assert!(!compare("blåbærsyltetøy på brødskiv").await.same);
        let nobody = hashes.compare("nobody has this password", None).await.unwrap();
        assert!(!nobody.same, "nobody comes in as nobody");
    }

    #[test]
    fn a_hash_of_other_parameters_still_opens_and_is_outdated() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8_192, 1, 1, None).unwrap(),
        );
        let salt = SaltString::encode_b64(&[7; SALT_BYTES]).unwrap();
        let hash = weak.hash_password(b"tre hester", &salt).unwrap().to_string();
        let compared = verify("tre hester", &hash).unwrap();
        assert!(compared.same && compared.outdated);
        assert!(verify("x", "not a hash").is_err());
    }
}
