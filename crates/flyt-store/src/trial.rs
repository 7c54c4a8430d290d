//! Doors for this crate's own tests: every statement, prepared and run with made-up values. No other crate uses them.

use crate::engine::Sql;
use crate::error::{Error, Result};
use crate::tx::{Driver, EngineTx, Tx};
use crate::value::{FromRow, Row, Value};
use rusqlite::StatementStatus;
use tokio_postgres::types::Type;

/// The statements of every table file. A new file adds its list here.
pub const STATEMENTS: &[(&str, &[Sql])] = &[
    ("meta", crate::meta::ALL),
    ("nodes", crate::nodes::ALL),
    ("businesses", crate::businesses::ALL),
    ("catalogue", crate::catalogue::ALL),
    ("customers", crate::customers::ALL),
    ("bookings", crate::bookings::ALL),
    ("payments", crate::payments::ALL),
    ("audit", crate::audit::ALL),
    ("keys", crate::keys::ALL),
    ("secrets", crate::secrets::ALL),
    ("idempotency", crate::idempotency::ALL),
    ("suppressions", crate::suppressions::ALL),
    ("changes", crate::changes::ALL),
    ("workflows", crate::workflows::ALL),
    ("timers", crate::timers::ALL),
    ("runs", crate::runs::ALL),
    ("steps", crate::steps::ALL),
    ("erasure", crate::erasure::ALL),
    ("failures", crate::failures::ALL),
    ("figures", crate::figures::ALL),
    ("horizon", crate::horizon::ALL),
    ("retention", crate::retention::ALL),
    ("waiting", crate::waiting::ALL),
    ("endpoints", crate::endpoints::ALL),
    ("deliveries", crate::deliveries::ALL),
    ("events", crate::events::ALL),
    ("channels", crate::channels::ALL),
    ("circuits", crate::circuits::ALL),
    ("turns", crate::turns::ALL),
    ("quotas", crate::quotas::ALL),
    ("reports", crate::reports::ALL),
    ("inbound", crate::inbound::ALL),
    ("users", crate::users::ALL),
    ("memberships", crate::memberships::ALL),
    ("sessions", crate::sessions::ALL),
];

/// The text that SQLite is given for a migration.
pub fn sqlite_text(postgres: &str) -> String {
    crate::engine::sqlite_text(postgres)
}
/// How many parameters a statement takes; on SQLite their names must be `$1` to `$n`.
pub async fn parameters(tx: &mut Tx, sql: Sql) -> Result<usize> {
    match tx.driver() {
        Driver::Sqlite(conn) => {
            let statement = conn.prepare_cached(sql.sqlite)?;
            let count = statement.parameter_count();
            let mut names: Vec<usize> = (1..=count)
                .filter_map(|i| statement.parameter_name(i)?.strip_prefix('$')?.parse().ok())
                .collect();
            names.sort_unstable();
            if names != (1..=count).collect::<Vec<_>>() {
                return Err(Error::Bug(format!(
                    "parameters are not $1 to ${count}: {}",
                    sql.sqlite
                )));
            }
            Ok(count)
        }
        Driver::Postgres(pipeline) => Ok(pipeline
            .client()
            .prepare_cached(sql.postgres)
            .await?
            .params()
            .len()),
    }
}
/// Runs a SELECT `times` with made-up values on SQLite; how often it was prepared again.
pub fn prepared_again(tx: &mut Tx, sql: Sql, times: usize) -> Result<i32> {
    let Driver::Sqlite(conn) = tx.driver() else {
        return Ok(0);
    };
    for _ in 0..times {
        let mut statement = conn.prepare_cached(sql.sqlite)?;
        for at in 1..=statement.parameter_count() {
            statement.raw_bind_parameter(at, 1)?;
        }
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
    }
    Ok(conn
        .prepare_cached(sql.sqlite)?
        .get_status(StatementStatus::RePrepare))
}
/// Runs a statement on PostgreSQL with made-up values of the types that the server asks for, then takes it back.
pub async fn run_made_up(tx: &mut Tx, sql: Sql) -> Result<()> {
    let Driver::Postgres(pipeline) = tx.driver() else {
        return Ok(());
    };
    let types = pipeline
        .client()
        .prepare_cached(sql.postgres)
        .await?
        .params()
        .to_vec();
    let values: Vec<Value<'_>> = types
        .iter()
        .map(|ty| match *ty {
            Type::INT8 | Type::INT4 => Value::Int(1),
            Type::BOOL => Value::Bool(true),
            Type::BYTEA => vec![1].into(),
            _ => "1".into(),
        })
        .collect();
    pipeline.rows(sql.postgres, &values).await.map(drop)
}
/// What a statement answers when its parameters stand in it out of order and repeated.
pub async fn out_of_order(tx: &mut EngineTx<'_>) -> Result<Vec<String>> {
    struct Texts(Vec<String>);
    impl FromRow for Texts {
        fn from_row(row: &mut Row<'_>) -> Result<Self> {
            Ok(Self(vec![row.take()?, row.take()?, row.take()?, row.take()?]))
        }
    }
    const SQL: &str = "SELECT CAST($2 AS TEXT), CAST($1 AS TEXT), CAST($3 AS TEXT), CAST($2 AS TEXT)";
    Ok(tx
        .query_one::<Texts>(SQL, &["one".into(), "two".into(), "three".into()])
        .await?
        .0)
}
/// Puts many keys at once, then changes some; how many rows each change touched.
pub async fn in_bulk(tx: &mut EngineTx<'_>, keys: &[&str], changed: &[&str]) -> Result<Vec<u64>> {
    const PUT: &str = "INSERT INTO meta (key, value) VALUES ($1, $2)";
    const CHANGE: &str = "UPDATE meta SET value = $1 WHERE key = $2";
    tx.put_many(PUT, keys.iter().map(|key| [(*key).into(), "first".into()]))?;
    tx.execute_many(CHANGE, changed.iter().map(|key| ["second".into(), (*key).into()]))
        .await
}
/// Claims sequences as the hot tables claim their rows: each goes to one of those who claim at once.
pub async fn claim(tx: &mut EngineTx<'_>, most: i64) -> Result<Vec<String>> {
    const CLAIM: Sql = crate::engine::claim_sql!(
        "UPDATE sequences SET last = 0 WHERE name IN
         (SELECT name FROM sequences WHERE last = 1 ORDER BY name LIMIT $1",
        ") RETURNING name"
    );
    let names = tx.query::<(String,)>(CLAIM, &[most.into()]).await?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}
/// Lets a SQLite file grow to this many pages and no further.
pub fn limit_pages(tx: &mut Tx, pages: u32) -> Result<()> {
    if let Driver::Sqlite(conn) = tx.driver() {
        conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    }
    Ok(())
}
