//! A look at a PostgreSQL server before anything is done with it: for `flyt check`. Files are looked at in `backup.rs`.

use crate::engine::postgres_config;
use crate::error::Result;
use tokio_postgres::NoTls;

const VERSION: &str = "SELECT current_setting('server_version')";
const SUPERUSER: &str = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user";
const THERE: &str = "SELECT to_regclass('migrations') IS NOT NULL";
const SCHEMA: &str = "SELECT coalesce(max(number), 0) FROM migrations";
const CLOCK: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its version.
    pub version: String,
    /// The last migration that ran; `None`: it is empty.
    pub schema: Option<i64>,
    /// Whether we come as superuser, for whom row-level security does not count.
    pub superuser: bool,
    /// Its clock, ms.
    pub now: i64,
}

/// Connects, looks and leaves.
pub async fn postgres(url: &str) -> Result<Server> {
    let (client, connection) = postgres_config(url)?.connect(NoTls).await?;
    let driving = tokio::spawn(connection);
    let schema = if client.query_one(THERE, &[]).await?.try_get(0)? {
        Some(client.query_one(SCHEMA, &[]).await?.try_get(0)?)
    } else {
        None
    };
    let server = Server {
        version: client.query_one(VERSION, &[]).await?.try_get(0)?,
        schema,
        superuser: client.query_one(SUPERUSER, &[]).await?.try_get(0)?,
        now: client.query_one(CLOCK, &[]).await?.try_get(0)?,
    };
    driving.abort();
    Ok(server)
}
