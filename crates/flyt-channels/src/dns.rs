//! Asking a name server about the sender's domain: its mail hosts and its texts (SPF, DKIM, DMARC). For `flyt check` only;
//! deliveries resolve names through the system. RFC 1035, with EDNS (RFC 6891) and TCP for long answers.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// How long one question waits, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(3);
const TRIES: usize = 2;
/// Answers by UDP are no longer than this (RFC 9715 asks for it).
const UDP_BYTES: u16 = 1_232;
/// Follows of compressed names before an answer counts as broken.
const JUMPS: usize = 16;
/// Longest label and name.
const LABEL: usize = 63;
const NAME: usize = 253;

const MX: u16 = 15;
const TXT: u16 = 16;
const OPT: u16 = 41;
const IN: u16 = 1;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsFault {
    /// The name server said nothing.
    #[error("the name server {0} does not answer")]
    Silent(SocketAddr),
    /// It refused or failed.
    #[error("the name server refuses the question (code {0})")]
    Refused(u8),
    /// What came back makes no sense.
    #[error("the name server's answer cannot be read")]
    Unreadable,
    /// The name cannot stand in a question.
    #[error("this is no name that can be asked for")]
    Name,
}

/// A name server to ask.
#[derive(Clone, Copy, Debug)]
pub struct Resolver {
    server: SocketAddr,
    id: u16,
}

/// One record of an answer.
struct Record<'a> {
    kind: u16,
    /// Where its data begin in the whole answer.
    at: usize,
    data: &'a [u8],
}

impl Resolver {
    /// A resolver that asks `server`. `id`: random; a stranger's answer does not know it.
    pub fn new(server: SocketAddr, id: u16) -> Self {
        Self { server, id }
    }
    /// The first name server of a `resolv.conf`.
    pub fn first_of(resolv_conf: &str) -> Option<SocketAddr> {
        let servers = resolv_conf
            .lines()
            .filter_map(|line| line.trim().strip_prefix("nameserver"));
        let mut addresses = servers.filter_map(|rest| rest.trim().parse::<IpAddr>().ok());
        addresses.next().map(|address| SocketAddr::new(address, 53))
    }
    /// The hosts that take mail for a domain, the preferred first. Empty: there are none.
    pub async fn mail_hosts(&self, domain: &str) -> Result<Vec<String>, DnsFault> {
        let answer = self.ask(domain, MX).await?;
        let mut hosts = Vec::new();
        for record in records(&answer).ok_or(DnsFault::Unreadable)? {
            if record.kind == MX {
                let preference = number(record.data, 0).ok_or(DnsFault::Unreadable)?;
                let (host, _) = name(&answer, record.at + 2).ok_or(DnsFault::Unreadable)?;
                hosts.push((preference, host));
            }
        }
        hosts.sort();
        Ok(hosts.into_iter().map(|(_, host)| host).collect())
    }
    /// The texts of a name. Empty: there are none.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, DnsFault> {
        let answer = self.ask(name, TXT).await?;
        let records = records(&answer).ok_or(DnsFault::Unreadable)?;
        let texts = records.iter().filter(|r| r.kind == TXT).map(|r| text(r.data));
        texts.collect::<Option<Vec<String>>>().ok_or(DnsFault::Unreadable)
    }

    async fn ask(&self, name: &str, kind: u16) -> Result<Vec<u8>, DnsFault> {
        let question = question(self.id, name, kind).ok_or(DnsFault::Name)?;
        let silent = DnsFault::Silent(self.server);
        for _ in 0..TRIES {
            let Ok(Ok(answer)) = timeout(PATIENCE, self.by_udp(&question)).await else {
                continue;
            };
            let answer = if answer.get(2).is_some_and(|flags| flags & 0x02 != 0) {
                match timeout(PATIENCE, self.by_tcp(&question)).await {
                    Ok(Ok(whole)) => whole,
                    Ok(Err(_)) | Err(_) => continue,
                }
            } else {
                answer
            };
            let code = answer.get(3).ok_or(DnsFault::Unreadable)? & 0x0f;
            return match code {
                // 3: there is no such name, so it has no records.
                0 | 3 => Ok(answer),
                other => Err(DnsFault::Refused(other)),
            };
        }
        Err(silent)
    }
    async fn by_udp(&self, question: &[u8]) -> std::io::Result<Vec<u8>> {
        let any: SocketAddr = if self.server.is_ipv4() {
            ([0, 0, 0, 0], 0).into()
        } else {
            ([0_u16; 8], 0).into()
        };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(self.server).await?;
        socket.send(question).await?;
        let mut buffer = vec![0; usize::from(UDP_BYTES)];
        loop {
            let length = socket.recv(&mut buffer).await?;
            let answer = buffer.get(..length).unwrap_or_default();
            // Not ours, or no answer at all: somebody else's guess.
            if number(answer, 0) == Some(self.id) && answer.get(2).is_some_and(|flags| flags & 0x80 != 0) {
                return Ok(answer.to_vec());
            }
        }
    }
    async fn by_tcp(&self, question: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.server).await?;
        let length = u16::try_from(question.len()).unwrap_or(0);
        stream
            .write_all(&[&length.to_be_bytes(), question].concat())
            .await?;
        let length = stream.read_u16().await?;
        let mut answer = vec![0; usize::from(length)];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    }
}

