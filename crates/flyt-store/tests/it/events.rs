//! The feed of events: in an order in which nothing comes in behind a reader. Endpoints and deliveries are read back.

use crate::support::{Place as Data, World, client};
use flyt_core::event::EventKind;
use flyt_core::id::{BookingId, ChangeId, CustomerId, EndpointId, EventId, RunId, StepId};
use flyt_store::changes::{self, ChangeRow};
use flyt_store::deliveries::{self, DeliveryRow};
use flyt_store::endpoints::{self, EndpointRow};
use flyt_store::events::{self, FactRow, Place, Wanted};
use flyt_store::{Result, TenantTx};

fn change(id: i64, kinds: i64, booking: i64) -> ChangeRow {
    ChangeRow {
        id: ChangeId(id),
        booking_id: Some(BookingId(booking)),
        customer_id: Some(CustomerId(1)),
        payment_id: None,
        kinds,
        fields: "start".into(),
        at: id,
        revision: 1,
        after: Some("{}".into()),
        before: None,
        actor: "platform".into(),
        cause_run: None,
        depth: 0,
        chain: id,
        starts_runs: true,
        problem: None,
    }
}
fn fact(id: i64) -> FactRow {
    FactRow {
        event: EventId {
            source: id,
            ordinal: EventKind::MessageFailed.ordinal(),
        },
        step: StepId { run: RunId(5), no: 1 },
        booking_id: Some(BookingId(7)),
        customer_id: None,
        at: id,
    }
}
fn from(tx: i64, source: i64) -> Place {
    Place {
        tx,
        event: EventId { source, ordinal: 0 },
    }
}
const START: Wanted = Wanted {
    from: Place {
        tx: i64::MIN,
        event: EventId {
            source: 0,
            ordinal: 0,
        },
    },
    kinds: -1,
    booking_id: None,
    limit: 10,
};

/// Places of the changes and ids of the facts that a reader is told.
async fn told(tx: &mut TenantTx<'_>, wanted: &Wanted) -> Result<(Vec<(i64, i64)>, Vec<i64>)> {
    let (changes, facts) = events::page(tx, wanted).await?;
    Ok((
        changes.iter().map(|c| (c.tx, c.row.id.0)).collect(),
        facts.iter().map(|f| f.row.event.source).collect(),
    ))
}
async fn ids(world: &World, wanted: Wanted) -> (Vec<i64>, Vec<i64>) {
    let read = world.read(async move |tx| told(tx, &wanted).await).await.unwrap();
    (read.0.into_iter().map(|(_, id)| id).collect(), read.1)
}
/// Waits until this many rows of the feed may be told: on PostgreSQL other tests write beside this one, and what ended while
/// the feed looked counts as open until it looks again.
async fn settled(world: &World, rows: usize) {
    loop {
        let (changes, facts) = ids(world, START).await;
        if changes.len() + facts.len() >= rows {
            return;
        }
        tokio::task::yield_now().await;
    }
}

