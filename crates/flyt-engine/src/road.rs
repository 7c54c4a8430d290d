//! Which way a delivery goes and whether the way is free: the account in force, its circuit, the storm guard, and a report that
//! came before the answer. Loaded with the last look, in one snapshot.

use crate::engine::Inner;
use crate::refusal::Refusal;
use crate::seal::place;
use crate::tenant::{self, Tenant};
use flyt_channels::sms::{Account, Owner, generic, twilio};
use flyt_core::business::Mode;
use flyt_core::contact;
use flyt_core::customer::Channel;
use flyt_core::instant::to_ms;
use flyt_core::reason::Reason;
use flyt_core::storm;
use flyt_store::Tx;
use flyt_store::channels::ChannelRow;
use flyt_store::circuits::{self, CircuitRow};
use flyt_store::reports::{self, ReportRow};
use flyt_store::steps::{self, StepRow};
use flyt_store::suppressions;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError};

/// The owner of the operator's accounts: no business has this number.
pub(crate) const OPERATOR: i64 = 0;
/// Opened accounts kept in memory.
const KEPT: usize = 4_096;

/// How a message leaves.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// It does not: nothing is configured, or the business is a sandbox.
    Captured,
    /// Through the operator's mail relay.
    Relay,
    /// Through an SMS gateway.
    Gateway(Arc<Account>, Owner),
    /// Through an account whose secret does not open; the sentence says why.
    Broken(String),
    /// Straight to the address of a webhook.
    Call,
}
impl Way {
    /// Whether a try is written down before its first byte leaves, because the other side would not know it again.
    pub(crate) fn is_keyless(&self) -> bool {
        match self {
            Self::Gateway(account, _) => !account.knows_a_key(),
            Self::Captured | Self::Relay | Self::Broken(_) | Self::Call => false,
        }
    }
}

/// A sending account as its circuit is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) owner: i64,
    /// `email`, `sms`, or the origin of a webhook.
    pub(crate) account: String,
}

/// The gate before an account: open circuits stop what is not their probe.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    pub(crate) key: Key,
    pub(crate) circuit: Option<CircuitRow>,
}
impl Gate {
    pub(crate) fn is_shut(&self, step: &StepRow) -> bool {
        let open = self.circuit.as_ref().filter(|c| c.opened_at.is_some());
        open.is_some_and(|c| c.probe != Some(step.id))
    }
}

/// What the last look knows of the way.
#[derive(Debug)]
pub(crate) struct Road {
    pub(crate) way: Way,
    /// None where nothing is called, and for webhooks, whose origin is known once the address is rendered.
    pub(crate) gate: Option<Gate>,
    /// A report that came before.
    pub(crate) early: Option<ReportRow>,
    /// How many answers of the step were lost, for SMS.
    pub(crate) lost: i64,
    /// When the storm guard lets it go, if not now.
    pub(crate) free_at: Option<Timestamp>,
    /// Why nothing more goes to the address.
    pub(crate) suppressed: Option<Reason>,
}

/// Loads the way of a step; for barriers there is none.
pub(crate) async fn look(
    inner: &Inner,
    tx: &mut Tx,
    tenant: &Tenant,
    row: &StepRow,
) -> Result<Road, Refusal> {
    let channel = row.channel.as_deref().and_then(Channel::from_word);
    let mut road = Road {
        way: Way::Captured,
        gate: None,
        early: None,
        lost: 0,
        free_at: None,
        suppressed: None,
    };
    let Some(channel) = channel else { return Ok(road) };
    let no = tenant.business.no;
    road.way = way(inner, tenant, channel);
    if let Some(key) = key(&road.way, no) {
        let circuit = circuits::get(&mut tx.tenant(key.owner), &key.account).await?;
        road.gate = Some(Gate { key, circuit });
    }
    if channel == Channel::Webhook {
        return Ok(road);
    }
    if channel == Channel::Sms && row.attempt > 1 {
        road.lost = reports::lost(&mut tx.tenant(no), row.id).await?;
        road.early = reports::get(&mut tx.tenant(no), &row.id.message()).await?;
    }
    if let Some(address) = &row.recipient {
        let folded = contact::folded(address);
        let reason = suppressions::reason(&mut tx.tenant(no), channel.word(), &folded).await?;
        road.suppressed = reason.map(|word| match word.as_str() {
            "stop" => Reason::OptedOut,
            _ => Reason::SuppressedAddress,
        });
    }
    if let Some(most) = tenant.business.settings.per_recipient_and_booking_per_hour {
        let now = inner.clock.now();
        let since = to_ms(now) - storm::WINDOW_MS;
        let sent = steps::sent_to(&mut tx.tenant(no), row, since, most).await?;
        road.free_at = storm::free_at(&sent, most, now);
    }
    Ok(road)
}

