//! The sending accounts of a business: what is in force on each channel, whether it is in trouble, and an SMS account of its own.
//! Secrets go in and never come out. Trying one out is in `channel_test`.

use crate::audit;
use crate::change::Out;
use crate::engine::{Engine, Inner};
use crate::random;
use crate::refusal::{Caller, Refusal, Verb};
use crate::road::{self, Key, OwnSms, Way};
use crate::seal::{NONCE_BYTES, place};
use crate::tenant::{self, Tenant};
use flyt_channels::sms::Owner;
use flyt_core::business::Mode;
use flyt_core::customer::Channel;
use flyt_core::instant::{from_ms, to_ms};
use flyt_core::invalid::{Faults, Fields, Line};
use flyt_core::merge;
use flyt_store::channels::{self, ChannelRow};
use flyt_store::circuits::{self, CircuitRow};
use flyt_store::secrets::{self, Secret};
use flyt_store::{Tx, businesses};
use serde_json::{Value, json};

/// What callers only read.
const READ_ONLY: &[&str] = &[
    "id",
    "channel",
    "in_force",
    "secret_set",
    "callback_path",
    "callback_url",
    "sandbox",
    "paused",
    "status",
    "problem",
    "paused_since",
    "next_probe_at",
    "waiting",
    "revision",
    "updated_at",
];

impl Engine {
    /// The channels of a business: e-mail, SMS, webhooks.
    ///
    /// # Errors
    /// Only when the store does not answer.
    pub async fn channels(&self, caller: &Caller) -> Result<Vec<Value>, Refusal> {
        let (inner, no) = (self.0.clone(), caller.business_no);
        self.0
            .read(async move |tx: &mut Tx| {
                let tenant = inner.cache.tenant(tx, no).await?;
                let mut all = Vec::new();
                for channel in [Channel::Email, Channel::Sms] {
                    all.push(shown(&inner, tx, &tenant, channel).await?);
                }
                let sandbox = tenant.business.settings.mode == Mode::Sandbox;
                all.push(webhooks(tx, no, sandbox).await?);
                Ok(all)
            })
            .await
    }

    /// One channel.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn channel(&self, caller: &Caller, id: &str) -> Result<Value, Refusal> {
        let all = self.channels(caller).await?;
        all.into_iter().find(|c| c["id"] == id).ok_or(Refusal::NotFound)
    }

    /// Gives the business an SMS account of its own, or changes it. What waited for the account before is let go.
    ///
    /// # Errors
    /// `Invalid`, `Precondition`, `NotFound` for a PATCH without an account.
    pub async fn write_sms(
        &self,
        caller: &Caller,
        verb: Verb,
        body: Value,
        expect: Option<i64>,
    ) -> Result<Value, Refusal> {
        let mut nonce = [0_u8; NONCE_BYTES];
        random::fill(&mut nonce).map_err(Refusal::Unavailable)?;
        let (inner, caller) = (self.0.clone(), *caller);
        let write = self
            .0
            .command(async move |tx: &mut Tx| save(&inner, tx, caller, (verb, &body), expect, &nonce).await);
        write.await?;
        self.channel(&caller, Channel::Sms.word()).await
    }

    /// Takes the business's own SMS account away: the operator's is in force again.
    ///
    /// # Errors
    /// `NotFound` where it has none.
    pub async fn remove_sms(&self, caller: &Caller) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .command(async move |tx: &mut Tx| {
                let no = caller.business_no;
                if !channels::remove(&mut tx.tenant(no), Channel::Sms.word()).await? {
                    return Err(Refusal::NotFound);
                }
                let out = Out::new(&inner, no, inner.clock.now());
                secrets::purge(
                    &mut tx.tenant(no),
                    &road::secret_name(Channel::Sms.word()),
                    i64::MAX,
                )?;
                renewed(tx, &out)?;
                audit::note(tx, &out, caller.actor, "channel.remove", "sms")
            })
            .await
    }
}

