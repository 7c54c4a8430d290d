//! The people of a business: told, invited, given another role, taken out. A business always keeps an owner who can come in.

use super::links::Given;
use super::{act, letters, new_user};
use crate::page::{Listed, Page};
use crate::problem::Problem;
use crate::records;
use crate::state::App;
use axum::http::StatusCode;
use flyt_core::id::UserId;
use flyt_core::person::{LinkKind, Role};
use flyt_engine::Caller;
use flyt_store::memberships::{self, Member};
use flyt_store::{Error, Tx, audit, businesses, sessions, users};
use jiff::Timestamp;
use serde_json::{Value, json};

/// People of one business.
const MOST: usize = 200;

/// The people of a business, newest first.
pub(crate) async fn page(app: &App, no: i64, page: Page) -> Result<Listed, Problem> {
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let paging = records::paging(&page)?;
        memberships::page(&mut tx.tenant(no), &paging).await
    });
    Ok(records::shown(read.await.map_err(records::refused_cursor)?, show))
}

fn show(member: &Member) -> Value {
    let state = match (member.joined_at, member.disabled_at) {
        (None, _) => "invited",
        (Some(_), Some(_)) => "disabled",
        (Some(_), None) => "active",
    };
    // Until they have come, what is known of them elsewhere is none of this business's business.
    let name = if member.joined_at.is_some() {
        &member.own_name
    } else {
        &member.name
    };
    json!({
        "id": member.user_id,
        "name": name,
        "email": member.email,
        "role": member.role,
        "state": state,
        "created_at": member.created_at,
        "last_seen_at": member.seen_at,
    })
}

/// Whom to invite.
pub(crate) struct Invite {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: Role,
}

/// Invites a person: they become one of the business when they take the link.
pub(crate) async fn invite(
    app: &App,
    caller: &Caller,
    invite: Invite,
    base: &str,
    now: Timestamp,
) -> Result<Value, Problem> {
    let no = caller.business_no;
    let language = records::language(app, no).await?;
    let fresh = new_user(app, (&invite.email, &invite.name), &language, now);
    let note = act(app, &caller.actor, "user.invite", &fresh.id);
    let (role, name) = (invite.role, invite.name);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        tx.engine().alone("users");
        let known = users::by_email(&mut tx.engine(), &fresh.email).await?;
        let user = if let Some(user) = known {
            user
        } else {
            users::insert(&mut tx.engine(), &fresh)?;
            fresh.clone()
        };
        let mut tenant = tx.tenant(no);
        if memberships::one(&mut tenant, user.id).await?.is_some() {
            return Ok(Err(user.id));
        }
        memberships::insert(&mut tenant, (user.id, role), &name, now, None)?;
        let note = audit::Act {
            object: user.id.to_string(),
            ..note.clone()
        };
        audit::append(&mut tenant, &note)?;
        Ok::<_, Error>(Ok(user.id))
    });
    let id = match write.await? {
        Ok(id) => id,
        Err(id) => {
            return Err(Problem {
                id: Some(id.to_string()),
                ..Problem::new(
                    StatusCode::CONFLICT,
                    "user_exists",
                    "This person is invited to the business, or belongs to it already.",
                )
            });
        }
    };
    linked(app, caller, id, base, now).await
}

/// A new link for somebody who is invited and has not come; those before are no longer good.
pub(crate) async fn linked(
    app: &App,
    caller: &Caller,
    id: UserId,
    base: &str,
    now: Timestamp,
) -> Result<Value, Problem> {
    let no = caller.business_no;
    let given = Given::new(LinkKind::Invitation, Some(id), Some(no), now)?;
    let (hash, link) = (given.hash, given.link);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        let Some(member) = memberships::one(&mut tx.tenant(no), id).await? else {
            return Ok(None);
        };
        if member.joined_at.is_none() {
            let mut tx = tx.engine();
            sessions::purge_links(&mut tx, now)?;
            sessions::remove_links(&mut tx, id, LinkKind::Invitation, Some(no))?;
            sessions::insert_link(&mut tx, &hash, &link)?;
        }
        let business = businesses::own(&mut tx.tenant(no)).await?;
        Ok::<_, Error>(business.map(|b| (member, b.settings)))
    });
    let (member, settings) = write.await?.ok_or_else(Problem::not_found)?;
    if member.joined_at.is_some() {
        let detail = "This person has come already; there is nothing to invite them to.";
        return Err(Problem::new(StatusCode::CONFLICT, "already_joined", detail));
    }
    let url = given.url(base);
    let language = settings.default_language.tag();
    let mailed = letters::invitation(app, &member.email, language, &settings.name, &url).await;
    let mut shown = show(&member);
    if let Some(map) = shown.as_object_mut() {
        let invitation = json!({"url": url, "expires_at": given.link.expires_at, "mailed": mailed});
        map.insert("invitation".to_owned(), invitation);
    }
    Ok(shown)
}

