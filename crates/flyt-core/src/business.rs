//! A business: one tenant with its zone, languages, money and settings. Everything else belongs to exactly one.

use crate::catalogue::{email, line, phone, usable_email};
use crate::customer::Channel;
use crate::id::BusinessId;
use crate::invalid::{Faults, Fields, Line, Read, below};
use crate::language::Language;
use crate::money::Currency;
use crate::retention::{Limits, Retention};
use crate::status::Colour;
use crate::words;
use crate::zone::Zone;
use jiff::Timestamp;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::str::FromStr as _;

words! {
    /// Whether messages leave.
    Mode {
        /// They do.
        Live = "live",
        /// All are captured.
        Sandbox = "sandbox",
        /// All wait.
        Held = "held",
    }
}

/// Hours in which nothing is sent, `[from, to)` on the wall clock; `from` after `to` spans midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// First quiet minute.
    pub from: Time,
    /// First minute after.
    pub to: Time,
}

/// How a business looks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Branding {
    /// Its logo.
    pub logo_url: Option<String>,
    /// `#RRGGBB`.
    pub colour: Option<String>,
    /// Last lines of every mail.
    pub footer: Option<String>,
}

/// What can be set of a business.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Its name.
    pub name: String,
    /// E.164.
    pub phone: Option<String>,
    /// Its address for mail.
    pub email: Option<String>,
    /// Its site.
    pub website: Option<String>,
    /// Where it is.
    pub address: Option<String>,
    /// Its zone.
    pub time_zone: Zone,
    /// Languages in order of preference; never empty.
    pub languages: Vec<Language>,
    /// Language of those who have none.
    pub default_language: Language,
    /// Its money.
    pub currency: Currency,
    /// ISO 3166 alpha-2: country of its numbers and formats.
    pub country: String,
    /// Addresses of its administrators.
    pub admins: Vec<String>,
    /// How it looks.
    #[serde(default)]
    pub branding: Branding,
    /// URL templates of its own pages: `rebook`, `rate`, `pay`, `form`.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// Name and address that e-mails come from; name that SMS come from.
    #[serde(default)]
    pub senders: BTreeMap<Channel, String>,
    /// Quiet hours per channel; absent: none.
    #[serde(default)]
    pub quiet_hours: BTreeMap<Channel, QuietHours>,
    /// E-mails and SMS to one address about one booking in a sliding hour; `None`: no limit.
    pub per_recipient_and_booking_per_hour: Option<i64>,
    /// What its operator allows it.
    #[serde(default)]
    pub limits: Limits,
    /// How long it keeps what it need not keep for ever.
    #[serde(default)]
    pub retention: Retention,
    /// Whether messages leave.
    pub mode: Mode,
}

/// A business with its life.
#[derive(Debug, Clone, PartialEq)]
pub struct Business {
    /// Small number inside the store.
    pub no: i64,
    /// Its id.
    pub id: BusinessId,
    /// Its name in addresses: `[a-z0-9-]`, unique.
    pub slug: String,
    /// Rises with each change.
    pub revision: i64,
    /// Rises whenever a workflow or a setting that planning reads changes; caches are keyed by it.
    pub epoch: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What can be set.
    pub settings: Settings,
}

/// Fields of a business that callers only read once it exists.
pub const READ_ONLY: &[&str] = &["id", "slug", "revision", "created_at", "updated_at", "warnings"];
/// Longest slug, in characters.
const SLUG_CHARS: usize = 63;
/// E-mails and SMS to one address about one booking in an hour, unless the business says otherwise (`product.md` §6).
const MESSAGES_PER_HOUR: i64 = 10;

