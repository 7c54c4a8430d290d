//! People: sessions, users, invitations.

use super::{answer, boolean, id, instant, line, list_of, or_null, reference, request, string, told, words};
use flyt_core::person::{NAME_CHARS, PASSWORD_BYTES, PASSWORD_CHARS};
use serde_json::{Value, json};

pub(super) fn schemas() -> Vec<(String, Value)> {
    [sessions(), sent(), users()]
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect()
}

fn role() -> Value {
    words(&["owner", "editor", "viewer"])
}
fn name() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": NAME_CHARS})
}
fn email() -> Value {
    json!({"type": "string", "format": "email"})
}
/// A password that is typed, whatever it is.
fn typed() -> Value {
    json!({"type": "string", "format": "password", "maxLength": PASSWORD_BYTES})
}
/// A password that is chosen.
fn chosen() -> Value {
    let about = "Any characters. Those that everybody tries first are refused (`too_common`).";
    json!({"type": "string", "format": "password", "minLength": PASSWORD_CHARS, "maxLength": PASSWORD_BYTES,
        "description": about})
}
fn code() -> Value {
    told(line(), "Of the authenticator app, or a recovery code.")
}

fn sessions() -> Vec<(&'static str, Value)> {
    let user = answer(&[
        ("id", id("usr")),
        ("name", string()),
        ("email", string()),
        ("language", reference("Language")),
        (
            "platform_admin",
            told(
                boolean(),
                "Runs the installation: every business, and the platform's routes.",
            ),
        ),
        ("totp", told(boolean(), "Whether there is a second factor.")),
    ]);
    let business = answer(&[
        ("id", id("biz")),
        ("slug", told(string(), "For the header `Flyt-Business`.")),
        ("name", string()),
        ("role", role()),
    ]);
    let session = answer(&[
        ("user", user),
        ("businesses", list_of(business)),
        ("expires_at", instant()),
    ]);
    let row = answer(&[
        ("id", id("ses")),
        ("created_at", instant()),
        ("last_seen_at", instant()),
        ("expires_at", instant()),
        ("user_agent", string()),
        ("current", told(boolean(), "Whether it is the one that asks.")),
    ]);
    let secret = answer(&[
        ("secret", told(string(), "In base32, to be typed.")),
        ("uri", told(string(), "`otpauth://…`, to be shown as a QR code.")),
    ]);
    let codes = answer(&[("recovery_codes", list_of(string()))]);
    let invitation = answer(&[
        ("business", string()),
        ("name", string()),
        ("email", string()),
        ("role", role()),
    ]);
    vec![
        ("Session", session),
        ("SessionRow", row),
        ("TotpSecret", secret),
        ("RecoveryCodes", codes),
        ("Invitation", invitation),
    ]
}

fn sent() -> Vec<(&'static str, Value)> {
    let begin = request(
        &["email", "password"],
        &[
            ("email", line()),
            ("password", typed()),
            ("code", or_null(code())),
        ],
    );
    let patch = request(
        &[],
        &[
            ("name", name()),
            ("language", reference("Language")),
            ("password", chosen()),
            ("current_password", typed()),
        ],
    );
    let first = request(
        &["token", "name", "email", "password"],
        &[
            ("token", told(line(), "What stands after `#` in the link.")),
            ("name", name()),
            ("email", email()),
            ("password", chosen()),
            ("language", or_null(reference("Language"))),
        ],
    );
    let set = request(
        &["token", "password"],
        &[
            ("token", line()),
            ("password", chosen()),
            ("code", or_null(code())),
        ],
    );
    let accept = request(
        &["token", "password"],
        &[
            ("token", line()),
            ("name", or_null(name())),
            ("password", typed()),
            ("code", or_null(code())),
        ],
    );
    vec![
        ("SessionCreate", begin),
        ("SessionPatch", patch),
        ("TotpConfirm", request(&["code"], &[("code", line())])),
        ("TotpEnd", request(&["password"], &[("password", typed())])),
        ("FirstStart", first),
        ("ResetAsk", request(&["email"], &[("email", line())])),
        ("PasswordSet", set),
        ("InvitationAccept", accept),
    ]
}

fn users() -> Vec<(&'static str, Value)> {
    let fields = |more: &[(&str, Value)]| {
        let own = [
            ("id", id("usr")),
            ("name", string()),
            ("email", string()),
            ("role", role()),
            ("state", words(&["active", "invited", "disabled"])),
            ("created_at", instant()),
            ("last_seen_at", told(or_null(instant()), "Here, about.")),
        ];
        answer(&[own.as_slice(), more].concat())
    };
    let invitation = answer(&[
        ("url", told(string(), "Good once.")),
        ("expires_at", instant()),
        ("mailed", told(boolean(), "Whether it was mailed too.")),
    ]);
    let new = request(
        &["email", "role"],
        &[("email", email()), ("name", or_null(name())), ("role", role())],
    );
    let wish = told(
        json!({"type": "string", "maxLength": crate::customer_page::WISH_CHARS}),
        "When it would suit, for `reschedule`.",
    );
    let act = words(&["confirm", "cancel", "reschedule", "unsubscribe"]);
    vec![
        ("LinkAct", request(&["act"], &[("act", act), ("wish", wish)])),
        ("User", fields(&[])),
        ("InvitedUser", fields(&[("invitation", invitation)])),
        ("UserCreate", new),
        ("UserPatch", request(&["role"], &[("role", role())])),
    ]
}
