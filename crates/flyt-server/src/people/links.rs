//! Links that are good once: the first start, invitations, new passwords. The token stands after `#`, so that no server and no
//! `Referer` ever sees it but in the body of the one request that uses it.

use super::bad_link;
use crate::keys;
use crate::problem::Problem;
use crate::state::App;
use flyt_core::id::UserId;
use flyt_core::person::LinkKind;
use flyt_store::sessions::{self, Link};
use flyt_store::{Error, Tx, users};
use jiff::{SignedDuration, Timestamp};

/// A link as it is given away.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    token: String,
    pub(crate) hash: [u8; 32],
    pub(crate) link: Link,
}
impl Given {
    /// A new link from now on.
    pub(crate) fn new(
        kind: LinkKind,
        user_id: Option<UserId>,
        business_no: Option<i64>,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let token = keys::token().map_err(|e| Problem::unavailable(&e))?;
        let expires_at = now.saturating_add(lasts(kind)).unwrap_or(now);
        Ok(Self {
            hash: keys::hash(&token),
            token,
            link: Link {
                kind,
                user_id,
                business_no,
                expires_at,
            },
        })
    }
    /// Its address at a server.
    pub(crate) fn url(&self, base: &str) -> String {
        let page = match self.link.kind {
            LinkKind::FirstStart => "first-start",
            LinkKind::Invitation => "invitation",
            LinkKind::Reset => "reset",
        };
        format!("{base}/{page}#{}", self.token)
    }
}

/// How long a link is good.
fn lasts(kind: LinkKind) -> SignedDuration {
    match kind {
        LinkKind::FirstStart | LinkKind::Invitation => SignedDuration::from_hours(7 * 24),
        LinkKind::Reset => SignedDuration::from_hours(1),
    }
}

/// The link of a token, if it is still good.
pub(crate) async fn good(
    app: &App,
    kind: LinkKind,
    token: &str,
    now: Timestamp,
) -> Result<([u8; 32], Link), Problem> {
    let hash = keys::hash(token);
    let read = app
        .engine()
        .store()
        .read(async move |tx: &mut Tx| sessions::link(&mut tx.engine(), &hash, kind).await);
    let found = read.await?.filter(|link| link.expires_at > now);
    found.map(|link| (hash, link)).ok_or_else(bad_link)
}

impl App {
    /// The address at which the first owner comes in: `…/first-start#token`. Empty: somebody has come already.
    ///
    /// # Errors
    /// A sentence: the store does not answer.
    pub async fn first_start(&self) -> Result<String, String> {
        let link = first_start(self, flyt_engine::clock::wall()).await;
        let link = link.map_err(|problem| problem.detail)?;
        Ok(link.map_or_else(String::new, |link| link.url(&self.engine().base_url())))
    }
    /// A link to a new password for the person with this address: `…/reset#token`.
    ///
    /// # Errors
    /// A sentence: nobody has this address, or the store does not answer.
    pub async fn reset_link(&self, email: &str) -> Result<String, String> {
        let asked = email.to_owned();
        let read = self
            .engine()
            .store()
            .read(async move |tx: &mut Tx| users::by_email(&mut tx.engine(), &asked).await);
        let user = read.await.map_err(|e| e.to_string())?;
        let user = user.ok_or_else(|| format!("Nobody has the address {email}."))?;
        let given = super::account::reset_link(self, &user, flyt_engine::clock::wall()).await;
        Ok(given
            .map_err(|problem| problem.detail)?
            .url(&self.engine().base_url()))
    }
}

/// A link to the first start, unless somebody has come already.
pub(crate) async fn first_start(app: &App, now: Timestamp) -> Result<Option<Given>, Problem> {
    let given = Given::new(LinkKind::FirstStart, None, None, now)?;
    let (hash, link) = (given.hash, given.link);
    let write = app.engine().store().write(async move |tx: &mut Tx| {
        let mut tx = tx.engine();
        if users::anybody(&mut tx).await? {
            return Ok(false);
        }
        sessions::purge_links(&mut tx, now)?;
        sessions::insert_link(&mut tx, &hash, &link)?;
        Ok::<bool, Error>(true)
    });
    Ok(write.await?.then_some(given))
}
