//! What goes into a statement and what comes out: five kinds of value, on both engines.
//!
//! Statements are in the table files; how a statement runs is in `tx.rs`.

use crate::error::{Error, Result};
use bytes::BytesMut;
use flyt_core::instant::{from_ms, to_ms};
use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::borrow::Cow;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A parameter or a column. There is no conversion from `i32`: a number is always 64 bits wide.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
}
use Value::{Bool, Bytes, Int, Null, Text};

impl Value<'_> {
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Null => Null,
            Int(i) => Int(i),
            Bool(b) => Bool(b),
            Text(t) => Text(Cow::Owned(t.into_owned())),
            Bytes(b) => Bytes(Cow::Owned(b.into_owned())),
        }
    }
    /// PostgreSQL cannot hold U+0000 in a text; so neither engine may.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Text(t) if t.contains('\0') => Err(Error::Refused("a text holds the character U+0000".into())),
            Null | Int(_) | Bool(_) | Text(_) | Bytes(_) => Ok(()),
        }
    }
}

macro_rules! into_value { ($($t:ty => |$v:ident| $e:expr;)*) => { $(
    impl<'a> From<$t> for Value<'a> { fn from($v: $t) -> Self { $e } }
)* } }
into_value! {
    i64 => |v| Int(v);
    bool => |v| Bool(v);
    Timestamp => |v| Int(to_ms(v));
    &'a str => |v| Text(Cow::Borrowed(v));
    &'a String => |v| Text(Cow::Borrowed(v));
    String => |v| Text(Cow::Owned(v));
    &'a [u8] => |v| Bytes(Cow::Borrowed(v));
    &'a Vec<u8> => |v| Bytes(Cow::Borrowed(v));
    Vec<u8> => |v| Bytes(Cow::Owned(v));
    &'a Option<String> => |v| v.as_deref().into();
}
impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(Null, Into::into)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Null => ValueRef::Null,
            Int(i) => ValueRef::Integer(*i),
            Bool(b) => ValueRef::Integer((*b).into()),
            Text(t) => ValueRef::Text(t.as_bytes()),
            Bytes(b) => ValueRef::Blob(b),
        }))
    }
}
type Boxed = Box<dyn std::error::Error + Sync + Send>;
impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Boxed> {
        match (self, ty) {
            (Null, _) => Ok(IsNull::Yes),
            (Int(i), &Type::INT8) => i.to_sql(ty, out),
            (Int(i), &Type::INT4) => i32::try_from(*i)?.to_sql(ty, out),
            (Bool(b), &Type::BOOL) => b.to_sql(ty, out),
            (Text(t), &Type::TEXT | &Type::VARCHAR) => t.as_ref().to_sql(ty, out),
            (Bytes(b), &Type::BYTEA) => b.as_ref().to_sql(ty, out),
            (_, ty) => Err(format!("a value of another kind was given where the column is {ty}").into()),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}
impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        Ok(match *ty {
            Type::INT8 => Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Int(i32::from_sql(ty, raw)?.into()),
            Type::BOOL => Bool(bool::from_sql(ty, raw)?),
            Type::BYTEA => Bytes(Cow::Borrowed(raw)),
            _ => Text(Cow::Borrowed(<&str>::from_sql(ty, raw)?)),
        })
    }
    fn from_sql_null(_: &Type) -> Result<Self, Boxed> {
        Ok(Null)
    }
    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::INT8 | Type::INT4 | Type::BOOL | Type::BYTEA | Type::TEXT | Type::VARCHAR
        )
    }
}

