//! A transaction on either engine, and the two views through which tables are reached: `TenantTx` (one business) and
//! `EngineTx` (work across businesses, a closed list that a test counts).
//!
//! Who begins and commits is in `store.rs`; what a driver needs is in `engine.rs`, `pipeline.rs` and `sqlite.rs`.

use crate::engine::{LOCK, SET_BUSINESS, Sql};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::sqlite::{bind, bound, count, prepared};
use crate::value::{FromRow, Row, Source, Value};
use std::ops::{Deref, DerefMut};

/// A transaction. It begins before the body of `Store::write` or `Store::read` and ends after it.
pub struct Tx {
    statements: Statements,
    /// The business that PostgreSQL was told of.
    business_no: Option<i64>,
}
/// Statements of one transaction, whoever they are for.
pub struct Statements(pub(crate) Driver);
pub(crate) enum Driver {
    Sqlite(rusqlite::Connection),
    Postgres(Pipeline),
}

/// What one business may see and change. Every statement through it names `business_no`.
pub struct TenantTx<'t> {
    statements: &'t mut Statements,
    business_no: i64,
}
/// Work that is not of one business: claim, watch, retention, the platform.
pub struct EngineTx<'t>(&'t mut Statements);

impl Tx {
    pub(crate) fn new(driver: Driver) -> Self {
        Self {
            statements: Statements(driver),
            business_no: None,
        }
    }
    /// The view of one business, by its small number.
    pub fn tenant(&mut self, business_no: i64) -> TenantTx<'_> {
        self.tell(Some(business_no));
        TenantTx {
            statements: &mut self.statements,
            business_no,
        }
    }
    /// The view of the engine.
    pub fn engine(&mut self) -> EngineTx<'_> {
        self.tell(None);
        EngineTx(&mut self.statements)
    }
    /// PostgreSQL's row-level security reads the business from a setting of the transaction.
    fn tell(&mut self, business_no: Option<i64>) {
        if self.business_no == business_no {
            return;
        }
        self.business_no = business_no;
        if let Driver::Postgres(pipeline) = &mut self.statements.0 {
            let name = business_no.map_or_else(String::new, |no| no.to_string());
            pipeline.put(SET_BUSINESS, [name.into()]);
        }
    }
    /// The next unit on this connection begins without a business.
    pub(crate) fn forget(&mut self) {
        self.business_no = None;
    }
    pub(crate) fn driver(&mut self) -> &mut Driver {
        &mut self.statements.0
    }
    pub(crate) fn into_driver(self) -> Driver {
        self.statements.0
    }
}
impl TenantTx<'_> {
    /// The small number of the business.
    pub fn business_no(&self) -> i64 {
        self.business_no
    }
    /// Nobody else holds `key` of this business until the transaction ends; it waits until that is so.
    /// Take it before the first statement. On SQLite there is one writer: nothing to do.
    pub fn alone(&mut self, key: &str) {
        let key = format!("{}/{key}", self.business_no);
        self.statements.alone(&key);
    }
}
impl EngineTx<'_> {
    /// As `TenantTx::alone`, for a key of the whole installation.
    pub fn alone(&mut self, key: &str) {
        self.0.alone(key);
    }
}
impl Deref for TenantTx<'_> {
    type Target = Statements;
    fn deref(&self) -> &Statements {
        self.statements
    }
}
impl DerefMut for TenantTx<'_> {
    fn deref_mut(&mut self) -> &mut Statements {
        self.statements
    }
}
impl Deref for EngineTx<'_> {
    type Target = Statements;
    fn deref(&self) -> &Statements {
        self.0
    }
}
impl DerefMut for EngineTx<'_> {
    fn deref_mut(&mut self) -> &mut Statements {
        self.0
    }
}

