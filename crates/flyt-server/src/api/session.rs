//! `/v1/session`: coming in, who is in, going out; `/v1/sessions`: where else. A key is nobody here: these routes are a person's,
//! by the cookie of a browser.

use super::id;
use crate::answer::{Answer, nothing, object};
use crate::body::{Json, NoJson};
use crate::openapi::{Operation, schema, tagged};
use crate::page::Query;
use crate::people::browser::{self, Browser};
use crate::people::sessions::{self, Signed};
use crate::people::sign_in::{self, Attempt, In};
use crate::people::{account, second};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use flyt_core::invalid::{Faults, Fields, Line, Read};
use flyt_core::language::Language;
use flyt_core::person::{NAME_CHARS, PASSWORD_BYTES};
use flyt_engine::clock;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/session", get(read).post(begin).patch(change).delete(end))
        .route("/session/totp", post(begin_totp).delete(end_totp))
        .route("/session/totp/confirm", post(confirm_totp))
        .route("/sessions", get(list).delete(end_others))
        .route("/sessions/{id}", delete(end_one))
}

pub(super) fn operations() -> Vec<Operation> {
    let who = json!({"email": "kari@example.no", "password": "tre røde hester"});
    let change = json!({"name": "Kari Nordmann", "language": "nb"});
    tagged(
        "People",
        vec![
            Operation::get("/v1/session", "readSession", "Who is signed in")
                .about("401 `no_owner` until somebody owns the installation, `not_signed_in` after that.")
                .person()
                .shows("Session"),
            Operation::post("/v1/session", "beginSession", "Sign in")
                .about(
                    "Sets the cookie of the session. 401 `code_needed` asks for the second factor: send `code` along. 401 \
                     `sign_in_failed` does not say what is wrong. After five wrong tries each takes longer: 429.",
                )
                .anybody()
                .takes("SessionCreate", who)
                .shows("Session"),
            Operation::patch("/v1/session", "changeSession", "Change one's own account")
                .about("A new `password` needs the `current_password`, and ends the other sessions.")
                .person()
                .takes("SessionPatch", change)
                .shows("Session"),
            Operation::delete("/v1/session", "endSession", "Sign out").person(),
            Operation::post("/v1/session/totp", "beginTotp", "Begin a second factor")
                .about("For an authenticator app. It counts once a code of it has been confirmed.")
                .person()
                .answers("application/json", schema::reference("TotpSecret")),
            Operation::post("/v1/session/totp/confirm", "confirmTotp", "Switch the second factor on")
                .about("Answers ten recovery codes, this once; each is good once, in place of a code.")
                .person()
                .takes("TotpConfirm", json!({"code": "123456"}))
                .answers("application/json", schema::reference("RecoveryCodes")),
            Operation::delete("/v1/session/totp", "endTotp", "Switch the second factor off")
                .person()
                .takes("TotpEnd", json!({"password": "tre røde hester"})),
            Operation::get("/v1/sessions", "listSessions", "Where one is signed in")
                .person()
                .lists("SessionRow"),
            Operation::delete("/v1/sessions", "endOtherSessions", "End all other sessions").person(),
            Operation::delete("/v1/sessions/{id}", "endOneSession", "End a session").person(),
        ],
    )
}

/// A request of a browser that may change something: it came from our own page.
pub(super) struct Own(pub(super) Browser);
impl FromRequestParts<App> for Own {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        browser::same_site(app, &parts.method, &parts.headers)?;
        let Ok(browser) = Browser::from_request_parts(parts, app).await;
        Ok(Self(browser))
    }
}

/// A person who is signed in.
pub(super) struct Person {
    app: App,
    browser: Browser,
    signed: Signed,
}
impl FromRequestParts<App> for Person {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Own(mut browser) = Own::from_request_parts(parts, app).await?;
        if parts.headers.contains_key(header::AUTHORIZATION) {
            // The header counts, and a key is nobody.
            browser.token = None;
        }
        let signed = sessions::require(app, &browser, clock::wall()).await?;
        Ok(Self {
            app: app.clone(),
            browser,
            signed,
        })
    }
}

