//! Each function of the table files: what is written is read back the same.

use crate::support::{booking, customer, minute, nok, payment, salon, with_salons};
use flyt_core::catalogue::{Entry, Location, LocationEntry, Service, ServiceEntry, StatusEntry};
use flyt_core::id::{AuditId, BookingId, CustomerId, KeyId, LocationId, PaymentId, ServiceId, StatusId};
use flyt_core::payment::PaymentStatus::{Completed, Pending, Refunded};
use flyt_core::status::{Status, StatusKind, seeded};
use flyt_store::audit::Act;
use flyt_store::bookings::Filter;
use flyt_store::idempotency::{Answer, Known, Request};
use flyt_store::keys::ApiKey;
use flyt_store::meta::Sequence;
use flyt_store::page::Paging;
use flyt_store::secrets::Secret;
use flyt_store::{
    Error, audit, bookings, businesses, catalogue, customers, idempotency, keys, meta, payments, secrets,
};

stories! {
    async fn a_business_is_read_back_and_changed_once_per_revision(world: World) {
        with_salons(&world).await;
        let found = world.store.read(async |tx| {
            let mut tx = tx.engine();
            let page = businesses::page(&mut tx, &Paging::default()).await?;
            Ok((businesses::by_slug(&mut tx, "salong-2").await?, businesses::by_id(&mut tx, salon(1).id).await?, page))
        }).await.unwrap();
        assert_eq!((found.0, found.1), (Some(salon(2)), Some(salon(1))));
        assert_eq!(found.2.rows, [salon(2), salon(1)]);
        let changed = world.write(async |tx| {
            let mut new = salon(1);
            new.settings.name = "Salong Vest".into();
            new.updated_at = minute(5);
            businesses::raise_epoch(tx)?;
            Ok((businesses::update(tx, &new, 1).await?, businesses::update(tx, &new, 1).await?))
        }).await.unwrap();
        assert_eq!(changed, (true, false));
        let own = world.read(async |tx| businesses::own(tx).await).await.unwrap().unwrap();
        assert_eq!((own.revision, own.epoch, own.settings.name.as_str()), (2, 3, "Salong Vest"));
        let again = world.store.write(async |tx| businesses::insert(&mut tx.engine(), &salon(1))).await;
        assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    }

    async fn a_catalogue_entry_lives_until_it_is_archived(world: World) {
        let oslo = LocationEntry {
            id: LocationId(5), external_id: Some("oslo".into()), revision: 1, created_at: minute(0),
            updated_at: minute(0), archived_at: None,
            value: Location { name: "Oslo".into(), address: Some("Storgata".into()), phone: None, email: None, time_zone: None },
        };
        let cut = ServiceEntry {
            id: ServiceId(5), external_id: Some("oslo".into()), revision: 1, created_at: minute(0),
            updated_at: minute(0), archived_at: None,
            value: Service { name: "Cut".into(), names: std::collections::BTreeMap::default(), category: None, duration_minutes: Some(30), price: Some(nok(1)) },
        };
        let (first, other) = (oslo.clone(), cut.clone());
        world.write(async move |tx| {
            catalogue::insert(tx, &first)?;
            catalogue::insert(tx, &other)
        }).await.unwrap();
        let read = world.read(async |tx| Ok((
            catalogue::by_id::<Location>(tx, LocationId(5)).await?,
            catalogue::by_external_id::<Service>(tx, "oslo").await?,
            catalogue::by_external_id::<Status>(tx, "oslo").await?,
        ))).await.unwrap();
        assert_eq!(read, (Some(oslo.clone()), Some(cut), None));
        let old = oslo.clone();
        let done = world.write(async move |tx| {
            let mut new = old.clone();
            new.value.name = "Oslo S".into();
            new.updated_at = minute(4);
            let changed = (catalogue::update(tx, &new, 1).await?, catalogue::update(tx, &new, 1).await?);
            let archived = (
                catalogue::archive::<Location>(tx, new.id, minute(9)).await?,
                catalogue::archive::<Location>(tx, new.id, minute(9)).await?,
            );
            Ok((changed, archived))
        }).await.unwrap();
        assert_eq!(done, ((true, false), (true, false)));
        let next = LocationEntry { id: LocationId(6), ..oslo };
        world.write(async move |tx| catalogue::insert(tx, &next)).await.unwrap();
        let (old, page) = world.read(async |tx| Ok((
            catalogue::by_id::<Location>(tx, LocationId(5)).await?.unwrap(),
            catalogue::page::<Location>(tx, None, Some("oslo"), &Paging::default()).await?,
        ))).await.unwrap();
        assert_eq!((old.archived_at, old.revision, old.value.name.as_str()), (Some(minute(9)), 3, "Oslo S"));
        assert_eq!(page.rows.iter().map(|e| e.id).collect::<Vec<_>>(), [LocationId(6)]);
    }

    async fn a_status_is_found_by_its_key_and_no_other_has_it(world: World) {
        let entry = |(n, value): (i64, Status)| StatusEntry {
            id: StatusId(n), external_id: None, revision: 1, created_at: minute(0), updated_at: minute(0), archived_at: None, value,
        };
        let all: Vec<StatusEntry> = (1..).zip(seeded()).map(entry).collect();
        let copy = all.clone();
        world.write(async move |tx| copy.iter().try_for_each(|e| catalogue::insert(tx, e))).await.unwrap();
        let every = world.read(async |tx| catalogue::every::<Status>(tx).await).await.unwrap();
        assert_eq!(every.iter().map(|e| &e.value).collect::<Vec<_>>(), all.iter().map(|e| &e.value).collect::<Vec<_>>());
        let found = world.read(async |tx| catalogue::by_external_id::<Status>(tx, "no_show").await).await.unwrap();
        assert_eq!(found.map(|e| e.id), Some(StatusId(6)));
        let double = Entry { id: StatusId(77), ..all[0].clone() };
        let twice = world.write(async move |tx| catalogue::insert(tx, &double)).await;
        assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
    }

    async fn a_customer_is_found_by_every_key_and_forgotten_when_erased(world: World) {
        world.write(async |tx| (1..4).try_for_each(|n| customers::insert(tx, &customer(n)))).await.unwrap();
        let found = world.read(async |tx| Ok((
            customers::by_id(tx, CustomerId(2)).await?,
            customers::by_external_id(tx, "C-2").await?,
            customers::by_email(tx, " kari2@EXAMPLE.no").await?,
            customers::page(tx, None, Some("kåre3 nord"), &Paging::default()).await?.rows,
            customers::page(tx, Some(minute(2)), Some("100%\" \\ ß"), &Paging::default()).await?.rows,
            customers::page(tx, None, Some("_åre"), &Paging::default()).await?.rows,
        ))).await.unwrap();
        assert_eq!((found.0, found.1, found.2), (Some(customer(2)), Some(customer(2)), vec![customer(2)]));
        assert_eq!((found.3, found.4, found.5), (vec![customer(3)], vec![customer(3), customer(2)], vec![]));
        let done = world.write(async |tx| {
            let mut new = customer(2);
            new.contact.email = Some("KARI1@example.no".into());
            let changed = (customers::update(tx, &new, 1).await?, customers::update(tx, &new, 1).await?);
            let both = customers::by_email(tx, "kari1@example.no").await?.len();
            Ok((changed, both, customers::erase(tx, CustomerId(1), minute(9)).await?))
        }).await.unwrap();
        assert_eq!(done, ((true, false), 2, true));
        let left = world.read(async |tx| Ok((
            customers::by_email(tx, "kari1@example.no").await?.len(),
            customers::by_id(tx, CustomerId(1)).await?,
        ))).await.unwrap();
        assert_eq!(left, (1, None));
    }

    async fn a_booking_is_read_back_counted_and_deleted(world: World) {
        world.write(async |tx| {
            customers::insert(tx, &customer(1))?;
            for n in 1..=5 {
                bookings::insert(tx, &booking(n, 1))?;
            }
            let mut cancelled = booking(1, 1);
            (cancelled.revision, cancelled.status) = (2, "cancelled".into());
            cancelled.status_kind = StatusKind::ClosedBad;
            bookings::update(tx, &cancelled)
        }).await.unwrap();
        let read = world.read(async |tx| Ok((
            bookings::by_id(tx, BookingId(4)).await?,
            bookings::by_external_id(tx, "B-5").await?,
            (bookings::count_before(tx, &booking(4, 1)).await?, bookings::has_later(tx, &booking(4, 1)).await?),
            (bookings::has_later(tx, &booking(5, 1)).await?, bookings::status_in_use(tx, "cancelled").await?),
        ))).await.unwrap();
        assert_eq!(read, (Some(booking(4, 1)), Some(booking(5, 1)), (2, true), (false, true)));
        let deleted = world.write(async |tx| Ok((
            bookings::delete(tx, BookingId(5), minute(1)).await?, bookings::delete(tx, BookingId(5), minute(1)).await?,
        ))).await.unwrap();
        assert_eq!(deleted, (true, false));
        let gone = world.read(async |tx| Ok((
            bookings::by_id(tx, BookingId(5)).await?, bookings::existed(tx, BookingId(5)).await?,
            bookings::existed(tx, BookingId(6)).await?, bookings::has_later(tx, &booking(4, 1)).await?,
        ))).await.unwrap();
        assert_eq!(gone, (None, true, false, false));
        world.write(async |tx| bookings::insert(tx, &flyt_core::booking::Booking { id: BookingId(6), ..booking(5, 1) }))
            .await.expect("the external id of a deleted booking is free");
    }

    async fn bookings_are_listed_by_every_filter(world: World) {
        world.write(async |tx| {
            for n in 1..=4 {
                customers::insert(tx, &customer(n))?;
                bookings::insert(tx, &booking(n, n))?;
            }
            Ok(())
        }).await.unwrap();
        let none = Filter::default;
        let cases = [
            (none(), vec![4, 3, 2, 1]),
            (Filter { from: Some(minute(120)), to: Some(minute(240)), ..none() }, vec![3, 2]),
            (Filter { customer_id: Some(CustomerId(2)), ..none() }, vec![2]),
            (Filter { status: Some("cancelled".into()), ..none() }, vec![]),
            (Filter { service_id: Some(ServiceId(7)), location_id: Some(LocationId(8)), ..none() }, vec![4, 3, 2, 1]),
            (Filter { resource_id: Some(flyt_core::id::ResourceId(1)), ..none() }, vec![]),
            (Filter { updated_since: Some(minute(4)), ..none() }, vec![4]),
            (Filter { q: Some("ref3".into()), ..none() }, vec![3]),
            (Filter { q: Some("b-1".into()), ..none() }, vec![1]),
            (Filter { q: Some("KÅRE4".into()), ..none() }, vec![4]),
        ];
        for (filter, expected) in cases {
            let asked = filter.clone();
            let page = world.read(async move |tx| bookings::page(tx, &asked, &Paging::default()).await).await.unwrap();
            assert_eq!(page.rows.iter().map(|b| b.id.0).collect::<Vec<_>>(), expected, "{filter:?}");
        }
    }

    async fn payments_add_up(world: World) {
        world.write(async |tx| {
            for (n, amount, status) in [(1, 100, Completed), (2, 250, Completed), (3, 30, Refunded), (4, 9, Pending)] {
                payments::insert(tx, &payment(n, 1, amount, status))?;
            }
            payments::insert(tx, &payment(5, 2, 7, Completed))
        }).await.unwrap();
        let read = world.read(async |tx| {
            let sums = payments::sums(tx, BookingId(1), nok(0).currency).await?;
            let page = payments::page(tx, Some(BookingId(1)), Some(minute(2)), &Paging::default()).await?;
            let ids: Vec<i64> = page.rows.iter().map(|p| p.id.0).collect();
            Ok((payments::by_id(tx, PaymentId(4)).await?, payments::by_external_id(tx, "P-5").await?, sums, ids))
        }).await.unwrap();
        assert_eq!((read.0, read.1), (Some(payment(4, 1, 9, Pending)), Some(payment(5, 2, 7, Completed))));
        assert_eq!((read.2, read.3), (payments::Sums { completed: 350, refunded: 30 }, vec![4, 3, 2]));
        let changed = world.write(async |tx| {
            let new = payment(4, 1, 9, Completed);
            Ok((payments::update(tx, &new, 1).await?, payments::update(tx, &new, 1).await?))
        }).await.unwrap();
        assert_eq!(changed, (true, false));
    }

    async fn keys_secrets_and_acts_are_kept(world: World) {
        let key = |n: i64, no| ApiKey {
            id: KeyId(n), business_no: no, name: "till".into(), prefix: "flyt_a".into(), hash: vec![0, 255, u8::try_from(n).unwrap()],
            scopes: vec!["bookings:write".into()], created_at: minute(0), expires_at: Some(minute(9)), last_used_at: None, revoked_at: None,
        };
        let act = Act { id: AuditId(3), at: minute(1), actor: "key".into(), action: "booking.update".into(), object: "bkg".into(), detail: "{}".into() };
        let secret = |version| Secret { name: "webhook".into(), version, sealed: vec![0, 1, 255], created_at: minute(version) };
        let (one, two, done) = (key(1, Some(1)), key(2, None), act.clone());
        world.store.write(async move |tx| {
            keys::insert(&mut tx.tenant(1), &one)?;
            keys::insert_platform(&mut tx.engine(), &two)?;
            keys::used(&mut tx.engine(), KeyId(2), minute(2))?;
            let mut tx = tx.tenant(1);
            audit::append(&mut tx, &done)?;
            (1..=3).try_for_each(|n| secrets::insert(&mut tx, &secret(n)))?;
            secrets::purge(&mut tx, "webhook", 2)
        }).await.unwrap();
        let found = world.store.read(async |tx| Ok((
            keys::by_hash(&mut tx.engine(), &[0, 255, 2]).await?, keys::by_hash(&mut tx.engine(), &[1]).await?,
        ))).await.unwrap();
        assert_eq!(found, (Some(ApiKey { last_used_at: Some(minute(2)), ..key(2, None) }), None));
        let (page, versions, acts) = world.read(async |tx| Ok((
            keys::page(tx, &Paging::default()).await?, secrets::versions(tx, "webhook").await?, audit::page(tx, &audit::Filter::default(), &Paging::default()).await?,
        ))).await.unwrap();
        assert_eq!((page.rows, versions, acts.rows), (vec![key(1, Some(1))], vec![secret(3), secret(2)], vec![act]));
        let revoked = world.write(async |tx| Ok((
            keys::revoke(tx, KeyId(1), minute(4)).await?, keys::revoke(tx, KeyId(1), minute(5)).await?, keys::revoke(tx, KeyId(2), minute(5)).await?,
        ))).await.unwrap();
        assert_eq!(revoked, (true, false, false));
        let taken_back = world.read(async |tx| keys::by_id(tx, KeyId(1)).await).await.unwrap();
        assert_eq!(taken_back.and_then(|k| k.revoked_at), Some(minute(4)));
    }

    async fn a_repeated_request_meets_its_first_answer(world: World) {
        let request = || Request { key: "k".into(), method: "POST".into(), path: "/v1/bookings".into() };
        let answer = |id: u8| Answer { status: 201, headers: "{}".into(), body: vec![id] };
        let seen = world.write(async move |tx| {
            let before = idempotency::known(tx, &request(), b"a", minute(0)).await?;
            let first = idempotency::keep(tx, &request(), b"a", (minute(1), minute(0)), &answer(1)).await?;
            let second = idempotency::keep(tx, &request(), b"a", (minute(2), minute(1)), &answer(2)).await?;
            let mut known = vec![before];
            for (body, since) in [(b"a", 1), (b"b", 1), (b"a", 2)] {
                known.push(idempotency::known(tx, &request(), body, minute(since)).await?);
            }
            Ok((known, first, second))
        }).await.unwrap();
        let known = vec![None, Some(Known::Answered(answer(1))), Some(Known::OtherBody), None];
        assert_eq!(seen, (known, true, false), "an answer is kept once, told from another body, and not for ever");
        let later = world.write(async move |tx| {
            let again = idempotency::keep(tx, &request(), b"b", (minute(9), minute(2)), &answer(3)).await?;
            Ok((again, idempotency::known(tx, &request(), b"b", minute(2)).await?))
        }).await.unwrap();
        assert_eq!(later, (true, Some(Known::Answered(answer(3)))), "an old answer makes way");
        let purged = world.store.write(async move |tx| {
            idempotency::purge(&mut tx.engine(), minute(9))?;
            let kept = idempotency::known(&mut tx.tenant(1), &request(), b"b", minute(0)).await?;
            idempotency::purge(&mut tx.engine(), minute(10))?;
            Ok((kept.is_some(), idempotency::known(&mut tx.tenant(1), &request(), b"b", minute(0)).await?))
        }).await.unwrap();
        assert_eq!(purged, (true, None));
    }

    async fn the_installation_remembers_and_counts(world: World) {
        let numbers = world.store.write(async |tx| {
            let mut tx = tx.engine();
            meta::put(&mut tx, "clock_at", "1")?;
            meta::put(&mut tx, "clock_at", "2")?;
            let first = meta::next(&mut tx, Sequence::Trigger).await?;
            Ok((first, meta::next(&mut tx, Sequence::Trigger).await?, meta::next(&mut tx, Sequence::Boot).await?))
        }).await.unwrap();
        assert_eq!(numbers, (1, 2, 1));
        let got = world.store.read(async |tx| Ok((meta::get(&mut tx.engine(), "clock_at").await?, meta::get(&mut tx.engine(), "x").await?)));
        assert_eq!(got.await.unwrap(), (Some("2".into()), None));
    }

    async fn a_business_sees_nothing_of_another(world: World) {
        world.write(async |tx| {
            customers::insert(tx, &customer(1))?;
            bookings::insert(tx, &booking(1, 1))?;
            payments::insert(tx, &payment(1, 1, 5, Completed))
        }).await.unwrap();
        let seen = world.store.write(async |tx| {
            let mut tx = tx.tenant(2);
            let mut seen = vec![
                customers::by_id(&mut tx, CustomerId(1)).await?.is_some(),
                bookings::by_id(&mut tx, BookingId(1)).await?.is_some(),
                payments::by_id(&mut tx, PaymentId(1)).await?.is_some(),
                customers::update(&mut tx, &customer(1), 1).await?,
                bookings::delete(&mut tx, BookingId(1), minute(1)).await?,
            ];
            seen.push(!bookings::page(&mut tx, &Filter::default(), &Paging::default()).await?.rows.is_empty());
            Ok(seen)
        }).await.unwrap();
        assert_eq!(seen, [false; 6]);
    }

    async fn a_text_with_nul_is_refused(world: World) {
        let refused = world.write(async |tx| {
            customers::insert(tx, &flyt_core::customer::Customer { external_id: Some("a\0b".into()), ..customer(1) })
        }).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    }
}
