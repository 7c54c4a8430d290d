//! Addresses that nothing more is sent to, after a permanent failure.

use crate::engine::Sql;
use crate::error::Result;
use crate::tx::TenantTx;

const ADD: &str =
    "INSERT INTO suppressions (business_no, channel, address, reason, created_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (business_no, channel, address) DO NOTHING";
const HAS: &str =
    "SELECT COUNT(*) FROM suppressions WHERE business_no = $1 AND channel = $2 AND address = $3";
const REASON: &str =
    "SELECT reason FROM suppressions WHERE business_no = $1 AND channel = $2 AND address = $3";
const STOP: &str =
    "INSERT INTO suppressions (business_no, channel, address, reason, created_at) VALUES ($1, $2, $3, 'stop', $4)
    ON CONFLICT (business_no, channel, address) DO UPDATE SET reason = excluded.reason, created_at = excluded.created_at";
const START: &str =
    "DELETE FROM suppressions WHERE business_no = $1 AND channel = $2 AND address = $3 AND reason = 'stop'";
pub(crate) const ALL: &[Sql] = &[
    Sql::same(ADD),
    Sql::same(HAS),
    Sql::same(REASON),
    Sql::same(STOP),
    Sql::same(START),
];

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
/// Why an address is suppressed, if it is: `stop` by its owner, else after a failure.
pub async fn reason(tx: &mut TenantTx<'_>, channel: &str, address: &str) -> Result<Option<String>> {
    let no = tx.business_no();
    let row = tx
        .query_opt::<(String,)>(REASON, &[no.into(), channel.into(), address.into()])
        .await?;
    Ok(row.map(|(reason,)| reason))
}
/// The owner of an address wants nothing more. `at`: ms.
pub fn stop(tx: &mut TenantTx<'_>, channel: &str, address: &str, at: i64) -> Result<()> {
    let no = tx.business_no();
    tx.put(STOP, &[no.into(), channel.into(), address.into(), at.into()])
}
/// The owner of an address takes that back.
pub fn start(tx: &mut TenantTx<'_>, channel: &str, address: &str) -> Result<()> {
    let no = tx.business_no();
    tx.put(START, &[no.into(), channel.into(), address.into()])
}
