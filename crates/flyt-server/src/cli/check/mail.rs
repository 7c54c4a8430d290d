//! A look at the ways out: the relay, by everything but a mail, and what DNS says of the sender's domain.

use super::{Check, Finding};
use flyt_channels::dns::{DnsFault, Resolver};
use flyt_channels::outcome::Outcome;
use flyt_channels::smtp::{Relay, Timeouts};
use std::net::SocketAddr;
use std::time::Duration;

const RELAY: &str = "relay";
const DNS: &str = "dns";
/// Patience with each stage of the relay.
const STAGE: Duration = Duration::from_secs(10);
/// Where the system says which name server it asks.
const RESOLV_CONF: &str = "/etc/resolv.conf";

pub(super) async fn look(wanted: &Check) -> Vec<Finding> {
    let mut findings = Vec::new();
    match wanted.serve.outside.smtp_url.as_deref() {
        None => findings.push(Finding::note(
            RELAY,
            "No relay is set: e-mails are captured, which means shown and not sent.",
            "set FLYT_SMTP_URL=smtp://user:password@host:587 to send them",
        )),
        Some(url) => match Relay::from_url(url, None) {
            Err(error) => findings.push(Finding::wrong(
                RELAY,
                format!("smtp_url cannot be used: {error}."),
                "write smtp://user:password@host:587 or smtps://user:password@host; percent-encode @, : and / in the password",
            )),
            Ok(relay) => {
                let domain = relay.from_domain().to_owned();
                findings.push(probe(relay).await);
                findings.extend(sender(&domain, wanted).await);
            }
        },
    }
    if wanted.serve.outside.sms_url.is_none() {
        findings.push(Finding::note(
            "sms",
            "No gateway is set: SMS are captured.",
            "set FLYT_SMS_URL to send them",
        ));
    }
    findings
}

async fn probe(relay: Relay) -> Finding {
    let relay = relay.with_timeouts(Timeouts {
        stage: STAGE,
        ..Timeouts::default()
    });
    match relay.probe().await {
        Ok(true) => Finding::good(
            RELAY,
            "The relay answers, with TLS, and takes our login. No mail was sent.",
        ),
        Ok(false) => Finding::note(
            RELAY,
            "The relay answers, without TLS: mails can be read on the way to it.",
            "use smtps:// or ?tls=required, unless the relay runs on this machine",
        ),
        Err(outcome) => refused(&outcome),
    }
}

fn refused(outcome: &Outcome) -> Finding {
    let answer = outcome.answer();
    let code = answer.code.map_or_else(String::new, |code| format!("{code} "));
    let told = format!("{code}{}", answer.text);
    match outcome {
        Outcome::Configuration { .. } => Finding::wrong(
            RELAY,
            format!("The relay refuses us: {told}."),
            "check user and password, that the login may send, and the certificate's name against the host in smtp_url",
        ),
        Outcome::Temporary { .. } | Outcome::Unknown { .. } => Finding::wrong(
            RELAY,
            format!("The relay does not serve us now: {told}."),
            "check host and port of smtp_url and whether a firewall lets this machine out (587 or 465; 25 is often closed)",
        ),
        Outcome::Accepted { .. }
        | Outcome::PermanentRecipient { .. }
        | Outcome::OptedOut { .. }
        | Outcome::Once { .. }
        | Outcome::Permanent { .. }
        | Outcome::Blocked { .. } => Finding::wrong(
            RELAY,
            format!("The relay answers something unexpected: {told}."),
            "ask its operator",
        ),
    }
}

/// What the world is told of the domain that the default sender is of.
async fn sender(domain: &str, wanted: &Check) -> Vec<Finding> {
    if !domain.contains('.') {
        return vec![Finding::wrong(
            DNS,
            format!("The default sender would be of `{domain}`, which no receiver believes."),
            "name your domain: smtp_url = \"smtp://…?from_domain=example.com\"",
        )];
    }
    let Some(server) = wanted.dns.or_else(system) else {
        return vec![by_hand(domain, "there is no name server to ask")];
    };
    let id = flyt_engine::random::number().unwrap_or(0).to_le_bytes();
    let resolver = Resolver::new(server, u16::from_le_bytes([id[0], id[1]]));
    let looked = async {
        let mut findings = vec![
            mail_hosts(&resolver, domain).await?,
            spf(&resolver, domain).await?,
        ];
        findings.push(dkim(&resolver, domain, wanted.dkim.as_deref()).await?);
        findings.push(dmarc(&resolver, domain).await?);
        Ok::<_, DnsFault>(findings)
    };
    looked
        .await
        .unwrap_or_else(|fault| vec![by_hand(domain, &format!("{fault}"))])
}

