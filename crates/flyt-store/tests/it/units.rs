//! Units of work: all or nothing, alone or in company, with or without a caller.

use crate::support::{Place, World, booking, client, customer, salon, with_salons};
use flyt_store::meta::Sequence;
use flyt_store::{Error, Store, bookings, businesses, customers, meta, trial};
use std::time::Duration;

async fn value(store: &Store, key: String) -> Option<String> {
    store
        .read(async move |tx| meta::get(&mut tx.engine(), &key).await)
        .await
        .unwrap()
}

stories! {
    async fn a_unit_that_fails_takes_only_itself_back(world: World) {
        with_salons(&world).await;
        let units = (0..60).map(|n| {
            let store = world.store.clone();
            tokio::spawn(async move {
                store.write(async move |tx| {
                    meta::put(&mut tx.engine(), &format!("unit {n}"), "kept")?;
                    match n % 5 {
                        0 => panic!("unit {n} panics, as it should"),
                        1 => Err(Error::Refused(format!("unit {n}"))),
                        2 => businesses::insert(&mut tx.engine(), &salon(1)),
                        _ => Ok(()),
                    }
                }).await
            })
        });
        let units: Vec<_> = units.collect();
        for (n, unit) in units.into_iter().enumerate() {
            let outcome = unit.await.unwrap();
            match n % 5 {
                0 => assert!(matches!(&outcome, Err(Error::Bug(text)) if text.contains("as it should")), "{outcome:?}"),
                1 => assert_eq!(outcome, Err(Error::Refused(format!("unit {n}")))),
                2 => assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}"),
                _ => assert_eq!(outcome, Ok(())),
            }
            let kept = value(&world.store, format!("unit {n}")).await.is_some();
            assert_eq!(kept, n % 5 > 2, "unit {n}");
        }
    }

    async fn a_unit_runs_to_its_end_when_its_caller_goes_away(world: World) {
        let mut world = world;
        for n in 0..50 {
            let unit = world.store.write(async move |tx| {
                meta::put(&mut tx.engine(), &format!("first {n}"), "")?;
                meta::next(&mut tx.engine(), Sequence::Boot).await?;
                meta::put(&mut tx.engine(), &format!("second {n}"), "")
            });
            let _gone = tokio::time::timeout(Duration::ZERO, unit).await;
        }
        world.reopen().await;
        for n in 0..50 {
            assert!(value(&world.store, format!("first {n}")).await.is_some(), "first {n}");
            assert!(value(&world.store, format!("second {n}")).await.is_some(), "second {n}");
        }
    }

    async fn a_read_cannot_write(world: World) {
        let written = world.store.read(async |tx| {
            meta::put(&mut tx.engine(), "k", "v")?;
            meta::get(&mut tx.engine(), "k").await
        }).await;
        assert!(written.is_err(), "{written:?}");
        assert_eq!(value(&world.store, "k".into()).await, None);
        world.store.write(async |tx| meta::put(&mut tx.engine(), "k", "v")).await.unwrap();
        assert_eq!(value(&world.store, "k".into()).await.as_deref(), Some("v"));
    }

    async fn first_changes_of_one_booking_come_one_by_one(world: World) {
        let units: Vec<_> = (0..40).map(|n| {
            let store = world.store.clone();
            tokio::spawn(async move {
                store.write(async move |tx| {
                    let mut tx = tx.tenant(1);
                    tx.alone("booking/B-1");
                    let before = bookings::by_external_id(&mut tx, "B-1").await?;
                    if before.is_none() {
                        let new = flyt_core::booking::Booking { external_id: Some("B-1".into()), ..booking(100 + n, 1) };
                        bookings::insert(&mut tx, &new)?;
                    }
                    Ok(before.is_none())
                }).await
            })
        }).collect();
        let mut created = 0;
        for unit in units {
            created += i32::from(unit.await.unwrap().unwrap());
        }
        assert_eq!(created, 1);
    }

    async fn the_bell_rings_for_what_was_changed_and_for_nothing_else(world: World) {
        let mut bell = world.store.bell();
        world.store.write(async |tx| meta::get(&mut tx.engine(), "nothing").await).await.unwrap();
        world.write(async |tx| customers::update(tx, &customer(1), 1).await).await.unwrap();
        assert!(tokio::time::timeout(Duration::ZERO, bell.rung()).await.is_err(), "nothing was changed");
        world.write(async |tx| customers::insert(tx, &customer(1))).await.unwrap();
        tokio::time::timeout(Duration::from_secs(20), bell.rung()).await.expect("the bell rings");
    }

    async fn a_closed_store_finishes_its_work_and_takes_no_more(world: World) {
        let waiting: Vec<_> = (0..20).map(|n| {
            let store = world.store.clone();
            tokio::spawn(async move { store.write(async move |tx| meta::put(&mut tx.engine(), &n.to_string(), "")).await })
        }).collect();
        tokio::task::yield_now().await;
        world.store.close().await;
        for unit in waiting {
            let outcome = unit.await.unwrap();
            assert!(matches!(outcome, Ok(()) | Err(Error::Unavailable(_))), "{outcome:?}");
        }
        let after = world.store.write(async |tx| meta::put(&mut tx.engine(), "late", "")).await;
        assert!(matches!(after, Err(Error::Unavailable(_))), "{after:?}");
    }

    async fn what_is_claimed_at_once_goes_to_one(world: World) {
        world.store.write(async |tx| {
            for sequence in [Sequence::Boot, Sequence::Business, Sequence::Trigger, Sequence::Workflow] {
                meta::next(&mut tx.engine(), sequence).await?;
            }
            Ok(())
        }).await.unwrap();
        let claims: Vec<_> = (0..8).map(|_| {
            let store = world.store.clone();
            tokio::spawn(async move { store.write(async |tx| trial::claim(&mut tx.engine(), 1).await).await })
        }).collect();
        let mut names = Vec::new();
        for claim in claims {
            names.extend(claim.await.unwrap().unwrap());
        }
        names.sort();
        assert_eq!(names, ["boot", "business", "trigger", "workflow"]);
    }
}

