//! Keys: what they look like, how they are kept (a SHA-256 of a random secret, never the secret), and what their scopes allow.

use flyt_core::person::Role;
use sha2::{Digest as _, Sha256};

/// Letters of randomness in a key.
const SECRET_BYTES: usize = 30;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What a key may be allowed to do, as scopes name it: the areas of the API.
pub(crate) const AREAS: &[&str] = &[
    "bookings",
    "customers",
    "payments",
    "catalogue",
    "workflows",
    "messages",
    "business",
    "keys",
];

/// A new key of a business. It is shown once.
pub(crate) fn business_key() -> Result<String, String> {
    secret("flyt_")
}
/// A new platform key. It is shown once.
pub(crate) fn platform_key() -> Result<String, String> {
    secret("flyt_platform_")
}
/// What is kept of a key.
pub(crate) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}
/// What people may see of a key after the first time: enough to tell keys apart.
pub(crate) fn prefix(key: &str) -> String {
    key.chars().take(11).collect()
}
/// True for equal hashes, in a time that does not tell where they differ.
pub(crate) fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
}

/// A new token of a session or a link: 260 bits.
pub(crate) fn token() -> Result<String, String> {
    letters::<52>()
}
/// A new recovery code: 80 bits, in four groups that people can type.
pub(crate) fn recovery_code() -> Result<String, String> {
    let drawn: Vec<char> = letters::<16>()?.chars().collect();
    let groups: Vec<String> = drawn.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

fn secret(prefix: &str) -> Result<String, String> {
    Ok(prefix.to_owned() + &letters::<SECRET_BYTES>()?)
}
/// Random letters, five bits each.
fn letters<const N: usize>() -> Result<String, String> {
    let mut bytes = [0_u8; N];
    flyt_engine::random::fill(&mut bytes)?;
    let letter = |b: &u8| ALPHABET.get(usize::from(b & 31)).copied().map_or('0', char::from);
    Ok(bytes.iter().map(letter).collect())
}

/// True for `area:read` and `area:write` of a known area.
pub(crate) fn is_scope(text: &str) -> bool {
    let known = |area: &str| AREAS.contains(&area);
    text.split_once(':')
        .is_some_and(|(area, act)| known(area) && matches!(act, "read" | "write"))
}

/// What a key may do. Writing includes reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scopes {
    /// Everything: a platform key.
    All,
    /// These.
    Only(Vec<String>),
}
impl Scopes {
    /// Whether `area` may be read, or written.
    pub(crate) fn allow(&self, area: &str, write: bool) -> bool {
        let Self::Only(scopes) = self else {
            return true;
        };
        scopes
            .iter()
            .filter_map(|s| s.split_once(':'))
            .any(|(a, act)| a == area && (act == "write" || !write))
    }
}

/// Whether somebody with this role may make this call. An editor does not touch people, keys, settings and accounts, and does
/// not erase: a customer that is deleted is erased.
pub(crate) fn role_allows(role: Role, path: &str, is_delete: bool, (area, write): (&str, bool)) -> bool {
    match role {
        Role::Owner => true,
        Role::Viewer => !write,
        Role::Editor => {
            let erases = area == "customers" && (is_delete || path.ends_with("/erase"));
            !write || !(matches!(area, "keys" | "business") || erases)
        }
    }
}

/// The area of a path and whether the call writes. Checks and previews are posted but write nothing.
pub(crate) fn needed(path: &str, is_read: bool) -> (&'static str, bool) {
    let mut segments = path.trim_start_matches("/v1").trim_start_matches('/').split('/');
    let first = segments.next().unwrap_or_default();
    let area = match first {
        "bookings" | "import" => "bookings",
        "customers" => "customers",
        "payments" => "payments",
        "locations" | "resources" | "services" | "extras" | "statuses" => "catalogue",
        "workflows" | "workflow-templates" | "variables" | "preview" | "simulations" => "workflows",
        "runs" | "messages" | "timers" | "steps" | "test-send" | "suppressions" | "events" | "stats" => {
            "messages"
        }
        "api-keys" | "users" | "audit-log" => "keys",
        _ => "business",
    };
    let only_asks = first == "preview"
        || first == "simulations"
        || matches!(segments.next(), Some("check" | "impact" | "convert"));
    (area, !is_read && !only_asks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_to_write_lets_read_and_no_more() {
        let scopes = Scopes::Only(vec!["bookings:write".to_owned(), "workflows:read".to_owned()]);
        let allowed = |path: &str, is_read| {
            let (area, write) = needed(path, is_read);
            scopes.allow(area, write)
        };
        assert!(allowed("/v1/bookings", false) && allowed("/v1/bookings/bkg_1/timeline", true));
        assert!(allowed("/v1/workflows", true) && allowed("/v1/workflows/check", false));
        assert!(
            !allowed("/v1/workflows", false)
                && !allowed("/v1/customers", true)
                && !allowed("/v1/api-keys", true)
        );
    }

    #[test]
    fn a_key_is_random_and_kept_as_a_hash() {
        let (one, two) = (business_key().unwrap(), business_key().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 35);
        assert!(same(&hash(&one), &hash(&one)) && !same(&hash(&one), &hash(&two)));
    }
}
