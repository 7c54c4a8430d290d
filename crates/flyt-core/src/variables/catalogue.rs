//! The table of variables (`templates.md` §3), in its order.

use super::Supply::{self, All, Booking, Changed, Payment};
use super::VarKind::{
    self, Any, Bool, Clock, Duration, Email, Extras, Instant, Language, List, Money, Number, Object, Phone,
    Text, Url, Weekday,
};
use super::Variable;

/// Never empty.
const ALWAYS: bool = false;
/// May be empty.
const MAYBE: bool = true;

const fn row(
    name: &'static str,
    kind: VarKind,
    may_be_empty: bool,
    sample: &'static str,
    supply: Supply,
    nb: &'static str,
    en: &'static str,
) -> Variable {
    Variable {
        name,
        kind,
        may_be_empty,
        sample,
        supply,
        nb,
        en,
    }
}

/// Names that texts may print.
#[rustfmt::skip]
pub(super) const VARIABLES: &[Variable] = &[
    row("booking.id", Text, ALWAYS, "bkg_01J8Z3K4M5N6P", Booking, "Bookingens id", "Booking id"),
    row("booking.reference", Text, ALWAYS, "F7K2Q", Booking, "Bookingnummer", "Booking reference"),
    row("booking.external_id", Text, MAYBE, "B-1001", Booking, "Bookingens id i eget system", "Booking id in your own system"),
    row("booking.start", Instant, ALWAYS, "søndag 25. oktober 2026 kl. 10:00", Booking, "Starttid", "Start"),
    row("booking.end", Instant, ALWAYS, "søndag 25. oktober 2026 kl. 10:45", Booking, "Sluttid", "End"),
    row("booking.when", Text, ALWAYS, "søndag 25. oktober 2026 kl. 10:00–10:45", Booking, "Når (fra og til)", "When (from and to)"),
    row("booking.duration", Duration, ALWAYS, "45 minutter", Booking, "Varighet", "Duration"),
    row("booking.created_at", Instant, ALWAYS, "fredag 16. oktober 2026 kl. 09:30", Booking, "Bestilt tidspunkt", "Booked at"),
    row("booking.status", Text, ALWAYS, "approved", Booking, "Status (nøkkel)", "Status (key)"),
    row("booking.status_kind", Text, ALWAYS, "active", Booking, "Statusens slag", "Kind of status"),
    row("booking.status_label", Text, ALWAYS, "Godkjent", Booking, "Status", "Status"),
    row("booking.status_colour", Text, ALWAYS, "#15803D", Booking, "Statusens farge", "Colour of the status"),
    row("booking.source", Text, ALWAYS, "customer", Booking, "Hvem som bestilte", "Who booked"),
    row("booking.language", Language, MAYBE, "nb", Booking, "Bookingens språk", "Language of the booking"),
    row("booking.time_zone", Text, ALWAYS, "Europe/Oslo", Booking, "Tidssone", "Time zone"),
    row("booking.notes", Text, MAYBE, "Kommer med barnevogn", Booking, "Merknad", "Notes"),
    row("booking.answers.<key>", Any, MAYBE, "nøtter", Booking, "Svar fra skjemaet", "Answer from the form"),
    row("booking.price", Money, MAYBE, "690,00 kr", Booking, "Pris", "Price"),
    row("booking.paid", Money, ALWAYS, "200,00 kr", Booking, "Betalt", "Paid"),
    row("booking.due", Money, MAYBE, "490,00 kr", Booking, "Gjenstår å betale", "Amount due"),
    row("booking.url", Url, MAYBE, "https://bestill.example.no/b/1001", Booking, "Lenke til bookingen", "Link to the booking"),
    row("customer.id", Text, ALWAYS, "cus_01J8Z3K4M5N6P", All, "Kundens id", "Customer id"),
    row("customer.external_id", Text, MAYBE, "C-7", All, "Kundens id i eget system", "Customer id in your own system"),
    row("customer.first_name", Text, MAYBE, "Kari", All, "Fornavn", "First name"),
    row("customer.last_name", Text, MAYBE, "Nordmann", All, "Etternavn", "Last name"),
    row("customer.full_name", Text, MAYBE, "Kari Nordmann", All, "Fullt navn", "Full name"),
    row("customer.email", Email, MAYBE, "kari@example.no", All, "Kundens e-post", "Customer e-mail"),
    row("customer.phone", Phone, MAYBE, "90 00 00 01", All, "Kundens telefon", "Customer phone"),
    row("customer.language", Language, MAYBE, "nb", All, "Kundens språk", "Customer language"),
    row("customer.time_zone", Text, MAYBE, "Europe/Oslo", All, "Kundens tidssone", "Customer time zone"),
    row("customer.tags", List, MAYBE, "vip", All, "Merkelapper", "Tags"),
    row("customer.fields.<key>", Any, MAYBE, "39", All, "Eget kundefelt", "Custom field of the customer"),
    row("service.id", Text, ALWAYS, "svc_01J8Z3K4M5N6P", Booking, "Tjenestens id", "Service id"),
    row("service.external_id", Text, MAYBE, "haircut", Booking, "Tjenestens id i eget system", "Service id in your own system"),
    row("service.name", Text, ALWAYS, "Dameklipp", Booking, "Tjeneste", "Service"),
    row("service.category", Text, MAYBE, "Klipp", Booking, "Kategori", "Category"),
    row("service.duration", Duration, MAYBE, "45 minutter", Booking, "Tjenestens varighet", "Duration of the service"),
    row("service.price", Money, MAYBE, "690,00 kr", Booking, "Tjenestens pris", "Price of the service"),
    row("resource.id", Text, MAYBE, "rsc_01J8Z3K4M5N6P", Booking, "Alternativets id", "Option id"),
    row("resource.external_id", Text, MAYBE, "anne", Booking, "Alternativets id i eget system", "Option id in your own system"),
    row("resource.name", Text, MAYBE, "Anne", Booking, "Alternativ (ansatt eller utstyr)", "Option (staff or object)"),
    row("resource.email", Email, MAYBE, "anne@fjordfrisor.no", Booking, "Alternativets e-post", "E-mail of the option"),
    row("resource.phone", Phone, MAYBE, "90 00 00 02", Booking, "Alternativets telefon", "Phone of the option"),
    row("resource.kind", Text, MAYBE, "person", Booking, "Person eller gjenstand", "Person or object"),
    row("location.id", Text, MAYBE, "loc_01J8Z3K4M5N6P", Booking, "Stedets id", "Location id"),
    row("location.external_id", Text, MAYBE, "oslo", Booking, "Stedets id i eget system", "Location id in your own system"),
    row("location.name", Text, MAYBE, "Oslo", Booking, "Sted", "Location"),
    row("location.address", Text, MAYBE, "Storgata 1, Oslo", Booking, "Stedets adresse", "Address of the location"),
    row("location.phone", Phone, MAYBE, "22 00 00 01", Booking, "Stedets telefon", "Phone of the location"),
    row("location.email", Email, MAYBE, "oslo@fjordfrisor.no", Booking, "Stedets e-post", "E-mail of the location"),
    row("location.map_url", Url, MAYBE, "https://www.google.com/maps/search/?api=1&query=Storgata%201%2C%20Oslo", Booking, "Lenke til kart", "Link to a map"),
    row("extras", Extras, MAYBE, "Vask og 2 x Fargeprøve", Booking, "Tillegg", "Extras"),
    row("business.name", Text, ALWAYS, "Fjord Frisør", All, "Bedriftens navn", "Name of the business"),
    row("business.phone", Phone, MAYBE, "22 00 00 01", All, "Bedriftens telefon", "Phone of the business"),
    row("business.email", Email, MAYBE, "post@fjordfrisor.no", All, "Bedriftens e-post", "E-mail of the business"),
    row("business.website", Url, MAYBE, "https://fjordfrisor.no", All, "Bedriftens nettsted", "Website of the business"),
    row("business.address", Text, MAYBE, "Storgata 1, 0155 Oslo", All, "Bedriftens adresse", "Address of the business"),
    row("business.logo_url", Url, MAYBE, "https://fjordfrisor.no/logo.png", All, "Bedriftens logo", "Logo of the business"),
    row("business.admin_email", Email, ALWAYS, "eier@fjordfrisor.no", All, "Administratorens e-post", "E-mail of the administrator"),
    row("payment.amount", Money, ALWAYS, "490,00 kr", Payment, "Betalingens beløp", "Amount of the payment"),
    row("payment.method", Text, MAYBE, "Vipps", Payment, "Betalingsmåte", "Payment method"),
    row("payment.at", Instant, ALWAYS, "tirsdag 20. oktober 2026 kl. 12:00", Payment, "Betalt tidspunkt", "Paid at"),
    row("previous.start", Instant, ALWAYS, "lørdag 24. oktober 2026 kl. 09:00", Changed, "Forrige starttid", "Previous start"),
    row("previous.end", Instant, ALWAYS, "lørdag 24. oktober 2026 kl. 09:45", Changed, "Forrige sluttid", "Previous end"),
    row("previous.status", Text, ALWAYS, "pending", Changed, "Forrige status (nøkkel)", "Previous status (key)"),
    row("previous.status_label", Text, ALWAYS, "Venter på svar", Changed, "Forrige status", "Previous status"),
    row("previous.location", Object, MAYBE, "Bergen", Changed, "Forrige sted", "Previous location"),
    row("previous.service", Object, ALWAYS, "Herreklipp", Changed, "Forrige tjeneste", "Previous service"),
    row("previous.resource", Object, MAYBE, "Bjørn", Changed, "Forrige alternativ", "Previous option"),
    row("changes", List, ALWAYS, "starttid, sluttid og sted", Changed, "Hva som er endret", "What changed"),
    row("links.manage", Url, ALWAYS, "https://fjordfrisor.no/l/8fK2mQ7xT4bZ9wPd", Booking, "Lenke: se, endre eller avbestill", "Link: see, change or cancel"),
    row("links.confirm", Url, ALWAYS, "https://fjordfrisor.no/l/8fK2mQ7xT4bZ9wPd", Booking, "Lenke: bekreft", "Link: confirm"),
    row("links.cancel", Url, ALWAYS, "https://fjordfrisor.no/l/8fK2mQ7xT4bZ9wPd", Booking, "Lenke: avbestill", "Link: cancel"),
    row("links.reschedule", Url, ALWAYS, "https://fjordfrisor.no/l/8fK2mQ7xT4bZ9wPd", Booking, "Lenke: be om ny tid", "Link: ask for another time"),
    row("links.unsubscribe", Url, ALWAYS, "https://fjordfrisor.no/l/8fK2mQ7xT4bZ9wPd", All, "Lenke: meld av", "Link: unsubscribe"),
    row("links.ics", Url, ALWAYS, "https://fjordfrisor.no/l/8fK2mQ7xT4bZ9wPd", Booking, "Lenke: kalenderfil", "Link: calendar file"),
    row("links.google_calendar", Url, ALWAYS, "https://calendar.google.com/calendar/render?action=TEMPLATE", Booking, "Lenke: Google Kalender", "Link: Google Calendar"),
    row("links.rebook", Url, MAYBE, "https://fjordfrisor.no/bestill", All, "Egen lenke: bestill", "Own link: book"),
    row("links.rate", Url, MAYBE, "https://fjordfrisor.no/vurder", Booking, "Egen lenke: vurder", "Own link: rate"),
    row("links.pay", Url, MAYBE, "https://fjordfrisor.no/betal/F7K2Q", Booking, "Egen lenke: betal", "Own link: pay"),
    row("links.form", Url, MAYBE, "https://fjordfrisor.no/skjema", Booking, "Egen lenke: skjema", "Own link: form"),
];

/// Names that only conditions know.
#[rustfmt::skip]
pub(super) const FIELDS: &[Variable] = &[
    row("booking.weekday", Weekday, ALWAYS, "sunday", Booking, "Ukedag", "Day of the week"),
    row("booking.local_time", Clock, ALWAYS, "10:00", Booking, "Klokkeslett", "Time of day"),
    row("booking.lead_time", Duration, ALWAYS, "P9D", Booking, "Tid fra bestilling til start", "Time from booking to start"),
    row("booking.paid_state", Text, ALWAYS, "partial", Booking, "Betalingsstatus", "Paid state"),
    row("customer.visit_number", Number, ALWAYS, "3", Booking, "Besøk nummer", "Number of the visit"),
    row("customer.has_later_booking", Bool, ALWAYS, "false", All, "Har en senere booking", "Has a later booking"),
];
