//! The calendar file of a booking (RFC 5545), for whoever puts it into their own calendar.

use crate::facts::{BookingFacts, Facts};
use crate::status::StatusKind;
use jiff::Timestamp;

/// Most bytes of a line, without its end.
const LINE_BYTES: usize = 75;

/// The file; `None` without a booking. `domain` makes the UID one for ever, `title` is what stands in the calendar.
pub fn file(facts: &Facts, title: &str, domain: &str) -> Option<String> {
    let of = facts.booking.as_ref()?;
    let b = &of.booking;
    let stamp = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let state = match b.status_kind {
        StatusKind::ClosedBad => "CANCELLED",
        StatusKind::Open => "TENTATIVE",
        StatusKind::Active | StatusKind::ClosedOk => "CONFIRMED",
    };
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Flyt//Flyt//EN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:booking-{}@{domain}", b.id),
        format!("SEQUENCE:{}", b.revision),
        format!("DTSTAMP:{}", stamp(b.updated_at)),
        format!("DTSTART:{}", stamp(b.start)),
        format!("DTEND:{}", stamp(b.end)),
        format!("STATUS:{state}"),
        format!("SUMMARY:{}", escaped(title)),
    ];
    lines.extend(place(of).map(|place| format!("LOCATION:{}", escaped(&place))));
    lines.extend(["END:VEVENT".to_owned(), "END:VCALENDAR".to_owned()]);
    Some(lines.iter().map(|line| folded(line)).collect())
}

/// Where: the branch and its address.
fn place(of: &BookingFacts) -> Option<String> {
    let location = of.location.as_ref()?;
    let address = location.value.address.as_deref().unwrap_or_default().trim();
    let name = location.value.name.trim();
    let parts: Vec<&str> = [name, address].into_iter().filter(|p| !p.is_empty()).collect();
    Some(parts.join(", ")).filter(|p| !p.is_empty())
}

fn escaped(text: &str) -> String {
    let one_line = text.replace("\r\n", "\n").replace('\r', "\n");
    one_line
        .replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace('\n', "\\n")
        .chars()
        .filter(|c| !c.is_control())
        .collect()
}

/// A line as it is written: after 75 bytes it goes on in the next one, and no character is torn apart.
fn folded(line: &str) -> String {
    let (mut out, mut used) = (String::new(), 0);
    for c in line.chars() {
        if used + c.len_utf8() > LINE_BYTES {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_escapes_and_folds_what_people_wrote() {
        let (facts, _) = crate::template::sample();
        let title = format!("Klipp; vask, {}\r\nBEGIN:VEVENT", "ø".repeat(60));
        let text = file(&facts, &title, "flyt.example").unwrap();
        assert!(text.contains("SUMMARY:Klipp\\; vask\\, øø"), "{text}");
        assert_eq!(
            text.lines().filter(|l| *l == "BEGIN:VEVENT").count(),
            1,
            "none is smuggled in"
        );
        assert!(text.split("\r\n").all(|line| line.len() <= LINE_BYTES));
        assert!(text.ends_with("END:VCALENDAR\r\n"));
        let whole = text.replace("\r\n ", "");
        assert!(whole.contains(&"ø".repeat(60)));
    }
}