#[tokio::test]
async fn on_sqlite_a_unit_that_waits_for_something_else_is_a_bug() {
    let world = World::sqlite();
    let waited = world.store.write(async |_| {
        std::future::pending::<()>().await;
        Ok(())
    });
    assert!(matches!(waited.await, Err(Error::Bug(_))));
}

#[tokio::test]
async fn a_full_disk_refuses_the_write_and_harms_nothing() {
    let world = World::sqlite();
    world
        .store
        .write(async |tx| meta::put(&mut tx.engine(), "before", "kept"))
        .await
        .unwrap();
    world
        .store
        .write(async |tx| trial::limit_pages(tx, 1))
        .await
        .unwrap(); // SQLite raises it to the present size
    let large = "x".repeat(2_000_000);
    let units: Vec<_> = (0..6)
        .map(|n| {
            let (store, text) = (world.store.clone(), large.clone());
            tokio::spawn(async move {
                store
                    .write(async move |tx| meta::put(&mut tx.engine(), &n.to_string(), &text))
                    .await
            })
        })
        .collect();
    for unit in units {
        let outcome = unit.await.unwrap();
        assert!(
            matches!(&outcome, Err(Error::Unavailable(text)) if text.contains("full")),
            "{outcome:?}"
        );
    }
    assert_eq!(
        value(&world.store, "before".into()).await.as_deref(),
        Some("kept")
    );
    world
        .store
        .write(async |tx| trial::limit_pages(tx, 100_000))
        .await
        .unwrap();
    world
        .store
        .write(async |tx| meta::put(&mut tx.engine(), "after", "kept"))
        .await
        .unwrap();
    assert_eq!(value(&world.store, "after".into()).await.as_deref(), Some("kept"));
    assert_eq!(value(&world.store, "0".into()).await, None);
}

#[tokio::test]
async fn lost_connections_are_replaced_and_the_bell_of_another_node_rings() {
    let world = World::postgres().await;
    let Place::Postgres(url) = &world.place else {
        return;
    };
    let other = Store::postgres(url, 2).await.unwrap();
    let mut bell = other.bell();
    for round in 0..3 {
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        client(url).await.query(kill, &[]).await.unwrap();
        // A connection that dies while COMMIT is on its way is the one case that is answered, not repeated: once for each.
        let mut answered = 0;
        while let Err(e) = world
            .store
            .write(async move |tx| meta::put(&mut tx.engine(), "round", &round.to_string()))
            .await
        {
            assert!(matches!(e, Error::Unavailable(_)), "{e:?}");
            answered += 1;
            assert!(answered <= 8, "dead connections are given out again");
        }
        assert_eq!(value(&world.store, "round".into()).await, Some(round.to_string()));
        tokio::time::timeout(Duration::from_secs(20), bell.rung())
            .await
            .expect("the other node is told");
    }
    other.close().await;
}

#[tokio::test]
async fn a_postgres_that_is_not_there_is_unavailable() {
    let store = Store::postgres("postgres://nobody@127.0.0.1:1/none", 1).await;
    assert!(matches!(store.err(), Some(Error::Unavailable(_))));
    assert!(matches!(
        Store::postgres("what?", 1).await.err(),
        Some(Error::Refused(_))
    ));
}
