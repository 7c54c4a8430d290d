//! The capturing double: what stands in for a relay that is not set up, or for a business in `sandbox`.
//!
//! Nothing leaves. The message has been built by the same code as a real one (`email::build`, a rendered
//! [`WebhookCall`](crate::webhook::WebhookCall)), so that what is shown is exactly what would have gone;
//! keeping it is the caller's part.

use crate::outcome::{Answer, Outcome};

/// The outcome of a captured message: accepted, by nobody.
pub fn captured() -> Outcome {
    Outcome::Accepted {
        provider_id: None,
        answer: Answer::note("captured: nothing left this installation"),
    }
}
