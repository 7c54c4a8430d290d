//! What is paid of a booking, and in which currency: that of its price, else of its first payment, else of the business.

use crate::refusal::Refusal;
use flyt_core::booking::Booking;
use flyt_core::money::Currency;
use flyt_store::{Tx, payments};

/// The booking with what is paid of it, read from its payments. `new` is the currency of a payment that is being written.
pub(crate) async fn counted(
    tx: &mut Tx,
    no: i64,
    booking: Booking,
    new: Option<Currency>,
    business: Currency,
) -> Result<Booking, Refusal> {
    let own = booking.paid_currency.filter(|_| booking.paid != 0);
    let currency = (booking.price.map(|p| p.currency))
        .or(own)
        .or(new)
        .or(booking.paid_currency)
        .unwrap_or(business);
    let sums = payments::sums(&mut tx.tenant(no), booking.id, currency).await?;
    Ok(Booking {
        paid: sums.completed - sums.refunded,
        paid_currency: Some(currency),
        ..booking
    })
}

/// A written booking, counted anew where its price now has another currency.
pub(crate) async fn after_write(
    tx: &mut Tx,
    no: i64,
    before: Option<&Booking>,
    after: Booking,
    business: Currency,
) -> Result<Booking, Refusal> {
    let wanted = after.price.map(|p| p.currency).or(after.paid_currency);
    match before {
        None => Ok(Booking {
            paid_currency: wanted.or(Some(business)),
            ..after
        }),
        Some(_) if wanted.is_some() && wanted != after.paid_currency => {
            counted(tx, no, after, None, business).await
        }
        Some(_) => Ok(after),
    }
}
