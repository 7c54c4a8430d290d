//! People who sign in: their roles, what a password must be, and the words of links that are good once. Hashing is the server's.

use crate::contact::folded;
use crate::invalid::Faults;
use crate::words;
use icu::normalizer::ComposingNormalizerBorrowed;

words! {
    /// What somebody is to a business.
    Role {
        /// Everything of the business.
        Owner = "owner",
        /// All but people, keys, accounts, settings and erasing.
        Editor = "editor",
        /// Reads.
        Viewer = "viewer",
    }
}
words! {
    /// What a link that is good once is good for.
    LinkKind {
        /// Becoming the first owner of the installation.
        FirstStart = "first_start",
        /// Coming to a business.
        Invitation = "invitation",
        /// A new password.
        Reset = "reset",
    }
}

/// Fewest characters of a password.
pub const PASSWORD_CHARS: usize = 10;
/// Most bytes of a password.
pub const PASSWORD_BYTES: usize = 1_024;
/// Most characters of a person's name.
pub const NAME_CHARS: usize = 200;

/// Passwords that are tried first by everybody, folded. Longer words made of them are as bad: see `is_common`.
const COMMON: &[&str] = &[
    "1234567890",
    "12345678910",
    "123456789a",
    "0123456789",
    "0987654321",
    "1q2w3e4r5t",
    "1qaz2wsx3edc",
    "qwertyuiop",
    "qwerty1234",
    "qwerty12345",
    "qwerty123456",
    "asdfghjkl",
    "asdfghjkløæ",
    "asdfghjkl1",
    "zxcvbnm123",
    "abcdefghij",
    "abcd123456",
    "abc1234567",
    "passord123",
    "passord1234",
    "passord2025",
    "passord2026",
    "password12",
    "password123",
    "password1234",
    "password2025",
    "password2026",
    "passw0rd123",
    "hemmelig123",
    "sommeren2026",
    "sommer2025",
    "sommer2026",
    "vinter2025",
    "vinter2026",
    "velkommen1",
    "velkommen123",
    "welcome123",
    "letmein123",
    "iloveyou123",
    "iloveyou12",
    "administrator",
    "administrator1",
    "superman123",
    "football123",
    "fotball123",
    "liverpool1",
    "liverpool123",
    "basketball",
    "christopher",
    "changeme123",
    "trustno123",
    "sunshine123",
    "princess123",
    "norge12345",
];

/// A password in the form that is hashed: composed, so that it is the same whichever keyboard wrote it.
pub fn composed(password: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(password)
        .into_owned()
}

/// Whether a password may be chosen by the person with this address; tells what is wrong with it.
pub fn check_password(password: &str, email: &str, at: &str, faults: &mut Faults) -> Option<String> {
    if password.len() > PASSWORD_BYTES {
        let rule = format!("must have at most {PASSWORD_BYTES} bytes");
        faults.error(at, "too_long", rule);
        return None;
    }
    let password = composed(password);
    if password.chars().count() < PASSWORD_CHARS {
        let rule = format!("must have at least {PASSWORD_CHARS} characters; any of them may be letters");
        faults.error(at, "too_short", rule);
        return None;
    }
    if is_common(&password, email) {
        faults.error(
            at,
            "too_common",
            "is one of those that are tried first: choose another one",
        );
        return None;
    }
    Some(password)
}

fn is_common(password: &str, email: &str) -> bool {
    let (word, email) = (password.to_lowercase(), folded(email));
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let own = email.split_once('@').map_or("", |(local, _)| local);
    letters.len() < 4 || COMMON.contains(&word.as_str()) || word == email || (!own.is_empty() && word == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str) -> Option<&'static str> {
        let mut faults = Faults::default();
        let read = check_password(password, "kari.nordmann@example.no", "/password", &mut faults);
        assert_eq!(read.is_some(), faults.is_ok(), "{password}");
        faults.errors.first().map(|e| e.code)
    }

    #[test]
    fn a_password_is_long_and_not_what_everybody_tries() {
        assert_eq!(code("tre røde hester"), None);
        assert_eq!(code("пароль-из-букв"), None);
        assert_eq!(code("🐎🐎🐎🐎🐎🐎🐎🐎🐄🐖🐓"), None);
        assert_eq!(code("kort"), Some("too_short"));
        assert_eq!(code("aaaaaaaaaaaaaaaa"), Some("too_common"));
        assert_eq!(code("Passord2026"), Some("too_common"));
        assert_eq!(code("Kari.Nordmann"), Some("too_common"));
        assert_eq!(code(&"å".repeat(PASSWORD_BYTES)), Some("too_long"));
    }

    #[test]
    fn a_password_is_the_same_whichever_way_its_letters_are_put_together() {
        assert_eq!(composed("bla\u{30a}ba\u{308}r"), composed("bl\u{e5}b\u{e4}r"));
        assert_ne!(composed("Blåbær"), composed("blåbær"));
    }
}
