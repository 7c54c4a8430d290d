//! The things a booking points to: locations, resources, services, extras, statuses. They share one life: created, changed,
//! archived; bookings keep what is archived, nothing new may name it.

use crate::id::{ExtraId, LocationId, ResourceId, ServiceId};
use crate::language::Language;
use crate::money::Money;
use crate::status::Status;
use crate::words;
use crate::zone::Zone;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// The kinds of catalogue objects.
    Kind {
        /// A branch.
        Location = "location",
        /// A person or an object that is booked.
        Resource = "resource",
        /// What is booked.
        Service = "service",
        /// An add-on.
        Extra = "extra",
        /// A status of bookings.
        Status = "status",
    }
}
words! {
    /// Whether a resource is somebody or something.
    ResourceKind {
        /// Staff.
        Person = "person",
        /// A cabin, a vehicle, a tool.
        Object = "object",
    }
}

/// A branch. With an address it is in-person; without, online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Its name.
    pub name: String,
    /// Where it is; absent for online.
    pub address: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// Its address for mail.
    pub email: Option<String>,
    /// Its own zone; absent: the zone of the business.
    pub time_zone: Option<Zone>,
}
/// What or who is booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// Somebody or something.
    pub kind: ResourceKind,
    /// Its address for mail.
    pub email: Option<String>,
    /// E.164.
    pub phone: Option<String>,
}
/// What is booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its name in the default language.
    pub name: String,
    /// Its name in other languages.
    #[serde(default)]
    pub names: BTreeMap<Language, String>,
    /// A grouping word.
    pub category: Option<String>,
    /// How long it takes, in minutes.
    pub duration_minutes: Option<i64>,
    /// Its list price.
    pub price: Option<Money>,
}
/// An add-on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    /// Its name in the default language.
    pub name: String,
    /// Its name in other languages.
    #[serde(default)]
    pub names: BTreeMap<Language, String>,
    /// Price of one.
    pub price: Option<Money>,
}

/// One catalogue object with its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<Id, T> {
    /// Its id.
    pub id: Id,
    /// The caller's own id.
    pub external_id: Option<String>,
    /// Rises with each change.
    pub revision: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was archived, if it was.
    pub archived_at: Option<Timestamp>,
    /// The object itself.
    pub value: T,
}
/// A location with its life.
pub type LocationEntry = Entry<LocationId, Location>;
/// A resource with its life.
pub type ResourceEntry = Entry<ResourceId, Resource>;
/// A service with its life.
pub type ServiceEntry = Entry<ServiceId, Service>;
/// An extra with its life.
pub type ExtraEntry = Entry<ExtraId, Extra>;
/// A status with its life.
pub type StatusEntry = Entry<crate::id::StatusId, Status>;

/// A name in the language of a text: that language, its parents, else the default name.
pub fn name_in<'a>(name: &'a str, names: &'a BTreeMap<Language, String>, language: &Language) -> &'a str {
    let mut at = Some(language.clone());
    while let Some(tag) = at {
        if let Some(found) = names.get(&tag) {
            return found;
        }
        at = tag.parent();
    }
    name
}
