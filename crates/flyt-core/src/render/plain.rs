//! (being written)
/// The plain-text part of an e-mail.
pub fn plain_text(html: &str) -> String {
    html.to_owned()
}
