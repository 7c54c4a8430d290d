//! `/l/{token}`: what customers open from their messages. There is no key: the link is signed, and says itself what it is good
//! for. Scanners of mail open links too, so a GET shows and only a POST acts.

use crate::body;
use crate::customer_page::{self, Page, WISH_CHARS};
use crate::openapi::{Operation, tagged};
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use flyt_core::calendar;
use flyt_core::customer_link::{Act, Said, Scope};
use flyt_engine::LinkSeen;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/l/{link}", get(look).post(act))
        .route("/l/{link}/calendar.ics", get(calendar_file))
}

pub(super) fn operations() -> Vec<Operation> {
    let html = || json!({"type": "string"});
    tagged(
        "Bookings",
        vec![
            Operation::get("/l/{link}", "openLink", "The page of a customer's link")
                .about("What `links.*` in messages lead to. It shows and changes nothing. `links.ics` is the calendar file itself.")
                .open()
                .answers("text/html", html()),
            Operation::post("/l/{link}", "actOnLink", "What a customer does by a link")
                .about(
                    "Confirm, cancel, ask for another time (`wish`), unsubscribe, as far as the link is good for it. The page posts \
                     a form; mail programs post `List-Unsubscribe=One-Click`. What is done already, or too late, is said and not \
                     refused.",
                )
                .open()
                .takes("LinkAct", json!({"act": "confirm"}))
                .answers("text/html", html()),
            Operation::get("/l/{link}/calendar.ics", "linkCalendar", "The appointment as a calendar file")
                .open()
                .answers("text/calendar", html()),
        ],
    )
}

/// What no proxy keeps, no search engine lists and no other page is told of.
fn answer(status: StatusCode, page: Page) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, page.policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (status, headers, page.html).into_response()
}
fn none() -> Response {
    answer(StatusCode::NOT_FOUND, customer_page::no_page())
}
fn shown(seen: &LinkSeen, link: &str) -> Response {
    answer(StatusCode::OK, customer_page::page(seen, link, false))
}

async fn look(State(app): State<App>, Path(link): Path<String>) -> Result<Response, Problem> {
    let Some(seen) = app.engine().see_link(&link).await? else {
        return Ok(none());
    };
    if seen.scope == Scope::Ics && seen.facts.booking.is_some() {
        return Ok(file(&app, &seen));
    }
    Ok(shown(&seen, &link))
}

async fn calendar_file(State(app): State<App>, Path(link): Path<String>) -> Result<Response, Problem> {
    let seen = app.engine().see_link(&link).await?;
    Ok(seen.map_or_else(none, |seen| file(&app, &seen)))
}

fn file(app: &App, seen: &LinkSeen) -> Response {
    let base = Url::parse(&app.engine().base_url()).ok();
    let domain = base.as_ref().and_then(Url::host_str).unwrap_or("flyt.invalid");
    let service = seen.facts.booking.as_ref().map(|b| b.service.value.name.clone());
    let title = format!("{}, {}", service.unwrap_or_default(), seen.business.settings.name);
    let Some(text) = calendar::file(&seen.facts, &title, domain) else {
        return none();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"calendar.ics\"",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text).into_response()
}

async fn act(
    State(app): State<App>,
    Path(link): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (headers, bytes) = body::whole(request).await?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let is_json = kind.is_some_and(|k| k.starts_with("application/json"));
    let asked = if is_json {
        of_json(&body::parse(&bytes)?)
    } else {
        of_form(&bytes)
    };
    let Some(before) = app.engine().see_link(&link).await? else {
        return Ok(none());
    };
    let Some((act, wish)) = asked else {
        let refused = LinkSeen {
            said: Said::Refused,
            ..before
        };
        return Ok(answer(
            StatusCode::BAD_REQUEST,
            customer_page::page(&refused, &link, false),
        ));
    };
    let wish = wish.replace('\0', "");
    let length = wish.trim().chars().count();
    if act == Act::Reschedule && before.said == Said::Ready && !(1..=WISH_CHARS).contains(&length) {
        let page = customer_page::page(&before, &link, true);
        return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, page));
    }
    let done = app.engine().act_on_link(&link, act, wish.trim()).await?;
    Ok(done.map_or_else(none, |seen| shown(&seen, &link)))
}

fn of_json(body: &Value) -> Option<(Act, String)> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let act = Act::from_word(text("act")?)?;
    Some((act, text("wish").unwrap_or_default().to_owned()))
}
fn of_form(bytes: &[u8]) -> Option<(Act, String)> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    if field("List-Unsubscribe") == Some("One-Click") {
        return Some((Act::Unsubscribe, String::new()));
    }
    let act = Act::from_word(field("act")?)?;
    Some((act, field("wish").unwrap_or_default().to_owned()))
}