async fn shown(inner: &Inner, tx: &mut Tx, tenant: &Tenant, channel: Channel) -> Result<Value, Refusal> {
    let no = tenant.business.no;
    let row = tenant.channels.iter().find(|c| c.channel == channel.word());
    let own: Option<OwnSms> = row.map(|r| tenant::parse(&r.doc)).transpose()?;
    let way = road::way(inner, tenant, channel);
    let (in_force, provider) = match &way {
        Way::Captured => ("captured", None),
        Way::Relay => ("operator", Some("smtp")),
        Way::Gateway(account, Owner::Operator) => ("operator", Some(account.provider())),
        Way::Gateway(account, Owner::Business) => ("own", Some(account.provider())),
        Way::Broken(_) | Way::Call => ("own", None),
    };
    let mut object = json!({
        "id": channel.word(),
        "channel": channel.word(),
        "in_force": in_force,
        "provider": own.as_ref().map(|o| o.provider.as_str()).or(provider),
        "url": own.as_ref().and_then(|o| o.url.as_ref()),
        "account": own.as_ref().and_then(|o| o.account.as_ref()),
        "from": own.as_ref().and_then(|o| o.from.as_ref()),
        "secret_set": row.is_some_and(|r| r.sealed.is_some()),
        "revision": row.map_or(0, |r| r.revision),
        "updated_at": row.map(|r| from_ms(r.updated_at)),
        "sandbox": tenant.business.settings.mode == Mode::Sandbox,
        "paused": [],
        "callback_path": null,
        "callback_url": null,
    });
    let circuit = match road::key(&way, no) {
        Some(key) => circuit(tx, no, &key).await?,
        None => well(),
    };
    extend(&mut object, circuit);
    if let (Way::Broken(problem), Some(map)) = (&way, object.as_object_mut()) {
        map.insert("problem".to_owned(), json!(problem));
    }
    if channel == Channel::Sms {
        let path = inner.callback_path(tenant.business.id, provider.unwrap_or("generic"));
        let url = inner.public_url.as_ref().map(|base| format!("{base}{path}"));
        extend(&mut object, json!({"callback_path": path, "callback_url": url}));
    }
    Ok(object)
}

/// How an account fares. What the operator's own systems say stays the operator's.
async fn circuit(tx: &mut Tx, no: i64, key: &Key) -> Result<Value, Refusal> {
    let found = circuits::get(&mut tx.tenant(key.owner), &key.account).await?;
    match found.filter(|c| c.opened_at.is_some()) {
        Some(row) => trouble(tx, no, &row).await,
        None => Ok(well()),
    }
}

/// An account without trouble.
fn well() -> Value {
    json!({"status": "ok", "problem": null, "paused_since": null, "next_probe_at": null, "waiting": 0})
}

async fn trouble(tx: &mut Tx, no: i64, row: &CircuitRow) -> Result<Value, Refusal> {
    let waiting = circuits::waiting(&mut tx.tenant(row.owner), &row.account, no).await?;
    let problem = if row.owner == no {
        row.problem.as_str()
    } else {
        "the operator's account does not take messages at present"
    };
    Ok(json!({
        "status": "paused", "problem": problem, "paused_since": row.opened_at.map(from_ms),
        "next_probe_at": from_ms(row.probe_at), "waiting": waiting,
    }))
}

/// Webhooks go straight to their addresses; those in trouble are named.
async fn webhooks(tx: &mut Tx, no: i64, sandbox: bool) -> Result<Value, Refusal> {
    let mut paused = Vec::new();
    for row in circuits::open(&mut tx.tenant(no)).await? {
        if row.account != Channel::Sms.word() {
            let mut object = json!({"origin": row.account});
            extend(&mut object, trouble(tx, no, &row).await?);
            paused.push(object);
        }
    }
    let status = if paused.is_empty() { "ok" } else { "paused" };
    let mut object = json!({
        "id": "webhook", "channel": "webhook", "in_force": "own", "provider": null, "url": null, "account": null, "from": null,
        "secret_set": false, "sandbox": sandbox, "callback_path": null, "callback_url": null, "revision": 0,
        "updated_at": null,
    });
    extend(&mut object, well());
    extend(&mut object, json!({"status": status, "paused": paused}));
    Ok(object)
}

fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(map), Value::Object(more)) = (object, more) {
        map.extend(more);
    }
}

