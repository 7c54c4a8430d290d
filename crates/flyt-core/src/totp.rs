//! Codes that change with the time (RFC 6238: SHA-1, six digits, 30 seconds), as every authenticator app makes them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// Bytes of a secret, as RFC 4226 recommends.
pub const SECRET_BYTES: usize = 20;
/// Seconds for which a code stands.
pub const STEP_S: i64 = 30;
/// Digits of a code.
const DIGITS: usize = 6;
/// Steps before and after the present one whose codes are taken: clocks differ, and people type slowly.
const AROUND: i64 = 1;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Bytes in the base32 that authenticator apps read, without padding.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(letter(bits >> held));
        }
    }
    if held > 0 {
        text.push(letter(bits << (5 - held)));
    }
    text
}
fn letter(bits: u32) -> char {
    let at = usize::try_from(bits & 31).unwrap_or(0);
    ALPHABET.get(at).copied().map_or('A', char::from)
}

/// What an authenticator app takes, as a link or in a QR code.
pub fn uri(secret: &[u8; SECRET_BYTES], email: &str) -> String {
    let label = url_encoded(email);
    format!(
        "otpauth://totp/Flyt:{label}?secret={}&issuer=Flyt&algorithm=SHA1&digits={DIGITS}&period={STEP_S}",
        base32(secret)
    )
}
fn url_encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'@');
    let hex = |b: u8| format!("%{b:02X}");
    let one = |b: u8| {
        if plain(b) {
            char::from(b).to_string()
        } else {
            hex(b)
        }
    };
    text.bytes().map(one).collect()
}

/// The step of the time at which a second of Unix time lies.
pub fn step_of(unix_s: i64) -> i64 {
    unix_s.div_euclid(STEP_S)
}

/// The code of a step.
pub fn code(secret: &[u8; SECRET_BYTES], step: i64) -> String {
    // A key is shorter than a block of SHA-1; zeros at its end change nothing.
    let mut block = [0_u8; 64];
    block.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha1>::new(&block.into());
    mac.update(&step.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let at = usize::from(digest.last().copied().unwrap_or(0) & 15);
    let four = digest.iter().skip(at).take(4);
    let number = four.fold(0_u32, |n, byte| (n << 8) | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:0DIGITS$}", number % 1_000_000)
}

/// The step whose code this is, about now and after the last one used: each code is good once.
pub fn matching(secret: &[u8; SECRET_BYTES], typed: &str, unix_s: i64, last_used: i64) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let now = step_of(unix_s);
    let mut found = None;
    // Every step is tried, so that the time does not tell which one it was.
    for step in now - AROUND..=now + AROUND {
        if same(code(secret, step).as_bytes(), typed.as_bytes()) && step > last_used {
            found = Some(step);
        }
    }
    found
}
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: &[u8; SECRET_BYTES] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (unix_s, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(RFC, step_of(unix_s)), expected);
        }
    }

    #[test]
    fn a_code_is_good_for_a_step_around_now_and_once() {
        let now = 1_111_111_111;
        let step = step_of(now);
        assert_eq!(matching(RFC, "050 471", now, 0), Some(step));
        assert_eq!(matching(RFC, "050471", now + STEP_S, 0), Some(step));
        assert_eq!(matching(RFC, "050471", now - STEP_S, 0), Some(step));
        assert_eq!(matching(RFC, "050471", now + 2 * STEP_S, 0), None, "too old");
        assert_eq!(matching(RFC, "050471", now, step), None, "used already");
        assert_eq!(matching(RFC, "05047", now, 0), None);
        assert_eq!(matching(RFC, "", now, 0), None);
    }

    #[test]
    fn a_secret_is_written_as_apps_read_it() {
        assert_eq!(base32(RFC), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(base32(b"foob"), "MZXW6YQ");
        let uri = uri(RFC, "kari+x@example.no");
        assert!(
            uri.starts_with("otpauth://totp/Flyt:kari%2Bx@example.no?secret=GEZDG"),
            "{uri}"
        );
    }
}