fn system() -> Option<SocketAddr> {
    let text = std::fs::read_to_string(RESOLV_CONF).ok()?;
    Resolver::first_of(&text)
}

fn by_hand(domain: &str, why: &str) -> Finding {
    Finding::note(
        DNS,
        format!("The records of {domain} were not looked at: {why}."),
        &format!(
            "check by hand: MX and TXT (v=spf1 …, with what your relay asks for) of {domain}, TXT of \
             SELECTOR._domainkey.{domain} (DKIM) and of _dmarc.{domain}; or name a server with --dns 9.9.9.9:53"
        ),
    )
}

async fn mail_hosts(resolver: &Resolver, domain: &str) -> Result<Finding, DnsFault> {
    let hosts = resolver.mail_hosts(domain).await?;
    Ok(match hosts.as_slice() {
        [] => Finding::note(
            DNS,
            format!("{domain} takes no mail (no MX): answers of customers and bounces are lost."),
            "set an MX record, or a reply_to of another domain in your workflows",
        ),
        [null] if null.is_empty() => Finding::note(
            DNS,
            format!("{domain} says that it takes no mail (a null MX): answers of customers are refused."),
            "set a reply_to of another domain in your workflows",
        ),
        [first, ..] => Finding::good(DNS, format!("MX: mail to {domain} goes to {first}.")),
    })
}

async fn spf(resolver: &Resolver, domain: &str) -> Result<Finding, DnsFault> {
    let texts = resolver.texts(domain).await?;
    let mut records = texts.iter().filter(|t| t.split(' ').next() == Some("v=spf1"));
    Ok(match (records.next(), records.next()) {
        (None, _) => Finding::wrong(
            DNS,
            format!("{domain} has no SPF record: many receivers refuse or hide its mail."),
            "add the TXT record that your relay's provider names, such as \"v=spf1 include:… -all\"",
        ),
        (Some(_), Some(_)) => Finding::wrong(
            DNS,
            format!("{domain} has several SPF records: then none of them counts."),
            "put their parts into one TXT record that begins with v=spf1",
        ),
        (Some(record), None) if record.ends_with("+all") => Finding::wrong(
            DNS,
            format!("SPF of {domain} ends with +all: it lets everybody send in its name."),
            "end it with -all or ~all",
        ),
        (Some(record), None) => Finding::good(DNS, format!("SPF: {record} (is your relay's part in it?)")),
    })
}

async fn dkim(resolver: &Resolver, domain: &str, selector: Option<&str>) -> Result<Finding, DnsFault> {
    let Some(selector) = selector else {
        return Ok(Finding::note(
            DNS,
            "DKIM was not looked at: only the relay knows the selector it signs with.",
            "give it with --dkim SELECTOR; it is the s= in the DKIM-Signature of a mail that the relay has sent",
        ));
    };
    let name = format!("{selector}._domainkey.{domain}");
    let texts = resolver.texts(&name).await?;
    let key = |text: &String| {
        text.split(';')
            .filter_map(|tag| tag.trim().strip_prefix("p="))
            .any(|key| !key.trim().is_empty())
    };
    Ok(if texts.iter().any(key) {
        Finding::good(DNS, format!("DKIM: {name} has a key."))
    } else {
        Finding::wrong(
            DNS,
            format!("DKIM: {name} has no key, so signatures of the relay do not count."),
            "add the TXT (or CNAME) record that your relay's provider names",
        )
    })
}

async fn dmarc(resolver: &Resolver, domain: &str) -> Result<Finding, DnsFault> {
    let texts = resolver.texts(&format!("_dmarc.{domain}")).await?;
    let record = texts.iter().find(|t| t.starts_with("v=DMARC1"));
    Ok(match record {
        None => Finding::wrong(
            DNS,
            format!("{domain} has no DMARC record: large receivers ask for one."),
            &format!(
                "add TXT _dmarc.{domain} \"v=DMARC1; p=none; rua=mailto:…\", and tighten it when the reports are good"
            ),
        ),
        Some(record) => Finding::good(DNS, format!("DMARC: {record}")),
    })
}
