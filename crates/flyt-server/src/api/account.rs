//! `/v1/session/…` for those who are not in yet: the first start, an invitation, a new password. Each is opened by a link that
//! is good once.

use super::session::{Name, Own, Password, entered};
use crate::answer::{Answer, object};
use crate::body::Json;
use crate::openapi::{Operation, parameter, schema, tagged};
use crate::page::Query;
use crate::people::account::{self, First};
use crate::people::{links, members};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use flyt_core::contact;
use flyt_core::invalid::{Faults, Fields, Line, Read};
use flyt_core::language::Language;
use flyt_core::person::LinkKind;
use flyt_engine::clock;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/session/first-start", post(first_start))
        .route("/session/reset", post(ask_reset))
        .route("/session/password", post(set_password))
        .route("/session/invitation", get(invitation).post(accept))
}

pub(super) fn operations() -> Vec<Operation> {
    const TOKEN: &str = "0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjk";
    let owner = json!({"token": TOKEN, "name": "Kari Nordmann", "email": "kari@example.no", "password": "tre røde hester",
        "language": "nb"});
    tagged(
        "People",
        vec![
            Operation::post("/v1/session/first-start", "firstStart", "Become the first owner")
                .about(
                    "With the link that `flyt serve` prints until somebody has come. Whoever comes runs the installation, and \
                     is the owner of each business they make. 403 `bad_link`, 409 `owner_exists`.",
                )
                .anybody()
                .takes("FirstStart", owner)
                .shows("Session"),
            Operation::post("/v1/session/reset", "askReset", "Ask for a new password")
                .about("Mails a link that is good for an hour. The answer is the same whether anybody has this address.")
                .anybody()
                .takes("ResetAsk", json!({"email": "kari@example.no"}))
                .accepts(),
            Operation::post("/v1/session/password", "setPassword", "Choose a new password by a link")
                .about("Ends every other session. The second factor is asked for as when signing in: `code`.")
                .anybody()
                .takes("PasswordSet", json!({"token": TOKEN, "password": "fire blå hester"}))
                .shows("Session"),
            Operation::get("/v1/session/invitation", "readInvitation", "What a link invites to")
                .anybody()
                .query([parameter::text("token", "What stands after `#` in the link.")])
                .answers("application/json", schema::reference("Invitation")),
            Operation::post("/v1/session/invitation", "acceptInvitation", "Take an invitation")
                .about(
                    "Whoever has no account chooses a password; whoever has one types its own, and `code` where there is a \
                     second factor.",
                )
                .anybody()
                .takes("InvitationAccept", json!({"token": TOKEN, "name": "Ola", "password": "fem grønne hester"}))
                .shows("Session"),
        ],
    )
}

/// An address that mail can reach.
pub(super) struct Email(pub(super) String);
impl Read for Email {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let Line(text) = Line::read(value, at, faults)?;
        let email = contact::email(&text);
        if email.is_none() {
            faults.error(at, "bad_email", "must be an e-mail address");
        }
        email.map(Self)
    }
}

async fn first_start(State(app): State<App>, Own(browser): Own, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let token = fields.required::<Line>("token", &mut faults).map(|l| l.0);
    let name = fields.required::<Name>("name", &mut faults).map(|n| n.0);
    let email = fields.required::<Email>("email", &mut faults).map(|e| e.0);
    let password = fields.required::<Password>("password", &mut faults).map(|p| p.0);
    let language = fields.optional::<Language>("language", &mut faults);
    fields.close(&mut faults);
    let read = token.zip(name).zip(email.zip(password));
    let ((token, name), (email, password)) = faults.finish(read).map_err(Problem::invalid)?;
    let first = First {
        token: &token,
        name: &name,
        email: &email,
        password: &account::checked(&password, &email)?,
        language: language.as_ref().map_or("en", Language::tag),
    };
    let done = account::first_start(&app, &first, &browser, clock::wall()).await?;
    entered(&app, &browser, done).await
}

async fn ask_reset(State(app): State<App>, Own(browser): Own, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let email = fields.required::<Line>("email", &mut faults).map(|l| l.0);
    fields.close(&mut faults);
    let email = faults.finish(email).map_err(Problem::invalid)?;
    crate::people::sign_in::may(&app, &reset_of(&email), &browser)?;
    // Each question counts as a wrong try of its own account, so that nobody's mailbox is filled.
    app.throttle()
        .wrong(&reset_of(&email), browser.address, clock::monotonic());
    // Beside the answer: its time must not tell whether anybody has this address.
    tokio::spawn(async move {
        if let Err(problem) = account::ask_reset(&app, email, clock::wall()).await {
            tracing::warn!(code = problem.code, "a new password could not be mailed");
        }
    });
    Ok((StatusCode::ACCEPTED, axum::Json(json!({}))).into_response())
}
fn reset_of(email: &str) -> String {
    format!("reset {email}")
}

async fn set_password(State(app): State<App>, Own(browser): Own, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let token = fields.required::<Line>("token", &mut faults).map(|l| l.0);
    let password = fields.required::<Password>("password", &mut faults).map(|p| p.0);
    let code = fields.optional::<Line>("code", &mut faults).map(|l| l.0);
    fields.close(&mut faults);
    let (token, password) = faults.finish(token.zip(password)).map_err(Problem::invalid)?;
    let asked = (token.as_str(), password.as_str(), code.as_deref());
    let done = account::set_by_link(&app, asked, &browser, clock::wall()).await?;
    entered(&app, &browser, done).await
}

async fn invitation(State(app): State<App>, mut query: Query) -> Answer {
    let token = query.text("token").unwrap_or_default();
    query.close()?;
    let (_, link) = links::good(&app, LinkKind::Invitation, &token, clock::wall()).await?;
    Ok(object(&members::invited(&app, &link).await?))
}

async fn accept(State(app): State<App>, Own(browser): Own, Json(body): Json) -> Answer {
    let mut faults = Faults::default();
    let mut fields = Fields::open(&body, "", &mut faults);
    let token = fields.required::<Line>("token", &mut faults).map(|l| l.0);
    let name = fields.optional::<Name>("name", &mut faults).map(|n| n.0);
    let password = fields.required::<Password>("password", &mut faults).map(|p| p.0);
    let code = fields.optional::<Line>("code", &mut faults).map(|l| l.0);
    fields.close(&mut faults);
    let (token, password) = faults.finish(token.zip(password)).map_err(Problem::invalid)?;
    let done = account::accept(
        &app,
        (&token, name.as_deref()),
        (&password, code.as_deref()),
        &browser,
        clock::wall(),
    )
    .await?;
    entered(&app, &browser, done).await
}
