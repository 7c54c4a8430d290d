//! Texts with the keywords of other booking systems (`{customer_first_name}`), as templates of ours. What has no twin stays as
//! it is and is reported with its place: a person has to take it out.

use crate::invalid::below;
use serde::Serialize;
use serde_json::Value;

/// A keyword that has no twin here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The keyword, without braces.
    pub keyword: String,
    /// Why there is none, or what to use.
    pub message: &'static str,
    /// Line of the text, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}
/// A converted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Converted {
    /// The template.
    pub text: String,
    /// What is left in it.
    pub left: Vec<Left>,
}

/// Keyword → what stands between the braces of ours.
const TWINS: &[(&str, &str)] = &[
    ("appointment_id", "booking.id"),
    ("appointment_date", "booking.start | date"),
    ("appointment_start_date", "booking.start | date"),
    ("appointment_start_time", "booking.start | time"),
    ("appointment_date_time", "booking.start | datetime"),
    ("appointment_start_date_time", "booking.start | datetime"),
    ("appointment_end_date", "booking.end | date"),
    ("appointment_end_time", "booking.end | time"),
    ("appointment_end_date_time", "booking.end | datetime"),
    ("appointment_date_client", "booking.start | tz('customer') | date"),
    (
        "appointment_start_date_client",
        "booking.start | tz('customer') | date",
    ),
    (
        "appointment_start_time_client",
        "booking.start | tz('customer') | time",
    ),
    (
        "appointment_date_time_client",
        "booking.start | tz('customer') | datetime",
    ),
    (
        "appointment_start_date_time_client",
        "booking.start | tz('customer') | datetime",
    ),
    (
        "appointment_end_date_client",
        "booking.end | tz('customer') | date",
    ),
    (
        "appointment_end_time_client",
        "booking.end | tz('customer') | time",
    ),
    (
        "appointment_end_date_time_client",
        "booking.end | tz('customer') | datetime",
    ),
    ("appointment_created_date", "booking.created_at | date"),
    ("appointment_created_time", "booking.created_at | time"),
    (
        "appointment_created_date_client",
        "booking.created_at | tz('customer') | date",
    ),
    (
        "appointment_created_time_client",
        "booking.created_at | tz('customer') | time",
    ),
    ("appointment_duration", "booking.duration"),
    ("appointment_status", "booking.status_label"),
    ("appointment_status_icon_color", "booking.status_colour"),
    ("appointment_notes", "booking.notes"),
    ("appointment_sum_price", "booking.price | money"),
    ("appointment_paid_price", "booking.paid | money"),
    ("service_price", "service.price | money"),
    ("appointment_service_price", "service.price | money"),
    ("appointment_extras_list", "extras | names"),
    ("appointment_payment_method", "payment.method"),
    ("service_name", "service.name"),
    ("service_category_name", "service.category"),
    ("service_duration", "service.duration"),
    ("customer_full_name", "customer.full_name"),
    ("customer_first_name", "customer.first_name"),
    ("customer_last_name", "customer.last_name"),
    ("customer_email", "customer.email"),
    ("customer_phone", "customer.phone"),
    ("staff_name", "resource.name"),
    ("staff_email", "resource.email"),
    ("staff_phone", "resource.phone"),
    ("location_name", "location.name"),
    ("location_address", "location.address"),
    ("location_phone_number", "location.phone"),
    ("location_google_maps_url", "location.map_url"),
    ("company_name", "business.name"),
    ("company_image_url", "business.logo_url"),
    ("company_website", "business.website"),
    ("company_phone", "business.phone"),
    ("company_address", "business.address"),
    ("link_to_change_appointment_status_to_approved", "links.confirm"),
    ("link_to_change_appointment_status_to_canceled", "links.cancel"),
    ("link_to_change_appointment_status_to_cancelled", "links.cancel"),
    ("add_to_google_calendar_link", "links.google_calendar"),
    ("EVENT_DATE", "booking.start | date"),
    ("EVENT_TIME", "booking.start | time"),
    ("START_TIME", "booking.start | time"),
    ("EVENT_END_TIME", "booking.end | time"),
    (
        "EVENT_START_TIME_IN_ATTENDEE_TIMEZONE",
        "booking.start | tz('customer') | time",
    ),
    (
        "EVENT_END_TIME_IN_ATTENDEE_TIMEZONE",
        "booking.end | tz('customer') | time",
    ),
    ("TIMEZONE", "booking.time_zone"),
    ("ATTENDEE_TIMEZONE", "customer.time_zone"),
    ("ADDITIONAL_NOTES", "booking.notes"),
    ("EVENT_NAME", "service.name"),
    ("ATTENDEE", "customer.full_name"),
    ("ATTENDEE_NAME", "customer.full_name"),
    ("ATTENDEE_FIRST_NAME", "customer.first_name"),
    ("ATTENDEE_LAST_NAME", "customer.last_name"),
    ("ATTENDEE_EMAIL", "customer.email"),
    ("ORGANIZER", "resource.name"),
    ("ORGANIZER_NAME", "resource.name"),
    ("LOCATION", "location.name"),
    ("CANCEL_URL", "links.cancel"),
    ("RESCHEDULE_URL", "links.reschedule"),
    ("RATING_URL", "links.rate"),
];
/// Keywords with a part of their own: the beginning decides. Longest first.
const BEGINNINGS: &[(&str, &str)] = &[
    (
        "EVENT_START_TIME_IN_ATTENDEE_TIMEZONE_",
        "booking.start | tz('customer') | time",
    ),
    (
        "EVENT_END_TIME_IN_ATTENDEE_TIMEZONE_",
        "booking.end | tz('customer') | time",
    ),
    ("appointment_payment_link_", "links.pay"),
    ("EVENT_END_TIME_", "booking.end | time"),
    ("EVENT_DATE_", "booking.start | date"),
    ("EVENT_TIME_", "booking.start | time"),
    ("START_TIME_", "booking.start | time"),
];
/// Beginnings of keywords that have no twin, and why.
const NONE: &[(&str, &str)] = &[
    ("appointment_buffer_", "buffers are not kept here"),
    ("appointment_total_attendees", "a booking has one customer"),
    ("appointment_brought_people", "a booking has one customer"),
    ("total_appointments_in_group", "a booking has one customer"),
    ("service_max_capacity", "capacities are not kept here"),
    (
        "recurring_appointments_",
        "each booking of a series stands for itself",
    ),
    (
        "MEETING_URL",
        "use {{ booking.answers.meeting_url }} where the booking system sends one",
    ),
    (
        "zoom_",
        "use {{ booking.answers.meeting_url }} where the booking system sends one",
    ),
    (
        "google_meet_",
        "use {{ booking.answers.meeting_url }} where the booking system sends one",
    ),
    ("CANCEL_REASON", "reasons are not kept here"),
    ("RESCHEDULE_REASON", "reasons are not kept here"),
    ("appointment_extras_price", "parts of the price are not kept here"),
    (
        "appointment_discount_price",
        "parts of the price are not kept here",
    ),
    ("appointments_total_price", "parts of the price are not kept here"),
    ("appointment_status_icon_code", "icons are not kept here"),
    ("service_color", "colours of services are not kept here"),
    ("service_image_url", "pictures are not kept here"),
    ("location_image_url", "pictures are not kept here"),
    ("staff_profile_image_url", "pictures are not kept here"),
    ("customer_profile_image_url", "pictures are not kept here"),
    ("service_notes", "put it into the text"),
    ("location_notes", "put it into the text"),
    ("staff_about", "put it into the text"),
    (
        "customer_notes",
        "use {{ customer.fields.notes }} where you keep it",
    ),
    (
        "customer_birthday",
        "use {{ customer.fields.birthday }} where you keep it",
    ),
    (
        "customer_category",
        "use {{ customer.fields.category }} where you keep it",
    ),
    ("customer_password", "customers have no accounts here"),
    ("url_to_", "customers have no accounts here"),
    ("sign_", "customers have no accounts here"),
    (
        "link_to_change_appointment_status_to_",
        "only confirming and cancelling have links",
    ),
    ("NO_SHOW_URL", "only confirming and cancelling have links"),
    ("invoice_", "attach a document instead"),
];
/// What is said of any other.
const UNKNOWN: &str = "is not known; an answer of the customer is {{ booking.answers.<key> }}";

