//! How one attempt ended, in the words all channels share, and what the other side answered.
//!
//! The classes are those of `conventions.md` §2.3 and §3.1. What follows from them is not decided here.

use jiff::Timestamp;

/// The longest excerpt of an answer that is kept as text, in bytes.
const EXCERPT_BYTES: usize = 1024;

/// How one attempt ended. The variants differ in what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side took responsibility.
    Accepted {
        /// The other side's own name for it: a mail relay's queue text. A webhook has none.
        provider_id: Option<String>,
        /// What was answered.
        answer: Answer,
    },
    /// Not taken, and may be taken later: try again.
    Temporary {
        /// What was answered, or what went wrong on the way.
        answer: Answer,
        /// The wait that the other side asked for, in milliseconds, between one second and 24 hours.
        retry_after_ms: Option<i64>,
    },
    /// The address does not exist: give up and suppress it.
    PermanentRecipient {
        /// What was answered.
        answer: Answer,
    },
    /// The recipient has refused all messages of this sender at the other side: give up and keep to it.
    OptedOut {
        /// What was answered.
        answer: Answer,
    },
    /// Not taken, and one more try is worth its price: later, but no more than once.
    Once {
        /// What was answered.
        answer: Answer,
        /// The wait before it, in milliseconds, where another than the usual one is better.
        after_ms: Option<i64>,
    },
    /// This message will never be taken: give up, the address may be fine.
    Permanent {
        /// What was answered.
        answer: Answer,
    },
    /// Login or sender refused: pause the channel, no message is to blame.
    Configuration {
        /// What was answered.
        answer: Answer,
    },
    /// The egress guard refused the address; nothing was sent (reason `blocked_address`).
    Blocked {
        /// Why it was refused.
        answer: Answer,
    },
    /// May have been taken: everything was sent, and the answer was lost.
    Unknown {
        /// What went wrong on the way.
        answer: Answer,
    },
}

impl Outcome {
    /// What the other side said, whatever the class.
    pub fn answer(&self) -> &Answer {
        match self {
            Self::Accepted { answer, .. }
            | Self::Temporary { answer, .. }
            | Self::PermanentRecipient { answer }
            | Self::OptedOut { answer }
            | Self::Once { answer, .. }
            | Self::Permanent { answer }
            | Self::Configuration { answer }
            | Self::Blocked { answer }
            | Self::Unknown { answer } => answer,
        }
    }

    /// A temporary end without a wait asked for.
    pub(crate) fn temporary(answer: Answer) -> Self {
        Self::Temporary {
            answer,
            retry_after_ms: None,
        }
    }
}

/// What the other side said, cut to what may be stored and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The SMTP reply code or HTTP status; none when nothing was answered.
    pub code: Option<i64>,
    /// At most 1 kB, printable, on one line.
    pub text: String,
    /// The first 16 kB of a webhook's answer, as they came.
    pub body: Option<Vec<u8>>,
    /// The answer's own `Date`, when it named one.
    pub date: Option<Timestamp>,
}

impl Answer {
    /// An answer with a code.
    pub fn coded(code: u16, text: &str) -> Self {
        Self {
            code: Some(i64::from(code)),
            text: excerpt(text),
            body: None,
            date: None,
        }
    }

    /// Our own words about what went wrong, when the other side said nothing.
    pub fn note(text: &str) -> Self {
        Self {
            code: None,
            text: excerpt(text),
            body: None,
            date: None,
        }
    }
}

/// At most 1 kB of `text` on one line: runs of blanks and of characters that do not print become one blank.
pub fn excerpt(text: &str) -> String {
    let mut kept = String::new();
    let mut blank_owed = false;
    for character in text.chars() {
        if character.is_whitespace() || !prints(character) {
            blank_owed = !kept.is_empty();
            continue;
        }
        if kept.len() + character.len_utf8() + usize::from(blank_owed) > EXCERPT_BYTES {
            break;
        }
        if blank_owed {
            kept.push(' ');
            blank_owed = false;
        }
        kept.push(character);
    }
    kept
}

/// Control characters break lines in logs; the marks of text direction make a text read as another one.
fn prints(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        )
}
