//! The one page of customers' links: a sentence, the appointment, and buttons, in the customer's language, without scripts and
//! without anything from elsewhere. Everything that people wrote is escaped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flyt_core::customer_link::{Act, Said, Scope, is_norwegian, language};
use flyt_core::facts::Facts;
use flyt_core::language::Language;
use flyt_core::locale::{Locale, Shown};
use flyt_engine::LinkSeen;
use sha2::{Digest as _, Sha256};

/// Most characters of a wish for another time.
pub(crate) const WISH_CHARS: usize = 500;
/// The colour of a business that has none of its own.
const COLOUR: &str = "#1F5FBF";

/// A page and the policy that lets its own style in and nothing else.
pub(crate) struct Page {
    pub(crate) html: String,
    pub(crate) policy: String,
}

/// What is said, in one language.
struct Words {
    lang: &'static str,
    norwegian: bool,
}
impl Words {
    fn of(language: &Language) -> Self {
        let norwegian = is_norwegian(language);
        Self {
            lang: if norwegian { "nb" } else { "en" },
            norwegian,
        }
    }
    fn say(&self, nb: &'static str, en: &'static str) -> &'static str {
        if self.norwegian { nb } else { en }
    }
    fn headline(&self, seen: &LinkSeen) -> &'static str {
        match seen.said {
            Said::Done(Act::Confirm) => self.say("Takk, vi vet at du kommer.", "Thank you, we know that you are coming."),
            Said::Done(Act::Cancel) => self.say("Timen er avbestilt.", "The appointment is cancelled."),
            Said::Done(Act::Reschedule) => self.say(
                "Takk, vi har fått ønsket ditt om en annen tid. Timen står til du hører fra oss.",
                "Thank you, we have your wish for another time. The appointment stands until you hear from us.",
            ),
            Said::Done(Act::Unsubscribe) => self.say("Du får ikke flere tilbud fra oss.", "You get no more offers from us."),
            Said::Already(Act::Confirm) => self.say("Du har bekreftet timen allerede.", "You have confirmed the appointment already."),
            Said::Already(Act::Unsubscribe) => self.say("Du er allerede meldt av.", "You have unsubscribed already."),
            Said::Already(Act::Cancel | Act::Reschedule) => {
                self.say("Timen er allerede avbestilt.", "The appointment is cancelled already.")
            }
            Said::TooLate => self.say(
                "Timen har begynt eller er over, så den kan ikke endres her.",
                "The appointment has begun or is over, so it cannot be changed here.",
            ),
            Said::Gone => self.say("Det er ikke noe her lenger.", "There is nothing here any more."),
            Said::Refused => self.say("Denne lenken kan ikke brukes til det.", "This link is not good for that."),
            Said::Ready => self.question(seen.scope),
        }
    }
    fn question(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Manage | Scope::Ics => self.say("Timen din", "Your appointment"),
            Scope::Confirm => self.say("Kommer du?", "Are you coming?"),
            Scope::Cancel => self.say(
                "Vil du avbestille timen?",
                "Do you want to cancel the appointment?",
            ),
            Scope::Reschedule => self.say("Vil du ha en annen tid?", "Do you want another time?"),
            Scope::UnsubscribeEmail => self.say(
                "Vil du ikke ha flere tilbud på e-post?",
                "Do you want no more offers by e-mail?",
            ),
            Scope::UnsubscribeSms => self.say(
                "Vil du ikke ha flere tilbud på SMS?",
                "Do you want no more offers by SMS?",
            ),
        }
    }
    fn button(&self, act: Act) -> &'static str {
        match act {
            Act::Confirm => self.say("Ja, jeg kommer", "Yes, I am coming"),
            Act::Cancel => self.say("Avbestill timen", "Cancel the appointment"),
            Act::Reschedule => self.say("Be om en annen tid", "Ask for another time"),
            Act::Unsubscribe => self.say("Meld meg av", "Unsubscribe"),
        }
    }
}

/// The page of a good link. `fault` is what was wrong with what was sent.
pub(crate) fn page(seen: &LinkSeen, token: &str, fault: bool) -> Page {
    let words = Words::of(language(&seen.facts));
    let settings = &seen.business.settings;
    let mut body = format!("<h1>{}</h1>", escaped(words.headline(seen)));
    if fault {
        let rule = words.say(
            "Skriv når det passer, med høyst 500 tegn.",
            "Write when it suits you, in at most 500 characters.",
        );
        body.push_str(&format_p("fault", rule));
    }
    body.push_str(&appointment(&seen.facts, &words));
    if let Said::Ready | Said::Already(Act::Confirm) | Said::Done(Act::Confirm | Act::Reschedule) = seen.said
    {
        let confirmed = seen
            .facts
            .booking
            .as_ref()
            .is_some_and(|b| b.booking.customer_confirmed_at.is_some());
        let done = if let Said::Done(act) = seen.said {
            Some(act)
        } else {
            None
        };
        for act in seen.scope.acts() {
            if Some(*act) != done && !(*act == Act::Confirm && confirmed) {
                body.push_str(&form(*act, &words));
            }
        }
        if seen.facts.booking.is_some() {
            let label = words.say("Legg i kalenderen", "Add to calendar");
            let link = escaped(token);
            body.push_str("<p><a href=\"/l/");
            body.push_str(&link);
            body.push_str("/calendar.ics\">");
            body.push_str(label);
            body.push_str("</a></p>");
        }
    }
    body.push_str(&contact(seen));
    let colour = settings.branding.colour.as_deref().unwrap_or(COLOUR);
    whole(words.lang, &settings.name, colour, &body)
}

