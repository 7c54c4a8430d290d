//! Ranges of addresses: what a business's address may never reach, and what the operator allows all the same.
//!
//! The lists are those of IANA's special-purpose registries as gathered in `vectors/ssrf.json`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of addresses, such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRange {
    base: IpAddr,
    bits: u32,
}

/// A range that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no range of addresses; write for example 10.0.0.0/8, fd00::/8 or 192.168.1.20")]
pub struct BadRange(String);

/// Reads `FLYT_EGRESS_ALLOW`: ranges apart by commas or blanks; an empty text allows nothing.
pub fn parse_allow(text: &str) -> Result<Vec<IpRange>, BadRange> {
    text.split([',', ' ', '\n', '\t'])
        .filter(|part| !part.is_empty())
        .map(str::parse)
        .collect()
}

impl IpRange {
    /// Whether the address lies within. An IPv4 address never lies in an IPv6 range, also when written as
    /// one.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let dropped = 32_u32.saturating_sub(self.bits);
                u32::from(base).checked_shr(dropped) == u32::from(address).checked_shr(dropped)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let dropped = 128_u32.saturating_sub(self.bits);
                u128::from(base).checked_shr(dropped) == u128::from(address).checked_shr(dropped)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    const fn v4(octets: [u8; 4], bits: u32) -> Self {
        Self {
            base: IpAddr::V4(Ipv4Addr::from_octets(octets)),
            bits,
        }
    }

    const fn v6(segments: [u16; 8], bits: u32) -> Self {
        Self {
            base: IpAddr::V6(Ipv6Addr::from_segments(segments)),
            bits,
        }
    }
}

impl FromStr for IpRange {
    type Err = BadRange;

    fn from_str(text: &str) -> Result<Self, BadRange> {
        let bad = || BadRange(text.to_owned());
        let (base, bits) = text
            .split_once('/')
            .map_or((text, None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| bad())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| bad())?;
        if bits > most {
            Err(bad())
        } else {
            Ok(Self { base, bits })
        }
    }
}

/// Whether the address is a public one of the internet: one that any stranger could reach just as well.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => !DENIED_V4.iter().any(|range| range.contains(address)),
        // Outside 2000::/3 nothing is handed out: loopback, mapped and translated IPv4, private, link-local,
        // multicast and what is yet to come all lie there.
        IpAddr::V6(_) => {
            GLOBAL_V6.contains(address) && !DENIED_V6.iter().any(|range| range.contains(address))
        }
    }
}

const DENIED_V4: [IpRange; 20] = [
    IpRange::v4([0, 0, 0, 0], 8),
    IpRange::v4([10, 0, 0, 0], 8),
    IpRange::v4([100, 64, 0, 0], 10),
    IpRange::v4([127, 0, 0, 0], 8),
    // A public address on which Azure answers its machines: metadata, DNS, health.
    IpRange::v4([168, 63, 129, 16], 32),
    IpRange::v4([169, 254, 0, 0], 16),
    IpRange::v4([172, 16, 0, 0], 12),
    IpRange::v4([192, 0, 0, 0], 24),
    IpRange::v4([192, 0, 2, 0], 24),
    IpRange::v4([192, 31, 196, 0], 24),
    IpRange::v4([192, 52, 193, 0], 24),
    IpRange::v4([192, 88, 99, 0], 24),
    IpRange::v4([192, 168, 0, 0], 16),
    IpRange::v4([192, 175, 48, 0], 24),
    IpRange::v4([198, 18, 0, 0], 15),
    IpRange::v4([198, 51, 100, 0], 24),
    IpRange::v4([203, 0, 113, 0], 24),
    IpRange::v4([224, 0, 0, 0], 4),
    IpRange::v4([240, 0, 0, 0], 4),
    IpRange::v4([255, 255, 255, 255], 32),
];

const GLOBAL_V6: IpRange = IpRange::v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What lies within `2000::/3` and is not public: Teredo and benchmarks, documentation, 6to4 (which carries
/// an IPv4 address inside), AS112.
const DENIED_V6: [IpRange; 5] = [
    IpRange::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    IpRange::v6([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32),
    IpRange::v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    IpRange::v6([0x2620, 0x004f, 0x8000, 0, 0, 0, 0, 0], 48),
    IpRange::v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];
