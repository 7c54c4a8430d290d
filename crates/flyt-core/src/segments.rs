//! How many SMS a text becomes: GSM-7 and UCS-2 counted as networks do, escapes and surrogate pairs never split.
//! Which text is sent is decided in `render`; what it costs is the gateway's.

use crate::words;
use serde::{Deserialize, Serialize};

words! {
    /// How the characters of an SMS are coded.
    Encoding {
        /// Seven bits each, the table of GSM 03.38.
        Gsm7 = "gsm7",
        /// Two bytes each.
        Ucs2 = "ucs2",
    }
}

/// What a text takes as SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segments {
    /// How it is coded.
    pub encoding: Encoding,
    /// Septets or UTF-16 units; an extension character of GSM-7 takes two.
    pub units: i64,
    /// How many SMS; an empty text is one.
    pub segments: i64,
}

/// The basic table of GSM 03.38 (without the escape).
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: each character takes an escape and itself.
const EXTENSION: &str = "^{}\\[~]|€\u{c}";

/// Counts `text`: 160 units in one SMS and 153 in each of several, or 70 and 67 in UCS-2.
pub fn count(text: &str) -> Segments {
    let septets: Option<Vec<i64>> = text.chars().map(septets).collect();
    if let Some(costs) = septets {
        return split(Encoding::Gsm7, &costs, 160, 153);
    }
    let costs: Vec<i64> = text
        .chars()
        .map(|c| if c.len_utf16() == 2 { 2 } else { 1 })
        .collect();
    split(Encoding::Ucs2, &costs, 70, 67)
}

fn septets(c: char) -> Option<i64> {
    if c.is_ascii_alphanumeric() || BASIC.contains(c) {
        Some(1)
    } else {
        EXTENSION.contains(c).then_some(2)
    }
}

fn split(encoding: Encoding, costs: &[i64], alone: i64, joined: i64) -> Segments {
    let units = costs.iter().sum();
    let mut segments = 1;
    if units > alone {
        let mut used = 0;
        for cost in costs {
            used += cost;
            if used > joined {
                segments += 1;
                used = *cost;
            }
        }
    }
    Segments {
        encoding,
        units,
        segments,
    }
}

/// `text` with every Unicode space as a blank and every dash as `-`, so that typography alone never doubles the price.
/// Invisible joiners and directional marks are left: they belong to scripts that need UCS-2 anyway.
pub fn sms_safe(text: &str) -> String {
    let safe = |c: char| match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        other => other,
    };
    text.chars().map(safe).collect()
}
