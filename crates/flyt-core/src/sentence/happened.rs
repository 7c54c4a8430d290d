//! What happened, in words: the lines of a timeline.

use crate::state::MessageState;
use crate::trigger::{ChangedField, TriggerKind};

/// A committed write: «Bookingen ble endret: starttid, sted.»
pub fn change(kinds: &[TriggerKind], fields: &[ChangedField], norwegian: bool) -> String {
    let of = |nb: &'static str, en: &'static str| if norwegian { nb } else { en };
    let changed: Vec<&str> = fields
        .iter()
        .filter_map(|f| match f {
            ChangedField::Start => Some(of("starttid", "start")),
            ChangedField::End => Some(of("sluttid", "end")),
            ChangedField::Location => Some(of("sted", "location")),
            ChangedField::Service => Some(of("tjeneste", "service")),
            ChangedField::Resource => Some(of("alternativ", "option")),
            ChangedField::Extras => Some(of("tillegg", "extras")),
            ChangedField::Status => None,
        })
        .collect();
    let said: Vec<String> = kinds
        .iter()
        .map(|kind| match kind {
            TriggerKind::CustomerCreated => {
                of("Kunden ble registrert.", "The customer was registered.").to_owned()
            }
            TriggerKind::BookingCreated => of("Bookingen ble laget.", "The booking was made.").to_owned(),
            TriggerKind::BookingChanged => {
                format!(
                    "{}: {}.",
                    of("Bookingen ble endret", "The booking was changed"),
                    changed.join(", ")
                )
            }
            TriggerKind::StatusChanged => of("Statusen ble endret.", "The status was changed.").to_owned(),
            TriggerKind::PaymentCompleted => {
                of("En betaling ble fullført.", "A payment was completed.").to_owned()
            }
            TriggerKind::BookingStarts => of("Bookingen begynte.", "The booking started.").to_owned(),
            TriggerKind::BookingEnds => of("Bookingen var over.", "The booking ended.").to_owned(),
        })
        .collect();
    said.join(" ")
}

/// A step of a run: «SMS til +47…: sendt.» `state` is `None` for what is no message and is done.
pub fn step(word: &str, to: Option<&str>, state: Option<MessageState>, norwegian: bool) -> String {
    let of = |nb: &'static str, en: &'static str| if norwegian { nb } else { en };
    let what = match word {
        "email" => of("E-post", "E-mail"),
        "sms" => "SMS",
        "webhook" => of("Data", "Data"),
        "set_status" => of("Ny status", "New status"),
        "wait" => of("Venting", "Wait"),
        "stop_if" => of("Stopp hvis", "Stop if"),
        "set_field" => of("Felt", "Field"),
        "add_tag" | "remove_tag" => of("Merkelapp", "Tag"),
        other => other,
    };
    let became = match state {
        None => of("utført", "done"),
        Some(MessageState::Planned) => of("planlagt", "planned"),
        Some(MessageState::Queued) => of("i kø", "queued"),
        Some(MessageState::Sending) => of("sendes nå", "being sent"),
        Some(MessageState::Sent) => of("sendt", "sent"),
        Some(MessageState::Delivered) => of("levert", "delivered"),
        Some(MessageState::Captured) => of("fanget opp, ikke sendt ut", "captured, not sent out"),
        Some(MessageState::Failed) => of("mislyktes", "failed"),
        Some(MessageState::Skipped) => of("ikke sendt", "not sent"),
        Some(MessageState::Cancelled) => of("avbrutt", "cancelled"),
        Some(MessageState::Unknown) => of("sendt, men svaret gikk tapt", "sent, but the answer was lost"),
    };
    match to {
        Some(to) => format!("{what} {} {to}: {became}.", of("til", "to")),
        None => format!("{what}: {became}."),
    }
}
