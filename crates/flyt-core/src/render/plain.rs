//! The plain-text part of an e-mail, made from its HTML: paragraphs and lists stay apart, a link becomes `text (address)`.
//! Not a browser: what our own editor and the gallery write is read well, anything else at least legibly.

/// The text of an HTML body.
pub fn plain_text(html: &str) -> String {
    let mut page = Page::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        page.text(text);
        rest = page.tag(tag);
    }
    page.text(rest);
    page.finish()
}

#[derive(Default)]
struct Page {
    out: String,
    /// Line ends owed before the next word.
    breaks: usize,
    /// A blank owed before the next word.
    blank: bool,
    /// Address of the open link and where its text begins.
    link: Option<(String, usize)>,
}

impl Page {
    fn text(&mut self, raw: &str) {
        let text = decode(raw);
        for (place, word) in text.split([' ', '\t', '\r', '\n']).enumerate() {
            self.blank |= place > 0;
            if !word.is_empty() {
                self.word(word);
            }
        }
    }

    fn word(&mut self, word: &str) {
        if self.breaks > 0 && !self.out.is_empty() {
            self.out.push_str(if self.breaks > 1 { "\n\n" } else { "\n" });
        } else if self.blank && !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push(' ');
        }
        self.breaks = 0;
        self.blank = false;
        self.out.push_str(word);
    }

    fn line_end(&mut self, lines: usize) {
        self.breaks = self.breaks.max(lines);
        self.blank = false;
    }

    /// Reads what begins with `<`; gives back what follows.
    fn tag<'h>(&mut self, html: &'h str) -> &'h str {
        if let Some(comment) = html.strip_prefix("<!--") {
            return comment.split_once("-->").map_or("", |(_, rest)| rest);
        }
        let begins = html
            .chars()
            .nth(1)
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '/' || c == '!');
        let Some(end) = tag_end(html).filter(|_| begins) else {
            self.word("<");
            return html.get(1..).unwrap_or_default();
        };
        let inside = html.get(1..end).unwrap_or_default();
        let rest = html.get(end + 1..).unwrap_or_default();
        let closing = inside.starts_with('/');
        let name: String = inside
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        match name.as_str() {
            "script" | "style" | "head" | "title" if !closing => {
                return after_closing(rest, &name);
            }
            "br" => self.breaks = (self.breaks + 1).min(2),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table" | "blockquote" | "hr" => {
                self.line_end(2);
            }
            "div" | "tr" | "section" | "header" | "footer" | "article" => self.line_end(1),
            "li" => {
                self.line_end(1);
                if !closing {
                    self.word("-");
                    self.blank = true;
                }
            }
            "td" | "th" => self.blank = true,
            "img" => {
                if let Some(alt) = attribute(inside, "alt") {
                    self.text(&alt);
                }
            }
            "a" if closing => self.close_link(),
            "a" => {
                let address = attribute(inside, "href").map(|h| decode(&h)).unwrap_or_default();
                self.link = Some((address, self.out.len()));
            }
            _ => {}
        }
        rest
    }

    fn close_link(&mut self) {
        let Some((address, begin)) = self.link.take() else {
            return;
        };
        let shown = self.out.get(begin..).unwrap_or_default().trim();
        let target = address
            .strip_prefix("mailto:")
            .or_else(|| address.strip_prefix("tel:"))
            .unwrap_or(&address);
        if target.is_empty() || target.starts_with('#') || shown == target {
            return;
        }
        if shown.is_empty() {
            self.word(target);
        } else {
            self.out.push_str(" (");
            self.out.push_str(target);
            self.out.push(')');
        }
    }

    fn finish(self) -> String {
        self.out.trim().to_owned()
    }
}

/// Place of the `>` that ends a tag, quotes skipped.
fn tag_end(html: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in html.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn after_closing<'h>(html: &'h str, name: &str) -> &'h str {
    let low = html.to_ascii_lowercase();
    let end = low
        .find(&format!("</{name}"))
        .and_then(|at| Some(at + low.get(at..)?.find('>')? + 1));
    end.and_then(|at| html.get(at..)).unwrap_or_default()
}

/// Value of an attribute, undecoded.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let low = tag.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = low.get(from..)?.find(name) {
        let at = from + found;
        from = at + name.len();
        let apart = low.get(..at)?.ends_with(|c: char| c.is_ascii_whitespace());
        let Some(value) = tag.get(from..)?.trim_start().strip_prefix('=').filter(|_| apart) else {
            continue;
        };
        let value = value.trim_start();
        return Some(match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value.get(1..)?.split(quote).next()?.to_owned(),
            _ => value.split_ascii_whitespace().next()?.to_owned(),
        });
    }
    None
}

/// Entities decoded; what is none stays as it stands.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let end = after
            .char_indices()
            .take(12)
            .find(|(_, c)| *c == ';')
            .map(|(i, _)| i);
        let found = end.and_then(|end| Some((entity(after.get(1..end)?)?, after.get(end + 1..)?)));
        if let Some((c, tail)) = found {
            out.push(c);
            rest = tail;
        } else {
            out.push('&');
            rest = after.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control() || *c == '\n');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "aelig" => 'æ',
        "oslash" => 'ø',
        "aring" => 'å',
        "AElig" => 'Æ',
        "Oslash" => 'Ø',
        "Aring" => 'Å',
        "eacute" => 'é',
        "ouml" => 'ö',
        "auml" => 'ä',
        "uuml" => 'ü',
        "laquo" => '«',
        "raquo" => '»',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "rsquo" => '’',
        "lsquo" => '‘',
        "rdquo" => '”',
        "ldquo" => '“',
        "bull" => '•',
        "middot" => '·',
        "euro" => '€',
        "copy" => '©',
        "reg" => '®',
        "times" => '×',
        "deg" => '°',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn paragraphs_lines_and_links_stay_readable() {
        let html = "<p>Hei, Kari!</p>\n<p>Hva: Klipp<br>\nNår: i dag</p>\n<p><a href=\"https://x.no/a?b=1&amp;c=2\">Endre</a></p>";
        assert_eq!(
            plain_text(html),
            "Hei, Kari!\n\nHva: Klipp\nNår: i dag\n\nEndre (https://x.no/a?b=1&c=2)"
        );
    }

    #[test]
    fn lists_entities_and_hidden_parts_read_as_people_see_them() {
        let html = "<head><title>x</title></head><style>p{}</style><h1>A &amp; B</h1><ul><li>en</li><li>to</li></ul><!-- c -->1 &lt; 2 &oslash;&#229;&#x26; &unknown; a < b";
        assert_eq!(
            plain_text(html),
            "A & B\n\n- en\n- to\n\n1 < 2 øå& &unknown; a < b"
        );
    }

    #[test]
    fn a_link_that_shows_its_address_is_not_said_twice() {
        assert_eq!(
            plain_text("<a href='https://x.no'>https://x.no</a>"),
            "https://x.no"
        );
        assert_eq!(plain_text("<a href=\"tel:+4790\">Ring</a>."), "Ring (+4790).");
        assert_eq!(
            plain_text("<a href='https://x.no'><img src=x></a>"),
            "https://x.no"
        );
        assert_eq!(plain_text("<a title='a > b' href='#'>her</a>"), "her");
    }

    #[test]
    fn broken_markup_loses_nothing_and_ends() {
        assert_eq!(plain_text("a <b"), "a <b");
        assert_eq!(plain_text("<p>uten slutt"), "uten slutt");
        assert_eq!(plain_text("&amp;lt;b&gt;"), "&lt;b>");
        assert_eq!(plain_text(""), "");
    }
}