/// A text with our expressions instead of their keywords. What stands in our own braces is left alone.
pub fn convert(text: &str) -> Converted {
    let mut converted = Converted {
        text: String::with_capacity(text.len()),
        left: Vec::new(),
    };
    let (mut line, mut column) = (1, 1);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match keyword(rest) {
            Some(Braced::Ours(length)) => length,
            Some(Braced::Keyword(name)) => {
                match twin(name) {
                    Ok(expression) => converted.text.extend(["{{ ", expression, " }}"]),
                    Err(message) => {
                        converted.left.push(Left {
                            keyword: name.to_owned(),
                            message,
                            line,
                            column,
                        });
                        converted.text.extend(["{", name, "}"]);
                    }
                }
                let length = name.len() + 2;
                column += name.chars().count() + 2;
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            None => c.len_utf8(),
        };
        let piece = rest.get(..taken).unwrap_or(rest);
        converted.text.push_str(piece);
        for c in piece.chars() {
            (line, column) = if c == '\n' {
                (line + 1, 1)
            } else {
                (line, column + 1)
            };
        }
        rest = rest.get(piece.len()..).unwrap_or_default();
    }
    converted
}

/// What begins with a brace.
enum Braced<'t> {
    /// Our own, of so many bytes.
    Ours(usize),
    /// A keyword.
    Keyword(&'t str),
}
fn keyword(rest: &str) -> Option<Braced<'_>> {
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("{#", "#}")] {
        if rest.starts_with(open) {
            return Some(Braced::Ours(rest.find(close).map_or(2, |at| at + 2)));
        }
    }
    let inside = rest.strip_prefix('{')?;
    let name = inside.get(..inside.find('}')?)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '/' | '.');
    let good =
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() <= 120 && name.chars().all(plain);
    // A rule of a style sheet (`{color:red}`) is no keyword.
    let style = name.contains(':') && !name.starts_with(|c: char| c.is_ascii_uppercase());
    (good && !style).then_some(Braced::Keyword(name))
}
fn twin(name: &str) -> Result<&'static str, &'static str> {
    if let Some((_, expression)) = TWINS.iter().find(|(known, _)| *known == name) {
        return Ok(expression);
    }
    if let Some((_, why)) = NONE.iter().find(|(known, _)| name.starts_with(known)) {
        return Err(why);
    }
    let begun = BEGINNINGS
        .iter()
        .find(|(known, _)| name.len() > known.len() && name.starts_with(known));
    begun.map(|(_, expression)| *expression).ok_or(UNKNOWN)
}

/// What is left in a converted workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftAt {
    /// JSON pointer of the text.
    pub pointer: String,
    /// What is left there.
    #[serde(flatten)]
    pub left: Left,
}

/// Every text of a workflow's actions, converted.
pub fn convert_workflow(workflow: &mut Value) -> Vec<LeftAt> {
    let mut left = Vec::new();
    if let Some(actions) = workflow.get_mut("actions") {
        walk(actions, "/actions", &mut left);
    }
    left
}
fn walk(value: &mut Value, at: &str, left: &mut Vec<LeftAt>) {
    match value {
        Value::String(text) => {
            let converted = convert(text);
            *text = converted.text;
            left.extend(converted.left.into_iter().map(|left| LeftAt {
                pointer: at.to_owned(),
                left,
            }));
        }
        Value::Array(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                walk(item, &below(at, &i.to_string()), left);
            }
        }
        Value::Object(map) => {
            for (name, item) in map.iter_mut() {
                walk(item, &below(at, name), left);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
