//! Commands on customers and payments. Both can start workflows, so both end in `change`.

use crate::audit;
use crate::change::{self, Cause, Delta, Out};
use crate::engine::{Engine, Inner};
use crate::refusal::{Actor, Caller, Refusal, Target, Verb, Written, admit};
use crate::tenant;
use crate::terms::Terms;
use flyt_core::customer::{self, Contact, Customer};
use flyt_core::facts::Facts;
use flyt_core::id::{CustomerId, PaymentId};
use flyt_core::invalid::{Faults, Patch};
use flyt_core::money::Money;
use flyt_core::payment::{Payment, PaymentBody, PaymentStatus};
use flyt_core::reference::Pointer;
use flyt_core::{merge, view};
use flyt_store::Tx;
use flyt_store::steps::StepRow;
use flyt_store::{bookings, customers, payments};
use serde_json::{Value, json};

impl Engine {
    /// Makes or changes a customer.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Conflict` (`external_id_taken`), `Precondition`.
    pub async fn write_customer(
        &self,
        caller: &Caller,
        target: Target<CustomerId>,
        verb: Verb,
        body: Value,
        terms: impl Into<Terms>,
    ) -> Result<Written<Customer>, Refusal> {
        let (inner, caller, terms) = (self.0.clone(), *caller, terms.into());
        let write = async move |tx: &mut Tx| {
            let done = write_customer(&inner, tx, caller, (&target, verb), &body, terms.expect).await?;
            let shown = || done.0.clone().map(|customer| view::customer(&customer));
            terms.keep(tx, caller.business_no, shown).await?;
            Ok(done)
        };
        let (written, dispatch) = self.0.command(write).await?;
        self.0.dispatch(dispatch);
        Ok(written)
    }

    /// Makes or changes a payment. It fires `payment.completed` once, when it first becomes completed.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Conflict` (`external_id_taken`), `Precondition`.
    pub async fn write_payment(
        &self,
        caller: &Caller,
        target: Target<PaymentId>,
        verb: Verb,
        body: Value,
        terms: impl Into<Terms>,
    ) -> Result<Written<Payment>, Refusal> {
        let (inner, caller, terms) = (self.0.clone(), *caller, terms.into());
        let write = async move |tx: &mut Tx| {
            let done = write_payment(&inner, tx, caller, (&target, verb), &body, terms.expect).await?;
            let shown = || done.0.clone().map(|payment| view::payment(&payment));
            terms.keep(tx, caller.business_no, shown).await?;
            Ok(done)
        };
        let (written, dispatch) = self.0.command(write).await?;
        self.0.dispatch(dispatch);
        Ok(written)
    }
}

/// Writes a customer with the next revision, and its audit row.
pub(crate) async fn save(
    tx: &mut Tx,
    out: &mut Out<'_>,
    customer: Customer,
    created: bool,
    actor: Actor,
) -> Result<Customer, Refusal> {
    let customer = Customer {
        revision: customer.revision + 1,
        updated_at: out.now,
        ..customer
    };
    if created {
        customers::insert(&mut tx.tenant(out.business_no), &customer)?;
    } else {
        let was = customer.revision - 1;
        if !customers::update(&mut tx.tenant(out.business_no), &customer, was).await? {
            return Err(Refusal::overtaken());
        }
    }
    let action = if created {
        "customer.create"
    } else {
        "customer.update"
    };
    audit::note(tx, out, actor, action, &customer.id.to_string())?;
    Ok(customer)
}

async fn find_customer(
    tx: &mut Tx,
    no: i64,
    target: &Target<CustomerId>,
) -> Result<Option<Customer>, Refusal> {
    Ok(match target {
        Target::New => None,
        Target::Id(id) => customers::by_id(&mut tx.tenant(no), *id).await?,
        Target::External(external) => customers::by_external_id(&mut tx.tenant(no), external).await?,
    })
}

pub(crate) async fn write_customer(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    (target, verb): (&Target<CustomerId>, Verb),
    body: &Value,
    expect: Option<i64>,
) -> Result<(Written<Customer>, Vec<StepRow>), Refusal> {
    let no = caller.business_no;
    let tenant = inner.cache.tenant(tx, no).await?;
    let before = find_customer(tx, no, target).await?;
    admit(target, verb, before.as_ref().map(|b| b.revision), expect)?;
    let mut faults = Faults::default();
    let base = before.as_ref().map_or_else(|| json!({}), view::customer);
    let whole = merge::merge(&base, body, customer::READ_ONLY, &mut faults);
    let draft = Contact::read(&whole, &tenant.business.settings.country, &mut faults);
    let warnings = std::mem::take(&mut faults.warnings);
    let draft = faults.finish(draft).map_err(Refusal::Invalid)?;
    let external_id = draft.external_id.or_else(|| match target {
        Target::External(external) if before.is_none() => Some(external.clone()),
        Target::External(_) | Target::New | Target::Id(_) => None,
    });
    external_id_free(tx, no, external_id.as_deref(), before.as_ref()).await?;
    let now = inner.clock.now();
    let mut out = Out::new(inner, no, now);
    let created = before.is_none();
    let customer = match &before {
        Some(old) => Customer {
            external_id,
            contact: draft.value,
            ..old.clone()
        },
        None => Customer {
            id: CustomerId(inner.ids.next(now)),
            external_id,
            revision: 0,
            created_at: now,
            updated_at: now,
            contact: draft.value,
        },
    };
    if before.as_ref() == Some(&customer) {
        let written = Written {
            value: customer,
            created: false,
            changed: false,
            warnings,
        };
        return Ok((written, Vec::new()));
    }
    let customer = save(tx, &mut out, customer, created, caller.actor).await?;
    if created {
        let after = Facts {
            customer: Some(customer.clone()),
            ..tenant::bare(&tenant)
        };
        let delta = Delta {
            before: None,
            after,
            customer_created: true,
            completed: None,
            deleted: None,
        };
        out.dispatch
            .extend(change::commit(inner, tx, &tenant, delta, Cause::outside(caller.actor)).await?);
    }
    Ok((
        Written {
            value: customer,
            created,
            changed: true,
            warnings,
        },
        out.dispatch,
    ))
}

