//! Who is at the other end: how many sockets one network may hold, and which proxies are believed about their clients.

use crate::channels::visitor::ClientIp;
use crate::settings::network::Network;
use axum::http::HeaderMap;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// Counts the open sockets, in all and by network.
#[derive(Debug)]
pub(super) struct Places {
    total: usize,
    per_network: u32,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    total: usize,
    by_network: HashMap<IpAddr, u32>,
}

/// One socket's place; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    network: Option<IpAddr>,
}

impl Places {
    pub fn new(total: usize, per_network: u32) -> Arc<Places> {
        Arc::new(Places { total, per_network, held: Mutex::default() })
    }

    /// `None` when the house, or this network's share of it, is full. A trusted proxy stands for many and is not counted by network.
    pub fn take(self: &Arc<Places>, peer: IpAddr, trusted: bool) -> Option<Place> {
        let network = (!trusted).then(|| ClientIp(peer).network());
        let mut held = self.held.lock().expect("places");
        if held.total >= self.total {
            return None;
        }
        if let Some(network) = network {
            let count = held.by_network.entry(network).or_default();
            if *count >= self.per_network {
                return None;
            }
            *count += 1;
        }
        held.total += 1;
        Some(Place { places: self.clone(), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.held.lock().expect("places");
        held.total -= 1;
        if let Some(network) = self.network
            && let Some(count) = held.by_network.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                held.by_network.remove(&network);
            }
        }
    }
}

/// The header a trusted proxy writes. One only: a proxy passes on the other as its client sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardHeader {
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

/// Which peers are believed about their clients. By default none.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    pub trusted: Vec<Network>,
    pub header: ForwardHeader,
}

impl Proxies {
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|net| net.contains(peer))
    }

    /// The client's address: the nearest one on the way that is not a proxy of ours. What stands further left in the header was
    /// written by the client and is not looked at.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientIp {
        let mut client = peer.to_canonical();
        let mut hops = match self.header {
            ForwardHeader::XForwardedFor => hops(headers, "x-forwarded-for", |hop| Some(hop)),
            ForwardHeader::Forwarded => hops(headers, "forwarded", for_parameter),
        };
        while self.trusts(client) {
            match hops.pop() {
                Some(Some(address)) => client = address,
                _ => break, // nothing more, or something unreadable: the last proxy is as far as we know
            }
        }
        ClientIp(client)
    }
}

/// All hops over all lines of the header, oldest first.
fn hops(headers: &HeaderMap, name: &str, read: impl Fn(&str) -> Option<&str>) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|hop| read(hop.trim()).and_then(address)).collect()
}

/// The `for=` of one element (RFC 7239 §4).
fn for_parameter(element: &str) -> Option<&str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, value)| value.trim_matches('"'))
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => text,
    };
    let parsed = bare.parse().ok().or_else(|| bare.parse::<std::net::SocketAddr>().ok().map(|s| s.ip()));
    parsed.map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies(header: ForwardHeader) -> Proxies {
        Proxies { trusted: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:1::/48".parse().unwrap()], header }
    }

    fn seen(header: ForwardHeader, peer: &str, lines: &[(&'static str, &'static str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        proxies(header).client(ip(peer), &headers).0.to_string()
    }

    #[test]
    fn a_forged_header_from_an_unlisted_peer_changes_nothing() {
        use ForwardHeader::*;
        assert_eq!(seen(XForwardedFor, "203.0.113.9", &[("x-forwarded-for", "1.1.1.1")]), "203.0.113.9");
        assert_eq!(seen(Forwarded, "203.0.113.9", &[("forwarded", "for=1.1.1.1")]), "203.0.113.9");
    }

    #[test]
    fn a_listed_proxy_is_believed_for_the_hop_it_saw_and_no_further() {
        use ForwardHeader::*;
        let xff = |v| seen(XForwardedFor, "10.0.0.1", &[("x-forwarded-for", v)]);
        assert_eq!(xff("203.0.113.9"), "203.0.113.9");
        assert_eq!(
            xff("6.6.6.6, 203.0.113.9, 10.2.3.4"),
            "203.0.113.9",
            "inner proxies are skipped, the forged hop is not reached"
        );
        assert_eq!(xff("203.0.113.9:4711"), "203.0.113.9");
        assert_eq!(xff("nonsense"), "10.0.0.1");
        assert_eq!(xff("6.6.6.6, nonsense"), "10.0.0.1", "what stands left of something unreadable is not believed");
        assert_eq!(
            seen(XForwardedFor, "10.0.0.1", &[("forwarded", "for=6.6.6.6")]),
            "10.0.0.1",
            "only the header the proxy writes"
        );
        let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(seen(XForwardedFor, "10.0.0.1", &lines), "203.0.113.9");
        let rfc7239 = r#"for=6.6.6.6, For="[2001:db8:2::7]:4711";proto=https;by=10.0.0.1"#;
        assert_eq!(seen(Forwarded, "::ffff:10.0.0.1", &[("forwarded", rfc7239)]), "2001:db8:2::7");
    }

    #[test]
    fn ranges_hold_what_they_say() {
        let holds = |net: &str, address: &str| net.parse::<Network>().unwrap().contains(ip(address));
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::1") && holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
        assert!(holds("2001:db8:1::/48", "2001:db8:1:ffff::1") && !holds("2001:db8:1::/48", "2001:db8:2::1"));
        for bad in ["10.0.0.0/33", "10.0.0.0/-1", "ten", "", "::1/129", "10.0.0.0/"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_network_has_its_share_and_gives_it_back() {
        let places = Places::new(4, 2);
        let first = places.take(ip("2001:db8:9:9::1"), false);
        let second = places.take(ip("2001:db8:9:9::2"), false);
        assert!(first.is_some() && second.is_some());
        assert!(places.take(ip("2001:db8:9:9::3"), false).is_none(), "one /64 is one network");
        let proxied: Vec<_> = (0..2).map(|_| places.take(ip("10.0.0.1"), true)).collect();
        assert!(proxied.iter().all(Option::is_some), "a proxy's sockets are many people's");
        assert!(places.take(ip("203.0.113.9"), false).is_none(), "the house is full");
        drop(proxied);
        drop(first);
        assert!(places.take(ip("2001:db8:9:9::3"), false).is_some());
    }
}
