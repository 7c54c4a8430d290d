//! A file of bookings in pieces that fit into a call: the rows that can be read, with what the file has above them, and which
//! line of the file each line of a piece was.

use flyt_core::import::{Format, Row};
use std::collections::BTreeMap;

/// Bytes of a piece as a JSON string: below the limit of a body with room for the mapping.
pub(crate) const MOST: usize = 512 * 1024;

/// Some rows of a file.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// Rows in it.
    pub(crate) rows: u64,
    /// Lines of the file by lines of the piece.
    lines: BTreeMap<u64, u64>,
    /// Lines in it.
    height: u64,
    size: usize,
}
impl Piece {
    /// The line of the file that a line of this piece was.
    pub(crate) fn line(&self, of_piece: u64) -> u64 {
        self.lines.get(&of_piece).copied().unwrap_or(of_piece)
    }
    fn add(&mut self, record: &str) {
        if record.is_empty() {
            return;
        }
        self.text.push_str(record);
        if !record.ends_with('\n') {
            self.text.push('\n');
        }
        let ends = record.matches('\n').count() + usize::from(!record.ends_with('\n'));
        self.height += u64::try_from(ends).unwrap_or(0);
        self.size += written(record);
    }
}

/// Bytes of a text as JSON.
fn written(text: &str) -> usize {
    serde_json::to_string(text).map_or(usize::MAX / 2, |t| t.len())
}

/// Cuts the text of a file, whose rows begin where `rows` says, into pieces of the rows that could be read.
pub(crate) fn pieces(text: &str, format: Format, rows: &[Row], most: usize) -> Vec<Piece> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let place = |line: u64| usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
    let part = |from: usize, to: usize| lines.get(from..to.min(lines.len())).unwrap_or_default().concat();
    let first = rows.first().map_or(lines.len(), |r| place(r.line));
    let head = match format {
        Format::Csv => part(0, first),
        Format::Ndjson => String::new(),
    };
    let (mut all, mut piece) = (Vec::new(), Piece::default());
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.body.is_ok()) {
        let next = rows.get(at + 1).map_or(lines.len(), |r| place(r.line));
        let record = part(place(row.line), next);
        if piece.rows > 0 && piece.size + written(&record) > most {
            all.push(std::mem::take(&mut piece));
        }
        if piece.rows == 0 {
            piece.add(&head);
        }
        piece.lines.insert(piece.height + 1, row.line);
        piece.rows += 1;
        piece.add(&record);
    }
    if piece.rows > 0 {
        all.push(piece);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use flyt_core::import::rows;
    use flyt_core::invalid::Faults;
    use flyt_core::mapping::Mapping;
    use serde_json::json;

    fn mapping() -> Mapping {
        let map = json!({"fields": {"external_id": "id", "start": "start", "notes": "notes"}});
        let mut faults = Faults::default();
        Mapping::read(&map, "", &mut faults)
    }

    #[test]
    fn each_piece_is_a_file_whose_lines_are_known_in_the_one_it_was_cut_from() {
        let mut file = "id;start;notes\n\n".to_owned();
        for n in 0..40 {
            let start = if n == 7 { "soon" } else { "2026-10-20T10:00:00Z" };
            file += &["B-", &n.to_string(), ";", start, ";\"two\nlines\"\n"].concat();
        }
        let read = rows(&file, Format::Csv, &mapping(), "NO").unwrap();
        let all = pieces(&file, Format::Csv, &read, 300);
        assert!(all.len() > 5, "{}", all.len());
        let mut found = Vec::new();
        for piece in &all {
            assert!(piece.text.len() < 400, "{}", piece.text);
            for row in rows(&piece.text, Format::Csv, &mapping(), "NO").unwrap() {
                assert!(row.body.is_ok());
                found.push((row.external_id.unwrap(), piece.line(row.line)));
            }
        }
        let wanted: Vec<(String, u64)> = (0..40)
            .filter(|n| *n != 7)
            .map(|n| (format!("B-{n}"), 3 + 2 * n))
            .collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn lines_of_json_need_no_head_and_the_last_one_no_end() {
        let file = "{\"id\": \"1\", \"start\": \"2026-10-20T10:00:00Z\"}\n\n[]\n{\"id\": \"2\", \"start\": \"2026-10-20T10:00:00Z\"}";
        let read = rows(file, Format::Ndjson, &mapping(), "NO").unwrap();
        let all = pieces(file, Format::Ndjson, &read, 10);
        let lines: Vec<u64> = all.iter().map(|p| p.line(1)).collect();
        assert_eq!((lines, all.len()), (vec![1, 4], 2));
    }
}