async fn save(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    (verb, body): (Verb, &Value),
    expect: Option<i64>,
    nonce: &[u8; NONCE_BYTES],
) -> Result<(), Refusal> {
    let no = caller.business_no;
    let tenant = inner.cache.tenant(tx, no).await?;
    let before = tenant.channels.iter().find(|c| c.channel == Channel::Sms.word());
    if verb == Verb::Patch && before.is_none() {
        return Err(Refusal::NotFound);
    }
    if expect.is_some_and(|wanted| before.map(|b| b.revision) != Some(wanted)) {
        return Err(Refusal::Precondition);
    }
    let kept = before.filter(|_| verb == Verb::Patch);
    let base = match kept {
        Some(row) => json!(tenant::parse::<OwnSms>(&row.doc)?),
        None => json!({}),
    };
    let now = to_ms(inner.clock.now());
    // One that was taken away may have left copies of its secret: a revision is never used twice.
    let revision = before.map_or(0, |b| b.revision).max(now) + 1;
    let mut faults = Faults::default();
    let whole = merge::merge(&base, body, READ_ONLY, &mut faults);
    let read = settings(
        inner,
        &whole,
        kept.is_some_and(|k| k.sealed.is_some()),
        &mut faults,
    );
    let (settings, secret) = faults.finish(read).map_err(Refusal::Invalid)?;
    let name = road::secret_name(Channel::Sms.word());
    let secret = match (secret, kept.and_then(|k| Some((k.revision, k.sealed.as_ref()?)))) {
        (Some(secret), _) => Some(secret),
        (None, Some((revision, sealed))) => Some(
            inner
                .seal
                .open(sealed, &place(no, &name, revision))
                .map_err(Refusal::Unavailable)?,
        ),
        (None, None) => None,
    };
    let sealed = secret
        .map(|s| inner.seal.close(&s, &place(no, &name, revision), nonce))
        .transpose();
    let row = ChannelRow {
        channel: Channel::Sms.word().to_owned(),
        revision,
        updated_at: now,
        doc: tenant::document(&settings)?,
        sealed: sealed.map_err(Refusal::Bug)?,
    };
    channels::put(&mut tx.tenant(no), &row)?;
    secrets::purge(&mut tx.tenant(no), &name, revision)?;
    if let Some(sealed) = row.sealed {
        let secret = Secret {
            name,
            version: revision,
            sealed,
            created_at: from_ms(now),
        };
        secrets::insert(&mut tx.tenant(no), &secret)?;
    }
    let out = Out::new(inner, no, inner.clock.now());
    renewed(tx, &out)?;
    audit::note(tx, &out, caller.actor, "channel.write", "sms")
}

/// Another account is in force: the trouble of the one before is over, and what waited looks again.
fn renewed(tx: &mut Tx, out: &Out<'_>) -> Result<(), Refusal> {
    let (mut tenant, sms) = (tx.tenant(out.business_no), Channel::Sms.word());
    circuits::remove(&mut tenant, sms)?;
    circuits::let_go_own(&mut tenant, sms, to_ms(out.now))?;
    Ok(businesses::raise_epoch(&mut tenant)?)
}

fn settings(
    inner: &Inner,
    whole: &Value,
    secret_kept: bool,
    faults: &mut Faults,
) -> Option<(OwnSms, Option<String>)> {
    let mut fields = Fields::open(whole, "", faults);
    let provider = fields.required::<Line>("provider", faults).map(|l| l.0);
    let text = |fields: &mut Fields<'_>, name, faults: &mut Faults| {
        let line = fields
            .optional::<Line>(name, faults)
            .map(|l| l.0.trim().to_owned());
        line.filter(|l| !l.is_empty())
    };
    let own = OwnSms {
        provider: provider?,
        url: text(&mut fields, "url", faults),
        account: text(&mut fields, "account", faults),
        from: text(&mut fields, "from", faults),
    };
    let secret = text(&mut fields, "secret", faults);
    fields.close(faults);
    let needed: &[&str] = match own.provider.as_str() {
        "generic" => &["url"],
        "twilio" => &["account", "secret"],
        other => {
            faults.unknown("/provider", "unknown_value", other, ["generic", "twilio"]);
            return None;
        }
    };
    for name in needed {
        let there = match *name {
            "url" => own.url.is_some(),
            "account" => own.account.is_some(),
            _ => secret.is_some() || secret_kept,
        };
        if !there {
            faults.error(
                format!("/{name}"),
                "required",
                format!("`{name}` is required for {}", own.provider),
            );
        }
    }
    if let Some(Err(refused)) = own.url.as_deref().map(|url| inner.gateways.check_url(url)) {
        let code = if refused.is_blocked() {
            "blocked_address"
        } else {
            "bad_url"
        };
        faults.error("/url", code, refused.to_string());
    }
    Some((own, secret))
}
