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
            IpAddr::V6(v6) => IpAddr::V6(masked(v6, 64)),
            v4 => v4,
        }
    }

    /// What one customer of a provider can have: the address, or in IPv6 its /48, which holds 65 536 households.
    pub fn site(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(masked(v6, 48)),
            v4 => v4,
        }
    }

    /// For logs: the /24, or in IPv6 the /48, which tell an attack from a typing error without telling who it is.
    pub fn neighbourhood(self) -> String {
        match self.0.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(v6) => format!("{}/48", masked(v6, 48)),
        }
    }
}

fn masked(v6: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << (128 - bits)))
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
    fn a_site_is_one_address_or_one_48_and_logs_tell_no_more_than_the_street() {
        let ip = |ip: &str| ClientIp(ip.parse().unwrap());
        assert_eq!(ip("::ffff:203.0.113.9").site().to_string(), "203.0.113.9");
        assert_eq!(ip("2001:db8:1:2:aaaa::1").site().to_string(), "2001:db8:1::");
        assert_eq!(ip("::ffff:203.0.113.9").neighbourhood(), "203.0.113.0/24");
        assert_eq!(ip("2001:db8:1:2:aaaa::1").neighbourhood(), "2001:db8:1::/48");
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
