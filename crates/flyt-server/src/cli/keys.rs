//! `flyt keys …` on the data of a stopped server.

use super::say;
use crate::config::Keys;
use crate::keys;
use crate::open;
use crate::page::Page;
use crate::records::{self, NewKey};
use flyt_engine::{Actor, Caller};

/// Rows that a list shows.
const MOST: i64 = 200;

pub(super) async fn run(command: Keys) -> Result<(), String> {
    let (of, slug) = match &command {
        Keys::Create { of, business, .. } | Keys::List { of, business } => (of, business),
    };
    let app = open::alone(of).await?;
    let found = records::business_no(&app, slug).await.map_err(|p| p.detail)?;
    let business_no = found.ok_or_else(|| format!("there is no business `{slug}`"))?;
    match command {
        Keys::Create { scopes, name, .. } => {
            if let Some(unknown) = scopes.iter().find(|s| !keys::is_scope(s)) {
                return Err(format!(
                    "`{unknown}` is not a scope; scopes are area:read and area:write of {}",
                    keys::AREAS.join(", ")
                ));
            }
            let key = keys::business_key()?;
            let caller = Caller {
                business_no,
                actor: Actor::Platform,
            };
            let wanted = NewKey {
                name,
                scopes,
                expires_at: None,
            };
            records::create_key(&app, &caller, wanted, &key)
                .await
                .map_err(|p| p.detail)?;
            say(&key);
        }
        Keys::List { .. } => {
            let page = Page {
                cursor: None,
                limit: MOST,
                external_id: None,
                updated_since: None,
            };
            let (rows, _) = records::api_keys(&app, business_no, page)
                .await
                .map_err(|p| p.detail)?;
            for row in rows {
                say(&row.to_string());
            }
        }
    }
    app.close().await;
    Ok(())
}
