//! The part of the document that only a browser plays: coming in, one's own account, going out.

use crate::people::Browser;
use crate::schema::Schemas;
use crate::story::{Op, Story};
use crate::world::World;
use serde_json::{Value, json};

/// What a link ends with.
fn token(url: &str) -> Value {
    json!(url.split_once('#').unwrap().1)
}

/// The one who plays.
struct Player<'p, 'w> {
    browser: Browser<'w>,
    story: &'p mut Story,
    ops: &'p [Op<'p>],
    schemas: &'p Schemas<'p>,
    played: usize,
}
impl Player<'_, '_> {
    /// Plays an operation with its example, in which some fields are given.
    async fn play(&mut self, id: &str, given: &[(&str, Value)]) -> Value {
        self.at(id, "", given).await
    }
    /// The same, with the end of its path.
    async fn at(&mut self, id: &str, end: &str, given: &[(&str, Value)]) -> Value {
        let op = self.ops.iter().find(|op| op.id == id).unwrap();
        let mut body = op.example().cloned();
        for (name, value) in given {
            body.as_mut().unwrap()[*name] = value.clone();
        }
        let path = op.path.split("{id}").next().unwrap().to_owned() + end;
        let got = self.browser.send(&op.method, &path, body).await;
        self.story.heard(op, &got, self.schemas);
        self.played += 1;
        got.json
    }
}

/// Plays everything that is a person's own. Each finds what it needs.
pub(crate) async fn play(world: &World, story: &mut Story, ops: &[Op<'_>], schemas: &Schemas<'_>) {
    let mut player = Player {
        browser: Browser::new(world),
        story,
        ops,
        schemas,
        played: 0,
    };
    let link = token(&world.app.first_start().await.unwrap());
    player.play("firstStart", &[("token", link)]).await;
    player.play("beginSession", &[]).await;
    let session = player.play("readSession", &[]).await;
    player.play("changeSession", &[]).await;
    let begun = player.play("beginTotp", &[]).await;
    let secret = unbase32(begun["secret"].as_str().unwrap());
    let now = flyt_engine::clock::wall().as_second();
    let code = flyt_core::totp::code(&secret, flyt_core::totp::step_of(now));
    player.play("confirmTotp", &[("code", json!(code))]).await;
    player.play("endTotp", &[]).await;
    player.play("askReset", &[]).await;
    let email = session["user"]["email"].as_str().unwrap();
    let link = token(&world.app.reset_link(email).await.unwrap());
    player.play("setPassword", &[("token", link)]).await;
    let list = player.play("listSessions", &[]).await;
    let id = list["data"][0]["id"].as_str().unwrap().to_owned();
    player.at("endOneSession", &id, &[]).await;

    let invite = json!({"email": "per@check.example", "name": "Per", "role": "viewer"});
    let made = world.call("POST", "/v1/users", &invite).await.expect(201);
    let link = token(made.json["invitation"]["url"].as_str().unwrap());
    let asked = format!("?token={}", link.as_str().unwrap());
    player.at("readInvitation", &asked, &[]).await;
    player.play("acceptInvitation", &[("token", link)]).await;
    player.play("endOtherSessions", &[]).await;
    player.play("endSession", &[]).await;
    let all = ops.iter().filter(|op| op.is_personal()).count();
    assert_eq!(
        player.played, all,
        "an operation of a person's own is not played: do so here"
    );
}

fn unbase32(text: &str) -> [u8; 20] {
    let mut bits: u64 = 0;
    let mut held = 0;
    let mut bytes = Vec::new();
    for letter in text.bytes() {
        let five = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
            .iter()
            .position(|l| *l == letter);
        bits = (bits << 5) | u64::try_from(five.unwrap()).unwrap();
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 255).unwrap());
        }
    }
    bytes.try_into().unwrap()
}
