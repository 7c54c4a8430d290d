//! A fresh store for each test, and people and things to put in it.

use flyt_core::booking::{Automations, BookedExtra, Booking, Source};
use flyt_core::business::{Branding, Business, Mode, Settings};
use flyt_core::customer::{Channel, Consent, Contact, Customer, OptOut, Purpose};
use flyt_core::id::{
    BookingId, BusinessId, CustomerId, ExtraId, LocationId, PaymentId, ResourceId, ServiceId,
};
use flyt_core::instant::from_ms;
use flyt_core::language::Language;
use flyt_core::money::{Currency, Money};
use flyt_core::payment::{Payment, PaymentStatus};
use flyt_core::status::StatusKind;
use flyt_core::zone::Zone;
use flyt_store::{Error, Result, Store, TenantTx, businesses};
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_postgres::{Client, NoTls};

/// Defines each story as three tests: on a SQLite file, in memory, on PostgreSQL.
macro_rules! stories {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block)*) => { $(
        mod $name {
            use super::*;
            $(#[$meta])*
            async fn story($world: $crate::support::World) $body
            #[tokio::test]
            async fn on_sqlite() { story($crate::support::World::sqlite()).await }
            #[tokio::test]
            async fn in_memory() { story($crate::support::World::in_memory()).await }
            #[tokio::test]
            async fn on_postgres() { story($crate::support::World::postgres().await).await }
        }
    )* };
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) place: Place,
}
/// Where the data are.
pub(crate) enum Place {
    Memory,
    File(PathBuf),
    Postgres(String),
}
static COUNT: AtomicU32 = AtomicU32::new(0);

