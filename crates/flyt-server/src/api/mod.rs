//! The routes below `/v1`. A handler takes the call apart, asks the engine or the store, and puts the answer together;
//! nothing is decided here.

mod account;
mod acts;
mod around;
mod bookings;
mod bulk;
mod business;
mod callbacks;
mod catalogue;
mod channels;
mod conversion;
mod customer_links;
mod customers;
mod docs;
mod endpoints;
mod events;
mod happened;
mod import;
mod inbound;
mod installation;
mod keys;
mod metrics;
mod payments;
mod session;
mod users;
mod workflows;

use crate::answer::Form;
use crate::auth::{Tenant, identify};
use crate::etag::IfMatch;
use crate::idempotency::{Key, idempotent};
use crate::openapi::Operation;
use crate::problem::Problem;
use crate::state::App;
use crate::watch::watch;
use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use flyt_engine::{Caller, Target, Terms};
use std::str::FromStr;

/// The headings of the document, in its order.
pub(crate) const TAGS: &[(&str, &str)] = &[
    (
        "Business",
        "One's own business; the operator's list of them; API keys.",
    ),
    (
        "People",
        "Signing in and out, one's own account, and who works for a business as what.",
    ),
    (
        "Catalogue",
        "What bookings point to: locations, resources, services, extras, statuses. Deleting archives.",
    ),
    ("Customers", "Who booked."),
    (
        "Bookings",
        "Appointments. What a booking names and nobody knows yet is made with it.",
    ),
    ("Payments", "Money for a booking."),
    (
        "Workflows",
        "When this happens, only if, do this. Every save is a version.",
    ),
    (
        "What happened",
        "Runs, messages and timers, and the acts on a single one.",
    ),
    (
        "Webhook endpoints",
        "Standing subscriptions to events, and the deliveries to them.",
    ),
    (
        "Other systems",
        "Bookings from the systems people already have: sources, deliveries, samples.",
    ),
    (
        "Around",
        "Health, counts, the audit log, the test clock, this document.",
    ),
];

/// What the server answers, as the document tells it: each file's own, beside its routes.
pub(crate) fn operations() -> Vec<Operation> {
    [
        business::operations(),
        session::operations(),
        account::operations(),
        users::operations(),
        catalogue::operations(),
        customers::operations(),
        bookings::operations(),
        customer_links::operations(),
        bulk::operations(),
        import::operations(),
        payments::operations(),
        workflows::operations(),
        conversion::operations(),
        happened::operations(),
        acts::operations(),
        events::operations(),
        endpoints::operations(),
        keys::operations(),
        callbacks::operations(),
        channels::operations(),
        inbound::operations(),
        around::operations(),
        installation::operations(),
        docs::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Everything the server answers.
pub fn router(app: App) -> Router {
    let v1 = Router::new()
        .merge(business::routes())
        .merge(catalogue::routes())
        .merge(customers::routes())
        .merge(bookings::routes())
        .merge(payments::routes())
        .merge(workflows::routes())
        .merge(happened::routes())
        .merge(acts::routes())
        .merge(events::routes())
        .merge(endpoints::routes())
        .merge(keys::routes())
        .merge(users::routes())
        .merge(channels::routes())
        .merge(conversion::routes())
        .merge(import::routes())
        .merge(inbound::routes())
        .merge(around::routes())
        .merge(installation::routes())
        .route_layer(from_fn_with_state(app.clone(), idempotent))
        .route_layer(from_fn_with_state(app.clone(), identify))
        // Who these routes are for is found out by themselves: a key is nobody there.
        .merge(session::routes())
        .merge(account::routes());
    Router::new()
        .nest("/v1", v1)
        .merge(callbacks::routes())
        .merge(customer_links::routes())
        .merge(inbound::open_routes())
        .merge(around::open_routes())
        .merge(docs::routes())
        .fallback(crate::ui::page)
        .layer(from_fn(no_store))
        .layer(from_fn_with_state(app.clone(), watch))
        .with_state(app)
}

/// What a process answers that takes no commands.
pub(crate) fn health(app: App) -> Router {
    Router::new()
        .merge(around::open_routes())
        .fallback(async || Problem::not_found().into_response())
        .layer(from_fn_with_state(app.clone(), watch))
        .with_state(app)
}

/// Answers hold personal data: nobody on the way keeps them.
async fn no_store(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    let mut answer = next.run(request).await;
    let value = axum::http::HeaderValue::from_static("no-store");
    answer
        .headers_mut()
        .entry(axum::http::header::CACHE_CONTROL)
        .or_insert(value);
    answer
}

/// A call in the name of a business: what every handler below `/v1` begins with.
pub(crate) struct Call {
    pub(crate) app: App,
    pub(crate) caller: Caller,
    /// The revision named by `If-Match`.
    pub(crate) expect: Option<i64>,
    key: Key,
}
impl Call {
    /// The terms of the one command that this call is: its answer is kept with what it writes.
    fn terms(&self, form: &Form) -> Terms {
        Terms {
            expect: self.expect,
            once: self.key.once(form),
        }
    }
}
impl FromRequestParts<App> for Call {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Tenant(caller) = Tenant::from_request_parts(parts, app).await?;
        let IfMatch(expect) = IfMatch::from_request_parts(parts, app).await?;
        let Ok(key) = Key::from_request_parts(parts, app).await;
        Ok(Self {
            app: app.clone(),
            caller,
            expect,
            key,
        })
    }
}

/// The target of a path that ends in an id. What is not an id of this kind names nothing.
fn by_id<Id: FromStr>(Path(id): Path<String>) -> Result<Target<Id>, Problem> {
    id.parse().map(Target::Id).map_err(|_| Problem::not_found())
}
/// The target of a path that ends in `by-external-id/{x}`; the segment has been decoded.
fn by_external<Id>(Path(id): Path<String>) -> Target<Id> {
    Target::External(id)
}
/// The id of a path.
fn id<Id: FromStr>(Path(id): Path<String>) -> Result<Id, Problem> {
    id.parse().map_err(|_| Problem::not_found())
}