stories! {
    async fn the_feed_is_read_in_order_and_by_kind_and_booking(world: World) {
        for id in [10, 20, 30] {
            world.write(async move |tx| {
                changes::insert(tx, &change(id, 1 << (id / 10), id / 20))?;
                events::insert(tx, &fact(id + 5))
            }).await.unwrap();
        }
        let other = world.store.write(async |tx| changes::insert(&mut tx.tenant(2), &change(12, -1, 1))).await;
        other.unwrap();
        settled(&world, 6).await;
        assert_eq!(ids(&world, START).await, (vec![10, 20, 30], vec![15, 25, 35]));
        let one = Wanted { limit: 1, ..START };
        assert_eq!(ids(&world, one).await, (vec![10], vec![15]));
        let places = world.read(async |tx| told(tx, &START).await).await.unwrap().0;
        let later = Wanted { from: from(places[1].0, 20), ..START };
        assert_eq!(ids(&world, later).await, (vec![20, 30], vec![25, 35]));
        assert_eq!(ids(&world, Wanted { kinds: 1 << 2, ..START }).await, (vec![20], vec![]));
        assert_eq!(ids(&world, Wanted { kinds: 1 << 7, ..START }).await, (vec![], vec![15, 25, 35]));
        assert_eq!(ids(&world, Wanted { booking_id: Some(BookingId(1)), ..START }).await, (vec![20, 30], vec![]));
        let (one, two, none) = world.read(async |tx| Ok((
            events::change(tx, 20).await?, events::fact(tx, 25).await?, events::change(tx, 12).await?,
        ))).await.unwrap();
        assert_eq!((one.unwrap().row, two.unwrap().row, none), (change(20, 4, 1), fact(25), None));
    }

    async fn an_endpoint_is_read_back_changed_once_per_revision_and_deleted(world: World) {
        let row = |id: i64| EndpointRow {
            id: EndpointId(id), url: "https://a.example".into(), events: 6, enabled: true, reason: None,
            description: Some("till".into()), revision: 1, created_at: 1, updated_at: 1,
        };
        let done = world.write(async move |tx| {
            (1..=3).try_for_each(|n| endpoints::insert(tx, &row(n)))?;
            let new = EndpointRow { enabled: false, reason: Some("gone".into()), revision: 2, ..row(2) };
            let changed = (endpoints::update(tx, &new, 1).await?, endpoints::update(tx, &new, 1).await?);
            let deleted = (endpoints::delete(tx, EndpointId(3), 1, 9).await?, endpoints::delete(tx, EndpointId(3), 1, 9).await?);
            Ok((changed, deleted, new))
        }).await.unwrap();
        assert_eq!((done.0, done.1), ((true, false), (true, false)));
        let found = world.read(async |tx| Ok((
            endpoints::live(tx).await?, endpoints::page(tx, i64::MAX, 1).await?, endpoints::by_id(tx, EndpointId(3)).await?,
        ))).await.unwrap();
        assert_eq!(found, (vec![row(1), done.2.clone()], vec![done.2], None));
        let foreign = world.store.read(async |tx| endpoints::by_id(&mut tx.tenant(2), EndpointId(1)).await).await;
        assert_eq!(foreign.unwrap(), None);
    }

    async fn a_delivery_is_read_back_and_sent_again_by_one_only(world: World) {
        let row = |id: i64| DeliveryRow {
            id: RunId(id), endpoint_id: EndpointId(1), event: EventId { source: 4, ordinal: 1 }, last_no: 0, created_at: 3,
        };
        let again = world.write(async move |tx| {
            (1..=3).try_for_each(|n| deliveries::insert(tx, &row(n)))?;
            Ok((deliveries::again(tx, RunId(2), (0, 1)).await?, deliveries::again(tx, RunId(2), (0, 1)).await?))
        }).await.unwrap();
        assert_eq!(again, (true, false));
        let found = world.read(async |tx| Ok((
            deliveries::by_id(tx, RunId(1)).await?, deliveries::page(tx, EndpointId(1), 3, 5).await?,
        ))).await.unwrap();
        assert_eq!(found, (Some(row(1)), vec![DeliveryRow { last_no: 1, ..row(2) }, row(1)]));
    }
}

/// Two writes at once: the one whose id was made first commits last.
#[tokio::test]
async fn a_change_that_commits_late_is_not_passed_over() {
    let world = World::postgres().await;
    let Data::Postgres(url) = &world.place else {
        panic!("a story of PostgreSQL")
    };
    let late = client(url).await;
    late.batch_execute(
        "BEGIN; INSERT INTO changes (business_no, id, kinds, fields, at, revision, actor, depth, chain, starts_runs)
         VALUES (1, 10, 2, '', 10, 1, 'platform', 0, 10, TRUE)",
    )
    .await
    .unwrap();
    let write = world.write(async |tx| {
        changes::insert(tx, &change(20, 2, 1))?;
        events::insert(tx, &fact(25))
    });
    write.await.unwrap();
    assert_eq!(
        ids(&world, START).await,
        (vec![], vec![]),
        "what is committed waits for what is open and has a smaller id"
    );
    late.batch_execute("COMMIT").await.unwrap();
    settled(&world, 3).await;
    let (places, _) = world.read(async |tx| told(tx, &START).await).await.unwrap();
    let all: Vec<i64> = places.iter().map(|(_, id)| *id).collect();
    assert_eq!((all, ids(&world, START).await.1), (vec![10, 20], vec![25]));
    // A third one with a smaller id still, begun later: it comes after them, not between.
    let write = world.write(async |tx| changes::insert(tx, &change(5, 2, 1)));
    write.await.unwrap();
    settled(&world, 4).await;
    let after = Wanted {
        from: from(places[1].0, 20),
        ..START
    };
    assert_eq!(
        ids(&world, after).await.0,
        [20, 5],
        "a clock that is behind loses nothing"
    );
}
