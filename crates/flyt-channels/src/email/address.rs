//! Addresses as a relay takes them: ASCII before the @, the domain in its A-label form behind it.

use lettre::Address;
use url::Host;

/// Reads an address; a domain such as `blåbær.no` becomes `xn--blbr-roah.no`. Nothing when it is no
/// address, when the part before the @ is not ASCII (SMTPUTF8 is not spoken), or when the domain is a
/// number.
pub fn ascii_address(text: &str) -> Option<Address> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    // The URL standard would decode `%`, which no domain holds.
    if !local.bytes().all(|byte| byte.is_ascii_graphic()) || local.len() > 64 || domain.contains('%') {
        return None;
    }
    match Host::parse(domain).ok()? {
        Host::Domain(domain) if domain.len() <= 253 && !domain.ends_with('.') => {
            Address::new(local, domain).ok()
        }
        Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}
