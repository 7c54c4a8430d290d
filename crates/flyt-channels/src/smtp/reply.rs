//! What a relay's replies mean: the classes of `conventions.md` §2.3, by stage, code and enhanced code (RFC
//! 3463).

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;

use super::Broken;
use crate::outcome::{Answer, Outcome};

/// Where in the conversation a reply came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Greeting, EHLO or STARTTLS.
    Greeting,
    /// The login.
    Login,
    /// The sender.
    Mail,
    /// A recipient.
    Recipient,
    /// The consent to take the data.
    Data,
    /// After the final dot.
    End,
}

/// A reply, accepting or not.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) code: u16,
    text: String,
}

impl Reply {
    /// lettre gives refusals as errors; one without a code is no reply but a break.
    pub(super) fn read(answered: Result<Response, Error>) -> Result<Self, Broken> {
        match answered {
            Ok(response) => {
                let text = response.message().collect::<Vec<_>>().join(" ");
                Ok(Self {
                    code: response.code().into(),
                    text,
                })
            }
            Err(error) => match error.status() {
                Some(code) => Ok(Self {
                    code: code.into(),
                    text: std::error::Error::source(&error)
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                }),
                None => Err(Broken(Answer::note(&format!(
                    "the connection to the relay broke: {error}"
                )))),
            },
        }
    }

    pub(super) fn accepts(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// 421 announces that the relay closes the connection.
    pub(super) fn closes(&self) -> bool {
        self.code == 421
    }

    pub(super) fn answer(&self) -> Answer {
        Answer::coded(self.code, &self.text)
    }

    /// The enhanced code at the beginning of the text, such as `5.1.1`.
    fn enhanced(&self) -> Option<(u16, u16, u16)> {
        let mut numbers = self
            .text
            .split_whitespace()
            .next()?
            .split('.')
            .map(str::parse::<u16>);
        let code = (
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
        );
        (numbers.next().is_none() && matches!(code.0, 2 | 4 | 5)).then_some(code)
    }
}

/// The class of a reply that does not accept.
pub(super) fn class(stage: Stage, reply: &Reply) -> Outcome {
    let answer = reply.answer();
    let enhanced = reply.enhanced();
    let is_temporary = !(500..600).contains(&reply.code)
        || enhanced.is_some_and(|(class, _, _)| class == 4)
        // The day's quota of the relay: tomorrow is another day.
        || enhanced == Some((5, 4, 5));
    if is_temporary {
        return Outcome::temporary(answer);
    }
    if is_configuration(stage, reply.code, enhanced) {
        return Outcome::Configuration { answer };
    }
    let about_recipient = match (stage, enhanced) {
        (Stage::Recipient | Stage::Data | Stage::End, Some((5, 1, _))) => true,
        (Stage::Recipient, None) => matches!(reply.code, 550 | 551 | 553),
        _ => false,
    };
    if about_recipient {
        Outcome::PermanentRecipient { answer }
    } else {
        Outcome::Permanent { answer }
    }
}

/// Login or sender refused: the next mail would fare no better.
fn is_configuration(stage: Stage, code: u16, enhanced: Option<(u16, u16, u16)>) -> bool {
    if matches!(code, 530 | 534 | 535 | 538) {
        return true;
    }
    // 5.1.7 and 5.1.8: the sender's own address is bad. 5.7.8 and 5.7.9: credentials.
    if matches!(enhanced, Some((5, 1, 7 | 8) | (5, 7, 8 | 9))) {
        return true;
    }
    match stage {
        Stage::Greeting | Stage::Login => true,
        Stage::Mail => {
            let about_size = matches!(enhanced, Some((5, 2 | 3, _)));
            !about_size && matches!(code, 501 | 550 | 551 | 553 | 554)
        }
        Stage::Recipient | Stage::Data | Stage::End => false,
    }
}
