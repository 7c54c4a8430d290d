//! A receiver of webhooks outside every engine: it outlives crashes, refuses each id a few times before it takes it, and
//! remembers which ids came, by the path that was called.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex};

type Seen = BTreeMap<String, BTreeMap<String, usize>>;

static SEEN: Mutex<Seen> = Mutex::new(BTreeMap::new());
static ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    format!("http://{address}")
});

/// Where the webhooks of a seed go.
pub(crate) fn address(seed: u64) -> String {
    format!("{}/{seed}", *ADDRESS)
}
/// The ids that came for a seed.
pub(crate) fn ids(seed: u64) -> BTreeSet<String> {
    let seen = SEEN.lock().unwrap();
    let of = seen.get(&format!("/{seed}"));
    of.into_iter().flat_map(|ids| ids.keys().cloned()).collect()
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
        let id = header("webhook-id").unwrap_or_default();
        let refusals = id.bytes().map(usize::from).sum::<usize>() % 3;
        let before = {
            let mut seen = SEEN.lock().unwrap();
            let tries = seen.entry(path).or_default().entry(id).or_default();
            *tries += 1;
            *tries - 1
        };
        let status = if before < refusals { "500 No" } else { "200 OK" };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let _gone = stream.write_all(answer.as_bytes());
        return;
    }
}
