//! What is done, in words, in order. Actions that are off are left out.

use super::Speaker;
use crate::action::{Act, Action, Recipient, Wait};

impl Speaker<'_> {
    /// The actions as the end of the sentence.
    pub(super) fn actions(&self, actions: &[Action]) -> String {
        let said: Vec<String> = actions
            .iter()
            .filter(|a| a.enabled)
            .map(|a| self.action(a))
            .collect();
        if said.is_empty() {
            return self.of("gjør ingenting", "do nothing").to_owned();
        }
        self.and(&said)
    }
    fn action(&self, action: &Action) -> String {
        let done = self.act(&action.act);
        match &action.condition {
            Some(condition) => format!(
                "{done} ({} {})",
                self.of("bare hvis", "only if"),
                self.condition(condition)
            ),
            None => done,
        }
    }
    fn act(&self, act: &Act) -> String {
        match act {
            Act::Email { to, .. } => format!(
                "{} {}",
                self.of("send e-post til", "send an e-mail to"),
                self.people(to)
            ),
            Act::Sms { to, .. } => format!(
                "{} {}",
                self.of("send SMS til", "send an SMS to"),
                self.people(to)
            ),
            Act::Webhook { url, .. } => format!("{} {}", self.of("send data til", "send data to"), host(url)),
            Act::SetStatus { status, .. } => {
                let label = self.quoted(&self.label(status));
                format!("{} {label}", self.of("sett status til", "set the status to"))
            }
            Act::Wait { wait } => self.wait(wait),
            Act::StopIf { condition } => format!(
                "{} {}",
                self.of("stopp hvis", "stop if"),
                self.condition(condition)
            ),
            Act::SetField { field, value } => {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), |text| self.quoted(text));
                format!(
                    "{} {field} {} {value}",
                    self.of("sett", "set"),
                    self.of("til", "to")
                )
            }
            Act::AddTag { tag } => format!(
                "{} {}",
                self.of("gi kunden merkelappen", "tag the customer"),
                self.quoted(tag)
            ),
            Act::RemoveTag { tag } => {
                let verb = self.of("ta merkelappen", "take the tag");
                format!(
                    "{verb} {} {}",
                    self.quoted(tag),
                    self.of("fra kunden", "from the customer")
                )
            }
        }
    }
    fn people(&self, to: &[Recipient]) -> String {
        let call = |r: &Recipient| match r {
            Recipient::Customer => self.of("kunden", "the customer").to_owned(),
            Recipient::Resource => self.of("den som er bestilt", "the one who is booked").to_owned(),
            Recipient::Location => self.of("stedet", "the location").to_owned(),
            Recipient::Admins => self.of("administratorene", "the administrators").to_owned(),
            Recipient::Fixed(address) | Recipient::Template(address) => address.clone(),
        };
        self.and(&to.iter().map(call).collect::<Vec<_>>())
    }
    fn wait(&self, wait: &Wait) -> String {
        let verb = self.of("vent", "wait");
        match wait {
            Wait::Duration { days, ms } => format!("{verb} {}", self.span(*days, *ms)),
            Wait::Until(time) => format!(
                "{verb} {} {}",
                self.of("til kl.", "until"),
                time.strftime("%H:%M")
            ),
            Wait::Event { event, timeout_ms } => {
                let until = match event.strip_prefix("status:") {
                    Some(key) => format!(
                        "{} {}",
                        self.of("til status er", "until the status is"),
                        self.quoted(&self.label(key))
                    ),
                    None => self
                        .of("til timen er betalt", "until the appointment is paid")
                        .to_owned(),
                };
                let most = timeout_ms.map_or_else(String::new, |ms| {
                    const DAY_MS: i64 = 86_400_000;
                    format!(
                        " ({} {})",
                        self.of("høyst", "at most"),
                        self.span(ms / DAY_MS, ms % DAY_MS)
                    )
                });
                format!("{verb} {until}{most}")
            }
        }
    }
}

/// The host of an address; the address as it stands where it is a template.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest.get(..end).filter(|h| !h.is_empty()).unwrap_or(url)
}
