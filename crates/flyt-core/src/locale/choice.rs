//! Which text of a message is taken (`product.md` §7): the wishes in order, each by BCP 47 lookup, then whatever is there.

use crate::language::Language;

/// The language of `content` that a reader gets. `wanted` are the wishes in order (for customers: the booking's language,
/// the customer's, the business default; for everyone else: the business default), `offered` the languages of the business.
/// A missing translation never loses a message: the first of `offered` that is there, else the first of the content.
pub fn choose<'a>(
    wanted: &[&Language],
    offered: &[Language],
    content: impl IntoIterator<Item = &'a Language>,
) -> Option<&'a Language> {
    let content: Vec<&Language> = content.into_iter().collect();
    let lookups = wanted.iter().copied().chain(offered);
    lookups
        .flat_map(chain)
        .find_map(|tag| content.iter().copied().find(|c| **c == tag))
        .or_else(|| content.first().copied())
}

/// The tag, its parents, and for Nynorsk Bokmål, which its readers read.
fn chain(language: &Language) -> Vec<Language> {
    let mut tags: Vec<Language> = std::iter::successors(Some(language.clone()), Language::parent).collect();
    if tags.last().is_some_and(|t| t.tag() == "nn") {
        tags.extend(Language::new("nb"));
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(list: &[&str]) -> Vec<Language> {
        list.iter().map(|t| Language::new(t).unwrap()).collect()
    }
    fn chosen(wanted: &[&str], offered: &[&str], content: &[&str]) -> Option<String> {
        let (wanted, offered, content) = (tags(wanted), tags(offered), tags(content));
        let wanted: Vec<&Language> = wanted.iter().collect();
        choose(&wanted, &offered, &content).map(|l| l.tag().to_owned())
    }

    #[test]
    fn a_text_is_found_by_lookup_and_never_lost() {
        let nb = Some("nb".to_owned());
        assert_eq!(chosen(&["nb-NO", "en"], &["en"], &["en", "nb"]), nb);
        assert_eq!(chosen(&["nn", "en"], &["en"], &["en", "nb"]), nb);
        assert_eq!(chosen(&["nn"], &["nb"], &["nb", "nn"]), Some("nn".to_owned()));
        assert_eq!(chosen(&["xx", "nb"], &["nb", "en"], &["en", "nb"]), nb);
        assert_eq!(chosen(&["de"], &["en", "nb"], &["nb"]), nb);
        assert_eq!(chosen(&["de"], &["en"], &["fr", "pl"]), Some("fr".to_owned()));
        assert_eq!(chosen(&["nb"], &["nb"], &[]), None);
    }
}