/// The way of a channel of a business.
pub(crate) fn way(inner: &Inner, tenant: &Tenant, channel: Channel) -> Way {
    if tenant.business.settings.mode == Mode::Sandbox {
        return Way::Captured;
    }
    match channel {
        Channel::Webhook => Way::Call,
        Channel::Email if inner.relay.is_some() => Way::Relay,
        Channel::Email => Way::Captured,
        Channel::Sms => gateway(inner, tenant),
    }
}

/// The business's own account, else the operator's, else none.
pub(crate) fn gateway(inner: &Inner, tenant: &Tenant) -> Way {
    let own = tenant.channels.iter().find(|c| c.channel == Channel::Sms.word());
    match own {
        Some(row) => match inner.opened(tenant.business.no, row) {
            Ok(account) => Way::Gateway(account, Owner::Business),
            Err(problem) => Way::Broken(problem),
        },
        None => inner
            .sms
            .clone()
            .map_or(Way::Captured, |account| Way::Gateway(account, Owner::Operator)),
    }
}

/// The key of a way's circuit.
pub(crate) fn key(way: &Way, no: i64) -> Option<Key> {
    let (owner, account) = match way {
        Way::Captured | Way::Call => return None,
        Way::Relay => (OPERATOR, Channel::Email),
        Way::Gateway(_, Owner::Operator) => (OPERATOR, Channel::Sms),
        Way::Gateway(_, Owner::Business) | Way::Broken(_) => (no, Channel::Sms),
    };
    Some(Key {
        owner,
        account: account.word().to_owned(),
    })
}

/// The gate before the origin of a rendered call.
pub(crate) async fn gate_of(inner: &Inner, no: i64, url: &str) -> Result<Option<Gate>, Refusal> {
    let Some(account) = flyt_channels::webhook::origin(url) else {
        return Ok(None);
    };
    let key = Key { owner: no, account };
    inner
        .glance(async move |tx: &mut Tx| {
            let circuit = circuits::get(&mut tx.tenant(key.owner), &key.account).await?;
            Ok(Some(Gate {
                key: key.clone(),
                circuit,
            }))
        })
        .await
}

/// The settings of a business's own SMS account, as they are stored. The secret lies beside them, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnSms {
    /// `generic` or `twilio`.
    pub(crate) provider: String,
    /// Where the gateway is; for Twilio only where it is another than Twilio's own.
    pub(crate) url: Option<String>,
    /// The account's name: Twilio's SID.
    pub(crate) account: Option<String>,
    /// The sender of those who name none.
    pub(crate) from: Option<String>,
}
impl OwnSms {
    /// The account with its secret.
    pub(crate) fn open(&self, secret: Option<String>) -> Account {
        if self.provider == "twilio" {
            return Account::Twilio(twilio::Account {
                base: self.url.clone().unwrap_or_else(|| twilio::BASE.to_owned()),
                sid: self.account.clone().unwrap_or_default(),
                token: secret.unwrap_or_default(),
                from: self.from.clone(),
            });
        }
        let url = self.url.as_deref().unwrap_or_default();
        Account::Generic(generic::Account::with_token(
            url,
            secret.as_deref(),
            self.from.clone(),
        ))
    }
}

/// The name of a channel's secret.
pub(crate) fn secret_name(channel: &str) -> String {
    format!("channel/{channel}")
}

impl Inner {
    /// A stored account, opened; kept until it changes.
    fn opened(&self, no: i64, row: &ChannelRow) -> Result<Arc<Account>, String> {
        let kept = || self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = kept().get(&(no, row.revision)).cloned() {
            return Ok(account);
        }
        let settings: OwnSms = tenant::parse(&row.doc).map_err(|e| e.to_string())?;
        let secret = match &row.sealed {
            Some(sealed) => Some(
                self.seal
                    .open(sealed, &place(no, &secret_name(&row.channel), row.revision))?,
            ),
            None => None,
        };
        let account = Arc::new(settings.open(secret));
        let mut all = kept();
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert((no, row.revision), account.clone());
        Ok(account)
    }
}
