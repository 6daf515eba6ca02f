//! Who a visitor is to us: an address to count requests by, and the secret that opens their request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, Ipv6Addr};

/// Where a request came from, as far as listed proxies are believed. Put into the request's extensions by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    /// What one household counts as: the address, or in IPv6 its /64.
    pub fn network(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 => v4,
        }
    }
}

/// 256 bits that open one request's status page or chat. Only its SHA-256 is ever kept or passed on.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    /// From the operating system's generator.
    pub fn random() -> Secret {
        Secret(rand::random())
    }

    /// The same for the same input, so that a repeated request gets the same answer: HMAC-SHA256 (RFC 2104) of the
    /// parts, each with its length before it so that no two lists read alike.
    pub fn derive(server_key: &[u8; 32], parts: &[&[u8]]) -> Secret {
        Secret(sign(server_key, parts))
    }

    /// As it stands in an address: 43 characters of base64url. Anything else opens nothing.
    pub fn parse(text: &str) -> Option<Secret> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Secret(bytes.try_into().ok()?))
    }

    /// What is kept and looked up.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// For an address or a first frame; nowhere else.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(•••)")
    }
}

/// HMAC-SHA256 over the parts, each preceded by its length in eight bytes.
pub fn sign(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_address_or_one_64() {
        let network = |ip: &str| ClientIp(ip.parse().unwrap()).network().to_string();
        assert_eq!(network("203.0.113.9"), "203.0.113.9");
        assert_eq!(network("::ffff:203.0.113.9"), "203.0.113.9");
        assert_eq!(network("2001:db8:1:2:aaaa::1"), "2001:db8:1:2::");
        assert_eq!(network("2001:db8:1:2:bbbb::2"), "2001:db8:1:2::");
        assert_ne!(network("2001:db8:1:3::1"), "2001:db8:1:2::");
    }

    #[test]
    fn a_secret_reads_back_and_is_not_shown() {
        let secret = Secret::random();
        assert_eq!(Secret::parse(&secret.reveal()).unwrap().hash(), secret.hash());
        assert_eq!(secret.reveal().len(), 43);
        assert_ne!(secret, Secret::random());
        assert_eq!(format!("{secret:?}"), "Secret(•••)");
        for bad in ["", "a", &secret.reveal()[1..], &format!("{}=", secret.reveal()), "../../../../etc/passwd"] {
            assert!(Secret::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn derived_secrets_repeat_and_parts_do_not_run_together() {
        let key = [7; 32];
        assert_eq!(Secret::derive(&key, &[b"form", b"k1"]), Secret::derive(&key, &[b"form", b"k1"]));
        assert_ne!(Secret::derive(&key, &[b"form", b"k1"]), Secret::derive(&key, &[b"formk", b"1"]));
        assert_ne!(Secret::derive(&key, &[b"form", b"k1"]), Secret::derive(&[8; 32], &[b"form", b"k1"]));
    }
}
