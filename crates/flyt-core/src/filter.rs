//! Filters: the simple "only if" of a workflow, `any_of` / `none_of` (extras also `all_of`) over what a booking points to.

use crate::facts::{BookingFacts, Facts};
use crate::id::{ExtraId, LocationId, ResourceId, ServiceId};
use crate::invalid::{Faults, Fields, Read as _, below, kind};
use crate::language::Language;
use crate::limits;
use crate::reason::Reason;
use crate::workflow::Names;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt::Display;
use std::str::FromStr;

/// One filter. Empty lists mean any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter<T> {
    /// At least one of these.
    #[serde(default = "Vec::new")]
    pub any_of: Vec<T>,
    /// None of these.
    #[serde(default = "Vec::new")]
    pub none_of: Vec<T>,
    /// Every one of these (extras only).
    #[serde(default = "Vec::new")]
    pub all_of: Vec<T>,
}
impl<T> Default for Filter<T> {
    fn default() -> Self {
        Self {
            any_of: Vec::new(),
            none_of: Vec::new(),
            all_of: Vec::new(),
        }
    }
}

/// All filters of a workflow. Values are ids; `reading` resolves external ids before they come here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Filters {
    /// Where.
    #[serde(default)]
    pub location: Filter<LocationId>,
    /// With whom or which.
    #[serde(default)]
    pub resource: Filter<ResourceId>,
    /// What.
    #[serde(default)]
    pub service: Filter<ServiceId>,
    /// Add-ons.
    #[serde(default)]
    pub extras: Filter<ExtraId>,
    /// Status keys.
    #[serde(default)]
    pub status: Filter<String>,
    /// Language of the booking, else of the customer.
    #[serde(default)]
    pub language: Filter<Language>,
}

impl<T> Filter<T> {
    /// True when it lets everything through.
    pub fn is_any(&self) -> bool {
        self.any_of.is_empty() && self.none_of.is_empty() && self.all_of.is_empty()
    }

    /// True when the filter lets something through of which `is` tells whether it is a value of the filter. An absent
    /// value is none of them: it fails `any_of` and `all_of` and passes `none_of`.
    fn lets(&self, is: impl Fn(&T) -> bool) -> bool {
        (self.any_of.is_empty() || self.any_of.iter().any(&is))
            && self.all_of.iter().all(&is)
            && !self.none_of.iter().any(&is)
    }
}

impl Filters {
    /// The booking's own filters (location, service, resource, extras): the first that says no. They decide whether a
    /// timer is planned. A value whose object is archived matches nothing.
    pub fn own(&self, facts: &BookingFacts) -> Option<Reason> {
        first_no(self.own_verdicts(facts))
    }
    /// What each of the booking's own filters says, in order, with the reason of a no.
    pub(crate) fn own_verdicts(&self, facts: &BookingFacts) -> [(bool, Reason); 4] {
        let location = facts.location.as_ref().filter(|l| l.archived_at.is_none());
        let resource = facts.resource.as_ref().filter(|r| r.archived_at.is_none());
        let service = Some(&facts.service).filter(|s| s.archived_at.is_none());
        let has_extra = |id: &ExtraId| {
            facts
                .extras
                .iter()
                .any(|e| e.id == *id && e.archived_at.is_none())
        };
        [
            (
                self.location.lets(|id| location.is_some_and(|l| l.id == *id)),
                Reason::FilterLocation,
            ),
            (
                self.service.lets(|id| service.is_some_and(|s| s.id == *id)),
                Reason::FilterService,
            ),
            (
                self.resource.lets(|id| resource.is_some_and(|r| r.id == *id)),
                Reason::FilterResource,
            ),
            (self.extras.lets(has_extra), Reason::FilterExtras),
        ]
    }

