//! Bookings from the systems people already have. Each adapter is a pure function: a delivery (headers, raw bytes), the
//! settings of its source and, for systems that send little more than an id, what was fetched → what the delivery says.
//!
//! What becomes of it (which booking it is, whether it is older than what is known, the write itself) is `flyt-engine`'s
//! `intake`; the answers on the wire are the server's.

mod acuity;
mod calcom;
mod calendly;
mod easyappointments;
mod generic;
mod leaf;
mod makeplans;
mod person;
mod settings;
pub mod signature;
mod square;

pub use settings::Settings;

use crate::words;
use serde_json::Value;

words! {
    /// The systems whose deliveries are understood.
    Adapter {
        /// Cal.com.
        Calcom = "calcom",
        /// Calendly.
        Calendly = "calendly",
        /// Easy!Appointments.
        Easyappointments = "easyappointments",
        /// Acuity Scheduling.
        Acuity = "acuity",
        /// Square Bookings.
        Square = "square",
        /// Makeplans.
        Makeplans = "makeplans",
        /// Anything else: the source says which field is what.
        Generic = "generic",
    }
}

/// Largest delivery that is kept, in bytes.
pub const MOST_BYTES: usize = 256 * 1024;

/// One call of another system, as it came.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'d> {
    /// Its headers, names in small letters.
    pub headers: &'d [(String, String)],
    /// The raw bytes.
    pub body: &'d [u8],
}
impl<'d> Delivery<'d> {
    /// The first header of a name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&'d str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

/// What a delivery says.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The sender's word for it.
    pub event: String,
    /// What tells it from every other delivery.
    pub sameness: Sameness,
    /// What it means here.
    pub meaning: Meaning,
    /// Where it says too little.
    pub thin: Option<Thin>,
}

/// By what a delivery that comes twice is known again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sameness {
    /// By an id of the sender's.
    Id(String),
    /// By its bytes, which never repeat for two different happenings.
    Bytes,
    /// By its bytes and only for a while: the same state may come back later.
    Soon,
    /// Not at all: it only says "look".
    Never,
}

/// What a delivery means.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// Nothing for us, and why.
    Nothing(String),
    /// Something about a booking.
    Booking(Box<BookingSays>),
    /// The contact of a customer, known by an external id.
    Customer {
        /// `square:<id>` …
        external_id: String,
        /// Fields as in the API.
        body: Value,
    },
}

/// What is said of a booking.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BookingSays {
    /// Its external id here: `calcom:<uid>`.
    pub external_id: String,
    /// The external id it had before a move gave it a new one.
    pub former: Option<String>,
    /// A smaller one than the last is old news.
    pub version: Option<i64>,
    /// The booking as in the API, without `external_id` and `status`; none: only its status is spoken of.
    pub body: Option<Value>,
    /// The key of its status.
    pub status: Option<String>,
    /// When it counts.
    pub only: Only,
    /// A payment as in the API, without `booking`.
    pub payment: Option<Value>,
}

/// When what is said of a booking counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Only {
    /// Always.
    #[default]
    Always,
    /// Where the booking is not known yet.
    New,
    /// Where the booking is open or active.
    Counting,
    /// Where the booking is marked as missed.
    NoShow,
    /// Never by itself: the booking has moved, and another delivery tells where to.
    Moved,
}

/// What a delivery does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thin {
    /// The fields that are missing, as in the API.
    pub missing: Vec<&'static str>,
    /// Whether it can be written all the same.
    pub enough: bool,
    /// The customer whose contact is missing; nothing is if they are known here with an address.
    pub customer: Option<String>,
    /// Where the rest can be had, if the source has a token.
    pub fetch: Option<Fetch>,
}

/// A GET that completes a thin delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// The whole URL.
    pub url: String,
    /// How the token is sent.
    pub auth: Auth,
    /// Further headers.
    pub headers: Vec<(&'static str, &'static str)>,
}
/// How a token is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// `Bearer`.
    Bearer,
    /// `Basic` with this user and the token as password.
    User(String),
    /// `Basic` with the token as user and no password.
    TokenAsUser,
}
impl Fetch {
    /// The headers, with the token.
    pub fn with_token(&self, token: &str) -> Vec<(String, String)> {
        let value = match &self.auth {
            Auth::Bearer => format!("Bearer {token}"),
            Auth::User(user) => signature::basic(user, token),
            Auth::TokenAsUser => signature::basic(token, ""),
        };
        let more = self
            .headers
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        [("authorization".to_owned(), value)]
            .into_iter()
            .chain(more)
            .collect()
    }
}

/// A delivery that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not the format the adapter reads.
    #[error("{0}")]
    Malformed(String),
    /// The format is right, what is needed is not there.
    #[error("{0}")]
    Incomplete(String),
}

/// What a delivery says. `fetched` is the answer to the `Fetch` of an earlier reading of the same delivery.
///
/// # Errors
/// `Unreadable`, with a sentence for the owner of the source.
pub fn read(
    adapter: Adapter,
    delivery: &Delivery<'_>,
    settings: &Settings,
    fetched: Option<&Value>,
) -> Result<Said, Unreadable> {
    let mut said = match adapter {
        Adapter::Calcom => calcom::read(delivery, settings),
        Adapter::Calendly => calendly::read(delivery, settings, fetched),
        Adapter::Easyappointments => easyappointments::read(delivery, settings, fetched),
        Adapter::Acuity => acuity::read(delivery, settings, fetched),
        Adapter::Square => square::read(delivery, settings, fetched),
        Adapter::Makeplans => makeplans::read(delivery, settings, fetched),
        Adapter::Generic => generic::read(delivery, settings),
    }?;
    if let Meaning::Booking(says) = &mut said.meaning {
        if let Some(body) = &mut says.body {
            leaf::fill(body, &settings.constants);
        }
        if says.external_id.chars().count() > crate::limits::EXTERNAL_ID_CHARS {
            return Err(Unreadable::Incomplete(
                "the id of the booking is too long".to_owned(),
            ));
        }
    }
    Ok(said)
}

fn nothing(event: String, why: impl Into<String>) -> Said {
    Said {
        event,
        sameness: Sameness::Bytes,
        meaning: Meaning::Nothing(why.into()),
        thin: None,
    }
}
fn incomplete(what: &str) -> Unreadable {
    Unreadable::Incomplete(format!("the delivery has no {what}"))
}
