//! Reading what people and programs send: every fault with its place, a code, a sentence and, where one is near, the right word.
//!
//! `Fields` takes the known names out of an object, collects the faults of all of them, and reports what is left over.

use crate::limits;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One fault of an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invalid {
    /// JSON pointer of the place (RFC 6901); empty for the whole body.
    pub pointer: String,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people: what is wrong and what to do.
    pub message: String,
    /// The word that was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// Faults and warnings gathered while reading one input.
#[derive(Debug, Default)]
pub struct Faults {
    /// What makes the input unacceptable.
    pub errors: Vec<Invalid>,
    /// What is accepted but worth saying.
    pub warnings: Vec<Invalid>,
    /// True for booking writes: line ends in single-line fields become blanks with a warning instead of an error.
    pub lenient: bool,
}

impl Faults {
    /// Adds an error.
    pub fn error(&mut self, pointer: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.errors.push(Invalid {
            pointer: pointer.into(),
            code,
            message: message.into(),
            suggestion: None,
        });
    }
    /// Adds an error about `word` and names the nearest of `known`, if one is near.
    pub fn unknown<'k>(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        word: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let suggestion = nearest(word, known);
        let hint = suggestion
            .as_ref()
            .map(|s| format!("; did you mean `{s}`?"))
            .unwrap_or_default();
        let shown: String = word.chars().take(80).collect();
        let message = format!("`{shown}` is not known here{hint}");
        self.errors.push(Invalid {
            pointer: pointer.into(),
            code,
            message,
            suggestion,
        });
    }
    /// Adds a warning.
    pub fn warn(&mut self, pointer: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.warnings.push(Invalid {
            pointer: pointer.into(),
            code,
            message: message.into(),
            suggestion: None,
        });
    }
    /// True when nothing makes the input unacceptable.
    pub fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }
    /// `value` if there are no errors, else the errors.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Invalid>> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(self.errors),
        }
    }
}

/// The known word nearest to `word`, if it is near enough to be what was meant.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let word: String = word.chars().take(80).collect();
    let most = (word.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&word, k), k))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, k)| k.to_owned())
}

/// `pointer` with one more segment, escaped as RFC 6901 says.
pub fn below(pointer: &str, segment: &str) -> String {
    format!("{pointer}/{}", segment.replace('~', "~0").replace('/', "~1"))
}

/// Something that can be read from JSON with all its faults told. `None` means a fault was added.
pub trait Read: Sized {
    /// Reads `value`, which stands at `at`.
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self>;
}

/// What a merge patch says of one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Not named: keep.
    #[default]
    Keep,
    /// `null`: clear.
    Clear,
    /// A new value.
    Set(T),
}

/// The fields of one object, taken out one by one.
pub struct Fields<'a> {
    map: Option<&'a Map<String, Value>>,
    at: String,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Opens an object; anything else is a fault.
    pub fn open(value: &'a Value, at: &str, faults: &mut Faults) -> Self {
        let map = value.as_object();
        if map.is_none() {
            faults.error(
                at,
                "wrong_type",
                format!("must be an object, not {}", kind(value)),
            );
        }
        Self {
            map,
            at: at.to_owned(),
            known: Vec::new(),
        }
    }
    /// Where a field of this object stands.
    pub fn at(&self, name: &str) -> String {
        below(&self.at, name)
    }
    /// The raw value of a field, `null` included; marks it as known.
    pub fn raw(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.map?.get(name)
    }
    /// True when the object names the field, even as `null`.
    pub fn names(&self, name: &str) -> bool {
        self.map.is_some_and(|m| m.contains_key(name))
    }
    /// Absent and `null` are `None`; so is a fault, which is then in `faults`.
    pub fn optional<T: Read>(&mut self, name: &'static str, faults: &mut Faults) -> Option<T> {
        let value = self.raw(name).filter(|v| !v.is_null())?;
        T::read(value, &self.at(name), faults)
    }
    /// Absent and `null` take `default`.
    pub fn or<T: Read>(&mut self, name: &'static str, default: T, faults: &mut Faults) -> T {
        self.optional(name, faults).unwrap_or(default)
    }
    /// Absent and `null` are faults.
    pub fn required<T: Read>(&mut self, name: &'static str, faults: &mut Faults) -> Option<T> {
        match self.raw(name) {
            Some(value) if !value.is_null() => T::read(value, &self.at(name), faults),
            _ if self.map.is_none() => None,
            _ => {
                faults.error(self.at(name), "required", format!("`{name}` is required"));
                None
            }
        }
    }
    /// What a merge patch says of the field.
    pub fn patch<T: Read>(&mut self, name: &'static str, faults: &mut Faults) -> Patch<T> {
        match self.raw(name) {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(value) => T::read(value, &self.at(name), faults).map_or(Patch::Keep, Patch::Set),
        }
    }
    /// Reports every field that nobody asked for.
    pub fn close(self, faults: &mut Faults) {
        for name in self.map.into_iter().flat_map(Map::keys) {
            if !self.known.contains(&name.as_str()) {
                faults.unknown(
                    below(&self.at, name),
                    "unknown_field",
                    name,
                    self.known.iter().copied(),
                );
            }
        }
    }
}

