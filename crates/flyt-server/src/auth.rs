//! Who calls: `Authorization: Bearer` or the cookie of a session, the business it speaks for, and whether its scopes, or the
//! role of the person, reach this route. Where both are there the header counts and the cookie is not looked at.
//!
//! `identify` runs once for every route below `/v1`; handlers name what they need by taking `Tenant` or `Operator`.

use crate::keys::{self, Scopes};
use crate::limit::{Left, PER_SECOND, POLICY};
use crate::people::{browser, sessions};
use crate::problem::Problem;
use crate::records;
use crate::state::App;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use flyt_core::id::{KeyId, UserId};
use flyt_core::person::Role;
use flyt_engine::{Actor, Caller};

/// The business a platform key speaks for.
const BUSINESS: &str = "flyt-business";

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) actor: Actor,
    pub(crate) scopes: Scopes,
    pub(crate) business: Named,
    /// What a person is to that business; none for keys.
    pub(crate) role: Option<Role>,
}
impl Who {
    /// Whose calls are counted: those of a key of a business, and those of a person.
    fn counted(&self) -> Option<i64> {
        match self.actor {
            Actor::Key(KeyId(id)) | Actor::User(UserId(id)) | Actor::Admin(UserId(id)) => Some(id),
            Actor::Platform | Actor::Customer | Actor::Run(_) | Actor::Adapter(_) | Actor::System => None,
        }
    }
    /// Refuses what the scopes of the key, or the role of the person, do not reach.
    fn may(&self, parts: &Parts) -> Result<(), Problem> {
        let path = parts.uri.path();
        let (area, write) = keys::needed(path, parts.method == Method::GET || parts.method == Method::HEAD);
        if let Some(role) = self.role {
            let is_delete = parts.method == Method::DELETE;
            if keys::role_allows(role, path, is_delete, (area, write)) {
                return Ok(());
            }
            let detail = format!("As {role} of this business you may not do this.");
            return Err(Problem::forbidden("forbidden", detail));
        }
        if self.scopes.allow(area, write) {
            return Ok(());
        }
        let act = if write { "write" } else { "read" };
        Err(Problem::forbidden(
            "missing_scope",
            format!("This key lacks the scope `{area}:{act}`."),
        ))
    }
}
/// The business a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// This one, by its small number.
    One(i64),
    /// None: a platform key without `Flyt-Business`.
    None,
    /// One that does not exist, or not for this key.
    Unknown,
}

/// A call in the name of one business, allowed by its scopes.
#[derive(Debug, Clone)]
pub(crate) struct Tenant(pub(crate) Caller);
/// A call of the operator's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operator(pub(crate) Actor);

/// Set on calls that come over the socket of the data folder, or from a command in this very process: who may open the file
/// is the operator. Nothing that comes over the network can set it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Local;

/// The layer that finds out who calls.
pub(crate) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let known = match request.extensions().get::<Local>() {
        Some(Local) => platform(&app, slug(request.headers()).as_deref()).await,
        None => known(&app, request.method(), request.headers()).await,
    };
    match known {
        Err(problem) => problem.into_response(),
        Ok(who) => {
            let left = who
                .counted()
                .map(|id| app.limiter().take(id, flyt_engine::clock::monotonic()));
            if let Some(Left { allowed: false, .. }) = left {
                let detail = format!("More than {PER_SECOND} calls a second by one caller.");
                let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
                return told(
                    Problem {
                        retry_after_s: Some(1),
                        ..problem
                    }
                    .into_response(),
                    left,
                );
            }
            request.extensions_mut().insert(who);
            told(next.run(request).await, left)
        }
    }
}

/// Whether the caller of a request that is still being answered may go on: its key may have been taken back or have expired.
pub(crate) async fn still_known(app: &App, headers: &HeaderMap) -> bool {
    known(app, &Method::GET, headers).await.is_ok()
}

fn told(mut answer: Response, left: Option<Left>) -> Response {
    if let Some(left) = left {
        let headers = answer.headers_mut();
        headers.insert("ratelimit-policy", HeaderValue::from_static(POLICY));
        headers.insert("ratelimit-limit", PER_SECOND.into());
        headers.insert("ratelimit-remaining", left.remaining.into());
        headers.insert("ratelimit-reset", HeaderValue::from_static("1"));
    }
    answer
}

fn slug(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(BUSINESS)?;
    Some(value.to_str().unwrap_or_default().trim().to_owned())
}

