//! Reasons: why something was not done. A stored code with facts, and a sentence made from them in the owner's language.

use crate::words;

words! {
    /// The codes of `product.md` §6. Extended as needed, never reused.
    Reason {
        /// The location did not match.
        FilterLocation = "filter_location",
        /// The resource did not match.
        FilterResource = "filter_resource",
        /// The service did not match.
        FilterService = "filter_service",
        /// The status did not match.
        FilterStatus = "filter_status",
        /// The language did not match.
        FilterLanguage = "filter_language",
        /// The extras did not match.
        FilterExtras = "filter_extras",
        /// The trigger's own settings did not match.
        FilterOther = "filter_other",
        /// It matched when it was planned and no longer does.
        FilterNoLongerMatches = "filter_no_longer_matches",
        /// The booking was cancelled, rejected, or otherwise no longer counts.
        BookingNotActive = "booking_not_active",
        /// The booking was deleted.
        BookingDeleted = "booking_deleted",
        /// The workflow is off or deleted.
        WorkflowDisabled = "workflow_disabled",
        /// The action is off.
        ActionDisabled = "action_disabled",
        /// The condition did not hold.
        ConditionFalse = "condition_false",
        /// The due instant had passed when the booking was made.
        DueBeforeCreation = "due_before_creation",
        /// The due instant had passed when the booking or the workflow was changed.
        DueBeforeEdit = "due_before_edit",
        /// It came too late to make sense.
        Expired = "expired",
        /// A newer plan took its place.
        Superseded = "superseded",
        /// The channel is paused.
        ChannelPaused = "channel_paused",
        /// A pinned time fell after the anchor.
        DueAfterAnchor = "due_after_anchor",
        /// The changes cancelled each other out.
        NoNetChange = "no_net_change",
        /// Quiet hours would move it past the start.
        QuietHoursPastStart = "quiet_hours_past_start",
        /// Nobody to send to.
        NoRecipient = "no_recipient",
        /// The recipient has opted out.
        OptedOut = "opted_out",
        /// No consent is recorded.
        NoConsent = "no_consent",
        /// The address is suppressed after a permanent failure.
        SuppressedAddress = "suppressed_address",
        /// The text could not be made.
        RenderError = "render_error",
        /// An earlier step that it needs failed.
        DependencyFailed = "dependency_failed",
        /// Workflows set each other off.
        LoopGuard = "loop_guard",
        /// Too many messages to one address.
        RateGuard = "rate_guard",
        /// A limit of the business is used up.
        Quota = "quota",
        /// The sending account takes no more at the moment.
        ProviderLimit = "provider_limit",
        /// Sending is held.
        Held = "held",
        /// The business is a sandbox.
        Sandboxed = "sandboxed",
        /// The other side refused for good.
        PermanentFailure = "permanent_failure",
        /// All tries are used up.
        AttemptsExhausted = "attempts_exhausted",
        /// The address may not be reached from here.
        BlockedAddress = "blocked_address",
        /// A person skipped it.
        CancelledByUser = "cancelled_by_user",
        /// Workflows are off for this booking.
        AutomationsOff = "automations_off",
        /// A `stop_if` held.
        Stopped = "stopped",
        /// The answer was lost and the action says that a person decides.
        UnknownOutcome = "unknown_outcome",
        /// The customer was erased.
        CustomerErased = "customer_erased",
        /// The webhook endpoint is switched off or deleted.
        EndpointDisabled = "endpoint_disabled",
    }
}

