//! A person's own account: becoming the first owner, taking an invitation, a new password, a name.

use super::browser::Browser;
use super::links::{self, Given};
use super::second;
use super::sessions::{self, New, Signed};
use super::sign_in::{self, Attempt, In};
use super::{PLATFORM, act, bad_link, letters, new_user};
use crate::problem::Problem;
use crate::state::App;
use axum::http::StatusCode;
use flyt_core::id::SessionId;
use flyt_core::person::LinkKind;
use flyt_store::sessions as session_rows;
use flyt_store::users::{self, User};
use flyt_store::{Error, Tx, audit, memberships};
use jiff::Timestamp;

/// Who wants to be the first owner.
pub(crate) struct First<'a> {
    pub(crate) token: &'a str,
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) password: &'a str,
    pub(crate) language: &'a str,
}

/// Makes the first owner, who runs the installation.
pub(crate) async fn first_start(
    app: &App,
    first: &First<'_>,
    browser: &Browser,
    now: Timestamp,
) -> Result<In, Problem> {
    let taken = || {
        Problem::new(
            StatusCode::CONFLICT,
            "owner_exists",
            "This installation has an owner already.",
        )
    };
    let read = app
        .engine()
        .store()
        .read(async |tx: &mut Tx| users::anybody(&mut tx.engine()).await);
    if read.await? {
        return Err(taken());
    }
    let (hash, _) = links::good(app, LinkKind::FirstStart, first.token, now).await?;
    let user = User {
        password: Some(app.hashes().make(first.password).await?),
        platform_admin: true,
        ..new_user(app, (first.email, first.name), first.language, now)
    };
    let new = New::of(app, &user, browser, now)?;
    let (row, anew) = (new.row.clone(), user.clone());
    let note = act(app, &user.id, "user.first_start", &user.id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        tx.engine().alone("first_start");
        if users::anybody(&mut tx.engine()).await? {
            return Ok(None);
        }
        if !session_rows::use_link(&mut tx.engine(), &hash).await? {
            return Ok(Some(false));
        }
        // Somebody who was invited before there was an owner: the one with the link is that person now.
        let invited = users::by_email(&mut tx.engine(), &anew.email).await?;
        if invited.is_some() {
            return Ok(None);
        }
        users::insert(&mut tx.engine(), &anew)?;
        sessions::begin(tx, &row).await?;
        audit::append(&mut tx.tenant(PLATFORM), &note)?;
        Ok::<Option<bool>, Error>(Some(true))
    });
    match write.await? {
        None => Err(taken()),
        Some(false) => Err(bad_link()),
        Some(true) => Ok(entered(user, new)),
    }
}

/// Makes somebody who runs the installation, outside of any page.
pub(crate) async fn owner(
    app: &App,
    (email, name, language): (&str, &str, &str),
    password: &str,
    now: Timestamp,
) -> Result<User, Problem> {
    let user = User {
        password: Some(app.hashes().make(password).await?),
        platform_admin: true,
        ..new_user(app, (email, name), language, now)
    };
    let anew = user.clone();
    let write = app
        .engine()
        .store()
        .write(async move |tx: &mut Tx| users::insert(&mut tx.engine(), &anew));
    write.await?;
    Ok(user)
}

fn entered(user: User, new: New) -> In {
    In {
        user,
        token: new.token,
        expires_at: new.row.expires_at,
    }
}

/// Makes a link to a new password, if somebody has this address, and mails it.
pub(crate) async fn ask_reset(app: &App, email: String, now: Timestamp) -> Result<(), Problem> {
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| users::by_email(&mut tx.engine(), &email).await);
    let Some(user) = read.await?.filter(User::is_active) else {
        return Ok(());
    };
    if !app.engine().has_post() {
        tracing::info!("a new password was asked for; without a relay only `flyt users reset` gives one");
        return Ok(());
    }
    let given = reset_link(app, &user, now).await?;
    letters::reset(app, &user, &given.url(&app.engine().base_url())).await;
    Ok(())
}

/// A link to a new password, in place of those before.
pub(crate) async fn reset_link(app: &App, user: &User, now: Timestamp) -> Result<Given, Problem> {
    let given = Given::new(LinkKind::Reset, Some(user.id), None, now)?;
    let (hash, link, id) = (given.hash, given.link, user.id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        session_rows::purge_links(&mut tx.engine(), now)?;
        session_rows::remove_links(&mut tx.engine(), id, LinkKind::Reset, None)?;
        session_rows::insert_link(&mut tx.engine(), &hash, &link)
    });
    write.await?;
    Ok(given)
}

/// The person a link is for.
pub(crate) async fn linked(app: &App, link: &session_rows::Link) -> Result<User, Problem> {
    let id = link.user_id.ok_or_else(bad_link)?;
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| users::by_id(&mut tx.engine(), id).await);
    read.await?
        .filter(|u| u.disabled_at.is_none())
        .ok_or_else(bad_link)
}

