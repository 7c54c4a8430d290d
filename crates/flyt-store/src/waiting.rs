//! What a release would let go: messages that are due or parked, counted. The release itself is in `steps.rs` (a business's
//! own hold) and `meta.rs` (the installation's).

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::{EngineTx, TenantTx};
use crate::value::{FromRow, Row};
use flyt_core::reason::Reason;

const DUE: &str =
    "SELECT b.mode, s.channel, CAST(CASE WHEN s.expires_at < $1 THEN 1 ELSE 0 END AS BIGINT), count(*)
    FROM steps s JOIN businesses b ON b.no = s.business_no
    WHERE s.state = 'ready' AND s.due_at <= $1 AND s.channel IS NOT NULL
    GROUP BY b.mode, s.channel, CAST(CASE WHEN s.expires_at < $1 THEN 1 ELSE 0 END AS BIGINT)
    ORDER BY b.mode, s.channel";
const PARKED: &str =
    "SELECT channel, CAST(CASE WHEN expires_at < $2 THEN 1 ELSE 0 END AS BIGINT), count(*) FROM steps
    WHERE business_no = $1 AND state = 'parked' AND reason = $3 AND channel IS NOT NULL
    GROUP BY channel, CAST(CASE WHEN expires_at < $2 THEN 1 ELSE 0 END AS BIGINT) ORDER BY channel";
const BUSINESSES: &str = "SELECT slug FROM businesses WHERE mode = $1 ORDER BY no LIMIT $2";
pub(crate) const ALL: &[Sql] = &[Sql::same(DUE), Sql::same(PARKED), Sql::same(BUSINESSES)];

/// So many messages of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The mode of their business.
    pub mode: String,
    /// Their channel.
    pub channel: String,
    /// Whether they are too late already.
    pub expired: bool,
    /// How many.
    pub messages: i64,
}
impl FromRow for Count {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            mode: row.take()?,
            channel: row.take()?,
            expired: row.take::<i64>()? == 1,
            messages: row.take()?,
        })
    }
}

/// Messages of all businesses that are due and unclaimed at `now`, ms.
pub async fn due(tx: &mut EngineTx<'_>, now: i64) -> Result<Vec<Count>> {
    tx.query(DUE, &[now.into()]).await
}
/// Messages of this business that its own hold has parked.
pub async fn parked(tx: &mut TenantTx<'_>, now: i64) -> Result<Vec<Count>> {
    let params = [tx.business_no().into(), now.into(), Reason::Held.word().into()];
    let rows = tx.query::<(String, i64, i64)>(PARKED, &params).await?;
    let count = |(channel, expired, messages)| Count {
        mode: "held".to_owned(),
        channel,
        expired: expired == 1,
        messages,
    };
    Ok(rows.into_iter().map(count).collect())
}
/// Slugs of businesses in a mode, the oldest first.
pub async fn businesses(tx: &mut EngineTx<'_>, mode: &str, limit: i64) -> Result<Vec<String>> {
    let rows = tx
        .query::<(String,)>(BUSINESSES, &[mode.into(), limit.into()])
        .await?;
    Ok(rows.into_iter().map(|(slug,)| slug).collect())
}
