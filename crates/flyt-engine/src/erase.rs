//! Erasing a customer: their row is emptied and leaves every list; ids, times and states of what points to it stay.

use crate::audit;
use crate::change::Out;
use crate::engine::Engine;
use crate::refusal::{Caller, Refusal, Target};
use flyt_core::id::CustomerId;
use flyt_store::{Tx, customers};

impl Engine {
    /// Erases a customer.
    ///
    /// # Errors
    /// `NotFound`, `Precondition` when `expect` is not its revision.
    pub async fn delete_customer(
        &self,
        caller: &Caller,
        target: Target<CustomerId>,
        expect: Option<i64>,
    ) -> Result<(), Refusal> {
        let (inner, caller) = (self.0.clone(), *caller);
        let no = caller.business_no;
        self.0
            .command(async move |tx: &mut Tx| {
                let found = match &target {
                    Target::New => None,
                    Target::Id(id) => customers::by_id(&mut tx.tenant(no), *id).await?,
                    Target::External(external) => {
                        customers::by_external_id(&mut tx.tenant(no), external).await?
                    }
                };
                let customer = found.ok_or(Refusal::NotFound)?;
                if expect.is_some_and(|e| e != customer.revision) {
                    return Err(Refusal::Precondition);
                }
                let out = Out::new(&inner, no, inner.clock.now());
                customers::erase(&mut tx.tenant(no), customer.id, out.now).await?;
                audit::note(tx, &out, caller.actor, "customer.erase", &customer.id.to_string())
            })
            .await
    }

    /// A new id for what is not a command of the engine's: keys, acts of the audit log.
    pub fn new_id(&self) -> i64 {
        self.0.ids.next(self.now())
    }
}
