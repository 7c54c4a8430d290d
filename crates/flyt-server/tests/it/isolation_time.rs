//! Another business's id is not told from one that nothing has by how long the answer takes. The two are asked for in turn on
//! one server; a route is told apart when both the medians and most of the pairs say so, so that noise alone does not.

use crate::isolation::missing;
use crate::story::play;
use crate::world::World;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Pairs of calls on each route.
const PAIRS: usize = 30;
/// The medians of a route are as far apart as this, and one of the two is slower in so many of its pairs.
const RATIO: f64 = 1.35;
const PAIRS_TELL: usize = PAIRS * 5 / 6;

/// What a stranger's watch says of two ids.
#[derive(Debug)]
struct Watch {
    medians: [Duration; 2],
    first_slower: usize,
}
impl Watch {
    /// Whether the first takes longer, or shorter, than the second.
    fn tells(&self) -> bool {
        let [first, second] = self.medians.map(|m| m.as_secs_f64());
        let (slower, often) = if first > second {
            (first / second, self.first_slower)
        } else {
            (second / first, PAIRS - self.first_slower)
        };
        slower > RATIO && often >= PAIRS_TELL
    }
}

#[expect(clippy::disallowed_methods, reason = "this is about how long an answer takes")]
async fn took(world: &World, who: &str, method: &str, path: &str, body: Option<String>) -> Duration {
    let began = Instant::now();
    world.send(method, path, &[("flyt-business", who)], body).await;
    began.elapsed()
}

async fn watch(world: &World, who: &str, method: &str, paths: [&str; 2], body: Option<&Value>) -> Watch {
    let mut times = [Vec::new(), Vec::new()];
    for pair in 0..PAIRS {
        // Each goes first in every other pair.
        for at in if pair % 2 == 0 { [0, 1] } else { [1, 0] } {
            let body = body.map(Value::to_string);
            times[at].push(took(world, who, method, paths[at], body).await);
        }
    }
    let slower = times[0].iter().zip(&times[1]).filter(|(a, b)| a > b);
    let first_slower = slower.count();
    let medians = times.map(|mut all| {
        all.sort_unstable();
        all[PAIRS / 2]
    });
    Watch {
        medians,
        first_slower,
    }
}

#[tokio::test]
async fn ids_of_another_business_take_as_long_as_ids_that_nothing_has() {
    let world = World::reaching("127.0.0.0/8").await;
    let document = flyt::document();
    let (story, ops) = play(&world, &document).await;
    let (mut asked, mut told) = (0, Vec::new());
    for op in ops
        .iter()
        .filter(|op| op.names("FlytBusiness") && op.path.contains('{'))
    {
        // Writing by an external id makes what is not there: each business has its own.
        if op.method == "PUT" && op.path.contains("by-external-id") {
            continue;
        }
        let (path, names) = story.fill(&world, op).await;
        let id = names.values().next().and_then(Value::as_str).unwrap().to_owned();
        let none = path.replace(&id, &missing(&id));
        let mut seen = watch(&world, "other", &op.method, [&path, &none], op.example()).await;
        if seen.tells() {
            // Once more: what is a leak is one again, what was a neighbour on this machine is not.
            seen = watch(&world, "other", &op.method, [&path, &none], op.example()).await;
        }
        asked += 1;
        if seen.tells() {
            told.push(format!("{}: {seen:?}", op.id));
        }
    }
    assert_eq!(told, Vec::<String>::new());
    assert!(asked > 50, "only {asked} routes were asked");
    // The same watch does tell what is there from what is not, or it would be blind to a leak.
    let op = ops.iter().find(|op| op.id == "readBooking").unwrap();
    let (path, names) = story.fill(&world, op).await;
    let id = names.values().next().and_then(Value::as_str).unwrap().to_owned();
    let none = path.replace(&id, &missing(&id));
    let seen = watch(&world, "salon", "GET", [&path, &none], None).await;
    assert!(seen.tells(), "{seen:?}");
    world.close().await;
}
