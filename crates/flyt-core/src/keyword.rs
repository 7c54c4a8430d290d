//! What people write back to an SMS: the words that stop and start messages. Everything else is no command.

/// A command by SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// No more SMS from this business.
    Stop,
    /// SMS may come again.
    Start,
}

/// The command that a text is. Only the word alone counts: «Stop by at three?» stops nothing.
pub fn read(text: &str) -> Option<Keyword> {
    let word = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    match word.as_str() {
        "stop" | "stopp" | "stopall" | "stop all" | "stopp alle" => Some(Keyword::Stop),
        "start" | "unstop" => Some(Keyword::Start),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_word_however_it_is_written() {
        for stop in ["STOP", "stopp", " Stopp! ", "«stop»", "STOP\n", "Stop all."] {
            assert_eq!(read(stop), Some(Keyword::Stop), "{stop}");
        }
        assert_eq!(read("Start"), Some(Keyword::Start));
        for other in ["", "Stop by at three?", "Kan du stoppe?", "nonstop", "JA"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
