//! Places in a template, as people count them.

use super::RenderProblem;

/// Line and column, from 1 and in characters, of a byte offset.
pub(super) fn place(source: &str, offset: usize) -> (u32, u32) {
    let end = (0..=offset.min(source.len()))
        .rev()
        .find(|i| source.is_char_boundary(*i))
        .unwrap_or(0);
    let before = source.get(..end).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (number(line), number(column))
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A problem at a byte offset.
pub(super) fn problem(source: &str, offset: usize, message: impl Into<String>) -> RenderProblem {
    let (line, column) = place(source, offset);
    RenderProblem {
        line,
        column,
        message: message.into(),
    }
}

/// The problem of a MiniJinja error, in our words.
pub(super) fn of_error(source: &str, error: &minijinja::Error) -> RenderProblem {
    let message = error
        .detail()
        .map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
    if let Some(range) = error.range() {
        return problem(source, range.start, message);
    }
    RenderProblem {
        line: error.line().map_or(0, number),
        column: error.line().map_or(0, |_| 1),
        message,
    }
}