impl Settings {
    /// Reads whole settings, without the slug and other read-only fields. What `null` and absence mean differs in two
    /// places: absent quiet hours and guards take the defaults, `null` means none.
    pub fn read(value: &Value, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, "", faults);
        let settings = Self::take(&mut fields, faults);
        fields.close(faults);
        settings
    }
    /// Reads a new business: its slug and its settings.
    pub fn read_new(value: &Value, faults: &mut Faults) -> Option<(String, Self)> {
        let mut fields = Fields::open(value, "", faults);
        let slug = fields.required::<Line>("slug", faults).map(|l| l.0);
        if slug.as_deref().is_some_and(|s| !is_slug(s)) {
            let rule =
                "must have 1 to 63 small letters, digits or `-`, beginning and ending with a letter or digit";
            faults.error("/slug", "bad_slug", rule);
        }
        let settings = Self::take(&mut fields, faults);
        fields.close(faults);
        Some((slug?, settings?))
    }
    fn take(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Self> {
        let name = fields.required::<Line>("name", faults);
        let time_zone = fields.required("time_zone", faults);
        let currency = fields.required("currency", faults);
        let country = fields.required::<Country>("country", faults).map(|c| c.0);
        let read_with = country.clone().unwrap_or_default();
        let spoken = languages(fields, faults);
        // Every field is taken before the first `?`, so that none is told as unknown because another has a fault.
        let settings = Self {
            name: name.map(|l| l.0).unwrap_or_default(),
            phone: phone(fields, "phone", &read_with, faults),
            email: email(fields, "email", faults),
            website: line(fields, "website", faults),
            address: line(fields, "address", faults),
            admins: admins(fields, faults),
            branding: fields.or("branding", Branding::default(), faults),
            links: links(fields, faults),
            senders: senders(fields, faults),
            quiet_hours: quiet_hours(fields, faults),
            per_recipient_and_booking_per_hour: guards(fields, faults),
            limits: fields.or("limits", Limits::default(), faults),
            retention: fields.or("retention", Retention::default(), faults),
            mode: fields.or("mode", Mode::Live, faults),
            time_zone: time_zone?,
            currency: currency?,
            country: country?,
            languages: spoken.as_ref()?.0.clone(),
            default_language: spoken?.1,
        };
        if settings.name.trim().is_empty() && fields.names("name") {
            faults.error(fields.at("name"), "required", "`name` must not be blank");
        }
        Some(settings)
    }
}

/// True for words that can be slugs: `[a-z0-9-]`, 1 to 63, no `-` at the ends.
pub fn is_slug(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = text.starts_with('-') || text.ends_with('-');
    !text.is_empty() && text.len() <= SLUG_CHARS && !ends && text.chars().all(plain)
}

/// An ISO 3166 alpha-2 code.
struct Country(String);
impl Read for Country {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let code = value.as_str().map(str::to_ascii_uppercase);
        let known = code.filter(|c| c.len() == 2 && rlibphonenumber::Region::from_str(c).is_ok());
        if known.is_none() {
            faults.error(
                at,
                "unknown_country",
                "must be a country of two letters, such as NO",
            );
        }
        known.map(Self)
    }
}

/// The languages and the default one. Either may be left out: one language is its own default, a default its own list.
fn languages(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<(Vec<Language>, Language)> {
    let before = faults.errors.len();
    let mut languages: Vec<Language> = fields.or("languages", Vec::new(), faults);
    let default = fields.optional::<Language>("default_language", faults);
    if faults.errors.len() > before {
        return None;
    }
    let mut seen = Vec::new();
    languages.retain(|l| {
        !seen.contains(l) && {
            seen.push(l.clone());
            true
        }
    });
    if let (true, Some(default)) = (languages.is_empty(), &default) {
        languages.push(default.clone());
    }
    let Some(default) = default.or_else(|| languages.first().cloned()) else {
        faults.error(fields.at("languages"), "required", "`languages` is required");
        return None;
    };
    if !languages.contains(&default) {
        faults.error(
            fields.at("default_language"),
            "unknown_language",
            "must be one of `languages`",
        );
    }
    Some((languages, default))
}

fn admins(fields: &mut Fields<'_>, faults: &mut Faults) -> Vec<String> {
    let given: Vec<Line> = fields.or("admins", Vec::new(), faults);
    let at = fields.at("admins");
    let place = |i: usize| below(&at, &i.to_string());
    given
        .into_iter()
        .enumerate()
        .map(|(i, Line(text))| usable_email(text, &place(i), faults))
        .collect()
}

impl Read for Branding {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, at, faults);
        let branding = Self {
            logo_url: line(&mut fields, "logo_url", faults),
            colour: fields.optional::<Colour>("colour", faults).map(|c| c.0),
            footer: fields.optional("footer", faults),
        };
        fields.close(faults);
        Some(branding)
    }
}

fn links(fields: &mut Fields<'_>, faults: &mut Faults) -> BTreeMap<String, String> {
    let Some(mut inner) = inner(fields, "links", faults) else {
        return BTreeMap::new();
    };
    let names = ["rebook", "rate", "pay", "form"];
    let links = names
        .into_iter()
        .filter_map(|n| Some((n.to_owned(), line(&mut inner, n, faults)?)))
        .collect();
    inner.close(faults);
    links
}

fn senders(fields: &mut Fields<'_>, faults: &mut Faults) -> BTreeMap<Channel, String> {
    let Some(mut inner) = inner(fields, "senders", faults) else {
        return BTreeMap::new();
    };
    let channels = [(Channel::Email, "email"), (Channel::Sms, "sms")];
    let senders = channels
        .into_iter()
        .filter_map(|(c, n)| Some((c, line(&mut inner, n, faults)?)))
        .collect();
    inner.close(faults);
    senders
}

