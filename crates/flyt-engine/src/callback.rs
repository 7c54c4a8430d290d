//! What gateways post to us: delivery reports, and what people write back. A business's address for them cannot be guessed and is
//! not stored: it is made anew from the key of the installation and compared.

use crate::change::Out;
use crate::engine::{Engine, Inner};
use crate::people;
use crate::refusal::{Actor, Refusal};
use crate::report;
use crate::road::{self, Way};
use flyt_channels::sms::{Account, Received, Unreadable, generic, twilio};
use flyt_core::contact;
use flyt_core::customer::{Channel, Customer, OptOut};
use flyt_core::id::{self, BusinessId};
use flyt_core::instant::to_ms;
use flyt_core::keyword::{self, Keyword};
use flyt_store::{Tx, businesses, customers, reports, suppressions};
use std::sync::Arc;

/// Characters of an id, and of each half of a mark.
const WIDTH: usize = 13;

/// A call of a gateway.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    /// The gateway's word in the address.
    pub provider: String,
    /// The unguessable part of the address.
    pub token: String,
    /// Our reference, where the address bears it.
    pub reference: Option<String>,
    /// The address as it may have been called, for signatures: the first that fits counts.
    pub urls: Vec<String>,
    /// The gateway's signature.
    pub signature: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What became of a call of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It was taken in, or means nothing to us.
    Taken,
    /// It cannot be read; the sentence says why.
    Unreadable(&'static str),
    /// Its signature is not the gateway's.
    Unsigned,
}

impl Engine {
    /// Takes in a call of a gateway.
    ///
    /// # Errors
    /// `NotFound` for an address that is none of ours; else the store's.
    pub async fn callback(&self, callback: Callback) -> Result<Heard, Refusal> {
        let inner = self.0.clone();
        let Some((business, _)) = taken_apart(&callback.token) else {
            return Err(Refusal::NotFound);
        };
        let reader = inner.clone();
        let found = self.0.glance(async move |tx: &mut Tx| {
            let found = businesses::by_id(&mut tx.engine(), business).await?;
            let no = found.ok_or(Refusal::NotFound)?.no;
            reader.cache.tenant(tx, no).await
        });
        let tenant = found.await?;
        let no = tenant.business.no;
        if !inner
            .tokens(business)
            .iter()
            .any(|own| same(own, &callback.token))
        {
            return Err(Refusal::NotFound);
        }
        let account = match road::gateway(&inner, &tenant) {
            Way::Gateway(account, _) => Some(account),
            Way::Captured | Way::Relay | Way::Broken(_) | Way::Call => None,
        };
        let received = match read(&callback, account.as_deref()) {
            None => return Err(Refusal::NotFound),
            Some(Err(heard)) => return Ok(heard),
            Some(Ok(received)) => Arc::new(received),
        };
        let country = tenant.business.settings.country.clone();
        // Not a command: under the test clock that would wait for the very send that this may be about.
        let write = self.0.write(async move |tx: &mut Tx| {
            let mut out = Out::new(&inner, no, inner.clock.now());
            match &*received {
                Received::Report(report) => report::take(tx, &mut out, report).await?,
                Received::Inbound { from, text, .. } => {
                    let number = contact::phone(from, &country).unwrap_or_else(|| from.clone());
                    match keyword::read(text) {
                        Some(Keyword::Stop) => stop(tx, &mut out, &number).await?,
                        Some(Keyword::Start) => start(tx, &mut out, &number).await?,
                        None => {}
                    }
                }
                Received::Nothing => {}
            }
            Ok(out.dispatch)
        });
        let dispatch = write.await?;
        self.0.dispatch(dispatch);
        Ok(Heard::Taken)
    }
}

