//! E-mail addresses and phone numbers: what is usable, and the form in which they compare.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};
use std::str::FromStr as _;

/// A trimmed address if mail can be sent to it: one `@`, a domain with a dot or a single label, no blanks or controls.
pub fn email(raw: &str) -> Option<String> {
    let text = raw.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let bad = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(
                c,
                '<' | '>' | '(' | ')' | ',' | ';' | ':' | '"' | '\\' | '[' | ']' | '@'
            )
    };
    let label = |l: &str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-');
    let good = !local.is_empty()
        && local.len() <= 64
        && domain.len() <= 253
        && !local.contains(bad)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && !domain.contains(bad)
        && domain.split('.').all(label);
    good.then(|| text.to_owned())
}

/// The form in which addresses compare: case-folded.
pub fn folded(address: &str) -> String {
    address.trim().to_lowercase()
}

/// The E.164 form of a number, read with the country of the business (`NO`), if it is a possible number.
pub fn phone(raw: &str, country: &str) -> Option<String> {
    let region = Region::from_str(country).ok();
    let number = PHONE_NUMBER_UTIL.parse(raw.trim(), region).ok()?;
    let possible = PHONE_NUMBER_UTIL.is_possible_number(&number);
    possible.then(|| {
        PHONE_NUMBER_UTIL
            .format(&number, PhoneNumberFormat::E164)
            .into_owned()
    })
}

/// The number as people of `country` write it: national form for their own numbers, international for others.
pub fn spoken_phone(e164: &str, country: &str) -> String {
    let Ok(number) = PHONE_NUMBER_UTIL.parse(e164, None) else {
        return e164.to_owned();
    };
    let home = PHONE_NUMBER_UTIL.get_region_for_number(&number);
    let own = home.is_some() && home == Region::from_str(country).ok();
    let format = if own {
        PhoneNumberFormat::National
    } else {
        PhoneNumberFormat::International
    };
    PHONE_NUMBER_UTIL.format(&number, format).into_owned()
}

/// Whether a number is one of `country` (`NO`). Those that share a calling code are told apart; one that is nobody's counts as
/// of the code's main country.
pub fn is_of(e164: &str, country: &str) -> bool {
    let Ok(number) = PHONE_NUMBER_UTIL.parse(e164, None) else {
        return false;
    };
    let main = || PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code);
    let found = PHONE_NUMBER_UTIL.get_region_for_number(&number).or_else(main);
    found.is_some() && found == Region::from_str(country).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_with_the_country_of_the_business() {
        assert_eq!(phone("90 00 00 01", "NO").as_deref(), Some("+4790000001"));
        assert_eq!(phone("+47 900 00 001", "SE").as_deref(), Some("+4790000001"));
        assert_eq!(phone("abc", "NO"), None);
        assert_eq!(spoken_phone("+4790000001", "NO"), "90 00 00 01");
        assert_eq!(spoken_phone("+4790000001", "SE"), "+47 90 00 00 01");
    }

    #[test]
    fn an_address_that_mail_cannot_reach_is_refused() {
        assert_eq!(email(" kari@example.no ").as_deref(), Some("kari@example.no"));
        for bad in [
            "",
            "kari",
            "@example.no",
            "kari@",
            "a b@example.no",
            "a@b@c",
            "x@y\r\nBcc: z@q",
            "a..b@c.no",
            "<a@b.no>",
        ] {
            assert_eq!(email(bad), None, "{bad}");
        }
    }
}