/// What kind of JSON value this is, in words.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn expect<T>(got: Option<T>, what: &str, value: &Value, at: &str, faults: &mut Faults) -> Option<T> {
    if got.is_none() {
        faults.error(at, "wrong_type", format!("must be {what}, not {}", kind(value)));
    }
    got
}

impl Read for bool {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        expect(value.as_bool(), "true or false", value, at, faults)
    }
}
impl Read for i64 {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        expect(value.as_i64(), "a whole number", value, at, faults)
    }
}
impl Read for Value {
    fn read(value: &Value, _: &str, _: &mut Faults) -> Option<Self> {
        Some(value.clone())
    }
}

/// A single-line text: no CR, LF or NUL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line(pub String);
impl Read for Line {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = expect(value.as_str(), "a text", value, at, faults)?;
        if text.chars().count() > limits::LINE_CHARS {
            faults.error(
                at,
                "too_long",
                format!("must not be longer than {} characters", limits::LINE_CHARS),
            );
            return None;
        }
        if !text.contains(['\r', '\n', '\0']) {
            return Some(Self(text.to_owned()));
        }
        if faults.lenient {
            faults.warn(at, "line_end", "line ends in a single-line field became blanks");
            return Some(Self(text.replace("\r\n", " ").replace(['\r', '\n', '\0'], " ")));
        }
        faults.error(at, "line_end", "must be one line: take out the line ends");
        None
    }
}
/// A text that may have line ends (notes, answers, templates). NUL is refused.
impl Read for String {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = expect(value.as_str(), "a text", value, at, faults)?;
        if text.contains('\0') {
            faults.error(at, "nul", "must not contain the character NUL");
            return None;
        }
        Some(text.to_owned())
    }
}
/// A caller's own id: 1 to 255 characters, no controls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalId(pub String);
impl Read for ExternalId {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = expect(value.as_str(), "a text", value, at, faults)?;
        let length = text.chars().count();
        if length == 0 || length > limits::EXTERNAL_ID_CHARS || text.chars().any(char::is_control) {
            let message = format!(
                "must have 1 to {} characters and no control characters",
                limits::EXTERNAL_ID_CHARS
            );
            faults.error(at, "bad_external_id", message);
            return None;
        }
        Some(Self(text.to_owned()))
    }
}
impl<T: Read> Read for Vec<T> {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let items = expect(value.as_array(), "a list", value, at, faults)?;
        if items.len() > limits::LIST_ITEMS {
            faults.error(
                at,
                "too_many",
                format!("must not have more than {} entries", limits::LIST_ITEMS),
            );
            return None;
        }
        let before = faults.errors.len();
        let all = items
            .iter()
            .enumerate()
            .filter_map(|(i, v)| T::read(v, &below(at, &i.to_string()), faults))
            .collect();
        (faults.errors.len() == before).then_some(all)
    }
}
impl<T: Read> Read for BTreeMap<String, T> {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let map = expect(value.as_object(), "an object", value, at, faults)?;
        if map.len() > limits::MAP_KEYS {
            faults.error(
                at,
                "too_many",
                format!("must not have more than {} keys", limits::MAP_KEYS),
            );
            return None;
        }
        let before = faults.errors.len();
        let all = map
            .iter()
            .filter_map(|(k, v)| Some((k.clone(), T::read(v, &below(at, k), faults)?)))
            .collect();
        (faults.errors.len() == before).then_some(all)
    }
}
impl Read for Timestamp {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let text = expect(
            value.as_str(),
            "an instant such as 2026-10-25T10:00:00+01:00",
            value,
            at,
            faults,
        )?;
        if let Ok(instant) = text.parse::<Self>() {
            Some(crate::instant::whole_ms(instant))
        } else {
            faults.error(
                at,
                "bad_instant",
                "must be an instant with offset, such as 2026-10-25T10:00:00+01:00",
            );
            None
        }
    }
}
/// Implements `Read` for an enum whose variants are words.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }
        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The word that stands for it outside and in the store.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word),* } }
            /// The value of a word.
            pub fn from_word(word: &str) -> Option<Self> { match word { $($word => Some(Self::$variant),)* _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.word()) }
        }
        impl $crate::invalid::Read for $name {
            fn read(value: &serde_json::Value, at: &str, faults: &mut $crate::invalid::Faults) -> Option<Self> {
                let Some(word) = value.as_str() else {
                    faults.error(at, "wrong_type", format!("must be one of {}", [$($word),*].join(", ")));
                    return None;
                };
                let found = Self::from_word(word);
                if found.is_none() { faults.unknown(at, "unknown_value", word, [$($word),*]); }
                found
            }
        }
    };
}