async fn known(app: &App, method: &Method, headers: &HeaderMap) -> Result<Who, Problem> {
    if !headers.contains_key(header::AUTHORIZATION) {
        let browser = browser::of(app, headers, &Extensions::new());
        if let Some(token) = &browser.token {
            return person(app, token, method, headers).await;
        }
    }
    let key = bearer(headers)?;
    let hash = keys::hash(key);
    let slug = slug(headers);
    let slug = slug.as_deref();
    if app.is_platform_key(&hash) {
        return platform(app, slug).await;
    }
    let Some(found) = records::key_by_hash(app, &hash).await? else {
        return Err(Problem::unauthorized(
            "This key is not known: it may have been revoked.",
        ));
    };
    if found
        .expires_at
        .is_some_and(|at| at <= flyt_engine::clock::wall())
    {
        return Err(Problem::unauthorized("This key has expired."));
    }
    note_use(app, found.id);
    let Some(own) = found.business_no else {
        return platform(app, slug).await;
    };
    // A key belongs to one business; naming another one finds nothing, whether it exists or not.
    let business = match slug {
        Some(slug) if records::business_no(app, slug).await? != Some(own) => Named::Unknown,
        _ => Named::One(own),
    };
    Ok(Who {
        actor: Actor::Key(found.id),
        scopes: Scopes::Only(found.scopes),
        business,
        role: None,
    })
}

/// Somebody who is signed in. To those who do not belong to it a business is not there.
async fn person(app: &App, token: &str, method: &Method, headers: &HeaderMap) -> Result<Who, Problem> {
    let (slug, now) = (slug(headers), flyt_engine::clock::wall());
    let found = sessions::known(app, token, slug.as_deref(), now).await?;
    let Some((signed, business, role)) = found else {
        let detail = "Nobody is signed in here, or the session is over.";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "not_signed_in", detail));
    };
    browser::same_site(app, method, headers)?;
    let actor = if signed.user.platform_admin {
        Actor::Admin(signed.user.id)
    } else {
        Actor::User(signed.user.id)
    };
    Ok(Who {
        actor,
        scopes: Scopes::Only(Vec::new()),
        business,
        role,
    })
}

async fn platform(app: &App, slug: Option<&str>) -> Result<Who, Problem> {
    let business = match slug {
        None => Named::None,
        Some(slug) => records::business_no(app, slug)
            .await?
            .map_or(Named::Unknown, Named::One),
    };
    Ok(Who {
        actor: Actor::Platform,
        scopes: Scopes::All,
        business,
        role: None,
    })
}

fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Err(Problem::unauthorized(
            "The request needs `Authorization: Bearer <key>`.",
        ));
    };
    let text = value.to_str().unwrap_or_default();
    let (scheme, key) = text.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") || key.trim().is_empty() {
        return Err(Problem::unauthorized("`Authorization` must be `Bearer <key>`."));
    }
    Ok(key.trim())
}

/// Writes down that a key was used, at most once a minute and beside the call: a key may be used a hundred times a second.
fn note_use(app: &App, key: KeyId) {
    let now = flyt_engine::clock::wall();
    if app.first_use_this_minute(key, now) {
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(problem) = records::note_key_use(&app, key, now).await {
                tracing::warn!(code = problem.code, "the use of a key could not be noted");
            }
        });
    }
}

impl FromRequestParts<App> for Tenant {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let who = parts
            .extensions
            .get::<Who>()
            .ok_or_else(|| Problem::bug("a route without identify"))?;
        match who.business {
            Named::One(business_no) => {
                who.may(parts)?;
                Ok(Self(Caller {
                    business_no,
                    actor: who.actor,
                }))
            }
            Named::None => {
                let detail =
                    "A platform key, and a page, name the business in the header `Flyt-Business: <slug>`.";
                Err(Problem::malformed("missing_business", detail))
            }
            Named::Unknown => {
                let detail = "There is no business with the slug in `Flyt-Business`.";
                Err(Problem::new(StatusCode::NOT_FOUND, "unknown_business", detail))
            }
        }
    }
}
impl FromRequestParts<App> for Operator {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let who = parts
            .extensions
            .get::<Who>()
            .ok_or_else(|| Problem::bug("a route without identify"))?;
        if who.actor.is_operator() {
            return Ok(Self(who.actor));
        }
        Err(Problem::forbidden(
            "platform_only",
            "Only the operator may do this, by a platform key or in person.",
        ))
    }
}