impl Reason {
    /// A sentence in Bokmål (`nb`) or English (anything else).
    pub fn sentence(self, language: &str) -> &'static str {
        if language.starts_with("nb") {
            self.norwegian()
        } else {
            self.english()
        }
    }
}
impl Reason {
    fn english(self) -> &'static str {
        match self {
            Self::FilterLocation => "The location is not among those the workflow is for.",
            Self::FilterResource => "The option (staff or object) is not among those the workflow is for.",
            Self::FilterService => "The service is not among those the workflow is for.",
            Self::FilterStatus => "The status is not among those the workflow is for.",
            Self::FilterLanguage => "The language is not among those the workflow is for.",
            Self::FilterExtras => "The extras are not those the workflow is for.",
            Self::FilterOther => "The change is not of the kind the trigger waits for.",
            Self::FilterNoLongerMatches => "The booking matched when this was planned and no longer does.",
            Self::BookingNotActive => "The booking no longer counts: it was cancelled, rejected or closed.",
            Self::BookingDeleted => "The booking or the customer was deleted.",
            Self::WorkflowDisabled => "The workflow was switched off or deleted.",
            Self::ActionDisabled => "The action is switched off.",
            Self::ConditionFalse => "The condition did not hold.",
            Self::DueBeforeCreation => "The time to send had passed when the booking was made.",
            Self::DueBeforeEdit => {
                "The time to send had passed when the booking or the workflow was changed."
            }
            Self::Expired => "It would have come too late to make sense.",
            Self::Superseded => "A newer plan took its place.",
            Self::ChannelPaused => "The channel is paused and waits to be tried again.",
            Self::DueAfterAnchor => "The chosen time of day falls after the booking itself.",
            Self::NoNetChange => "The changes cancelled each other out.",
            Self::QuietHoursPastStart => "Quiet hours would have moved it past the start of the booking.",
            Self::NoRecipient => "There is no usable address or number to send to.",
            Self::OptedOut => "The recipient has opted out.",
            Self::NoConsent => "The customer has not consented to marketing.",
            Self::SuppressedAddress => {
                "The address is suppressed: it does not exist, or its owner wants nothing more."
            }
            Self::RenderError => "The text could not be made from its template.",
            Self::DependencyFailed => "An earlier step that this one needs did not succeed.",
            Self::LoopGuard => "Workflows were setting each other off, so this one was stopped.",
            Self::RateGuard => "Many messages have gone to this address within an hour; it waits.",
            Self::Quota => "A limit of the business is used up.",
            Self::ProviderLimit => "The sending account takes only so many at a time; it waits its turn.",
            Self::Held => "Sending is held until somebody releases it.",
            Self::Sandboxed => "The business is a sandbox: nothing leaves.",
            Self::PermanentFailure => "The receiver refused it for good.",
            Self::AttemptsExhausted => "Every try failed.",
            Self::BlockedAddress => "The address lies in a network that may not be reached from here.",
            Self::CancelledByUser => "Somebody skipped it.",
            Self::AutomationsOff => "Workflows are off for this booking.",
            Self::Stopped => "A “stop if” of the workflow held.",
            Self::UnknownOutcome => {
                "The receiver's answer was lost; somebody must decide whether to send again."
            }
            Self::CustomerErased => "The customer was erased.",
            Self::EndpointDisabled => "The webhook endpoint was switched off or deleted.",
        }
    }

    fn norwegian(self) -> &'static str {
        match self {
            Self::FilterLocation => "Stedet er ikke blant dem arbeidsflyten gjelder for.",
            Self::FilterResource => "Alternativet er ikke blant dem arbeidsflyten gjelder for.",
            Self::FilterService => "Tjenesten er ikke blant dem arbeidsflyten gjelder for.",
            Self::FilterStatus => "Statusen er ikke blant dem arbeidsflyten gjelder for.",
            Self::FilterLanguage => "Språket er ikke blant dem arbeidsflyten gjelder for.",
            Self::FilterExtras => "Tilleggene er ikke dem arbeidsflyten gjelder for.",
            Self::FilterOther => "Endringen er ikke av det slaget utløseren venter på.",
            Self::FilterNoLongerMatches => {
                "Bookingen passet da dette ble planlagt, men gjør det ikke lenger."
            }
            Self::BookingNotActive => "Bookingen teller ikke lenger: den er avlyst, avslått eller avsluttet.",
            Self::BookingDeleted => "Bookingen eller kunden er slettet.",
            Self::WorkflowDisabled => "Arbeidsflyten er slått av eller slettet.",
            Self::ActionDisabled => "Handlingen er slått av.",
            Self::ConditionFalse => "Betingelsen var ikke oppfylt.",
            Self::DueBeforeCreation => "Sendetidspunktet var passert da bookingen ble laget.",
            Self::DueBeforeEdit => {
                "Sendetidspunktet var passert da bookingen eller arbeidsflyten ble endret."
            }
            Self::Expired => "Den ville ha kommet for sent til å gi mening.",
            Self::Superseded => "En nyere plan har tatt over.",
            Self::ChannelPaused => "Kanalen er satt på pause og prøves igjen senere.",
            Self::DueAfterAnchor => "Det valgte klokkeslettet faller etter selve bookingen.",
            Self::NoNetChange => "Endringene opphevet hverandre.",
            Self::QuietHoursPastStart => {
                "Stilletiden ville ha flyttet den til etter at bookingen har startet."
            }
            Self::NoRecipient => "Det finnes ingen brukbar adresse eller noe nummer å sende til.",
            Self::OptedOut => "Mottakeren har reservert seg.",
            Self::NoConsent => "Kunden har ikke samtykket til markedsføring.",
            Self::SuppressedAddress => "Adressen er sperret: Den finnes ikke, eller eieren vil ikke ha mer.",
            Self::RenderError => "Teksten kunne ikke lages fra malen.",
            Self::DependencyFailed => "Et tidligere steg som dette trenger, lyktes ikke.",
            Self::LoopGuard => "Arbeidsflyter satte i gang hverandre, så denne ble stanset.",
            Self::RateGuard => "Mange meldinger har gått til denne adressen på en time; den venter.",
            Self::Quota => "En grense for bedriften er brukt opp.",
            Self::ProviderLimit => "Avsenderkontoen tar bare imot så mange om gangen; den venter på tur.",
            Self::Held => "Utsendingen holdes tilbake til noen frigir den.",
            Self::Sandboxed => "Bedriften er en sandkasse: ingenting går ut.",
            Self::PermanentFailure => "Mottakeren avviste den for godt.",
            Self::AttemptsExhausted => "Alle forsøk mislyktes.",
            Self::BlockedAddress => "Adressen ligger i et nett som ikke kan nås herfra.",
            Self::CancelledByUser => "Noen hoppet over den.",
            Self::AutomationsOff => "Arbeidsflyter er slått av for denne bookingen.",
            Self::Stopped => "En «stopp hvis» i arbeidsflyten slo til.",
            Self::UnknownOutcome => {
                "Svaret fra mottakeren gikk tapt; noen må avgjøre om den skal sendes på nytt."
            }
            Self::CustomerErased => "Kunden er slettet.",
            Self::EndpointDisabled => "Webhook-adressen er slått av eller slettet.",
        }
    }
}
