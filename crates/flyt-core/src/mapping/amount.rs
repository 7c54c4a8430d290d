//! Amounts as people and systems write them: `690`, `1 690,00`, `1.690,00`, `kr 690,-`.

use super::short;
use crate::money::Currency;

/// An amount in minor units. `decimal` is the sign before decimals, where it is known; else it is told from the amount, and
/// one that could be two is refused: a price must not grow a thousandfold.
///
/// # Errors
/// What is wrong with it, in words.
pub fn minor(text: &str, currency: Currency, decimal: Option<char>) -> Result<i64, String> {
    let wrong = || format!("`{}` is not an amount we can read", short(text));
    // Currencies stand before or behind the digits, never among them.
    let word = |c: char| c.is_whitespace() || c.is_alphabetic() || "$€£".contains(c);
    let bare = text
        .trim_start_matches(word)
        .trim_start_matches('.')
        .trim_start_matches(word);
    if bare.starts_with('-') {
        return Err(format!("`{}` is negative", short(text)));
    }
    let bare = bare
        .trim_end_matches(word)
        .trim_end_matches([',', '-', '.'])
        .trim_end_matches(word);
    let plain: String = bare
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\'')
        .collect();
    let plain = plain.as_str();
    if plain.is_empty() || !plain.chars().all(|c| c.is_ascii_digit() || c == ',' || c == '.') {
        return Err(wrong());
    }
    if decimal.is_none() && is_ambiguous(plain) {
        return Err(format!(
            "`{}` could be two amounts: set `decimal` to the sign before decimals",
            short(text)
        ));
    }
    let sign = decimal.or_else(|| guessed(plain));
    let (whole, part) = match sign.and_then(|s| plain.rsplit_once(s)) {
        Some((whole, part)) => (whole, part),
        None => (plain, ""),
    };
    let digits = |t: &str| t.chars().filter(char::is_ascii_digit).collect::<String>();
    let (whole, places) = (digits(whole), usize::try_from(currency.decimals()).unwrap_or(2));
    if part.contains([',', '.'])
        || (part.len() > places && part.get(places..).is_some_and(|r| r.bytes().any(|b| b != b'0')))
    {
        return Err(format!(
            "`{}` has more decimals than {} has",
            short(text),
            currency.code()
        ));
    }
    let part: String = part.chars().chain(std::iter::repeat('0')).take(places).collect();
    format!("{whole}{part}").parse().map_err(|_| wrong())
}

/// One sign with three digits behind it: thousands, or a tenth of an øre.
fn is_ambiguous(plain: &str) -> bool {
    let mut parts = plain.split([',', '.']);
    let (whole, after) = (parts.next().unwrap_or_default(), parts.next());
    after.is_some_and(|a| a.len() == 3) && parts.next().is_none() && (1..=3).contains(&whole.len())
}

fn guessed(plain: &str) -> Option<char> {
    let last = plain.rfind([',', '.'])?;
    let sign = plain.get(last..)?.chars().next()?;
    let after = plain.len() - last - 1;
    let both = plain.contains(',') && plain.contains('.');
    (both || after != 3).then_some(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, decimal: Option<char>, want: Result<i64, &str>) {
        let got = minor(text, Currency::new("NOK").unwrap(), decimal);
        assert_eq!(
            got.as_ref()
                .map_err(|e| want.err().filter(|w| e.contains(w)).unwrap_or(e.as_str())),
            want.as_ref().map_err(|w| *w),
            "{text}"
        );
    }

    #[test]
    fn amounts_read_as_they_are_written() {
        check("690", None, Ok(69_000));
        check("690,50", None, Ok(69_050));
        check("690.5", None, Ok(69_050));
        check("1 690,00", None, Ok(169_000));
        check("1\u{a0}690,00 kr", None, Ok(169_000));
        check("kr 690,-", None, Ok(69_000));
        check("1.690,00", None, Ok(169_000));
        check("1,690.00", None, Ok(169_000));
        check("1.690", None, Err("two amounts"));
        check("690,005", None, Err("two amounts"));
        check("1.690.000", None, Ok(169_000_000));
        check("1.690", Some(','), Ok(169_000));
        check("1.690", Some('.'), Ok(169));
        check("10.000000", Some('.'), Ok(1_000));
        check("0", None, Ok(0));
        check("-5", None, Err("negative"));
        check("=1+1", None, Err("not an amount"));
        check("abc", None, Err("not an amount"));
        check("1e3", None, Err("not an amount"));
        check("kr. 690", None, Ok(69_000));
        check("kr -690", None, Err("negative"));
        check("1,2345", None, Err("more decimals"));
        check("99999999999999999999", None, Err("not an amount"));
    }
}