impl World {
    pub(crate) fn sqlite() -> Self {
        let dir = std::env::temp_dir();
        let no = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!("flyt-store-test-{}-{no}.db", std::process::id()));
        Self {
            store: Store::sqlite(&path, 2).unwrap(),
            place: Place::File(path),
        }
    }
    pub(crate) fn in_memory() -> Self {
        Self {
            store: Store::sqlite_in_memory().unwrap(),
            place: Place::Memory,
        }
    }
    pub(crate) async fn postgres() -> Self {
        let url = fresh_database().await;
        Self {
            store: Store::postgres(&url, 8).await.unwrap(),
            place: Place::Postgres(url),
        }
    }
    /// Closes the store and opens the same data again; nothing for one in memory.
    pub(crate) async fn reopen(&mut self) {
        if !matches!(self.place, Place::Memory) {
            self.store.close().await;
            self.store = self.place.open().await.unwrap();
        }
    }
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        body: impl AsyncFn(&mut TenantTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.store
            .write(async move |tx| body(&mut tx.tenant(1)).await)
            .await
    }
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        body: impl AsyncFn(&mut TenantTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.store
            .read(async move |tx| body(&mut tx.tenant(1)).await)
            .await
    }
}
impl Place {
    pub(crate) async fn open(&self) -> Result<Store> {
        match self {
            Self::Memory => Err(Error::Refused("memory is gone".into())),
            Self::File(path) => Store::sqlite(path, 2),
            Self::Postgres(url) => Store::postgres(url, 8).await,
        }
    }
}
impl Drop for World {
    fn drop(&mut self) {
        if let Place::File(path) = &self.place {
            for end in ["", "-wal", "-shm"] {
                let _gone = std::fs::remove_file(format!("{}{end}", path.display()));
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told of its PostgreSQL by the environment"
)]
fn server() -> String {
    std::env::var("FLYT_TEST_DATABASE_URL")
        .expect("no PostgreSQL to test on: run `make test`, or `scripts/postgres run cargo test --workspace`")
}
pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
async fn fresh_database() -> String {
    let server = server();
    let name = format!(
        "test_{}_{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    client(&server)
        .await
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

/// Minute `n` of the stories.
pub(crate) fn minute(n: i64) -> Timestamp {
    from_ms(1_772_323_200_000 + n * 60_000)
}
pub(crate) fn nok(amount: i64) -> Money {
    Money {
        amount,
        currency: Currency::new("NOK").unwrap(),
    }
}
pub(crate) fn salon(no: i64) -> Business {
    let nb = Language::new("nb").unwrap();
    let settings = Settings {
        name: "Salong Øst".into(),
        phone: Some("+4790000000".into()),
        email: None,
        website: None,
        address: Some("Storgata 1".into()),
        time_zone: Zone::new("Europe/Oslo").unwrap(),
        languages: vec![nb.clone()],
        default_language: nb,
        currency: Currency::new("NOK").unwrap(),
        country: "NO".into(),
        admins: vec!["post@example.no".into()],
        branding: Branding::default(),
        links: [(
            "pay".to_owned(),
            "https://example.no/{{ booking.reference }}".to_owned(),
        )]
        .into(),
        senders: [(Channel::Sms, "Salong".to_owned())].into(),
        quiet_hours: std::collections::BTreeMap::default(),
        per_recipient_and_booking_per_hour: Some(10),
        mode: Mode::Live,
    };
    Business {
        no,
        id: BusinessId(1_000 + no),
        slug: format!("salong-{no}"),
        revision: 1,
        epoch: 1,
        created_at: minute(0),
        updated_at: minute(0),
        settings,
    }
}
pub(crate) async fn with_salons(world: &World) {
    let adding = world.store.write(async |tx| {
        for no in [1, 2] {
            businesses::insert(&mut tx.engine(), &salon(no))?;
        }
        Ok(())
    });
    adding.await.unwrap();
}
pub(crate) fn customer(n: i64) -> Customer {
    let contact = Contact {
        first_name: Some(format!("Kåre{n}")),
        last_name: Some("Nordmann \"100%\" \\ ß".into()),
        email: Some(format!("Kari{n}@Example.no")),
        phone: Some(format!("+479000{n:04}")),
        language: Language::new("nb"),
        time_zone: Zone::new("Europe/Oslo"),
        tags: vec!["vip".into()],
        fields: [(
            "size".to_owned(),
            serde_json::json!({"a": [1, 2.5, null, "\u{0}"]}),
        )]
        .into(),
        consents: vec![Consent {
            channel: Channel::Sms,
            purpose: Purpose::Marketing,
            given_at: minute(-9),
            source: None,
        }],
        opt_outs: vec![OptOut {
            channel: Channel::Email,
            purpose: None,
            at: minute(-8),
        }],
    };
    Customer {
        id: CustomerId(n),
        external_id: Some(format!("C-{n}")),
        revision: 1,
        created_at: minute(n),
        updated_at: minute(n),
        contact,
    }
}
pub(crate) fn booking(n: i64, customer: i64) -> Booking {
    Booking {
        id: BookingId(n),
        external_id: Some(format!("B-{n}")),
        reference: format!("REF{n}"),
        revision: 1,
        customer_id: CustomerId(customer),
        service_id: ServiceId(7),
        location_id: Some(LocationId(8)),
        resource_id: Some(ResourceId(9)),
        extras: vec![BookedExtra {
            id: ExtraId(10),
            quantity: 2,
            price: Some(nok(1_000)),
        }],
        status: "approved".into(),
        status_kind: StatusKind::Active,
        start: minute(60 * n),
        end: minute(60 * n + 45),
        language: Language::new("en"),
        price: Some(nok(69_000)),
        paid: 100,
        paid_currency: None,
        notes: Some("Bring\ntea ☕".into()),
        answers: [("allergies".to_owned(), serde_json::json!("none"))].into(),
        url: Some("https://example.no/1".into()),
        source: Source::Customer,
        automations: Automations::Timed,
        customer_confirmed_at: Some(minute(3)),
        created_at: minute(1),
        updated_at: minute(n),
    }
}
pub(crate) fn payment(n: i64, booking: i64, amount: i64, status: PaymentStatus) -> Payment {
    Payment {
        id: PaymentId(n),
        external_id: Some(format!("P-{n}")),
        booking_id: BookingId(booking),
        revision: 1,
        money: nok(amount),
        method: Some("vipps".into()),
        status,
        completed_at: (status == PaymentStatus::Completed).then(|| minute(n)),
        created_at: minute(n),
        updated_at: minute(n),
    }
}
