//! SMS segments: GSM 03.38 and UCS-2, counted exactly (3GPP TS 23.038).

use crate::words;

words! {
    /// How an SMS is encoded.
    Encoding {
        /// Seven bits.
        Gsm7 = "gsm7",
        /// Sixteen bits, as soon as one character needs it.
        Ucs2 = "ucs2",
    }
}

/// What an SMS takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// How it is encoded.
    pub encoding: Encoding,
    /// Septets, or UTF-16 units.
    pub units: usize,
    /// Parts it is sent in, at least 1.
    pub segments: usize,
}

/// The basic table, one septet each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table, two septets each.
const EXTENSION: &str = "^{}\\[~]|€\u{c}";

/// Units of one character, if GSM-7 has it.
fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else {
        EXTENSION.contains(c).then_some(2)
    }
}

/// Counts a text. Neither an escape nor a surrogate pair is split over two parts.
pub fn count(text: &str) -> Segments {
    let gsm: Option<Vec<usize>> = text.chars().map(septets).collect();
    match gsm {
        Some(widths) => parts(Encoding::Gsm7, &widths, (160, 153)),
        None => parts(
            Encoding::Ucs2,
            &text.chars().map(char::len_utf16).collect::<Vec<_>>(),
            (70, 67),
        ),
    }
}

fn parts(encoding: Encoding, widths: &[usize], (single, part): (usize, usize)) -> Segments {
    let units: usize = widths.iter().sum();
    if units <= single {
        return Segments {
            encoding,
            units,
            segments: 1,
        };
    }
    let (mut segments, mut left) = (1, part);
    for width in widths {
        if *width > left {
            (segments, left) = (segments + 1, part);
        }
        left -= width;
    }
    Segments {
        encoding,
        units,
        segments,
    }
}

/// The text as it is sent by SMS, always: Unicode blanks become a blank, dashes a hyphen.
pub fn sms_safe(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        '\u{200e}' | '\u{200f}' | '\u{feff}' => None,
        '\n' | '\r' => Some(c),
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    };
    text.chars().filter_map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s45_a_hundred_and_sixty_septets_are_one_part() {
        let check = |text: &str, encoding, units, segments| {
            assert_eq!(
                count(text),
                Segments {
                    encoding,
                    units,
                    segments
                },
                "{text}"
            );
        };
        check("", Encoding::Gsm7, 0, 1);
        check(&"å".repeat(160), Encoding::Gsm7, 160, 1);
        check(&"å".repeat(161), Encoding::Gsm7, 161, 2);
        check(&format!("{}😀", "a".repeat(69)), Encoding::Ucs2, 71, 2);
        check(
            &format!("{}€{}", "a".repeat(152), "a".repeat(10)),
            Encoding::Gsm7,
            164,
            2,
        );
    }

    #[test]
    fn blanks_and_dashes_never_break_the_encoding() {
        assert_eq!(sms_safe("690,00\u{a0}kr kl.\u{202f}10–11"), "690,00 kr kl. 10-11");
    }
}
