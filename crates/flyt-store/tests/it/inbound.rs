//! Sources, deliveries and links: what is written is read back the same; what is purged or erased is gone.

use crate::support::{booking, customer, minute, with_salons};
use flyt_core::id::{BookingId, CustomerId, DeliveryId, SourceId};
use flyt_core::inbound::Adapter;
use flyt_store::inbound::{self, DeliveryRow, Link, Source};
use flyt_store::page::Paging;
use flyt_store::{Error, bookings, customers};

fn source(n: i64) -> Source {
    Source {
        id: SourceId(n),
        business_no: 1,
        adapter: Adapter::Calcom,
        name: "Cal.com".into(),
        token_hash: vec![u8::try_from(n).unwrap(); 32],
        revision: 1,
        created_at: minute(0),
        updated_at: minute(0),
        doc: "{}".into(),
    }
}
fn delivery(n: i64, verdict: &str, booking: Option<i64>) -> DeliveryRow {
    DeliveryRow {
        id: DeliveryId(n),
        business_no: 1,
        source_id: SourceId(1),
        same: format!("id:{n}"),
        at: minute(n),
        event: "BOOKING_CREATED".into(),
        verdict: verdict.into(),
        detail: Some("{}".into()),
        booking_id: booking.map(BookingId),
        customer_id: None,
        attempts: 0,
        next_at: 5,
        headers: "[]".into(),
        body: b"\xff\0raw".to_vec(),
    }
}

stories! {
    async fn a_source_is_found_by_its_token_until_it_is_archived(world: World) {
        with_salons(&world).await;
        let found = world.store.write(async |tx| {
            inbound::insert_source(&mut tx.tenant(1), &source(1))?;
            inbound::insert_source(&mut tx.tenant(1), &source(2))?;
            let by_token = inbound::by_token(&mut tx.engine(), &[1; 32]).await?;
            let foreign = inbound::source(&mut tx.tenant(2), SourceId(1)).await?;
            let new = Source { name: "B".into(), ..source(1) };
            let changed = (inbound::update_source(&mut tx.tenant(1), &new, 1).await?, inbound::update_source(&mut tx.tenant(1), &new, 1).await?);
            let page = inbound::sources(&mut tx.tenant(1), &Paging::new(Some(1), None)?).await?;
            inbound::archive_source(&mut tx.tenant(1), SourceId(1), minute(3)).await?;
            let gone = inbound::by_token(&mut tx.engine(), &[1; 32]).await?;
            Ok((by_token, foreign, changed, page.rows, gone, inbound::all_sources(&mut tx.tenant(1)).await?))
        }).await.unwrap();
        assert_eq!(found, (Some(source(1)), None, (true, false), vec![source(2)], None, vec![source(2)]));
    }

    async fn a_delivery_is_known_again_and_claimed_once(world: World) {
        with_salons(&world).await;
        let read = world.store.write(async |tx| {
            inbound::insert(&mut tx.tenant(1), &delivery(1, "waiting", None))?;
            let again = inbound::by_same(&mut tx.tenant(1), SourceId(1), "id:1").await?;
            let foreign = inbound::by_id(&mut tx.tenant(2), DeliveryId(1)).await?;
            let waiting = inbound::waiting(&mut tx.engine(), 5, 10).await?;
            let row = delivery(1, "waiting", None);
            let claims = (inbound::claim(&mut tx.tenant(1), &row, 99).await?, inbound::claim(&mut tx.tenant(1), &row, 99).await?);
            let later = inbound::waiting(&mut tx.engine(), 98, 10).await?;
            Ok((again, foreign, waiting, claims, later))
        }).await.unwrap();
        assert_eq!(read, (Some(delivery(1, "waiting", None)), None, vec![(1, DeliveryId(1))], (true, false), vec![]));
        let twice = world.write(async |tx| inbound::insert(tx, &DeliveryRow { id: DeliveryId(2), ..delivery(1, "taken", None) })).await;
        assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
    }

    async fn raw_bytes_go_by_age_and_with_their_customer(world: World) {
        with_salons(&world).await;
        let left = world.write(async |tx| {
            customers::insert(tx, &customer(1))?;
            customers::insert(tx, &customer(2))?;
            bookings::insert(tx, &booking(1, 1))?;
            bookings::insert(tx, &booking(2, 2))?;
            for row in [delivery(1, "taken", Some(1)), delivery(2, "taken", Some(2)), delivery(3, "refused", None), delivery(4, "waiting", None)] {
                inbound::insert(tx, &row)?;
            }
            let erased = inbound::erase(tx, CustomerId(1)).await?;
            let bodies = async |tx: &mut flyt_store::TenantTx<'_>| {
                let page = inbound::page(tx, SourceId(1), &Paging::default()).await?;
                Ok::<_, Error>(page.rows.iter().filter(|r| !r.body.is_empty()).map(|r| r.id.0).collect::<Vec<_>>())
            };
            let after_erase = bodies(tx).await?;
            let purged = inbound::purge(tx, minute(3)).await?;
            Ok((erased, after_erase, purged, bodies(tx).await?))
        }).await.unwrap();
        assert_eq!(left, (2, vec![4, 2], 1, vec![4]), "what waits is left; whose it was is not known of a refused one");
    }

    async fn a_foreign_id_leads_to_its_booking(world: World) {
        with_salons(&world).await;
        let link = Link { booking_id: Some(BookingId(1)), version: Some(7), status: Some("approved".into()), newer: None };
        let (first, moved) = (link.clone(), Link { newer: Some("calcom:b".into()), ..link.clone() });
        let read = world.write(async move |tx| {
            inbound::put_link(tx, "calcom:a", &first, minute(1))?;
            let read = inbound::link(tx, "calcom:a").await?;
            inbound::put_link(tx, "calcom:a", &moved, minute(2))?;
            Ok((read, inbound::link(tx, "calcom:a").await?, inbound::link(tx, "calcom:c").await?))
        }).await.unwrap();
        assert_eq!(read.0, Some(link.clone()));
        assert_eq!(read.1.unwrap().newer.as_deref(), Some("calcom:b"));
        assert_eq!(read.2, None);
    }
}
