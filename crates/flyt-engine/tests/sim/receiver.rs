//! The other side of everything that is called, outside every engine: it outlives crashes and remembers what came, by the path
//! that was called. A webhook is refused a few times before it is taken, and some that an endpoint took get no answer. The SMS
//! gateway refuses everything for a while now and then, and drops answers after taking the message.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex};

/// One request that came.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// `webhook-id`, or the reference of a message.
    pub(crate) id: String,
    /// `webhook-timestamp`, seconds.
    pub(crate) stamp: i64,
    /// The `id` in the body: that of the event.
    pub(crate) event: String,
    pub(crate) end: End,
}
/// What became of it here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Refused,
    Taken,
    /// Taken, and nobody was told.
    Lost,
}

static SEEN: Mutex<BTreeMap<String, Vec<Arrival>>> = Mutex::new(BTreeMap::new());
static ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    address.to_string()
});

/// Where the webhooks of a seed go.
pub(crate) fn address(seed: u64) -> String {
    format!("http://{}/hook/{seed}", *ADDRESS)
}
/// Where an endpoint of a seed is.
pub(crate) fn endpoint(seed: u64, name: &str) -> String {
    format!("http://{}/{name}/{seed}", *ADDRESS)
}
/// The SMS gateway of a seed.
pub(crate) fn gateway(seed: u64) -> String {
    format!("http://token@{}/sms/{seed}", *ADDRESS)
}
/// What came for a seed at a hook, an endpoint or its gateway.
pub(crate) fn arrivals(seed: u64, name: &str) -> Vec<Arrival> {
    let seen = SEEN.lock().unwrap();
    seen.get(&format!("/{name}/{seed}")).cloned().unwrap_or_default()
}
/// The ids that came for a seed.
pub(crate) fn ids(seed: u64) -> BTreeSet<String> {
    arrivals(seed, "hook").into_iter().map(|a| a.id).collect()
}

/// What becomes of the next request under this id.
fn judge(path: &str, before: &[Arrival], id: &str) -> End {
    let weight = id.bytes().map(usize::from).sum::<usize>();
    let own = before.iter().filter(|a| a.id == id).count();
    let lost = before.iter().any(|a| a.id == id && a.end == End::Lost);
    if path.starts_with("/sms/") {
        return match weight % 6 {
            _ if before.len() % 16 > 8 => End::Refused,
            0 => End::Lost,
            1 if !lost => End::Lost,
            _ => End::Taken,
        };
    }
    if own < weight % 3 {
        return End::Refused;
    }
    if !lost && weight.is_multiple_of(5) && !path.starts_with("/hook/") {
        return End::Lost;
    }
    End::Taken
}

fn serve(mut stream: TcpStream) {
    let (mut asked, mut part) = (Vec::new(), [0; 16_384]);
    while let Ok(read @ 1..) = stream.read(&mut part) {
        asked.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&asked).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let header = |name: &str| {
            let own = |line: &str| {
                line.split_once(": ")
                    .map(|(n, v)| (n.to_lowercase(), v.to_owned()))
            };
            head.lines()
                .filter_map(own)
                .find(|(n, _)| n == name)
                .map(|(_, v)| v)
        };
        let length: usize = header("content-length").map_or(0, |l| l.parse().unwrap());
        if body.len() < length {
            continue;
        }
        let path = head.split(' ').nth(1).unwrap_or("").to_owned();
        let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let word = |name: &str| body[name].as_str().map(str::to_owned);
        let id = word("client_reference").or_else(|| header("webhook-id"));
        let id = id.unwrap_or_default();
        let end = {
            let mut seen = SEEN.lock().unwrap();
            let before = seen.entry(path.clone()).or_default();
            let end = judge(&path, before, &id);
            before.push(Arrival {
                id,
                stamp: header("webhook-timestamp").map_or(0, |s| s.parse().unwrap()),
                event: word("id").unwrap_or_default(),
                end,
            });
            end
        };
        let status = match end {
            End::Refused => "503 No",
            End::Taken => "200 OK",
            End::Lost => return,
        };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let _gone = stream.write_all(answer.as_bytes());
        return;
    }
}
