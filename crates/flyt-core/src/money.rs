//! Money: an amount in minor units and an ISO 4217 code.

use crate::invalid::{Faults, Fields, Read};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An ISO 4217 code: three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Reads a code; lower case is accepted.
    pub fn new(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(bytes.map(|b| b.to_ascii_uppercase())))
    }
    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
    /// How many decimals its minor unit has (ISO 4217; the currencies without or with three named).
    pub fn decimals(self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI"
            | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}
impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(d)?).ok_or_else(|| serde::de::Error::custom("not a currency"))
    }
}
impl Read for Currency {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let currency = value.as_str().and_then(Self::new);
        if currency.is_none() {
            faults.error(
                at,
                "unknown_currency",
                "must be a currency of three letters, such as NOK",
            );
        }
        currency
    }
}

/// An amount of money in minor units (øre, cents).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
}
impl Read for Money {
    fn read(value: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::open(value, at, faults);
        let amount = fields.required("amount", faults);
        let currency = fields.required("currency", faults);
        fields.close(faults);
        let money = Self {
            amount: amount?,
            currency: currency?,
        };
        if money.amount < 0 {
            faults.error(at, "negative", "must not be negative");
            return None;
        }
        Some(money)
    }
}
