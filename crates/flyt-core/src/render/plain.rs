//! The plain part of an e-mail, from its HTML: paragraphs, line breaks, links as `text (url)`, entities as characters.

/// The text of an HTML body.
pub fn plain_text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    let mut links: Vec<(usize, String)> = Vec::new();
    let mut hidden = 0_usize;
    while let Some(open) = rest.find('<') {
        let (before, tail) = rest.split_at(open);
        if hidden == 0 {
            words(&mut out, before);
        }
        let Some(close) = tail.find('>') else {
            rest = tail;
            break;
        };
        let (tag, after) = tail.split_at(close + 1);
        rest = after;
        let name = tag_name(tag);
        match (name.as_str(), tag.starts_with("</")) {
            ("style" | "script" | "head", false) => hidden += 1,
            ("style" | "script" | "head", true) => hidden = hidden.saturating_sub(1),
            ("a", false) => links.push((out.len(), attribute(tag, "href").unwrap_or_default())),
            ("a", true) => {
                if let Some((from, url)) = links.pop() {
                    let text = out.get(from..).unwrap_or("").trim().to_owned();
                    if !url.is_empty() && url != text {
                        out.push_str(" (");
                        out.push_str(&url);
                        out.push(')');
                    }
                }
            }
            ("li", false) => {
                line(&mut out);
                out.push_str("- ");
            }
            ("p" | "div" | "h1" | "h2" | "h3" | "h4" | "table" | "ul" | "ol", true) => {
                line(&mut out);
                line(&mut out);
            }
            ("br", _) | ("tr", true) => line(&mut out),
            ("td" | "th", true) => out.push(' '),
            _ => {}
        }
    }
    if hidden == 0 {
        words(&mut out, rest);
    }
    tidy(&out)
}

fn tag_name(tag: &str) -> String {
    let inner = tag.trim_start_matches(['<', '/']);
    inner
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.to_ascii_lowercase().find(&format!("{name}="))? + name.len() + 1;
    let value = tag.get(at..)?;
    let quote = value.chars().next()?;
    let end = |c: char| {
        if quote == '"' || quote == '\'' {
            c == quote
        } else {
            c.is_whitespace() || c == '>'
        }
    };
    let value = value.trim_start_matches(['"', '\'']);
    Some(entities(value.split(end).next()?))
}

/// Text between tags: white space folds into one blank.
fn words(out: &mut String, text: &str) {
    for c in entities(text).chars() {
        if !c.is_ascii_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
    }
}

fn line(out: &mut String) {
    while out.ends_with(' ') {
        out.pop();
    }
    out.push('\n');
}

fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let end = tail.find(';').filter(|e| *e <= 10);
        let decoded = end.and_then(|e| tail.get(1..e)).and_then(entity);
        if let (Some(c), Some(e)) = (decoded, end) {
            out.push(c);
            rest = tail.get(e + 1..).unwrap_or("");
        } else {
            out.push('&');
            rest = tail.get(1..).unwrap_or("");
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// At most one empty line in a row, none at the ends.
fn tidy(text: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !line.is_empty() || out.last().is_some_and(|l| !l.is_empty()) {
            out.push(line.trim_start_matches(' '));
        }
    }
    while out.last().is_some_and(|l| l.is_empty()) {
        out.pop();
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_reads_as_text() {
        let html = "<p>Hei, Kari &amp; co!</p>\n<p>Hva: Klipp<br>\nNår: i dag</p>\n<p><a href=\"https://x.example/?a=1&amp;b=2\">Endre</a></p>";
        assert_eq!(
            plain_text(html),
            "Hei, Kari & co!\n\nHva: Klipp\nNår: i dag\n\nEndre (https://x.example/?a=1&b=2)"
        );
    }

    #[test]
    fn escaped_markup_stays_text_and_broken_markup_ends_quietly() {
        assert_eq!(
            plain_text("<p>&lt;b&gt;Åse&lt;/b&gt; &#39;x&#39;</p>"),
            "<b>Åse</b> 'x'"
        );
        assert_eq!(plain_text("a <style>p{}</style>b & c <"), "a b & c <");
        assert_eq!(plain_text("<ul><li>en</li><li>to</li></ul>"), "- en\n- to");
    }
}
