//! Asking another system for what it left out of a delivery: a GET behind the same guard as every call to an address that a
//! business enters.

use super::{Webhooks, header, root};
use crate::egress::{Guard, Reach, Refused};

/// How asking ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The answer, 2xx.
    Body(Vec<u8>),
    /// It will be no other the next time: an answer that refuses, an address that is blocked, an answer too large.
    Never(String),
    /// It may be another the next time.
    NotNow(String),
}

impl Webhooks {
    /// Asks once. Not more than `most` bytes are read.
    pub async fn fetch(&self, url: &str, headers: &[(String, String)], most: usize) -> Fetched {
        let url = match self.guard.check_url(url) {
            Ok(url) => url,
            Err(refused) => return Fetched::Never(refused.to_string()),
        };
        let client = match Guard::reach(&url) {
            Reach::Public => &self.usual,
            Reach::AllowedOnly => &self.allowed_only,
        };
        let mut request = client.get(url);
        for (name, value) in headers {
            match header(name, value) {
                Ok((name, value)) => request = request.header(name, value),
                Err(refused) => return Fetched::Never(refused.to_string()),
            }
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let error = error.without_url();
                if let Some(refused) = super::cause::<Refused>(&error) {
                    return Fetched::Never(refused.to_string());
                }
                return Fetched::NotNow(root(&error));
            }
        };
        let status = response.status();
        if !status.is_success() {
            let told = format!("the other system answered {}", status.as_u16());
            let later = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
            return if later {
                Fetched::NotNow(told)
            } else {
                Fetched::Never(told)
            };
        }
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= most => body.extend_from_slice(&chunk),
                Ok(Some(_)) => return Fetched::Never("the answer is too large".to_owned()),
                Ok(None) => return Fetched::Body(body),
                Err(error) => return Fetched::NotNow(root(&error.without_url())),
            }
        }
    }
}
