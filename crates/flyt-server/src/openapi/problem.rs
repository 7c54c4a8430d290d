//! Refusals in the document: one schema, and one shared response for each status.

use super::schema::{answer, reference, words};
use serde_json::{Map, Value, json};

/// (status, what it means, code of the example, detail of the example).
const ALL: &[(u16, &str, &str, &str)] = &[
    (
        400,
        "The request cannot be read.",
        "broken_json",
        "The JSON ends before it is complete.",
    ),
    (
        401,
        "There is no key and nobody signed in, or nobody knows the key.",
        "unauthorized",
        "The request needs `Authorization: Bearer <key>`.",
    ),
    (
        403,
        "The key, or the person, may not do this.",
        "missing_scope",
        "This key lacks the scope `bookings:write`.",
    ),
    (
        404,
        "There is no such thing, or it is another business's.",
        "not_found",
        "There is no such thing here.",
    ),
    (
        409,
        "It stands in the way of something that is there already.",
        "external_id_taken",
        "the external id belongs to another booking",
    ),
    (
        412,
        "It has been changed since it was read.",
        "precondition_failed",
        "It has been changed since it was read: read it again and repeat the change.",
    ),
    (
        413,
        "The body is too large.",
        "too_large",
        "The body is larger than 1 MiB.",
    ),
    (
        415,
        "The body is not JSON in UTF-8.",
        "unsupported_media_type",
        "The body must be application/json in UTF-8.",
    ),
    (
        422,
        "The input has faults; `errors` names each with its place.",
        "unknown_field",
        "`/staus`: `staus` is not known here; did you mean `status`?.",
    ),
    (
        429,
        "More calls a second than a key or a person may make, or too many wrong tries to sign in.",
        "rate_limited",
        "More than 100 calls a second by one key.",
    ),
    (
        503,
        "Flyt cannot answer right now; the command may be repeated.",
        "unavailable",
        "Flyt cannot answer right now. Try again with the same Idempotency-Key.",
    ),
];

/// The schemas of a problem.
pub(super) fn schemas() -> Vec<(String, Value)> {
    let fault = json!({
        "type": "object",
        "description": "One fault of an input.",
        "required": ["pointer", "code", "message"],
        "properties": {
            "pointer": {"type": "string", "description": "JSON pointer of the place in the body; `?name` for a query parameter."},
            "code": {"type": "string", "description": "A stable word for programs."},
            "message": {"type": "string", "description": "A sentence for people: what is wrong and what to do."},
            "suggestion": {"type": "string", "description": "The word that was probably meant."},
        },
    });
    let mut problem = answer(&[
        ("type", json!({"type": "string", "format": "uri-reference"})),
        ("title", json!({"type": "string"})),
        (
            "status",
            json!({"type": "integer", "minimum": 400, "maximum": 599}),
        ),
        (
            "detail",
            json!({"type": "string", "description": "What happened this time, and what to do."}),
        ),
        (
            "code",
            json!({"type": "string", "description": "A stable word for programs."}),
        ),
        (
            "request_id",
            json!({"type": "string", "description": "The request's id in the log."}),
        ),
        ("errors", json!({"type": "array", "items": reference("Fault")})),
    ]);
    if let Some(properties) = problem.get_mut("properties").and_then(Value::as_object_mut) {
        let about = "The id of what stands in the way.";
        properties.insert("id".to_owned(), json!({"type": "string", "description": about}));
    }
    let warning = fault.clone();
    vec![
        ("Problem".to_owned(), problem),
        ("Fault".to_owned(), fault),
        ("Warning".to_owned(), warning),
    ]
}

/// The shared responses, by status.
pub(super) fn responses() -> Value {
    let mut all = Map::new();
    for (status, about, code, detail) in ALL {
        let title = axum::http::StatusCode::from_u16(*status)
            .ok()
            .and_then(|s| s.canonical_reason());
        let errors = if *status == 422 {
            json!([{"pointer": "/staus", "code": code, "message": "`staus` is not known here; did you mean `status`?", "suggestion": "status"}])
        } else {
            json!([])
        };
        let example = json!({
            "type": format!("/docs/problems/{code}"), "title": title, "status": status, "detail": detail, "code": code,
            "request_id": "req_0DNK4R8MPT2V5", "errors": errors,
        });
        let mut response = json!({
            "description": about,
            "content": {"application/problem+json": {"schema": reference("Problem"), "example": example}},
        });
        if let (429 | 503, Some(map)) = (status, response.as_object_mut()) {
            map.insert(
                "headers".to_owned(),
                json!({"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until another try makes sense."}}),
            );
        }
        all.insert(status.to_string(), response);
    }
    Value::Object(all)
}

/// The shared headers of answers.
pub(super) fn headers() -> Value {
    json!({
        "ETag": {"description": "The revision, for `If-Match`. A write that changes nothing keeps it.", "schema": {"type": "string"}},
        "Location": {"description": "Where the new object is.", "schema": {"type": "string", "format": "uri-reference"}},
    })
}

/// How callers are known.
pub(super) fn security() -> Value {
    let about = format!(
        "The key of a business, with scopes, or a platform key, which names the business in `Flyt-Business`. Scopes are {}, \
         each `:read` or `:write`; writing includes reading.",
        crate::keys::AREAS
            .iter()
            .map(|a| format!("`{a}`"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let cookie = "The cookie of somebody who is signed in (`POST /v1/session`); over HTTPS it is called `__Host-flyt`. It reaches \
        what the person's role in the business of `Flyt-Business` reaches. What changes something must come from a page of this \
        server. Where there is an `Authorization` header too, that one counts.";
    json!({
        "key": {"type": "http", "scheme": "bearer", "description": about},
        "session": {"type": "apiKey", "in": "cookie", "name": "flyt", "description": cookie},
    })
}

/// Words of the scopes.
pub(super) fn scopes() -> Value {
    let all: Vec<String> = crate::keys::AREAS
        .iter()
        .flat_map(|a| [format!("{a}:read"), format!("{a}:write")])
        .collect();
    words(&all.iter().map(String::as_str).collect::<Vec<_>>())
}
