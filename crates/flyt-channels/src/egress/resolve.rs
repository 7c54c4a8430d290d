//! Names become addresses here, at every new connection, and the connection goes to the very addresses that
//! were checked: a name that answers otherwise the second time gains nothing.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::timeout;

use super::{Guard, Reach, Refused, is_localhost, plain_name};

/// How long a name may take to answer.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// What a look-up answers, in time.
pub type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Turns a name into addresses: the system's resolver, or a table in tests.
pub trait Lookup: Send + Sync {
    /// All addresses of the name, in the order to try them. No address is an error.
    fn lookup(&self, name: String) -> Looking;
}

/// The resolver of the machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: String) -> Looking {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// The resolver handed to the HTTP client.
#[derive(Clone)]
pub(super) struct GuardedResolver {
    pub(super) guard: Guard,
    pub(super) reach: Reach,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            let sockets: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(sockets)
        })
    }
}

impl GuardedResolver {
    /// Every address must pass: a name that answers with a public and a private one is refused as a whole.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let name = plain_name(name);
        if is_localhost(&name) {
            return Ok(self.loopback()?);
        }
        let found = timeout(LOOKUP_TIMEOUT, self.guard.lookup.lookup(name)).await??;
        if found.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
        }
        if found.iter().all(|address| self.passes(*address)) {
            Ok(found)
        } else {
            Err(Refused::Address.into())
        }
    }

    /// `localhost` is never asked for: it means both loopback addresses, of which the operator may allow one.
    fn loopback(&self) -> Result<Vec<IpAddr>, Refused> {
        let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let allowed: Vec<IpAddr> = both.into_iter().filter(|address| self.passes(*address)).collect();
        if allowed.is_empty() {
            Err(Refused::Address)
        } else {
            Ok(allowed)
        }
    }

    fn passes(&self, address: IpAddr) -> bool {
        match self.reach {
            Reach::Public => self.guard.admits(address),
            Reach::AllowedOnly => self.guard.allows(address),
        }
    }
}
