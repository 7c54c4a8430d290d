//! What is kept of an answer.

use flyt_channels::capture::captured;
use flyt_channels::outcome::{Outcome, excerpt};

#[test]
fn an_excerpt_is_one_printable_line_of_at_most_a_kilobyte() {
    assert_eq!(
        excerpt(" 550 no\r\nsuch\tuser\u{1b}[31m\u{202e}x "),
        "550 no such user [31m x"
    );
    let long = excerpt(&"å".repeat(2000));
    assert_eq!(long.len(), 1024, "cut between letters");
    assert_eq!(excerpt("\0\u{7}"), "");
}

#[test]
fn a_captured_message_is_accepted_by_nobody() {
    let Outcome::Accepted { provider_id, answer } = captured() else {
        panic!("captured is accepted")
    };
    assert_eq!((provider_id, answer.code), (None, None));
}
