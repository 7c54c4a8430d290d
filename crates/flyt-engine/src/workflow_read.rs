//! Workflows and their versions as API objects. Reads only; commands are in `workflow`.

use crate::engine::Engine;
use crate::read::Page;
use crate::refusal::{Caller, Refusal, Target};
use crate::workflow::show;
use flyt_core::id::WorkflowId;
use flyt_core::instant::{from_ms, to_ms};
use flyt_store::workflows::{self, VersionRow, WorkflowRow};
use flyt_store::{Error, Tx};
use jiff::Timestamp;
use serde_json::{Value, json};

impl Engine {
    /// Workflows that are not deleted, newest first, changed at or after an instant. `after` is `Page::next` of the page before.
    ///
    /// # Errors
    /// Only when the store does not answer.
    pub async fn workflows(
        &self,
        caller: &Caller,
        since: Option<Timestamp>,
        after: &[i64],
        limit: i64,
    ) -> Result<Page, Refusal> {
        let (no, since) = (caller.business_no, to_ms(since.unwrap_or(Timestamp::MIN)));
        let below = after.first().copied().unwrap_or(i64::MAX);
        let read = self.store().read(async move |tx: &mut Tx| {
            workflows::page(&mut tx.tenant(no), below, since, limit + 1).await
        });
        page(read.await?, limit, |row| row.id.0, show)
    }

    /// One workflow that is not deleted.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn workflow(&self, caller: &Caller, target: Target<WorkflowId>) -> Result<Value, Refusal> {
        let no = caller.business_no;
        let read = self
            .store()
            .read(async move |tx: &mut Tx| find(tx, no, &target).await);
        show(&read.await?.ok_or(Refusal::NotFound)?)
    }

    /// Versions of a workflow, newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn versions(
        &self,
        caller: &Caller,
        id: WorkflowId,
        after: &[i64],
        limit: i64,
    ) -> Result<Page, Refusal> {
        let no = caller.business_no;
        let below = after.first().copied().unwrap_or(i64::MAX);
        let read = self.store().read(async move |tx: &mut Tx| {
            let Some(row) = find(tx, no, &Target::Id(id)).await? else {
                return Ok(None);
            };
            let versions = workflows::versions(&mut tx.tenant(no), row.no, below, limit + 1).await?;
            Ok::<_, Error>(Some((row, versions)))
        });
        let (row, versions) = read.await?.ok_or(Refusal::NotFound)?;
        page(versions, limit, |v| v.version, |v| show_version(&row, v))
    }

    /// One version of a workflow.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn version(&self, caller: &Caller, id: WorkflowId, version: i64) -> Result<Value, Refusal> {
        let no = caller.business_no;
        let read = self.store().read(async move |tx: &mut Tx| {
            let Some(row) = find(tx, no, &Target::Id(id)).await? else {
                return Ok(None);
            };
            let version = workflows::version(&mut tx.tenant(no), row.no, version).await?;
            Ok::<_, Error>(version.map(|v| (row, v)))
        });
        let (row, version) = read.await?.ok_or(Refusal::NotFound)?;
        show_version(&row, &version)
    }
}

async fn find(tx: &mut Tx, no: i64, target: &Target<WorkflowId>) -> Result<Option<WorkflowRow>, Error> {
    let found = match target {
        Target::New => None,
        Target::Id(id) => workflows::by_id(&mut tx.tenant(no), *id).await?,
        Target::External(external) => workflows::by_external_id(&mut tx.tenant(no), external).await?,
    };
    Ok(found.filter(|row| row.deleted_at.is_none()))
}

/// A version: the workflow as it was then.
fn show_version(row: &WorkflowRow, version: &VersionRow) -> Result<Value, Refusal> {
    let then = WorkflowRow {
        version: version.version,
        enabled: version.enabled,
        doc: version.doc.clone(),
        ..row.clone()
    };
    Ok(json!({
        "version": version.version,
        "created_at": from_ms(version.from_at),
        "author": version.author,
        "note": version.note,
        "workflow": show(&then)?,
    }))
}

/// Cuts rows, of which one more than `limit` was asked for, to a page.
fn page<T>(
    mut rows: Vec<T>,
    limit: i64,
    key: impl Fn(&T) -> i64,
    form: impl Fn(&T) -> Result<Value, Refusal>,
) -> Result<Page, Refusal> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| vec![key(row)]);
    let data = rows.iter().map(form).collect::<Result<_, _>>()?;
    Ok(Page { data, next })
}