/// `None`: the business has no such gateway.
fn read(callback: &Callback, account: Option<&Account>) -> Option<Result<Received, Heard>> {
    let told = |read: Result<Received, Unreadable>| read.map_err(|Unreadable(why)| Heard::Unreadable(why));
    match (callback.provider.as_str(), account) {
        ("generic", Some(Account::Generic(_)) | None) => Some(told(generic::received(&callback.body))),
        ("twilio", Some(Account::Twilio(account))) => {
            let form = twilio::form(&callback.body);
            let signature = callback.signature.as_deref().unwrap_or_default();
            let signed = |url: &String| twilio::is_signed(&account.token, url, &form, signature);
            if !callback.urls.iter().any(signed) {
                return Some(Err(Heard::Unsigned));
            }
            Some(told(twilio::received(&form, callback.reference.clone())))
        }
        _ => None,
    }
}

/// Every SMS of the business to the number stops. What waits comes due, and its last look says why it does not go.
async fn stop(tx: &mut Tx, out: &mut Out<'_>, number: &str) -> Result<(), Refusal> {
    let (no, now) = (out.business_no, out.now);
    let folded = contact::folded(number);
    suppressions::stop(&mut tx.tenant(no), Channel::Sms.word(), &folded, to_ms(now))?;
    for mut customer in customers::by_phone(&mut tx.tenant(no), number).await? {
        if customer.contact.opt_outs.iter().any(is_stop) {
            continue;
        }
        customer.contact.opt_outs.push(OptOut {
            channel: Channel::Sms,
            purpose: None,
            at: now,
        });
        save(tx, out, customer).await?;
    }
    Ok(reports::hurry(&mut tx.tenant(no), number, to_ms(now))?)
}

/// SMS may come again; what was stopped stays so.
async fn start(tx: &mut Tx, out: &mut Out<'_>, number: &str) -> Result<(), Refusal> {
    let no = out.business_no;
    suppressions::start(&mut tx.tenant(no), Channel::Sms.word(), &contact::folded(number))?;
    for mut customer in customers::by_phone(&mut tx.tenant(no), number).await? {
        if customer.contact.opt_outs.iter().any(is_stop) {
            customer.contact.opt_outs.retain(|o| !is_stop(o));
            save(tx, out, customer).await?;
        }
    }
    Ok(())
}

/// An opt-out of everything by SMS: what STOP writes.
fn is_stop(opt_out: &OptOut) -> bool {
    opt_out.channel == Channel::Sms && opt_out.purpose.is_none()
}

async fn save(tx: &mut Tx, out: &mut Out<'_>, customer: Customer) -> Result<(), Refusal> {
    people::save(tx, out, customer, false, Actor::Customer)
        .await
        .map(drop)
}

impl Inner {
    /// The unguessable part of a business's address for callbacks: its id and a mark of it. While the key of the installation is
    /// being changed the old mark counts too.
    fn tokens(&self, business: BusinessId) -> Vec<String> {
        let half = |bytes: &[u8]| {
            let number = bytes.iter().take(8).fold(0_u64, |n, b| (n << 8) | u64::from(*b));
            id::encode(number.cast_signed(), WIDTH)
        };
        let token = |mark: [u8; 32]| {
            let (first, rest) = mark.split_at(8);
            let token = [id::encode(business.0, WIDTH), half(first), half(rest)].concat();
            token.to_ascii_lowercase()
        };
        let marks = self.seal.marks(&format!("callback/{business}/sms"));
        marks.into_iter().map(token).collect()
    }
    /// The path of a business's callbacks from a gateway.
    pub(crate) fn callback_path(&self, business: BusinessId, provider: &str) -> String {
        let token = self.tokens(business).into_iter().next().unwrap_or_default();
        format!("/v1/callbacks/{provider}/{token}")
    }
}

fn taken_apart(token: &str) -> Option<(BusinessId, &str)> {
    let (business, mark) = token.split_at_checked(WIDTH)?;
    (token.len() == 3 * WIDTH).then_some(())?;
    Some((BusinessId(id::decode(business)?), mark))
}

/// True for equal texts, in a time that does not tell where they differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && a.bytes()
            .zip(b.bytes())
            .fold(0, |differs, (x, y)| differs | (x ^ y))
            == 0
}