/// The page of a link that is not ours or whose time is over: whose it was is not known, so it is said in both languages.
pub(crate) fn no_page() -> Page {
    let body = "<h1>Lenken virker ikke lenger</h1><p>Den er brukt opp, eller ikke hel. Ta kontakt med der du har time.</p>\
        <h1 lang=\"en\">This link no longer works</h1><p lang=\"en\">Its time is over, or it is not whole. Please ask where you \
        have the appointment.</p>";
    whole("nb", "", COLOUR, body)
}

fn whole(lang: &str, title: &str, colour: &str, body: &str) -> Page {
    let style = format!(
        "body{{font:1.0625rem/1.5 system-ui,sans-serif;margin:0;padding:1.5rem;max-width:32rem;margin-inline:auto;\
         color:#1a1f2b;background:#fff;overflow-wrap:anywhere}}\
         header{{border-top:.375rem solid {colour};padding-top:1rem;font-weight:600}}h1{{font-size:1.375rem}}\
         dt{{color:#4a5568}}dd{{margin:0 0 .75rem;font-weight:600}}form{{margin:1rem 0}}\
         textarea{{width:100%;box-sizing:border-box;font:inherit;padding:.5rem;border:1px solid #718096;border-radius:.375rem}}\
         button{{font:inherit;min-height:2.75rem;padding:.5rem 1rem;border:2px solid #1a1f2b;border-radius:.375rem;\
         background:#fff;color:#1a1f2b;cursor:pointer}}.fault{{color:#b42318;font-weight:600}}footer{{margin-top:2rem;color:#4a5568}}\
         @media(prefers-color-scheme:dark){{body{{color:#e6e9ef;background:#11151d}}dt,footer{{color:#a0aec0}}\
         button,textarea{{background:#1a2130;color:#e6e9ef;border-color:#a0aec0}}a{{color:#8ab4ff}}.fault{{color:#ff9b8f}}}}"
    );
    let digest = STANDARD.encode(Sha256::digest(&style));
    let title = escaped(title);
    Page {
        html: format!(
            "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>{title}</title>\
             <style>{style}</style></head><body><header dir=\"auto\">{title}</header><main>{body}</main></body></html>"
        ),
        policy: format!(
            "default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
    }
}

fn appointment(facts: &Facts, words: &Words) -> String {
    let Some(of) = &facts.booking else {
        return String::new();
    };
    let reader = language(facts);
    let locale = Locale::of(reader, &facts.business.settings.country);
    let shown = Shown::of(facts, true);
    let service = of
        .service
        .value
        .names
        .get(reader)
        .unwrap_or(&of.service.value.name);
    let when = shown.when(&locale, of.booking.start, of.booking.end);
    let mut rows = vec![
        (words.say("Hva", "What"), service.clone()),
        (words.say("Når", "When"), when),
    ];
    if let Some(location) = &of.location {
        let address = location.value.address.clone().unwrap_or_default();
        rows.push((
            words.say("Hvor", "Where"),
            [location.value.name.clone(), address].join(" ").trim().to_owned(),
        ));
    }
    rows.push((words.say("Referanse", "Reference"), of.booking.reference.clone()));
    let row =
        |(name, value): &(&str, String)| format!("<dt>{name}</dt><dd dir=\"auto\">{}</dd>", escaped(value));
    format!("<dl>{}</dl>", rows.iter().map(row).collect::<Vec<_>>().concat())
}

fn form(act: Act, words: &Words) -> String {
    let wish = if act == Act::Reschedule {
        let label = words.say("Når passer det?", "When would suit you?");
        format!(
            "<p><label for=\"wish\">{label}</label><br><textarea id=\"wish\" name=\"wish\" rows=\"3\" maxlength=\"{WISH_CHARS}\" required></textarea></p>"
        )
    } else {
        String::new()
    };
    format!(
        "<form method=\"post\">{wish}<button name=\"act\" value=\"{}\">{}</button></form>",
        act.word(),
        words.button(act)
    )
}

/// How to reach the business, where it says so.
fn contact(seen: &LinkSeen) -> String {
    let settings = &seen.business.settings;
    let parts: Vec<&str> = [settings.phone.as_deref(), settings.email.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    format!(
        "<footer dir=\"auto\">{}<br>{}</footer>",
        escaped(&settings.name),
        escaped(&parts.join(" · "))
    )
}

fn format_p(class: &str, text: &str) -> String {
    format!("<p class=\"{class}\">{}</p>", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
