//! Statements on SQLite: cached, and bound by the number in `$n`. Connections are opened in `engine.rs`.

use crate::error::{Error, Result};
use crate::value::Value;
use rusqlite::{CachedStatement, Connection};

/// The statement of a text, from the cache.
pub(crate) fn prepared<'c>(conn: &'c Connection, sql: &'static str) -> Result<CachedStatement<'c>> {
    Ok(conn.prepare_cached(sql)?)
}
/// The same, ready to run.
pub(crate) fn bound<'c>(
    conn: &'c Connection,
    sql: &'static str,
    params: &[Value<'_>],
) -> Result<CachedStatement<'c>> {
    let mut statement = prepared(conn, sql)?;
    bind(&mut statement, sql, params)?;
    Ok(statement)
}
/// `$3` is a *name* to SQLite, numbered by first appearance: so each parameter is asked for its name.
pub(crate) fn bind(
    statement: &mut CachedStatement<'_>,
    sql: &'static str,
    params: &[Value<'_>],
) -> Result<()> {
    let count = statement.parameter_count();
    if count != params.len() {
        return Err(Error::Bug(format!(
            "{} values for {count} parameters: {sql}",
            params.len()
        )));
    }
    for index in 1..=count {
        let number = statement
            .parameter_name(index)
            .and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let value = number.and_then(|n| params.get(n.checked_sub(1)?));
        let value = value.ok_or_else(|| Error::Bug(format!("parameters must be $1 to ${count}: {sql}")))?;
        value.check()?;
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}
/// Runs a text that has neither parameters nor rows, such as BEGIN.
pub(crate) fn control(conn: &Connection, sql: &'static str) -> Result<()> {
    conn.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}
/// A number of rows as both engines say it.
pub(crate) fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
