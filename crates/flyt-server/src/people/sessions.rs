//! Sessions: begun, known by the cookie, told, ended. A session ends after eight hours without use, and after seven days in any
//! case; that of somebody who runs the installation after twelve hours.

use super::browser::Browser;
use super::not_in;
use crate::auth::Named;
use crate::keys;
use crate::problem::Problem;
use crate::state::App;
use flyt_core::id::{BusinessId, SessionId};
use flyt_core::person::Role;
use flyt_store::page::Paging;
use flyt_store::sessions::{self as rows, Session};
use flyt_store::users::{self, User};
use flyt_store::{Error, Tx, businesses, memberships};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How long a session lives without use.
pub(crate) const IDLE: SignedDuration = SignedDuration::from_hours(8);
/// How long it lives.
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long one lives that reaches every business.
const ADMIN_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// How often it is noted that a session is used.
const NOTED: SignedDuration = SignedDuration::from_mins(1);
/// Sessions of one person; the oldest make room.
pub(crate) const MOST: i64 = 50;
/// Businesses that are told of.
const BUSINESSES: i64 = 200;

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) user: User,
    pub(crate) session: Session,
}

/// A session that is about to begin: its token for the cookie, and its row.
pub(crate) struct New {
    pub(crate) token: String,
    pub(crate) row: Session,
}
impl New {
    pub(crate) fn of(app: &App, user: &User, browser: &Browser, now: Timestamp) -> Result<Self, Problem> {
        let token = keys::token().map_err(|e| Problem::unavailable(&e))?;
        let life = if user.platform_admin { ADMIN_LIFE } else { LIFE };
        let row = Session {
            id: SessionId(app.engine().new_id()),
            hash: keys::hash(&token).to_vec(),
            user_id: user.id,
            created_at: now,
            seen_at: now,
            expires_at: now.saturating_add(life).unwrap_or(now),
            user_agent: browser.agent.clone(),
        };
        Ok(Self { token, row })
    }
}

/// Begins a session in a transaction, and forgets those that have ended.
pub(crate) async fn begin(tx: &mut Tx, row: &Session) -> Result<(), Error> {
    let mut tx = tx.engine();
    let idle = row.created_at.saturating_sub(IDLE).unwrap_or(row.created_at);
    rows::purge(&mut tx, row.user_id, row.created_at, idle)?;
    rows::insert(&mut tx, row)?;
    let all = rows::of_user(&mut tx, row.user_id, MOST + 1).await?;
    if let Some(oldest) = all.get(usize::try_from(MOST).unwrap_or(usize::MAX)) {
        rows::end(&mut tx, row.user_id, oldest.id).await?;
    }
    Ok(())
}

/// Who is signed in with a token, if the session is still good, and what they are to a business.
pub(crate) async fn known(
    app: &App,
    token: &str,
    slug: Option<&str>,
    now: Timestamp,
) -> Result<Option<(Signed, Named, Option<Role>)>, Problem> {
    let (hash, slug) = (keys::hash(token), slug.map(str::to_owned));
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let Some(session) = rows::by_hash(&mut tx.engine(), &hash).await? else {
            return Ok(None);
        };
        let user = users::by_id(&mut tx.engine(), session.user_id).await?;
        let Some(user) = user.filter(User::is_active) else {
            return Ok(None);
        };
        let (mut business, mut role) = (Named::None, None);
        if let Some(slug) = &slug {
            business = Named::Unknown;
            if let Some(found) = businesses::by_slug(&mut tx.engine(), slug).await? {
                let member = memberships::one(&mut tx.tenant(found.no), user.id).await?;
                role = member.filter(|m| m.joined_at.is_some()).map(|m| m.role);
                if user.platform_admin {
                    role = Some(Role::Owner);
                }
                if role.is_some() {
                    business = Named::One(found.no);
                }
            }
        }
        Ok::<_, Error>(Some((Signed { user, session }, business, role)))
    });
    let found = read.await?.filter(|(signed, _, _)| is_good(&signed.session, now));
    if let Some((signed, business, _)) = &found {
        note_use(app, signed, business, now);
    }
    Ok(found)
}

fn is_good(session: &Session, now: Timestamp) -> bool {
    session.expires_at > now && now.duration_since(session.seen_at) < IDLE
}

