//! Lists: every row that stays is met, whatever is written between two parts.

use crate::support::{booking, minute};
use flyt_core::id::BookingId;
use flyt_store::bookings::{self, Filter};
use flyt_store::page::Paging;
use flyt_store::{Error, audit};

stories! {
    async fn a_list_meets_every_row_that_stays(world: World) {
        world.write(async |tx| {
            for n in 1..=30 {
                // Three share each start: the id decides.
                let start = minute(n / 3);
                bookings::insert(tx, &flyt_core::booking::Booking { start, end: start, ..booking(n, 1) })?;
            }
            Ok(())
        }).await.unwrap();
        let (mut met, mut cursor) = (Vec::new(), None::<String>);
        for round in 0_i64.. {
            let paging = Paging::new(Some(7), cursor.as_deref()).unwrap();
            let page = world.read(async move |tx| bookings::page(tx, &Filter::default(), &paging).await).await.unwrap();
            met.extend(page.rows.iter().map(|b| (b.start, b.id.0)));
            cursor = page.next;
            if cursor.is_none() { break }
            let last = met.last().unwrap().1;
            world.write(async move |tx| {
                bookings::delete(tx, BookingId(last), minute(0)).await?;
                bookings::insert(tx, &flyt_core::booking::Booking { start: minute(99), end: minute(99), ..booking(100 + round, 1) })
            }).await.unwrap();
        }
        assert!(met.is_sorted_by(|a, b| a > b), "latest first, none twice: {met:?}");
        assert_eq!(met.iter().map(|(_, id)| *id).collect::<std::collections::BTreeSet<_>>(), (1..=30).collect());
    }

    async fn a_cursor_of_another_list_or_none_at_all_is_refused(world: World) {
        world.write(async |tx| (1..4).try_for_each(|n| bookings::insert(tx, &booking(n, 1)))).await.unwrap();
        let first = Paging::new(Some(2), None).unwrap();
        let page = world.read(async move |tx| bookings::page(tx, &Filter::default(), &first).await).await.unwrap();
        let next = page.next.unwrap();
        for wrong in ["", "x", "AAAA", "BAAAAAAAAAAA", &format!("{next}AAAA"), "ø"] {
            let paging = Paging::new(None, Some(wrong)).unwrap();
            let page = world.read(async move |tx| bookings::page(tx, &Filter::default(), &paging).await).await;
            assert!(matches!(page, Err(Error::Refused(_))), "{wrong}");
        }
        let paging = Paging::new(None, Some(&next)).unwrap();
        let page = world.read(async move |tx| audit::page(tx, &audit::Filter::default(), &paging).await).await;
        assert!(matches!(page, Err(Error::Refused(_))));
    }
}

#[test]
fn a_limit_is_one_to_two_hundred() {
    for limit in [0, -1, 201, i64::MAX] {
        assert!(
            matches!(Paging::new(Some(limit), None), Err(Error::Refused(_))),
            "{limit}"
        );
    }
    assert_eq!(Paging::new(None, None), Ok(Paging::default()));
}
