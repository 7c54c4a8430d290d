//! The table of variables (`templates.md` §3), with the condition-only fields of `api.md`.

use super::Scope::{All, Booking, Changed, Payment};
use super::VarKind::{Any, Bool, Duration, Email, Instant, List, Money, Number, Phone, Text, Url};
use super::Variable;

macro_rules! table {
    ($($name:literal $kind:ident $empty:ident $scope:ident $sample:literal $nb:literal $en:literal;)* => $($cname:literal $ckind:ident $cempty:ident $cscope:ident $csample:literal $cnb:literal $cen:literal;)*) => {
        const TABLE: &[Variable] = &[
            $(Variable { name: $name, kind: $kind, may_be_empty: table!(@ $empty), scope: $scope, sample: $sample, label: ($nb, $en), only_conditions: false },)*
            $(Variable { name: $cname, kind: $ckind, may_be_empty: table!(@ $cempty), scope: $cscope, sample: $csample, label: ($cnb, $cen), only_conditions: true },)*
        ];
    };
    (@ yes) => { true };
    (@ no) => { false };
}

/// Every variable, in the order in which they are shown.
pub fn all() -> &'static [Variable] {
    TABLE
}

table! {
    "booking.id" Text no Booking "bkg_01J8Z0000000A" "Bookingens ID" "Booking ID";
    "booking.reference" Text no Booking "F7K2Q" "Referanse" "Reference";
    "booking.external_id" Text yes Booking "B-1001" "Ekstern ID" "External ID";
    "booking.start" Instant no Booking "søndag 25. oktober 2026 kl. 10:00" "Starttid" "Start";
    "booking.end" Instant no Booking "søndag 25. oktober 2026 kl. 10:45" "Sluttid" "End";
    "booking.when" Text no Booking "søndag 25. oktober 2026 kl. 10:00–10:45" "Tidspunkt" "When";
    "booking.duration" Duration no Booking "45 minutter" "Varighet" "Duration";
    "booking.created_at" Instant no Booking "fredag 16. oktober 2026 kl. 09:30" "Bestilt" "Booked at";
    "booking.status" Text no Booking "approved" "Statusnøkkel" "Status key";
    "booking.status_kind" Text no Booking "active" "Statusslag" "Status kind";
    "booking.status_label" Text no Booking "Godkjent" "Status" "Status";
    "booking.status_colour" Text no Booking "#15803D" "Statusfarge" "Status colour";
    "booking.source" Text no Booking "customer" "Kilde" "Source";
    "booking.language" Text yes Booking "nb" "Bookingens språk" "Language of the booking";
    "booking.time_zone" Text no Booking "Europe/Oslo" "Tidssone" "Time zone";
    "booking.notes" Text yes Booking "Kommer med barnevogn" "Merknad" "Notes";
    "booking.answers.<key>" Any yes Booking "nøtter" "Svar" "Answer";
    "booking.price" Money yes Booking "690,00 kr" "Pris" "Price";
    "booking.paid" Money no Booking "200,00 kr" "Betalt" "Paid";
    "booking.due" Money yes Booking "490,00 kr" "Gjenstår" "Amount due";
    "booking.url" Url yes Booking "https://bestill.example.no/b/1001" "Lenke til bookingen" "Link to the booking";
    "customer.id" Text no All "cus_01J8Z0000000A" "Kundens ID" "Customer ID";
    "customer.external_id" Text yes All "C-7" "Kundens eksterne ID" "Customer's external ID";
    "customer.first_name" Text yes All "Kari" "Fornavn" "First name";
    "customer.last_name" Text yes All "Nordmann" "Etternavn" "Last name";
    "customer.full_name" Text yes All "Kari Nordmann" "Fullt navn" "Full name";
    "customer.email" Email yes All "kari@example.no" "Kundens e-post" "Customer's e-mail";
    "customer.phone" Phone yes All "90 00 00 01" "Kundens telefon" "Customer's phone";
    "customer.language" Text yes All "nb" "Kundens språk" "Customer's language";
    "customer.time_zone" Text yes All "Europe/Oslo" "Kundens tidssone" "Customer's time zone";
    "customer.tags" List yes All "vip" "Merkelapper" "Tags";
    "customer.fields.<key>" Any yes All "39" "Kundefelt" "Customer field";
    "service.id" Text no Booking "svc_01J8Z0000000A" "Tjenestens ID" "Service ID";
    "service.external_id" Text yes Booking "haircut" "Tjenestens eksterne ID" "Service's external ID";
    "service.name" Text no Booking "Dameklipp" "Tjeneste" "Service";
    "service.category" Text yes Booking "Klipp" "Kategori" "Category";
    "service.duration" Duration yes Booking "45 minutter" "Tjenestens varighet" "Service duration";
    "service.price" Money yes Booking "690,00 kr" "Listepris" "List price";
    "resource.id" Text yes Booking "rsc_01J8Z0000000A" "Alternativets ID" "Option ID";
    "resource.external_id" Text yes Booking "anne" "Alternativets eksterne ID" "Option's external ID";
    "resource.name" Text yes Booking "Anne" "Alternativ (ansatt eller objekt)" "Option (staff or object)";
    "resource.email" Email yes Booking "anne@fjordfrisor.example" "Alternativets e-post" "Option's e-mail";
    "resource.phone" Phone yes Booking "90 00 00 02" "Alternativets telefon" "Option's phone";
    "resource.kind" Text yes Booking "person" "Person eller objekt" "Person or object";
    "location.id" Text yes Booking "loc_01J8Z0000000A" "Stedets ID" "Location ID";
    "location.external_id" Text yes Booking "oslo" "Stedets eksterne ID" "Location's external ID";
    "location.name" Text yes Booking "Oslo" "Sted" "Location";
    "location.address" Text yes Booking "Storgata 1, Oslo" "Stedets adresse" "Location's address";
    "location.phone" Phone yes Booking "22 00 00 01" "Stedets telefon" "Location's phone";
    "location.email" Email yes Booking "oslo@fjordfrisor.example" "Stedets e-post" "Location's e-mail";
    "location.map_url" Url yes Booking "https://www.google.com/maps/search/?api=1&query=Storgata%201%2C%20Oslo" "Kart" "Map";
    "extras" List yes Booking "Vask og 2 x Fargeprøve" "Tillegg" "Extras";
    "business.name" Text no All "Fjord Frisør" "Bedriftens navn" "Business name";
    "business.phone" Phone yes All "22 00 00 01" "Bedriftens telefon" "Business phone";
    "business.email" Email yes All "post@fjordfrisor.example" "Bedriftens e-post" "Business e-mail";
    "business.website" Url yes All "https://fjordfrisor.example" "Nettsted" "Website";
    "business.address" Text yes All "Storgata 1, 0155 Oslo" "Bedriftens adresse" "Business address";
    "business.logo_url" Url yes All "https://fjordfrisor.example/logo.png" "Logo" "Logo";
    "business.admin_email" Email no All "eier@fjordfrisor.example" "Administratorens e-post" "Administrator's e-mail";
    "payment.amount" Money no Payment "490,00 kr" "Beløp" "Amount";
    "payment.method" Text yes Payment "Vipps" "Betalingsmåte" "Payment method";
    "payment.at" Instant no Payment "tirsdag 20. oktober 2026 kl. 12:00" "Betalt den" "Paid at";
    "previous.start" Instant no Changed "lørdag 24. oktober 2026 kl. 09:00" "Tidligere starttid" "Start before";
    "previous.end" Instant no Changed "lørdag 24. oktober 2026 kl. 09:45" "Tidligere sluttid" "End before";
    "previous.status" Text no Changed "pending" "Tidligere statusnøkkel" "Status key before";
    "previous.status_label" Text no Changed "Venter på svar" "Tidligere status" "Status before";
    "previous.location.name" Text yes Changed "Bergen" "Tidligere sted" "Location before";
    "previous.location.address" Text yes Changed "Bryggen 1, Bergen" "Tidligere adresse" "Address before";
    "previous.service.name" Text no Changed "Herreklipp" "Tidligere tjeneste" "Service before";
    "previous.resource.name" Text yes Changed "Bjørn" "Tidligere alternativ" "Option before";
    "changes" List no Changed "starttid, sluttid og sted" "Hva som er endret" "What has changed";
    "links.manage" Url no Booking "https://fjordfrisor.example/l/8fK2mQ7x" "Lenke: bookingen" "Link: manage";
    "links.confirm" Url no Booking "https://fjordfrisor.example/l/8fK2mQ7x" "Lenke: bekreft" "Link: confirm";
    "links.cancel" Url no Booking "https://fjordfrisor.example/l/8fK2mQ7x" "Lenke: avbestill" "Link: cancel";
    "links.reschedule" Url no Booking "https://fjordfrisor.example/l/8fK2mQ7x" "Lenke: annen tid" "Link: another time";
    "links.unsubscribe" Url no All "https://fjordfrisor.example/l/8fK2mQ7x" "Lenke: meld av" "Link: unsubscribe";
    "links.ics" Url no Booking "https://fjordfrisor.example/l/8fK2mQ7x" "Lenke: kalenderfil" "Link: calendar file";
    "links.google_calendar" Url no Booking "https://calendar.google.com/calendar/render?action=TEMPLATE" "Lenke: Google Kalender" "Link: Google Calendar";
    "links.rebook" Url yes All "https://fjordfrisor.example/bestill" "Lenke: bestill ny" "Link: book again";
    "links.rate" Url yes Booking "https://fjordfrisor.example/vurder" "Lenke: vurder" "Link: rate";
    "links.pay" Url yes Booking "https://fjordfrisor.example/betal/F7K2Q" "Lenke: betal" "Link: pay";
    "links.form" Url yes Booking "https://fjordfrisor.example/skjema" "Lenke: skjema" "Link: form";
    =>
    "booking.weekday" Text no Booking "monday" "Ukedag" "Weekday";
    "booking.local_time" Text no Booking "10:00" "Klokkeslett" "Time of day";
    "booking.lead_time" Duration no Booking "P2D" "Tid til start" "Time until start";
    "booking.paid_state" Text no Booking "unpaid" "Betalingsstatus" "Payment state";
    "booking.price.amount" Number yes Booking "69000" "Pris i øre" "Price in minor units";
    "booking.paid.amount" Number no Booking "20000" "Betalt i øre" "Paid in minor units";
    "booking.due.amount" Number yes Booking "49000" "Gjenstår i øre" "Due in minor units";
    "customer.visit_number" Number no Booking "3" "Besøk nummer" "Visit number";
    "customer.has_later_booking" Bool no Booking "true" "Har senere booking" "Has a later booking";
    "previous.location.id" Text yes Changed "loc_01J8Z0000000A" "Tidligere steds ID" "Location ID before";
    "previous.service.id" Text no Changed "svc_01J8Z0000000A" "Tidligere tjenestes ID" "Service ID before";
    "previous.resource.id" Text yes Changed "rsc_01J8Z0000000A" "Tidligere alternativs ID" "Option ID before";
}
