//! The same random acts on both engines have the same answers.

use crate::support::{World, booking, customer, minute, payment};
use flyt_core::id::{BookingId, CustomerId};
use flyt_core::payment::PaymentStatus;
use flyt_core::status::StatusKind;
use flyt_store::bookings::Filter;
use flyt_store::page::Paging;
use flyt_store::{Result, Store, TenantTx, bookings, customers, payments};

/// Xorshift: the seed is the whole story.
#[derive(Clone)]
struct Dice(u64);
impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 1).unwrap() % sides
    }
}

async fn act(tx: &mut TenantTx<'_>, dice: &mut Dice) -> Result<String> {
    let (act, n, m) = (dice.roll(13), dice.roll(12), dice.roll(12));
    let texts = ["kåre", "REF1", "b-", "100%", "_", "\\", "ß", ""];
    let q = texts
        .get(usize::try_from(dice.roll(8)).unwrap())
        .map(|q| (*q).to_owned());
    let kind = StatusKind::ALL[usize::try_from(dice.roll(4)).unwrap()];
    let status = PaymentStatus::ALL[usize::try_from(dice.roll(4)).unwrap()];
    let paging = Paging::new(Some(1 + dice.roll(6)), None)?;
    Ok(match act {
        0 => format!("{:?}", customers::insert(tx, &customer(n))?),
        1 => format!(
            "{:?}",
            customers::update(tx, &customer(n), 1 + dice.roll(2)).await?
        ),
        2 => format!(
            "{:?}",
            customers::by_email(tx, &format!("KARI{n}@example.no")).await?
        ),
        3 => format!(
            "{:?}",
            customers::page(tx, Some(minute(m)), q.as_deref(), &paging).await?
        ),
        4 => format!("{:?}", customers::erase(tx, CustomerId(n), minute(m)).await?),
        5 | 6 => {
            let new = flyt_core::booking::Booking {
                status_kind: kind,
                start: minute(m),
                ..booking(n, m % 4)
            };
            format!("{:?}", bookings::insert(tx, &new)?)
        }
        7 => {
            let old = bookings::by_id(tx, BookingId(n)).await?;
            let Some(mut new) = old else {
                return Ok("none".into());
            };
            (new.revision, new.start, new.status_kind) = (new.revision + 1, minute(m), kind);
            format!("{:?}", bookings::update(tx, &new)?)
        }
        8 => format!("{:?}", bookings::delete(tx, BookingId(n), minute(m)).await?),
        9 => {
            let filter = Filter {
                q,
                from: Some(minute(m - 6)),
                to: Some(minute(m + 3)),
                ..Filter::default()
            };
            format!("{:?}", bookings::page(tx, &filter, &paging).await?)
        }
        10 => {
            let seen = booking(n, m % 4);
            format!(
                "{} {}",
                bookings::count_before(tx, &seen).await?,
                bookings::has_later(tx, &seen).await?
            )
        }
        11 => format!("{:?}", payments::insert(tx, &payment(n, m % 4, m, status))?),
        _ => format!(
            "{:?}",
            payments::sums(tx, BookingId(m % 4), crate::support::nok(0).currency).await?
        ),
    })
}
async fn tell(store: &Store, seed: u64) -> Vec<String> {
    let mut dice = Dice(seed);
    let mut answers = Vec::new();
    for _ in 0..400 {
        let thrown = dice.clone();
        let answer = store
            .write(async move |tx| act(&mut tx.tenant(1), &mut thrown.clone()).await)
            .await;
        // Texts of errors are the drivers' own; their kinds are ours.
        answers.push(answer.unwrap_or_else(|e| format!("{e:?}").split('(').next().unwrap().to_owned()));
        for _ in 0..9 {
            dice.roll(2);
        }
    }
    answers
}

#[tokio::test]
async fn both_engines_tell_the_same_story() {
    let (file, memory, postgres) = (World::sqlite(), World::in_memory(), World::postgres().await);
    let told = tell(&file.store, 20_261_124).await;
    assert!(
        told.iter().any(|a| a == "Conflict") && told.iter().any(|a| a.contains("Kåre")),
        "the story is dull"
    );
    assert!(!told.iter().any(|a| a == "Bug"), "{told:?}");
    for other in [
        tell(&memory.store, 20_261_124).await,
        tell(&postgres.store, 20_261_124).await,
    ] {
        for (n, (one, two)) in told.iter().zip(&other).enumerate() {
            assert_eq!(one, two, "act {n}");
        }
    }
}