/// Gives a person another role.
pub(crate) async fn set_role(app: &App, caller: &Caller, id: UserId, role: Role) -> Result<Value, Problem> {
    let no = caller.business_no;
    let note = act(app, &caller.actor, "user.role", &id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        let mut tx = tx.tenant(no);
        tx.alone("members");
        let Some(member) = memberships::one(&mut tx, id).await? else {
            return Ok(Done::Missing);
        };
        if role != Role::Owner && is_last(&mut tx, &member).await? {
            return Ok(Done::LastOwner);
        }
        if member.role != role {
            memberships::set_role(&mut tx, id, role)?;
            audit::append(&mut tx, &note)?;
        }
        Ok::<_, Error>(Done::Now(Member { role, ..member }))
    });
    match write.await? {
        Done::Now(member) => Ok(show(&member)),
        Done::Missing => Err(Problem::not_found()),
        Done::LastOwner => Err(last_owner()),
    }
}

/// Takes a person out of the business, and their invitation with them.
pub(crate) async fn remove(app: &App, caller: &Caller, id: UserId) -> Result<(), Problem> {
    let no = caller.business_no;
    let note = act(app, &caller.actor, "user.remove", &id);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        let mut tenant = tx.tenant(no);
        tenant.alone("members");
        let Some(member) = memberships::one(&mut tenant, id).await? else {
            return Ok(Done::Missing);
        };
        if is_last(&mut tenant, &member).await? {
            return Ok(Done::LastOwner);
        }
        memberships::remove(&mut tenant, id)?;
        audit::append(&mut tenant, &note)?;
        sessions::remove_links(&mut tx.engine(), id, LinkKind::Invitation, Some(no))?;
        Ok::<_, Error>(Done::Now(member))
    });
    match write.await? {
        Done::Now(_) => Ok(()),
        Done::Missing => Err(Problem::not_found()),
        Done::LastOwner => Err(last_owner()),
    }
}

enum Done {
    Now(Member),
    Missing,
    LastOwner,
}

/// Whether the business would be without an owner if this person went.
async fn is_last(tx: &mut flyt_store::TenantTx<'_>, member: &Member) -> Result<bool, Error> {
    if member.role != Role::Owner || member.joined_at.is_none() {
        return Ok(false);
    }
    Ok(memberships::other_owners(tx, member.user_id).await? == 0)
}
fn last_owner() -> Problem {
    let detail = "This is the only owner who can come in: make somebody else an owner first.";
    Problem::new(StatusCode::CONFLICT, "last_owner", detail)
}

/// Refuses an invitation to a business that has too many people already.
pub(crate) async fn room(app: &App, no: i64) -> Result<(), Problem> {
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let paging = flyt_store::page::Paging::new(Some(flyt_store::page::MAX_LIMIT), None)?;
        memberships::page(&mut tx.tenant(no), &paging).await
    });
    if read.await?.rows.len() < MOST {
        return Ok(());
    }
    let detail = format!("A business has at most {MOST} people.");
    Err(Problem::new(StatusCode::CONFLICT, "too_many_users", detail))
}

/// What an invitation shows to whoever has the link.
pub(crate) async fn invited(app: &App, link: &sessions::Link) -> Result<Value, Problem> {
    let (Some(id), Some(no)) = (link.user_id, link.business_no) else {
        return Err(super::bad_link());
    };
    let read = app.engine().store().read(async move |tx: &mut Tx| {
        let mut tx = tx.tenant(no);
        let member = memberships::one(&mut tx, id).await?;
        let business = businesses::own(&mut tx).await?;
        Ok::<_, Error>(member.zip(business))
    });
    let (member, business) = read.await?.ok_or_else(super::bad_link)?;
    Ok(json!({
        "business": business.settings.name,
        "name": member.name,
        "email": member.email,
        "role": member.role,
    }))
}