/// Quiet hours per channel. Absent takes the default of the channel (SMS 21:00–08:00, e-mail none), `null` is none.
fn quiet_hours(fields: &mut Fields<'_>, faults: &mut Faults) -> BTreeMap<Channel, QuietHours> {
    let night = QuietHours {
        from: Time::constant(21, 0, 0, 0),
        to: Time::constant(8, 0, 0, 0),
    };
    let Some(mut inner) = inner(fields, "quiet_hours", faults) else {
        return BTreeMap::from([(Channel::Sms, night)]);
    };
    let sms_named = inner.names("sms");
    let sms = inner.optional("sms", faults).or((!sms_named).then_some(night));
    let email = inner.optional("email", faults);
    inner.close(faults);
    [(Channel::Sms, sms), (Channel::Email, email)]
        .into_iter()
        .filter_map(|(c, h)| Some((c, h?)))
        .collect()
}

impl Read for QuietHours {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, at, faults);
        let from = fields.required::<Minute>("from", faults);
        let to = fields.required::<Minute>("to", faults);
        fields.close(faults);
        let hours = Self {
            from: from?.0,
            to: to?.0,
        };
        if hours.from == hours.to {
            faults.error(
                at,
                "empty_hours",
                "`from` and `to` must differ; use null for no quiet hours",
            );
        }
        Some(hours)
    }
}

/// A minute of the day as `HH:MM`.
struct Minute(Time);
impl Read for Minute {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let time = value.as_str().and_then(|t| t.parse::<Time>().ok());
        let whole = time.filter(|t| t.second() == 0 && t.subsec_nanosecond() == 0);
        if whole.is_none() {
            faults.error(at, "bad_time", "must be a time of day such as 21:00");
        }
        whole.map(Self)
    }
}

fn guards(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<i64> {
    let Some(mut inner) = inner(fields, "guards", faults) else {
        return Some(MESSAGES_PER_HOUR);
    };
    let name = "per_recipient_and_booking_per_hour";
    let named = inner.names(name);
    let most = inner.optional::<i64>(name, faults);
    if most.is_some_and(|m| m < 1) {
        faults.error(
            inner.at(name),
            "out_of_range",
            "must be 1 or more; use null for no limit",
        );
    }
    inner.close(faults);
    most.or((!named).then_some(MESSAGES_PER_HOUR))
}

/// The fields of an object inside, unless it is absent or `null`.
fn inner<'a>(fields: &mut Fields<'a>, name: &'static str, faults: &mut Faults) -> Option<Fields<'a>> {
    let value = fields.raw(name).filter(|v| !v.is_null())?;
    Some(Fields::open(value, &fields.at(name), faults))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(patch: &Value, errors: &[(&str, &str)]) -> Option<Settings> {
        let base = json!({"slug": "salon", "name": "Salon", "time_zone": "Europe/Oslo", "languages": ["nb", "en"],
            "default_language": "en", "currency": "NOK", "country": "no", "admins": ["owner@example.no"]});
        let mut faults = Faults::default();
        let whole = crate::merge::merge(&base, patch, READ_ONLY, &mut faults);
        let settings = Settings::read(&whole, &mut faults);
        let told: Vec<(&str, &str)> = faults
            .errors
            .iter()
            .map(|e| (e.pointer.as_str(), e.code))
            .collect();
        assert_eq!(told, errors, "{patch}");
        settings
    }

    #[test]
    fn quiet_hours_and_guards_have_defaults_and_null_means_none() {
        let default = check(&json!({}), &[]).unwrap();
        assert!(default.quiet_hours.contains_key(&Channel::Sms));
        assert_eq!(default.per_recipient_and_booking_per_hour, Some(10));
        let none =
            json!({"quiet_hours": {"sms": null}, "guards": {"per_recipient_and_booking_per_hour": null}});
        let none = check(&none, &[]).unwrap();
        assert!(none.quiet_hours.is_empty());
        assert_eq!(none.per_recipient_and_booking_per_hour, None);
    }

    #[test]
    fn each_fault_of_a_setting_names_its_place() {
        check(&json!({"slug": "other"}), &[("/slug", "read_only")]);
        check(
            &json!({"time_zone": "Europe/Olso"}),
            &[("/time_zone", "unknown_time_zone")],
        );
        check(
            &json!({"default_language": "fr"}),
            &[("/default_language", "unknown_language")],
        );
        check(
            &json!({"admins": ["a@b.no", "nobody"]}),
            &[("/admins/1", "bad_email")],
        );
        check(&json!({"country": "Norway"}), &[("/country", "unknown_country")]);
        let night = json!({"quiet_hours": {"sms": {"from": "21:00:30", "to": "08:00"}, "fax": null}});
        check(
            &night,
            &[
                ("/quiet_hours/sms/from", "bad_time"),
                ("/quiet_hours/fax", "unknown_field"),
            ],
        );
    }
}
