//! Addresses that nothing more is sent to, after a permanent failure.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;

const ADD: &str =
    "INSERT INTO suppressions (business_no, channel, address, reason, created_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (business_no, channel, address) DO NOTHING";
const HAS: &str =
    "SELECT COUNT(*) FROM suppressions WHERE business_no = $1 AND channel = $2 AND address = $3";
pub(crate) const ALL: &[Sql] = &[Sql::same(ADD), Sql::same(HAS)];

/// Suppresses an address, in the form in which addresses compare. `at`: ms.
pub fn add(tx: &mut TenantTx<'_>, channel: &str, address: &str, reason: &str, at: i64) -> Result<()> {
    let no = tx.business_no();
    tx.put(
        ADD,
        &[
            no.into(),
            channel.into(),
            address.into(),
            reason.into(),
            at.into(),
        ],
    )
}
/// Whether an address is suppressed.
pub async fn has(tx: &mut TenantTx<'_>, channel: &str, address: &str) -> Result<bool> {
    let no = tx.business_no();
    let count = tx
        .query_opt::<(i64,)>(HAS, &[no.into(), channel.into(), address.into()])
        .await?;
    Ok(count.is_some_and(|(n,)| n > 0))
}
