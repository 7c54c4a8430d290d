//! ISO 8601 durations as people write them in workflows: `PT1H`, `P2D`, `P1W`. Calendar days and exact time are kept apart,
//! because a day keeps the wall clock and 24 hours do not. Months and years have no fixed length and are refused.

/// Calendar days and exact milliseconds of an ISO 8601 duration, if `text` is one. Weeks are seven days.
pub fn duration(text: &str) -> Option<(i64, i64)> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let days = parts(date, &[('W', 7), ('D', 1)])?;
    let ms = parts(time, &[('H', 3_600_000), ('M', 60_000), ('S', 1_000)])?;
    Some((days, ms))
}

fn parts(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum: i64 = 0;
    for (unit, size) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            if number.is_empty() || number.len() > 9 || !number.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(*size)?)?;
            text = rest;
        }
    }
    text.is_empty().then_some(sum)
}

/// The ISO 8601 text of calendar days and exact milliseconds, parts of a second left out.
pub fn duration_text(days: i64, ms: i64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    let mut text = String::from("P");
    if days > 0 {
        text.push_str(&days.to_string());
        text.push('D');
    }
    if hours + minutes + seconds > 0 {
        text.push('T');
    }
    for (number, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
        if number > 0 {
            text.push_str(&number.to_string());
            text.push(unit);
        }
    }
    if text == "P" { "PT0S".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_exact_time_are_kept_apart() {
        assert_eq!(duration("PT1H30M"), Some((0, 5_400_000)));
        assert_eq!(duration("P2D"), Some((2, 0)));
        assert_eq!(duration("P1W2DT3S"), Some((9, 3_000)));
        assert_eq!(duration("PT24H"), Some((0, 86_400_000)));
        for bad in [
            "", "P", "PT", "P1M", "P1Y", "1D", "PT1D", "P-1D", "P1.5D", "PT5M1H", "P1DT", "p1d",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["PT0S", "P2D", "PT1H", "P90D", "PT15M", "P1DT2H3M4S"] {
            let (days, ms) = duration(text).unwrap();
            assert_eq!(duration_text(days, ms), text);
        }
    }
}