    /// The other filters (status, language): the first that says no. They are decided on fresh facts when a run starts.
    pub fn rest(&self, facts: &Facts) -> Option<Reason> {
        first_no(self.rest_verdicts(facts))
    }
    /// What each of the other filters says, in order, with the reason of a no.
    pub(crate) fn rest_verdicts(&self, facts: &Facts) -> [(bool, Reason); 2] {
        let status = facts.booking.as_ref().map(|b| b.booking.status.as_str());
        let language = facts.language();
        [
            (
                self.status.lets(|key| status == Some(key.as_str())),
                Reason::FilterStatus,
            ),
            (
                self.language.lets(|tag| language.is_some_and(|l| tag.covers(l))),
                Reason::FilterLanguage,
            ),
        ]
    }

    /// Names of the filters in use that need a booking: all but language.
    pub fn needing_booking(&self) -> Vec<&'static str> {
        let used = [
            ("location", self.location.is_any()),
            ("resource", self.resource.is_any()),
            ("service", self.service.is_any()),
            ("extras", self.extras.is_any()),
            ("status", self.status.is_any()),
        ];
        used.into_iter()
            .filter(|(_, any)| !any)
            .map(|(name, _)| name)
            .collect()
    }

    /// Reads the filters of a workflow; every value must be known to the business.
    pub fn read(value: &Value, at: &str, faults: &mut Faults, names: &Names) -> Option<Self> {
        let before = faults.errors.len();
        let mut fields = Fields::open(value, at, faults);
        let filters = Self {
            location: one(&mut fields, "location", faults, |v, at, f| {
                reference(v, at, f, &names.locations)
            }),
            resource: one(&mut fields, "resource", faults, |v, at, f| {
                reference(v, at, f, &names.resources)
            }),
            service: one(&mut fields, "service", faults, |v, at, f| {
                reference(v, at, f, &names.services)
            }),
            extras: extras(&mut fields, faults, names),
            status: one(&mut fields, "status", faults, |v, at, f| status(v, at, f, names)),
            language: one(&mut fields, "language", faults, Language::read),
        };
        fields.close(faults);
        (faults.errors.len() == before).then_some(filters)
    }

    /// The API object: all six names, each with its lists that are not empty.
    pub fn to_json(&self) -> Value {
        let rows = [
            ("location", lists(&self.location)),
            ("resource", lists(&self.resource)),
            ("service", lists(&self.service)),
            ("extras", lists(&self.extras)),
            ("status", lists(&self.status)),
            ("language", lists(&self.language)),
        ];
        rows.into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

fn first_no<const N: usize>(checks: [(bool, Reason); N]) -> Option<Reason> {
    checks
        .into_iter()
        .find(|(passed, _)| !passed)
        .map(|(_, reason)| reason)
}

pub(crate) fn lists<T: Display>(filter: &Filter<T>) -> Value {
    let rows = [
        ("any_of", &filter.any_of),
        ("none_of", &filter.none_of),
        ("all_of", &filter.all_of),
    ];
    rows.into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(name, values)| {
            (
                name.to_owned(),
                values.iter().map(|v| Value::from(v.to_string())).collect(),
            )
        })
        .collect::<Map<String, Value>>()
        .into()
}

fn one<T: PartialEq>(
    fields: &mut Fields<'_>,
    name: &'static str,
    faults: &mut Faults,
    mut read: impl FnMut(&Value, &str, &mut Faults) -> Option<T>,
) -> Filter<T> {
    let Some(value) = fields.raw(name).filter(|v| !v.is_null()) else {
        return Filter::default();
    };
    let mut inner = Fields::open(value, &fields.at(name), faults);
    let filter = Filter {
        any_of: values(&mut inner, "any_of", faults, &mut read),
        none_of: values(&mut inner, "none_of", faults, &mut read),
        all_of: Vec::new(),
    };
    inner.close(faults);
    filter
}