/// A new password by a link. It does not go round the second factor, and ends every session.
pub(crate) async fn set_by_link(
    app: &App,
    (token, password, code): (&str, &str, Option<&str>),
    browser: &Browser,
    now: Timestamp,
) -> Result<In, Problem> {
    let (hash, link) = links::good(app, LinkKind::Reset, token, now).await?;
    let user = linked(app, &link).await?;
    let password = checked(password, &user.email)?;
    sign_in::may(app, &user.email, browser)?;
    let Some(typed) = second::read(app, &user, code, now).await? else {
        return Err(wrong_code(app, &user, browser));
    };
    let user = User {
        password: Some(app.hashes().make(&password).await?),
        updated_at: now,
        ..user
    };
    let new = New::of(app, &user, browser, now)?;
    let (row, anew) = (new.row.clone(), user.clone());
    let note = act(app, &user.id, "user.password", &user.id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        if !second::use_up(tx, anew.id, &typed).await? {
            return Ok(None);
        }
        if !session_rows::use_link(&mut tx.engine(), &hash).await? {
            return Ok(Some(false));
        }
        users::update(&mut tx.engine(), &anew)?;
        session_rows::end_others(&mut tx.engine(), anew.id, SessionId(0))?;
        sessions::begin(tx, &row).await?;
        audit::append(&mut tx.tenant(PLATFORM), &note)?;
        Ok::<Option<bool>, Error>(Some(true))
    });
    match write.await? {
        None => Err(wrong_code(app, &user, browser)),
        Some(false) => Err(bad_link()),
        Some(true) => {
            app.throttle().right(&user.email);
            Ok(entered(user, new))
        }
    }
}

fn wrong_code(app: &App, user: &User, browser: &Browser) -> Problem {
    let now = flyt_engine::clock::monotonic();
    app.throttle().wrong(&user.email, browser.address, now);
    super::not_in("sign_in_failed", "The code is not right.")
}

/// A password that may be chosen, or the fault at `/password`.
pub(crate) fn checked(password: &str, email: &str) -> Result<String, Problem> {
    let mut faults = flyt_core::invalid::Faults::default();
    let read = flyt_core::person::check_password(password, email, "/password", &mut faults);
    faults.finish(read).map_err(Problem::invalid)
}

/// Takes an invitation. Whoever has an account proves it with its password; whoever has none chooses one.
pub(crate) async fn accept(
    app: &App,
    (token, name): (&str, Option<&str>),
    (password, code): (&str, Option<&str>),
    browser: &Browser,
    now: Timestamp,
) -> Result<In, Problem> {
    let (hash, link) = links::good(app, LinkKind::Invitation, token, now).await?;
    let invited = linked(app, &link).await?;
    let (user, typed) = if invited.password.is_some() {
        let attempt = Attempt {
            email: &invited.email,
            password,
            code,
        };
        sign_in::proved(app, &attempt, browser, now).await?
    } else {
        let password = checked(password, &invited.email)?;
        let user = User {
            password: Some(app.hashes().make(&password).await?),
            name: name.unwrap_or(&invited.name).to_owned(),
            updated_at: now,
            ..invited.clone()
        };
        (user, second::Typed::Nothing)
    };
    let new = New::of(app, &user, browser, now)?;
    let (row, anew, is_new) = (new.row.clone(), user.clone(), invited.password.is_none());
    let note = act(app, &user.id, "user.join", &user.id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        if !session_rows::use_link(&mut tx.engine(), &hash).await?
            || !second::use_up(tx, anew.id, &typed).await?
        {
            return Ok(false);
        }
        let before = users::by_id(&mut tx.engine(), anew.id).await?;
        // Another invitation was faster: the password chosen there stands.
        if is_new && before.is_none_or(|u| u.password.is_some()) {
            return Ok(false);
        }
        if is_new {
            users::update(&mut tx.engine(), &anew)?;
        }
        if let Some(no) = link.business_no {
            memberships::join(&mut tx.tenant(no), anew.id, now).await?;
        }
        sessions::begin(tx, &row).await?;
        audit::append(&mut tx.tenant(link.business_no.unwrap_or(PLATFORM)), &note)?;
        Ok::<bool, Error>(true)
    });
    if write.await? {
        Ok(entered(user, new))
    } else {
        Err(bad_link())
    }
}

/// What somebody changes about themselves.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) name: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) current_password: Option<String>,
}

/// Changes one's own account. A new password needs the old one, and ends the other sessions.
pub(crate) async fn change(
    app: &App,
    signed: &Signed,
    change: Change,
    browser: &Browser,
    now: Timestamp,
) -> Result<User, Problem> {
    let mut user = signed.user.clone();
    let (but, anew_password) = (signed.session.id, change.password.is_some());
    if let Some(password) = &change.password {
        let password = checked(password, &user.email)?;
        let current = change.current_password.as_deref().unwrap_or_default();
        own_password(app, &user, current, browser).await?;
        user.password = Some(app.hashes().make(&password).await?);
    }
    user.name = change.name.unwrap_or(user.name);
    user.language = change.language.unwrap_or(user.language);
    user.updated_at = now;
    let anew = user.clone();
    let what = if anew_password {
        "user.password"
    } else {
        "user.update"
    };
    let note = act(app, &user.id, what, &user.id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        users::update(&mut tx.engine(), &anew)?;
        if anew_password {
            session_rows::end_others(&mut tx.engine(), anew.id, but)?;
            session_rows::remove_links(&mut tx.engine(), anew.id, LinkKind::Reset, None)?;
        }
        audit::append(&mut tx.tenant(PLATFORM), &note)
    });
    write.await?;
    Ok(user)
}

/// Refuses unless this is the person's own password: an open browser alone does not change how one comes in.
pub(crate) async fn own_password(
    app: &App,
    user: &User,
    password: &str,
    browser: &Browser,
) -> Result<(), Problem> {
    sign_in::may(app, &user.email, browser)?;
    let compared = app.hashes().compare(password, user.password.as_deref()).await?;
    if compared.same {
        return Ok(());
    }
    let now = flyt_engine::clock::monotonic();
    app.throttle().wrong(&user.email, browser.address, now);
    Err(Problem::forbidden(
        "wrong_password",
        "This is not the password you come in with.",
    ))
}
