//! Lists by key: a page ends at a row, and the next one begins below that row, whatever was written between.

use crate::error::{Error, Result};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;

/// Rows of a page when nothing else is asked for.
pub const DEFAULT_LIMIT: i64 = 50;
/// Most rows of a page.
pub const MAX_LIMIT: i64 = 200;

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    limit: i64,
    cursor: Option<String>,
}
/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows, in the order of the list.
    pub rows: Vec<T>,
    /// Cursor of the part after it; `None`: this is the last.
    pub next: Option<String>,
}
/// Which list a cursor belongs to, so that one of another list is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    Businesses,
    Catalogue,
    Customers,
    Bookings,
    Payments,
    Audit,
    Keys,
    Members,
    InboundSources,
    InboundDeliveries,
}
impl Listing {
    fn tag(self) -> u8 {
        match self {
            Self::Businesses => 1,
            Self::Catalogue => 2,
            Self::Customers => 3,
            Self::Bookings => 4,
            Self::Payments => 5,
            Self::Audit => 6,
            Self::Keys => 7,
            Self::Members => 61,
            Self::InboundSources => 51,
            Self::InboundDeliveries => 52,
        }
    }
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            limit: DEFAULT_LIMIT,
            cursor: None,
        }
    }
}
impl Paging {
    /// `limit` is 1 to `MAX_LIMIT`; `cursor` is `Page::next` of the part before.
    pub fn new(limit: Option<i64>, cursor: Option<&str>) -> Result<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::Refused(format!("limit must be 1 to {MAX_LIMIT}")));
        }
        Ok(Self {
            limit,
            cursor: cursor.map(str::to_owned),
        })
    }
    /// The numbers of the row that the part before ended at; for the first part the largest there are.
    pub(crate) fn below<const N: usize>(&self, list: Listing) -> Result<[i64; N]> {
        let Some(cursor) = &self.cursor else {
            return Ok([i64::MAX; N]);
        };
        read(cursor, list).ok_or_else(|| Error::Refused("the cursor is not one of this list".into()))
    }
    /// How many rows to select: one more than wanted, which tells whether there is a next part.
    pub(crate) fn rows(&self) -> i64 {
        self.limit + 1
    }
    /// Cuts what was selected to a page; `key` are the numbers that `below` reads back.
    pub(crate) fn cut<T, const N: usize>(
        &self,
        list: Listing,
        mut rows: Vec<T>,
        key: impl Fn(&T) -> [i64; N],
    ) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| write(list, key(last)));
        Page { rows, next }
    }
}
fn write<const N: usize>(list: Listing, key: [i64; N]) -> String {
    let mut bytes = vec![list.tag()];
    bytes.extend(key.iter().flat_map(|number| number.to_be_bytes()));
    BASE64.encode(bytes)
}
fn read<const N: usize>(cursor: &str, list: Listing) -> Option<[i64; N]> {
    let bytes = BASE64.decode(cursor).ok()?;
    let (tag, numbers) = bytes.split_first()?;
    let (numbers, rest) = numbers.as_chunks::<8>();
    let key: Vec<i64> = numbers.iter().map(|number| i64::from_be_bytes(*number)).collect();
    (*tag == list.tag() && rest.is_empty())
        .then_some(key)?
        .try_into()
        .ok()
}

/// A pattern of LIKE that finds `text` anywhere, folded; its own signs are escaped by `\`.
pub(crate) fn anywhere(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in folded(text).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
/// The form in which texts are searched, on both engines the same: they fold differently, so neither does.
pub(crate) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}
