//! Encoded words (RFC 2047) for texts that the MIME library would write as they are although a reader would
//! take them for something else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of text in one encoded word: 60 letters of base64 and the frame stay under the 75 that a word may
/// have.
const WORD_BYTES: usize = 45;

/// Whether a reader sees the text as it is written: ASCII, no word so long that the line cannot be folded,
/// and nothing that looks like an encoded word.
pub(super) fn are_plain(text: &str) -> bool {
    !text.contains("=?")
        && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        && text.split(' ').all(|word| word.len() <= 60)
}

/// The text as encoded words, folded so that each stands on a line of its own.
pub(super) fn encoded(text: &str) -> String {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars() {
        if word.len() + character.len_utf8() > WORD_BYTES {
            words.push(std::mem::take(&mut word));
        }
        word.push(character);
    }
    words.push(word);
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)))
        .collect();
    words.join("\r\n ")
}
