//! Addresses that nothing more is sent to: looked up by themselves and by their fingerprint, listed, added and let go.

use crate::audit;
use crate::change::Out;
use crate::engine::{Engine, Inner};
use crate::fingerprint;
use crate::refusal::{Caller, Refusal, Written};
use crate::tenant::Tenant;
use flyt_core::contact;
use flyt_core::customer::{Channel, Purpose};
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::invalid::{Faults, Fields, Line};
use flyt_core::reason::Reason;
use flyt_store::suppressions::{self, Suppression};
use flyt_store::{Tx, businesses};
use serde_json::{Value, json};

/// The owner of the number wrote STOP.
const STOP: &str = "stop";
/// Somebody put it there.
const BY_HAND: &str = "manual";
/// The owner of the address has opted out of everything on this channel and was erased since.
pub(crate) const OPTED_OUT: &str = "opted_out";
/// As `OPTED_OUT`, of marketing only.
pub(crate) const OPTED_OUT_MARKETING: &str = "opted_out_marketing";
/// As `OPTED_OUT`, of service messages only.
pub(crate) const OPTED_OUT_SERVICE: &str = "opted_out_service";

/// Why nothing of this purpose may go to an address; `None`: it may.
pub(crate) async fn stops(
    inner: &Inner,
    tx: &mut Tx,
    tenant: &Tenant,
    (channel, address): (&str, &str),
    purpose: Purpose,
) -> Result<Option<Reason>, Refusal> {
    let (folded, print) = prints(inner, tenant, channel, address);
    let reasons =
        suppressions::reasons(&mut tx.tenant(tenant.business.no), channel, (&folded, &print)).await?;
    let told = |reason: &String| match reason.as_str() {
        OPTED_OUT_MARKETING => (purpose == Purpose::Marketing).then_some(Reason::OptedOut),
        OPTED_OUT_SERVICE => (purpose == Purpose::Service).then_some(Reason::OptedOut),
        STOP | OPTED_OUT => Some(Reason::OptedOut),
        _ => Some(Reason::SuppressedAddress),
    };
    Ok(reasons.iter().find_map(told))
}

/// The two forms in which an address may be kept: as addresses compare, and its keyed hash.
pub(crate) fn prints(inner: &Inner, tenant: &Tenant, channel: &str, address: &str) -> (String, String) {
    let folded = contact::folded(address);
    let print = fingerprint::open(inner, tenant).map(|prints| prints.of(channel, &folded));
    (folded.clone(), print.unwrap_or(folded))
}

impl Engine {
    /// A page of suppressed addresses, newest first, with its cursor.
    ///
    /// # Errors
    /// `Invalid` for a cursor of another list.
    pub async fn suppressions(
        &self,
        caller: &Caller,
        channel: Option<Channel>,
        (cursor, limit): (Option<String>, i64),
    ) -> Result<(Vec<Value>, Option<String>), Refusal> {
        let no = caller.business_no;
        let read = self.store().read(async move |tx: &mut Tx| {
            let channel = channel.map(Channel::word);
            suppressions::page(&mut tx.tenant(no), channel, (cursor.as_deref(), limit)).await
        });
        let page = read.await.map_err(|error| match error {
            flyt_store::Error::Refused(_) => {
                let rule = "must be the `next_cursor` of the same list, unchanged";
                Refusal::invalid("?cursor", "bad_cursor", rule)
            }
            flyt_store::Error::Again(_)
            | flyt_store::Error::Conflict(_)
            | flyt_store::Error::Unavailable(_)
            | flyt_store::Error::Newer(_)
            | flyt_store::Error::Bug(_) => error.into(),
        })?;
        Ok((page.rows.iter().map(show).collect(), page.next))
    }

    /// Suppresses an address: `{channel, address}`. One that is suppressed already stays as it is.
    ///
    /// # Errors
    /// `Invalid` with places.
    pub async fn suppress(&self, caller: &Caller, body: Value) -> Result<Written<Value>, Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let no = caller.business_no;
                let business = businesses::own(&mut tx.tenant(no))
                    .await?
                    .ok_or(Refusal::NotFound)?;
                let (channel, address) = read(&body, &business.settings.country)?;
                let out = Out::new(&inner, no, inner.clock.now());
                let before = suppressions::of(&mut tx.tenant(no), channel.word(), &address).await?;
                let created = before.is_none();
                let row = before.unwrap_or_else(|| Suppression {
                    channel: channel.word().to_owned(),
                    address,
                    reason: BY_HAND.to_owned(),
                    created_at: to_ms(out.now),
                });
                if created {
                    let (c, a) = (row.channel.as_str(), row.address.as_str());
                    suppressions::add(&mut tx.tenant(no), c, a, &row.reason, row.created_at)?;
                    // The log names no address: it outlives the person.
                    audit::note(tx, &out, caller.actor, "suppression.create", c)?;
                }
                Ok(Written {
                    value: show(&row),
                    created,
                    changed: created,
                    warnings: Vec::new(),
                })
            })
            .await
    }

    /// Lets a suppressed address go, by the id that the list shows.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn release_address(&self, caller: &Caller, id: String) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let no = caller.business_no;
                let (channel, address) = id.split_once(':').ok_or(Refusal::NotFound)?;
                // A fingerprint has capitals, an address as people write it may have some.
                let mut gone = suppressions::remove(&mut tx.tenant(no), channel, address).await?;
                if !gone {
                    let folded = contact::folded(address);
                    gone = suppressions::remove(&mut tx.tenant(no), channel, &folded).await?;
                }
                if !gone {
                    return Err(Refusal::NotFound);
                }
                let out = Out::new(&inner, no, inner.clock.now());
                audit::note(tx, &out, caller.actor, "suppression.delete", channel)
            })
            .await
    }
}

fn read(body: &Value, country: &str) -> Result<(Channel, String), Refusal> {
    let mut faults = Faults::default();
    let mut fields = Fields::open(body, "", &mut faults);
    let channel = fields.required::<Channel>("channel", &mut faults);
    let given = fields.required::<Line>("address", &mut faults);
    fields.close(&mut faults);
    let address = channel.zip(given).and_then(|(channel, Line(text))| {
        let usable = match channel {
            Channel::Email => contact::email(&text),
            Channel::Sms => contact::phone(&text, country),
            Channel::Webhook => {
                let rule = "must be email or sms: webhooks have no person behind them";
                faults.error("/channel", "unknown_value", rule);
                return None;
            }
        };
        if usable.is_none() {
            let (code, rule) = match channel {
                Channel::Email => ("bad_email", "must be an e-mail address"),
                Channel::Sms | Channel::Webhook => ("bad_phone", "must be a phone number"),
            };
            faults.error("/address", code, rule);
        }
        usable.map(|a| (channel, contact::folded(&a)))
    });
    faults.finish(address).map_err(Refusal::Invalid)
}

fn show(row: &Suppression) -> Value {
    let erased = row.address.starts_with("hmac:");
    json!({
        "id": format!("{}:{}", row.channel, row.address),
        "channel": row.channel,
        "address": if erased { Value::Null } else { json!(row.address) },
        "erased": erased,
        "reason": row.reason,
        "created_at": from_ms(row.created_at),
    })
}