/// Writes down that a session was used, at most once a minute and beside the call.
fn note_use(app: &App, signed: &Signed, business: &Named, now: Timestamp) {
    if now.duration_since(signed.session.seen_at) < NOTED {
        return;
    }
    let (app, id, user_id) = (app.clone(), signed.session.id, signed.user.id);
    let no = if let Named::One(no) = business {
        Some(*no)
    } else {
        None
    };
    tokio::spawn(async move {
        let write = app.engine().store().write(async move |tx: &mut Tx| {
            rows::seen(&mut tx.engine(), id, now)?;
            if let Some(no) = no {
                memberships::seen(&mut tx.tenant(no), user_id, now)?;
            }
            Ok::<(), Error>(())
        });
        if let Err(error) = write.await {
            tracing::warn!(%error, "the use of a session could not be noted");
        }
    });
}

/// Who is signed in with this browser; 401 otherwise, which says whether the first start is due.
pub(crate) async fn require(app: &App, browser: &Browser, now: Timestamp) -> Result<Signed, Problem> {
    let found = match &browser.token {
        Some(token) => known(app, token, None, now).await?,
        None => None,
    };
    match found {
        Some((signed, _, _)) => Ok(signed),
        None => Err(nobody(app).await?),
    }
}
async fn nobody(app: &App) -> Result<Problem, Problem> {
    let read = app
        .engine()
        .store()
        .read(async |tx: &mut Tx| users::anybody(&mut tx.engine()).await);
    Ok(if read.await? {
        not_in(
            "not_signed_in",
            "Nobody is signed in here, or the session is over.",
        )
    } else {
        not_in(
            "no_owner",
            "Nobody owns this installation yet: open the link that `flyt serve` prints.",
        )
    })
}

/// The session as its own page sees it.
pub(crate) async fn shown(app: &App, user: &User, expires_at: Timestamp) -> Result<Value, Problem> {
    let (id, admin) = (user.id, user.platform_admin);
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let own = memberships::works_for(&mut tx.engine(), id, BUSINESSES).await?;
        let mut all = Vec::new();
        for (no, role) in &own {
            if let Some(business) = businesses::own(&mut tx.tenant(*no)).await? {
                all.push((business.id, business.slug, business.settings.name, *role));
            }
        }
        if admin {
            let paging = Paging::new(Some(BUSINESSES), None)?;
            let page = businesses::page(&mut tx.engine(), &paging).await?;
            let others = page
                .rows
                .into_iter()
                .filter(|b| own.iter().all(|(no, _)| *no != b.no));
            all.extend(others.map(|b| (b.id, b.slug, b.settings.name, Role::Owner)));
        }
        Ok::<Vec<(BusinessId, String, String, Role)>, Error>(all)
    });
    let businesses = read.await?;
    Ok(json!({
        "user": {
            "id": user.id,
            "name": user.name,
            "email": user.email,
            "language": user.language,
            "platform_admin": user.platform_admin,
            "totp": user.totp_step.is_some(),
        },
        "businesses": businesses
            .into_iter()
            .map(|(id, slug, name, role)| json!({"id": id, "slug": slug, "name": name, "role": role}))
            .collect::<Vec<_>>(),
        "expires_at": expires_at,
    }))
}

/// The sessions of a person as they see them.
pub(crate) async fn list(app: &App, signed: &Signed, now: Timestamp) -> Result<Vec<Value>, Problem> {
    let (user_id, current) = (signed.user.id, signed.session.id);
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| rows::of_user(&mut tx.engine(), user_id, MOST).await);
    let all = read
        .await?
        .into_iter()
        .filter(|s| is_good(s, now) || s.id == current);
    let show = |s: Session| {
        json!({
            "id": s.id,
            "created_at": s.created_at,
            "last_seen_at": s.seen_at,
            "expires_at": s.expires_at,
            "user_agent": s.user_agent,
            "current": s.id == current,
        })
    };
    Ok(all.map(show).collect())
}

/// Ends a session of a person. False: they have none of this id.
pub(crate) async fn end(app: &App, signed: &Signed, id: SessionId) -> Result<bool, Problem> {
    let user_id = signed.user.id;
    let act = super::act(app, &user_id, "session.end", &id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        let ended = rows::end(&mut tx.engine(), user_id, id).await?;
        if ended {
            flyt_store::audit::append(&mut tx.tenant(super::PLATFORM), &act)?;
        }
        Ok::<bool, Error>(ended)
    });
    Ok(write.await?)
}

/// Ends the sessions of a person but this one.
pub(crate) async fn end_others(app: &App, signed: &Signed) -> Result<(), Problem> {
    let (user_id, but) = (signed.user.id, signed.session.id);
    let act = super::act(app, &user_id, "session.end_others", &user_id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        rows::end_others(&mut tx.engine(), user_id, but)?;
        flyt_store::audit::append(&mut tx.tenant(super::PLATFORM), &act)
    });
    Ok(write.await?)
}