async fn external_id_free(
    tx: &mut Tx,
    no: i64,
    wanted: Option<&str>,
    before: Option<&Customer>,
) -> Result<(), Refusal> {
    let Some(wanted) = wanted.filter(|w| before.is_none_or(|b| b.external_id.as_deref() != Some(*w))) else {
        return Ok(());
    };
    tx.tenant(no).alone(&format!("customer/{wanted}"));
    match customers::by_external_id(&mut tx.tenant(no), wanted).await? {
        Some(other) => Err(taken("customer", wanted, other.id.to_string())),
        None => Ok(()),
    }
}

/// The answer to an external id that something else has.
pub(crate) fn taken(what: &str, external: &str, id: String) -> Refusal {
    Refusal::conflict(
        "external_id_taken",
        format!("a {what} with the external id `{external}` exists"),
        Some(id),
    )
}

async fn find_payment(tx: &mut Tx, no: i64, target: &Target<PaymentId>) -> Result<Option<Payment>, Refusal> {
    Ok(match target {
        Target::New => None,
        Target::Id(id) => payments::by_id(&mut tx.tenant(no), *id).await?,
        Target::External(external) => payments::by_external_id(&mut tx.tenant(no), external).await?,
    })
}

pub(crate) async fn write_payment(
    inner: &Inner,
    tx: &mut Tx,
    caller: Caller,
    (target, verb): (&Target<PaymentId>, Verb),
    body: &Value,
    expect: Option<i64>,
) -> Result<(Written<Payment>, Vec<StepRow>), Refusal> {
    let no = caller.business_no;
    let now = inner.clock.now();
    let tenant = inner.cache.tenant(tx, no).await?;
    let before = find_payment(tx, no, target).await?;
    admit(target, verb, before.as_ref().map(|b| b.revision), expect)?;
    let mut faults = Faults::default();
    let read = PaymentBody::read(body, &mut faults);
    if let Some(read) = &read {
        let stored = before.as_ref().map_or(Value::Null, view::payment);
        merge::refuse_read_only(&stored, &read.read_only, &mut faults);
    }
    let read = faults.finish(read).map_err(Refusal::Invalid)?;
    let booking = booking_of(tx, no, &read, before.as_ref()).await?;
    let draft = Payment {
        id: before
            .as_ref()
            .map_or_else(|| PaymentId(inner.ids.next(now)), |b| b.id),
        ..draft(&tenant.business.settings, &read, before.as_ref(), &booking, now)?
    };
    let draft = with_external_id(tx, no, draft, (&read, target), before.as_ref()).await?;
    if before.as_ref() == Some(&draft) {
        return Ok((
            Written {
                value: draft,
                created: false,
                changed: false,
                warnings: Vec::new(),
            },
            Vec::new(),
        ));
    }
    let mut out = Out::new(inner, no, now);
    let payment = Payment {
        revision: draft.revision + 1,
        updated_at: now,
        ..draft
    };
    if before.is_some() {
        if !payments::update(&mut tx.tenant(no), &payment, payment.revision - 1).await? {
            return Err(Refusal::overtaken());
        }
    } else {
        payments::insert(&mut tx.tenant(no), &payment)?;
    }
    let action = if before.is_some() {
        "payment.update"
    } else {
        "payment.create"
    };
    audit::note(tx, &out, caller.actor, action, &payment.id.to_string())?;
    follow(
        tx,
        &mut out,
        &tenant,
        (before.as_ref(), &payment),
        booking,
        caller.actor,
    )
    .await?;
    let written = Written {
        created: before.is_none(),
        changed: true,
        value: payment,
        warnings: Vec::new(),
    };
    Ok((written, out.dispatch))
}