/// A question for one kind of record, asking the server to find out.
fn question(id: u16, name: &str, kind: u16) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(64);
    for word in [id, 0x0100, 1, 0, 0, 1] {
        bytes.extend(word.to_be_bytes());
    }
    let name = name.trim_end_matches('.');
    if name.is_empty() || name.len() > NAME {
        return None;
    }
    for label in name.split('.') {
        let length = u8::try_from(label.len()).ok()?;
        if label.is_empty() || label.len() > LABEL || !label.is_ascii() {
            return None;
        }
        bytes.push(length);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    for word in [kind, IN] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.push(0);
    for word in [OPT, UDP_BYTES, 0, 0, 0] {
        bytes.extend(word.to_be_bytes());
    }
    Some(bytes)
}

/// The records that answer. `None`: the bytes make no sense.
fn records(answer: &[u8]) -> Option<Vec<Record<'_>>> {
    let (questions, answers) = (number(answer, 4)?, number(answer, 6)?);
    let mut at = 12;
    for _ in 0..questions {
        at = name(answer, at)?.1 + 4;
    }
    let mut records = Vec::new();
    for _ in 0..answers {
        let (_, after) = name(answer, at)?;
        let kind = number(answer, after)?;
        let length = usize::from(number(answer, after + 8)?);
        let begin = after + 10;
        let data = answer.get(begin..begin + length)?;
        records.push(Record {
            kind,
            at: begin,
            data,
        });
        at = begin + length;
    }
    Some(records)
}

/// The name at a place, and the place after it.
fn name(bytes: &[u8], from: usize) -> Option<(String, usize)> {
    let (mut text, mut at, mut after, mut jumps) = (String::new(), from, None, 0);
    loop {
        let length = usize::from(*bytes.get(at)?);
        match length {
            0 => return Some((text, after.unwrap_or(at + 1))),
            1..=LABEL => {
                let label = bytes.get(at + 1..at + 1 + length)?;
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&String::from_utf8_lossy(label));
                at += 1 + length;
            }
            0xc0.. => {
                jumps += 1;
                if jumps > JUMPS || text.len() > NAME {
                    return None;
                }
                after = after.or(Some(at + 2));
                at = usize::from(number(bytes, at)? & 0x3fff);
            }
            _ => return None,
        }
    }
}

/// The pieces of a text record, put together.
fn text(mut data: &[u8]) -> Option<String> {
    let mut all = Vec::new();
    while let Some((length, rest)) = data.split_first() {
        let (piece, more) = rest.split_at_checked(usize::from(*length))?;
        all.extend(piece);
        data = more;
    }
    Some(String::from_utf8_lossy(&all).into_owned())
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(pair.try_into().ok()?))
}