/// One row; columns are taken from left to right, in the order of the SELECT.
pub(crate) struct Row<'r> {
    source: Source<'r>,
    next: usize,
}
pub(crate) enum Source<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}
impl<'r> Row<'r> {
    pub(crate) fn new(source: Source<'r>) -> Self {
        Self { source, next: 0 }
    }
    /// The next column.
    pub(crate) fn take<T: Column>(&mut self) -> Result<T> {
        let at = self.next;
        self.next += 1;
        let value = match self.source {
            Source::Sqlite(row) => match row.get_ref(at)? {
                ValueRef::Null => Null,
                ValueRef::Integer(i) => Int(i),
                ValueRef::Text(t) => Text(Cow::Borrowed(
                    std::str::from_utf8(t).map_err(|e| Error::Bug(e.to_string()))?,
                )),
                ValueRef::Blob(b) => Bytes(Cow::Borrowed(b)),
                ValueRef::Real(_) => return Err(Error::Bug(format!("column {at} is a REAL"))),
            },
            Source::Postgres(row) => row.try_get::<_, Value<'_>>(at)?,
        };
        T::from_value(value)
            .ok_or_else(|| Error::Bug(format!("column {at} is not a {}", std::any::type_name::<T>())))
    }
    /// The next column, a JSON document written by `doc`.
    pub(crate) fn take_doc<T: serde::de::DeserializeOwned>(&mut self) -> Result<T> {
        let text: String = self.take()?;
        serde_json::from_str(&text).map_err(|e| Error::Bug(format!("a stored document cannot be read: {e}")))
    }
}
/// The text of a `doc` column. SQL never looks into it.
pub(crate) fn doc<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::Bug(format!("a document cannot be written: {e}")))
}

/// Reads a row, column by column in the order of the SELECT; rows nest.
pub(crate) trait FromRow: Sized {
    fn from_row(row: &mut Row<'_>) -> Result<Self>;
}
/// Reads one column; `None`: it is of another kind.
pub(crate) trait Column: Sized {
    fn from_value(value: Value<'_>) -> Option<Self>;
}
impl Column for i64 {
    fn from_value(v: Value<'_>) -> Option<Self> {
        if let Int(i) = v { Some(i) } else { None }
    }
}
impl Column for Timestamp {
    fn from_value(v: Value<'_>) -> Option<Self> {
        i64::from_value(v).map(from_ms)
    }
}
impl Column for bool {
    fn from_value(v: Value<'_>) -> Option<Self> {
        match v {
            Bool(b) => Some(b),
            Int(0) => Some(false),
            Int(1) => Some(true),
            Null | Int(_) | Text(_) | Bytes(_) => None,
        }
    }
}
impl Column for String {
    fn from_value(v: Value<'_>) -> Option<Self> {
        if let Text(t) = v {
            Some(t.into_owned())
        } else {
            None
        }
    }
}
impl Column for Vec<u8> {
    fn from_value(v: Value<'_>) -> Option<Self> {
        if let Bytes(b) = v {
            Some(b.into_owned())
        } else {
            None
        }
    }
}
impl<T: Column> Column for Option<T> {
    fn from_value(v: Value<'_>) -> Option<Self> {
        if v == Null {
            Some(None)
        } else {
            T::from_value(v).map(Some)
        }
    }
}
macro_rules! tuples { ($(($($t:ident)+))*) => { $(
    impl<$($t: Column),+> FromRow for ($($t,)+) {
        fn from_row(row: &mut Row<'_>) -> Result<Self> { Ok(($(row.take::<$t>()?,)+)) }
    }
)* } }
tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

macro_rules! ids { ($($t:ident)*) => { $(
    impl From<flyt_core::id::$t> for Value<'_> { fn from(v: flyt_core::id::$t) -> Self { Int(v.0) } }
    impl Column for flyt_core::id::$t {
        fn from_value(v: Value<'_>) -> Option<Self> { i64::from_value(v).map(Self) }
    }
)* } }
ids! {
    BusinessId LocationId ResourceId ServiceId ExtraId StatusId CustomerId BookingId PaymentId ChangeId WorkflowId TriggerId
    RunId UserId SessionId KeyId AuditId SourceId DeliveryId
}

/// Stores enums made by core's `words!` as their word.
macro_rules! words_as_text { ($($t:ty),* $(,)?) => { $(
    impl From<$t> for $crate::value::Value<'_> {
        fn from(v: $t) -> Self { $crate::value::Value::Text(std::borrow::Cow::Borrowed(v.word())) }
    }
    impl $crate::value::Column for $t {
        fn from_value(v: $crate::value::Value<'_>) -> Option<Self> {
            if let $crate::value::Value::Text(t) = v { Self::from_word(&t) } else { None }
        }
    }
)* } }
pub(crate) use words_as_text;
words_as_text! {
    flyt_core::booking::Automations,
    flyt_core::business::Mode,
    flyt_core::catalogue::Kind,
    flyt_core::customer::Channel,
    flyt_core::person::LinkKind,
    flyt_core::person::Role,
    flyt_core::status::StatusKind,
}