fn extras(fields: &mut Fields<'_>, faults: &mut Faults, names: &Names) -> Filter<ExtraId> {
    let Some(value) = fields.raw("extras").filter(|v| !v.is_null()) else {
        return Filter::default();
    };
    let mut read = |v: &Value, at: &str, f: &mut Faults| reference(v, at, f, &names.extras);
    let mut inner = Fields::open(value, &fields.at("extras"), faults);
    let filter = Filter {
        any_of: values(&mut inner, "any_of", faults, &mut read),
        none_of: values(&mut inner, "none_of", faults, &mut read),
        all_of: values(&mut inner, "all_of", faults, &mut read),
    };
    inner.close(faults);
    filter
}

fn values<T: PartialEq>(
    fields: &mut Fields<'_>,
    name: &'static str,
    faults: &mut Faults,
    read: &mut impl FnMut(&Value, &str, &mut Faults) -> Option<T>,
) -> Vec<T> {
    let Some(value) = fields.raw(name).filter(|v| !v.is_null()) else {
        return Vec::new();
    };
    let at = fields.at(name);
    let Some(items) = value.as_array() else {
        faults.error(&at, "wrong_type", format!("must be a list, not {}", kind(value)));
        return Vec::new();
    };
    if items.len() > limits::LIST_ITEMS {
        let message = format!("must not have more than {} entries", limits::LIST_ITEMS);
        faults.error(at, "too_many", message);
        return Vec::new();
    }
    let mut found = Vec::new();
    for (i, item) in items.iter().enumerate() {
        if let Some(value) = read(item, &below(&at, &i.to_string()), faults)
            && !found.contains(&value)
        {
            found.push(value);
        }
    }
    found
}

fn status(value: &Value, at: &str, faults: &mut Faults, names: &Names) -> Option<String> {
    let key = String::read(value, at, faults)?;
    if names.statuses.contains(&key) {
        return Some(key);
    }
    faults.unknown(
        at,
        "unknown_status",
        &key,
        names.statuses.iter().map(String::as_str),
    );
    None
}

/// An id, `{"id"}` or `{"external_id"}` of something the business has.
fn reference<Id: Copy + PartialEq + FromStr + Display>(
    value: &Value,
    at: &str,
    faults: &mut Faults,
    known: &[(Id, Option<String>)],
) -> Option<Id> {
    if let Some(text) = value.as_str() {
        return by_id(text, at, faults, known);
    }
    if !value.is_object() {
        let message = format!("must be an id or {{\"external_id\": …}}, not {}", kind(value));
        faults.error(at, "wrong_type", message);
        return None;
    }
    let mut fields = Fields::open(value, at, faults);
    let id: Option<String> = fields.optional("id", faults);
    let external: Option<String> = fields.optional("external_id", faults);
    let (at_id, at_external) = (fields.at("id"), fields.at("external_id"));
    fields.close(faults);
    match (id, external) {
        (Some(id), None) => by_id(&id, &at_id, faults, known),
        (None, Some(external)) => {
            let hit = known.iter().find(|(_, own)| own.as_ref() == Some(&external));
            if hit.is_none() {
                let words = known.iter().filter_map(|(_, own)| own.as_deref());
                faults.unknown(at_external, "unknown_reference", &external, words);
            }
            hit.map(|(id, _)| *id)
        }
        _ => {
            faults.error(at, "required", "needs either `id` or `external_id`");
            None
        }
    }
}

fn by_id<Id: Copy + PartialEq + FromStr + Display>(
    text: &str,
    at: &str,
    faults: &mut Faults,
    known: &[(Id, Option<String>)],
) -> Option<Id> {
    let id = text.parse::<Id>().ok();
    let hit = id.and_then(|id| known.iter().find(|(own, _)| *own == id));
    if let Some((id, _)) = hit {
        return Some(*id);
    }
    // An external id written as if it were an id is a common slip: it is suggested as it must be written.
    if known.iter().any(|(_, own)| own.as_deref() == Some(text)) {
        let message = format!("is an external id: write {{\"external_id\": \"{text}\"}}");
        faults.error(at, "unknown_reference", message);
        return None;
    }
    let words: Vec<String> = known.iter().map(|(id, _)| id.to_string()).collect();
    faults.unknown(at, "unknown_reference", text, words.iter().map(String::as_str));
    None
}