/// The booking a payment is for, locked.
async fn booking_of(
    tx: &mut Tx,
    no: i64,
    body: &PaymentBody,
    before: Option<&Payment>,
) -> Result<flyt_core::booking::Booking, Refusal> {
    let unknown = || Refusal::invalid("/booking", "unknown_reference", "there is no such booking");
    let id = match (&body.booking, before) {
        (Some(Pointer::Id(id)), _) => *id,
        (Some(Pointer::External(external)), _) => {
            bookings::by_external_id(&mut tx.tenant(no), external)
                .await?
                .ok_or_else(unknown)?
                .id
        }
        (None, Some(before)) => before.booking_id,
        (None, None) => return Err(Refusal::invalid("/booking", "required", "`booking` is required")),
    };
    if before.is_some_and(|b| b.booking_id != id) {
        return Err(Refusal::invalid(
            "/booking",
            "not_changeable",
            "a payment stays with its booking",
        ));
    }
    tx.tenant(no).alone(&format!("booking/{}", id.0));
    bookings::by_id(&mut tx.tenant(no), id).await?.ok_or_else(unknown)
}

fn draft(
    settings: &flyt_core::business::Settings,
    body: &PaymentBody,
    before: Option<&Payment>,
    booking: &flyt_core::booking::Booking,
    now: jiff::Timestamp,
) -> Result<Payment, Refusal> {
    let method = match &body.method {
        Patch::Set(method) => Some(method.clone()),
        Patch::Clear => None,
        Patch::Keep => before.and_then(|b| b.method.clone()),
    };
    let manual = method.as_deref() == Some("manual");
    let amount = body
        .amount
        .or(before.map(|b| b.money.amount))
        .or_else(|| booking.due().filter(|_| manual).map(|d| d.amount));
    let Some(amount) = amount else {
        return Err(Refusal::invalid(
            "/amount",
            "required",
            "`amount` is required: only a manual payment can be the balance of a price",
        ));
    };
    let currency = body
        .currency
        .or(before.map(|b| b.money.currency))
        .or(booking.price.map(|p| p.currency));
    let default = if manual {
        PaymentStatus::Completed
    } else {
        PaymentStatus::Pending
    };
    let status = body.status.or(before.map(|b| b.status)).unwrap_or(default);
    let first = before.and_then(|b| b.completed_at);
    Ok(Payment {
        id: PaymentId(0),
        external_id: before.and_then(|b| b.external_id.clone()),
        booking_id: booking.id,
        revision: before.map_or(0, |b| b.revision),
        money: Money {
            amount,
            currency: currency.unwrap_or(settings.currency),
        },
        method,
        status,
        completed_at: first.or_else(|| (status == PaymentStatus::Completed).then_some(now)),
        created_at: before.map_or(now, |b| b.created_at),
        updated_at: before.map_or(now, |b| b.updated_at),
    })
}

async fn with_external_id(
    tx: &mut Tx,
    no: i64,
    mut draft: Payment,
    (body, target): (&PaymentBody, &Target<PaymentId>),
    before: Option<&Payment>,
) -> Result<Payment, Refusal> {
    let wanted = match (&body.external_id, target) {
        (Patch::Set(wanted), _) => Some(wanted.clone()),
        (Patch::Clear, _) => None,
        (Patch::Keep, Target::External(external)) if before.is_none() => Some(external.clone()),
        (Patch::Keep, Target::External(_) | Target::New | Target::Id(_)) => draft.external_id.clone(),
    };
    if let Some(wanted) = wanted
        .as_deref()
        .filter(|w| before.is_none_or(|b| b.external_id.as_deref() != Some(*w)))
    {
        tx.tenant(no).alone(&format!("payment/{wanted}"));
        if let Some(other) = payments::by_external_id(&mut tx.tenant(no), wanted).await? {
            return Err(taken("payment", wanted, other.id.to_string()));
        }
    }
    draft.external_id = wanted;
    Ok(draft)
}

/// What is paid is kept with the booking; a payment that has just become completed is an event.
async fn follow(
    tx: &mut Tx,
    out: &mut Out<'_>,
    tenant: &tenant::Tenant,
    (before, payment): (Option<&Payment>, &Payment),
    booking: flyt_core::booking::Booking,
    actor: Actor,
) -> Result<(), Refusal> {
    let no = out.business_no;
    let (new, own) = (payment.money.currency, tenant.business.settings.currency);
    let after = crate::paid::counted(tx, no, booking.clone(), Some(new), own).await?;
    let old = tenant::booking_facts(tx, no, booking.clone()).await?;
    let cause = Cause::outside(actor);
    let mut now = old.clone();
    if after.paid_money() != booking.paid_money() {
        now.booking = crate::booking::save(tx, out, Some(&booking), after, &cause)?;
    }
    let fires = tenant::completed(before, payment);
    if now.booking == booking && !fires {
        return Ok(());
    }
    let customer = customers::by_id(&mut tx.tenant(no), booking.customer_id).await?;
    let after = Facts {
        customer,
        booking: Some(now),
        ..tenant::bare(tenant)
    };
    let delta = Delta {
        before: Some(old),
        after,
        customer_created: false,
        completed: fires.then(|| payment.clone()),
        deleted: None,
    };
    out.dispatch
        .extend(change::commit(out.inner, tx, tenant, delta, cause).await?);
    Ok(())
}