/// The answer to somebody who has come in: who they are, and the cookie.
pub(super) async fn entered(app: &App, browser: &Browser, entered: In) -> Answer {
    let shown = sessions::shown(app, &entered.user, entered.expires_at).await?;
    let seconds = entered.expires_at.duration_since(clock::wall()).as_secs();
    let cookie = browser.cookie(&entered.token, seconds);
    Ok(with_cookie(object(&shown), cookie))
}
fn with_cookie(mut answer: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// A password as it is typed; what is longer than any password is not looked at.
pub(super) struct Password(pub(super) String);
impl Read for Password {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = String::read(value, at, faults)?;
        if text.len() > PASSWORD_BYTES {
            faults.error(
                at,
                "too_long",
                format!("must have at most {PASSWORD_BYTES} bytes"),
            );
            return None;
        }
        Some(Self(text))
    }
}
/// What somebody is called: one line, something visible.
pub(super) struct Name(pub(super) String);
impl Read for Name {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let Line(text) = Line::read(value, at, faults)?;
        let text = text.trim().to_owned();
        if text.is_empty() || text.chars().count() > NAME_CHARS {
            let rule = format!("must have 1 to {NAME_CHARS} characters");
            faults.error(at, "bad_name", rule);
            return None;
        }
        Some(Self(text))
    }
}
async fn read(person: Person) -> Answer {
    let Person { app, signed, .. } = person;
    Ok(object(
        &sessions::shown(&app, &signed.user, signed.session.expires_at).await?,
    ))
}

async fn begin(State(app): State<App>, Own(browser): Own, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let email = fields.required::<Line>("email", &mut faults).map(|l| l.0);
    let password = fields.required::<Password>("password", &mut faults).map(|p| p.0);
    let code = fields.optional::<Line>("code", &mut faults).map(|l| l.0);
    fields.close(&mut faults);
    let (email, password) = faults.finish(email.zip(password)).map_err(Problem::invalid)?;
    let attempt = Attempt {
        email: &email,
        password: &password,
        code: code.as_deref(),
    };
    let done = sign_in::sign_in(&app, &attempt, &browser, clock::wall()).await?;
    entered(&app, &browser, done).await
}

async fn change(person: Person, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let change = account::Change {
        name: fields.optional::<Name>("name", &mut faults).map(|n| n.0),
        language: fields
            .optional::<Language>("language", &mut faults)
            .map(|t| t.tag().to_owned()),
        password: fields.optional::<Password>("password", &mut faults).map(|p| p.0),
        current_password: fields
            .optional::<Password>("current_password", &mut faults)
            .map(|p| p.0),
    };
    if change.password.is_some() && change.current_password.is_none() {
        faults.error(
            "/current_password",
            "required",
            "`current_password` is required with a new one",
        );
    }
    fields.close(&mut faults);
    let change = faults.finish(Some(change)).map_err(Problem::invalid)?;
    let Person { app, browser, signed } = person;
    let user = account::change(&app, &signed, change, &browser, clock::wall()).await?;
    Ok(object(
        &sessions::shown(&app, &user, signed.session.expires_at).await?,
    ))
}

async fn end(person: Person, _: NoJson) -> Answer {
    let Person { app, browser, signed } = person;
    sessions::end(&app, &signed, signed.session.id).await?;
    Ok(with_cookie(nothing(), browser.no_cookie()))
}

async fn list(person: Person, query: Query) -> Answer {
    query.close()?;
    let all = sessions::list(&person.app, &person.signed, clock::wall()).await?;
    Ok(object(&json!({"data": all, "next_cursor": null})))
}

async fn end_others(person: Person, _: NoJson) -> Answer {
    sessions::end_others(&person.app, &person.signed).await?;
    Ok(nothing())
}

async fn end_one(person: Person, path: Path<String>, _: NoJson) -> Answer {
    if sessions::end(&person.app, &person.signed, id(path)?).await? {
        return Ok(nothing());
    }
    Err(Problem::not_found())
}

async fn begin_totp(person: Person, _: NoJson) -> Answer {
    Ok(object(&second::begin(&person.app, &person.signed).await?))
}

async fn confirm_totp(person: Person, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let code = fields.required::<Line>("code", &mut faults).map(|l| l.0);
    fields.close(&mut faults);
    let code = faults.finish(code).map_err(Problem::invalid)?;
    let codes = second::confirm(&person.app, &person.signed, &code, clock::wall()).await?;
    Ok(axum::Json(json!({ "recovery_codes": codes })).into_response())
}

async fn end_totp(person: Person, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let password = fields.required::<Password>("password", &mut faults).map(|p| p.0);
    fields.close(&mut faults);
    let password = faults.finish(password).map_err(Problem::invalid)?;
    let Person { app, browser, signed } = person;
    account::own_password(&app, &signed.user, &password, &browser).await?;
    second::end(&app, signed.user.id, &signed.user.id, clock::wall()).await?;
    Ok(nothing())
}
