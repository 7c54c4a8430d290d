//! The audit log: every command leaves a row in its own transaction.

use crate::change::Out;
use crate::refusal::{Actor, Refusal};
use flyt_core::id::AuditId;
use flyt_store::Tx;

/// Notes who did what to which object.
pub(crate) fn note(
    tx: &mut Tx,
    out: &Out<'_>,
    actor: Actor,
    action: &str,
    object: &str,
) -> Result<(), Refusal> {
    let row = flyt_store::audit::Act {
        id: AuditId(out.inner.ids.next(out.now)),
        at: out.now,
        actor: actor.to_string(),
        action: action.to_owned(),
        object: object.to_owned(),
        detail: String::from("{}"),
    };
    Ok(flyt_store::audit::append(&mut tx.tenant(out.business_no), &row)?)
}
