//! Rows of an import: each is one unit of work, an upsert by external id, by the same command as every other write. A second
//! run finds what is unchanged and leaves it alone, so an import that broke off is simply run again.

use crate::booking::{self, Request};
use crate::engine::Engine;
use crate::refusal::{Caller, Refusal, Target, Verb};
use flyt_core::booking::{Automations, Source};
use flyt_core::booking_body::BookingBody;
use flyt_core::id::BookingId;
use flyt_core::invalid::Invalid;
use flyt_core::status::StatusKind;
use flyt_store::{Tx, bookings};
use std::sync::{Arc, Mutex, PoisonError};

/// On which terms rows are imported.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportTerms {
    /// What was asked for; nothing: off for what is new, unchanged for what is there.
    pub automations: Option<Automations>,
    /// Say what would happen and write nothing.
    pub dry_run: bool,
}

/// What a row became.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The booking; none in a dry run of a new one.
    pub id: Option<BookingId>,
    /// It is new.
    pub created: bool,
    /// Something changed.
    pub changed: bool,
    /// It lies ahead, counts, and no workflow sees it.
    pub silent: bool,
    /// What is accepted but worth saying.
    pub warnings: Vec<Invalid>,
}

impl Engine {
    /// Imports one row.
    ///
    /// # Errors
    /// `Invalid` with places, `Conflict`; nothing of the row is written then.
    pub async fn import_booking(
        &self,
        caller: &Caller,
        external_id: String,
        body: BookingBody,
        terms: ImportTerms,
    ) -> Result<Imported, Refusal> {
        let (inner, caller, body) = (self.0.clone(), *caller, Arc::new(body));
        let done = Arc::new(Mutex::new(None));
        let kept = done.clone();
        let unit = async move |tx: &mut Tx| {
            let no = caller.business_no;
            let target = Target::External(external_id.clone());
            tx.tenant(no).alone(&format!("external/{external_id}"));
            let there = bookings::by_external_id(&mut tx.tenant(no), &external_id)
                .await?
                .is_some();
            let mut body = BookingBody::clone(&body);
            body.automations = terms
                .automations
                .or(body.automations)
                .or((!there).then_some(Automations::Off));
            if !there {
                body.source = body.source.or(Some(Source::Import));
            }
            let request = Request {
                caller,
                target: &target,
                verb: Verb::Put,
                body: &body,
                expect: None,
            };
            let (written, dispatch) = booking::write(&inner, tx, &request).await?;
            let now = inner.clock.now();
            let booking = written.value.booking.as_ref().map(|b| &b.booking);
            let silent = booking.is_some_and(|b| {
                b.start > now
                    && b.automations == Automations::Off
                    && matches!(b.status_kind, StatusKind::Open | StatusKind::Active)
            });
            let imported = Imported {
                id: booking.map(|b| b.id).filter(|_| there || !terms.dry_run),
                created: written.created,
                changed: written.changed,
                silent,
                warnings: written.warnings,
            };
            if terms.dry_run {
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(imported);
                return Err(Refusal::Bug(DRY.to_owned()));
            }
            Ok((imported, dispatch))
        };
        match self.0.command(unit).await {
            Ok((imported, dispatch)) => {
                self.0.dispatch(dispatch);
                Ok(imported)
            }
            Err(Refusal::Bug(word)) if word == DRY => {
                let imported = done.lock().unwrap_or_else(PoisonError::into_inner).take();
                imported.ok_or_else(|| Refusal::Bug("a dry run left nothing".to_owned()))
            }
            Err(refusal) => Err(refusal),
        }
    }
}
/// How a dry run ends that went well: taken back.
const DRY: &str = "dry run";
