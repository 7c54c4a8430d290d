//! ISO 8601 durations as people send them: calendar days (weeks count as seven) and exact time after them.

/// A duration: calendar days, then exact milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Calendar days.
    pub days: i64,
    /// Exact milliseconds.
    pub ms: i64,
}
impl Span {
    /// The whole of it with days of 24 hours, ms.
    pub fn total_ms(self) -> i64 {
        self.days.saturating_mul(24 * 3_600_000).saturating_add(self.ms)
    }
    /// The ISO 8601 text: `P2D`, `PT1H30M`, `P1DT2H`.
    pub fn to_iso(self) -> String {
        let days = if self.days == 0 {
            String::new()
        } else {
            format!("{}D", self.days)
        };
        let (h, m, s) = (self.ms / 3_600_000, self.ms / 60_000 % 60, self.ms / 1_000 % 60);
        let part = |n: i64, unit: char| {
            if n == 0 {
                String::new()
            } else {
                format!("{n}{unit}")
            }
        };
        let time = format!("{}{}{}", part(h, 'H'), part(m, 'M'), part(s, 'S'));
        match (days.is_empty(), time.is_empty()) {
            (true, true) => "PT0S".to_owned(),
            (_, true) => format!("P{days}"),
            (_, false) => format!("P{days}T{time}"),
        }
    }
}

/// Reads a duration of weeks, days, hours, minutes and seconds. Years and months have no fixed length here and are refused.
pub fn parse(text: &str) -> Option<Span> {
    let span: jiff::Span = text.strip_prefix('P').and_then(|_| text.parse().ok())?;
    if span.get_years() != 0 || span.get_months() != 0 || span.is_negative() {
        return None;
    }
    let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    let seconds = i64::from(span.get_hours()) * 3_600 + span.get_minutes() * 60 + span.get_seconds();
    Some(Span {
        days,
        ms: seconds * 1_000 + span.get_milliseconds(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_back_as_it_was_sent() {
        for text in ["PT1H", "P2D", "P1DT2H30M", "PT45S", "PT0S"] {
            assert_eq!(parse(text).map(Span::to_iso).as_deref(), Some(text));
        }
        assert_eq!(parse("P1W").map(|s| s.days), Some(7));
        for bad in ["", "1h", "P1M", "P1Y", "-PT1H", "PT", "P"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
