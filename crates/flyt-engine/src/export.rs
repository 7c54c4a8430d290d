//! Everything that is kept about a person, as one document for them: themselves, their bookings with payments, messages and
//! timelines, what they consented to and refused.

use crate::audit;
use crate::change::Out;
use crate::delivery;
use crate::engine::Engine;
use crate::read::Query;
use crate::refusal::{Caller, Refusal, Target};
use crate::tenant;
use flyt_core::contact;
use flyt_core::customer::{Channel, Customer};
use flyt_core::id::{BookingId, CustomerId};
use flyt_core::instant::from_ms;
use flyt_core::view;
use flyt_store::page::{MAX_LIMIT, Paging};
use flyt_store::{Tx, bookings, customers, erasure, payments, suppressions};
use serde_json::{Value, json};

impl Engine {
    /// Everything about a customer.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn export_customer(
        &self,
        caller: &Caller,
        target: Target<CustomerId>,
    ) -> Result<Value, Refusal> {
        let no = caller.business_no;
        let customer = self
            .0
            .read(async move |tx: &mut Tx| {
                Ok(match &target {
                    Target::New => None,
                    Target::Id(id) => customers::by_id(&mut tx.tenant(no), *id).await?,
                    Target::External(external) => {
                        customers::by_external_id(&mut tx.tenant(no), external).await?
                    }
                })
            })
            .await?;
        let customer = customer.ok_or(Refusal::NotFound)?;
        let id = customer.id;
        let own = self
            .0
            .read(async move |tx: &mut Tx| Ok(erasure::bookings(&mut tx.tenant(no), id).await?))
            .await?;
        let mut all = Vec::new();
        for (booking, _) in own {
            all.push(self.export_booking(caller, &customer, booking).await?);
        }
        let exported = json!({
            "exported_at": self.now(),
            "customer": view::customer(&customer),
            "bookings": all,
            "messages": self.export_other_messages(caller, id).await?,
            "suppressions": self.export_suppressions(caller, &customer).await?,
        });
        let (inner, caller) = (self.0.clone(), *caller);
        self.0
            .write(async move |tx: &mut Tx| {
                let out = Out::new(&inner, no, inner.clock.now());
                audit::note(tx, &out, caller.actor, "customer.export", &id.to_string())
            })
            .await?;
        Ok(exported)
    }

    /// A booking with all that hangs on it. Of a deleted one its timeline and messages are left.
    async fn export_booking(
        &self,
        caller: &Caller,
        customer: &Customer,
        id: BookingId,
    ) -> Result<Value, Refusal> {
        let no = caller.business_no;
        let (booking, paid) = self
            .0
            .read(async move |tx: &mut Tx| {
                let found = bookings::by_id(&mut tx.tenant(no), id).await?;
                let facts = match found {
                    Some(booking) => Some(tenant::booking_facts(tx, no, booking).await?),
                    None => None,
                };
                let mut paging = Paging::new(Some(MAX_LIMIT), None)?;
                let mut paid = Vec::new();
                loop {
                    let page = payments::page(&mut tx.tenant(no), Some(id), None, &paging).await?;
                    paid.extend(page.rows);
                    let Some(next) = page.next else { break };
                    paging = Paging::new(Some(MAX_LIMIT), Some(&next))?;
                }
                Ok((facts, paid))
            })
            .await?;
        let mut messages = Vec::new();
        let mut query = Query {
            booking_id: Some(id),
            limit: MAX_LIMIT,
            ..Query::default()
        };
        loop {
            let page = self.messages(caller, query.clone()).await?;
            messages.extend(page.data);
            let Some(next) = page.next else { break };
            query.after = next;
        }
        let timeline = match self.timeline(caller, id).await {
            Err(Refusal::NotFound) => Vec::new(),
            other => other?,
        };
        Ok(json!({
            "id": id,
            "booking": booking.map(|b| view::booking(&b, Some(customer))),
            "payments": paid.iter().map(view::payment).collect::<Vec<_>>(),
            "messages": messages,
            "timeline": timeline,
        }))
    }

    /// Messages to them that are about no booking.
    async fn export_other_messages(&self, caller: &Caller, id: CustomerId) -> Result<Vec<Value>, Refusal> {
        let no = caller.business_no;
        let traces = self
            .0
            .read(async move |tx: &mut Tx| Ok(erasure::traces(&mut tx.tenant(no), id, None).await?))
            .await?;
        let mut messages = Vec::new();
        // An endpoint is told of events, not the person: its deliveries are no messages.
        let person = |channel: &str| channel != delivery::CHANNEL;
        for trace in traces.iter().filter(|t| t.channel.as_deref().is_some_and(person)) {
            messages.push(self.message(caller, trace.step).await?);
        }
        Ok(messages)
    }

    async fn export_suppressions(&self, caller: &Caller, customer: &Customer) -> Result<Vec<Value>, Refusal> {
        let no = caller.business_no;
        let own: Vec<(Channel, String)> = [
            (Channel::Email, &customer.contact.email),
            (Channel::Sms, &customer.contact.phone),
        ]
        .into_iter()
        .filter_map(|(channel, address)| Some((channel, contact::folded(address.as_deref()?))))
        .collect();
        self.0
            .read(async move |tx: &mut Tx| {
                let mut all = Vec::new();
                for (channel, address) in &own {
                    let found = suppressions::of(&mut tx.tenant(no), channel.word(), address).await?;
                    all.extend(found.map(|s| {
                        json!({
                            "channel": s.channel, "address": s.address, "reason": s.reason,
                            "created_at": from_ms(s.created_at),
                        })
                    }));
                }
                Ok(all)
            })
            .await
    }
}