impl Statements {
    /// Every row that a statement answers.
    pub(crate) async fn query<T: FromRow>(
        &mut self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
    ) -> Result<Vec<T>> {
        let sql = sql.into();
        match &mut self.0 {
            Driver::Sqlite(conn) => {
                let mut statement = bound(conn, sql.sqlite, params)?;
                let (mut rows, mut all) = (statement.raw_query(), Vec::new());
                while let Some(row) = rows.next()? {
                    all.push(T::from_row(&mut Row::new(Source::Sqlite(row)))?);
                }
                Ok(all)
            }
            Driver::Postgres(pipeline) => {
                check(params)?;
                let rows = pipeline.rows(sql.postgres, params).await?;
                rows.iter()
                    .map(|row| T::from_row(&mut Row::new(Source::Postgres(row))))
                    .collect()
            }
        }
    }
    /// The only row of a statement, if there is one.
    pub(crate) async fn query_opt<T: FromRow>(
        &mut self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
    ) -> Result<Option<T>> {
        Ok(self.query(sql, params).await?.pop())
    }
    /// The only row of a statement that always has one.
    pub(crate) async fn query_one<T: FromRow>(
        &mut self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
    ) -> Result<T> {
        let sql = sql.into();
        let row = self.query_opt(sql, params).await?;
        row.ok_or_else(|| Error::Bug(format!("a statement answered no row: {}", sql.postgres)))
    }
    /// Runs a statement and says how many rows it touched (on PostgreSQL this waits for the server).
    pub(crate) async fn execute(&mut self, sql: impl Into<Sql>, params: &[Value<'_>]) -> Result<u64> {
        let sql = sql.into();
        match &mut self.0 {
            Driver::Sqlite(conn) => Ok(count(bound(conn, sql.sqlite, params)?.raw_execute()?)),
            Driver::Postgres(pipeline) => {
                check(params)?;
                pipeline.put(sql.postgres, params.iter().cloned());
                Ok(pipeline.flush().await?.pop().unwrap_or(0))
            }
        }
    }
    /// Runs a statement whose count does not matter. On PostgreSQL it leaves with the next statement that is waited for,
    /// in order; its error then fails the unit there. Plain, not async: a function that only writes never waits.
    /// Nobody may catch its error and go on.
    pub(crate) fn put(&mut self, sql: impl Into<Sql>, params: &[Value<'_>]) -> Result<()> {
        let sql = sql.into();
        match &mut self.0 {
            Driver::Sqlite(conn) => {
                bound(conn, sql.sqlite, params)?.raw_execute()?;
            }
            Driver::Postgres(pipeline) => {
                check(params)?;
                pipeline.put(sql.postgres, params.iter().cloned());
            }
        }
        Ok(())
    }
    /// `put` for each row.
    pub(crate) fn put_many<'v, const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
    ) -> Result<()> {
        let sql = sql.into();
        match &mut self.0 {
            Driver::Sqlite(conn) => {
                let mut statement = prepared(conn, sql.sqlite)?;
                for row in rows {
                    bind(&mut statement, sql.sqlite, &row)?;
                    statement.raw_execute()?;
                }
            }
            Driver::Postgres(pipeline) => {
                for row in rows {
                    check(&row)?;
                    pipeline.put(sql.postgres, row);
                }
            }
        }
        Ok(())
    }
    /// As `put_many`, and says for each row how many rows it touched.
    pub(crate) async fn execute_many<'v, const N: usize>(
        &mut self,
        sql: impl Into<Sql>,
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
    ) -> Result<Vec<u64>> {
        let sql = sql.into();
        match &mut self.0 {
            Driver::Sqlite(conn) => {
                let mut statement = prepared(conn, sql.sqlite)?;
                let one = |row: [Value<'v>; N]| {
                    bind(&mut statement, sql.sqlite, &row)?;
                    Ok(count(statement.raw_execute()?))
                };
                rows.into_iter().map(one).collect()
            }
            Driver::Postgres(pipeline) => {
                let before = pipeline.waiting();
                for row in rows {
                    check(&row)?;
                    pipeline.put(sql.postgres, row);
                }
                Ok(pipeline.flush().await?.split_off(before))
            }
        }
    }
    fn alone(&mut self, key: &str) {
        if let Driver::Postgres(pipeline) = &mut self.0 {
            pipeline.put(LOCK, [crate::migrate::fnv(key).into()]);
        }
    }
    /// True on PostgreSQL: many nodes may be at work.
    pub fn is_postgres(&self) -> bool {
        matches!(self.0, Driver::Postgres(_))
    }
}
fn check(params: &[Value<'_>]) -> Result<()> {
    params.iter().try_for_each(Value::check)
}
