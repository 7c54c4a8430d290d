//! The audit log: who did what to what. Business 0 is the platform.

use crate::engine::Sql;
use crate::error::Result;
use crate::page::{Listing, Page, Paging};
use crate::tx::TenantTx;
use crate::value::{FromRow, Row};
use flyt_core::id::AuditId;
use jiff::Timestamp;

const INSERT: &str = "INSERT INTO audit (id, business_no, at, actor, action, object, detail)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const PAGE: &str =
    "SELECT id, at, actor, action, object, detail FROM audit WHERE business_no = $1 AND id < $2 AND at >= $4 AND at < $5
    AND (CAST($6 AS TEXT) IS NULL OR actor = $6) AND (CAST($7 AS TEXT) IS NULL OR action = $7)
    AND (CAST($8 AS TEXT) IS NULL OR object = $8) ORDER BY id DESC LIMIT $3";
const SINCE: &str = "SELECT COUNT(*) FROM audit WHERE business_no = $1 AND id > $2 AND action = $3";
pub(crate) const ALL: &[Sql] = &[Sql::same(INSERT), Sql::same(PAGE), Sql::same(SINCE)];

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Its id.
    pub id: AuditId,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// What was done: `booking.update`.
    pub action: String,
    /// To what: an id as it is written outside.
    pub object: String,
    /// More of it, as JSON.
    pub detail: String,
}
impl FromRow for Act {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take()?,
            at: row.take()?,
            actor: row.take()?,
            action: row.take()?,
            object: row.take()?,
            detail: row.take()?,
        })
    }
}

/// Adds an act.
pub fn append(tx: &mut TenantTx<'_>, act: &Act) -> Result<()> {
    let no = tx.business_no();
    tx.put(
        INSERT,
        &[
            act.id.into(),
            no.into(),
            act.at.into(),
            (&act.actor).into(),
            (&act.action).into(),
            (&act.object).into(),
            (&act.detail).into(),
        ],
    )
}
/// How often something was done, counting the acts above an id.
pub async fn count_since(tx: &mut TenantTx<'_>, above: i64, action: &str) -> Result<i64> {
    let no = tx.business_no();
    let params = [no.into(), above.into(), action.into()];
    Ok(tx.query_one::<(i64,)>(SINCE, &params).await?.0)
}
/// Which acts a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of this one.
    pub actor: Option<String>,
    /// Only this act.
    pub action: Option<String>,
    /// Only to this.
    pub object: Option<String>,
    /// At or after, ms.
    pub from: Option<i64>,
    /// Before, ms.
    pub to: Option<i64>,
}
/// Acts, newest first.
pub async fn page(tx: &mut TenantTx<'_>, f: &Filter, paging: &Paging) -> Result<Page<Act>> {
    let ([id], no) = (paging.below(Listing::Audit)?, tx.business_no());
    let at = [
        no.into(),
        id.into(),
        paging.rows().into(),
        f.from.unwrap_or(i64::MIN).into(),
        f.to.unwrap_or(i64::MAX).into(),
        (&f.actor).into(),
        (&f.action).into(),
        (&f.object).into(),
    ];
    let rows = tx.query(PAGE, &at).await?;
    Ok(paging.cut(Listing::Audit, rows, |act: &Act| [act.id.0]))
}
