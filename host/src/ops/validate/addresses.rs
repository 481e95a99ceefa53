//! Addresses behind which a cloud hands out credentials, however they are written.
//!
//! What the system's resolver takes for an address counts as one: `0xa9fea9fe` and
//! `169.254.43518` are `169.254.169.254` to it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names of such services, of which the short ones mean something within a machine of a
/// cloud only.
const NAMES: [&str; 13] = [
    "instance-data",
    "instance-data.ec2.internal",
    "metadata",
    "metadata.azure.com",
    "metadata.azure.internal",
    "metadata.goog",
    "metadata.google.internal",
    "metadata.internal",
    "metadata.oraclecloud.com",
    "metadata.packet.net",
    "metadata.platformequinix.com",
    "metadata.tencentyun.com",
    "rancher-metadata",
];
/// Addresses of such services, beside all that is local to a link.
const V4: [Ipv4Addr; 4] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(100, 88, 222, 5),
];
/// `fd00:ec2::/32` of AWS, and `fd20:ce::254` of Google.
const AWS: [u16; 2] = [0xfd00, 0x0ec2];
const GOOGLE: Ipv6Addr = Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254);

/// Whether this host is such a service, or anything else that is local to a link.
pub(super) fn is_local_service(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_local = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => is_local_v6(address),
        Ok(IpAddr::V4(address)) => is_local_v4(address),
        Err(_) => resolved(&host).is_some_and(is_local_v4) || within(&host).any(is_local_v4),
    };
    is_local || NAMES.contains(&host.as_str())
}

/// Whether an argument of a command names such a service: in a URL, or with a dot or a
/// colon, because a bare word or number may be anything.
pub(super) fn stands_in(arg: &str) -> bool {
    let authorities = arg
        .split("://")
        .skip(1)
        .filter_map(|rest| rest.split(['/', '?', '#', ' ', '"', '\'']).next());
    let pieces = arg.split(|c: char| !c.is_ascii_alphanumeric() && !".:-_@[]%".contains(c));
    let mut hosts = pieces.map(host).filter(|host| host.contains(['.', ':']));
    authorities.map(host).any(is_local_service) || hosts.any(is_local_service)
}

/// The host in `user@host:port` and `[address]:port`.
fn host(text: &str) -> &str {
    let text = text.rsplit('@').next().unwrap_or(text);
    match text.strip_prefix('[') {
        Some(rest) => rest.split([']', '%']).next().unwrap_or(rest),
        None if text.matches(':').count() > 1 => text.trim_end_matches(':'),
        None => text.split(':').next().unwrap_or(text),
    }
}

fn is_local_v4(address: Ipv4Addr) -> bool {
    address.is_link_local() || V4.contains(&address)
}

fn is_local_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let last = |at: usize| {
        let [a, b] = segments[at].to_be_bytes();
        let [c, d] = segments[at + 1].to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    let embedded = match segments {
        // mapped, compatible, and through NAT64
        [0, 0, 0, 0, 0, 0 | 0xffff, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some(last(6)),
        [0x2002, ..] => Some(last(1)),
        _ => None,
    };
    address.is_unicast_link_local()
        || segments[..2] == AWS
        || address == GOOGLE
        || embedded.is_some_and(is_local_v4)
}

/// The address that one to four numbers are to the resolver, in decimal, octal or
/// hexadecimal: the last one fills what is left.
fn resolved(host: &str) -> Option<Ipv4Addr> {
    let numbers = host.split('.').map(number).collect::<Option<Vec<u64>>>()?;
    let (last, first) = numbers.split_last().filter(|(_, first)| first.len() < 4)?;
    let room = 8 * (4 - first.len() as u32);
    let fits = first.iter().all(|number| *number < 256) && *last < 1 << room;
    let high = first.iter().enumerate().fold(0, |sum, (at, number)| sum | number << (24 - 8 * at));
    u32::try_from(high | *last).ok().filter(|_| fits).map(Ipv4Addr::from)
}

fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))
}

/// The addresses that stand in a name, for services such as `nip.io` that answer with
/// them: `a.169-254-169-254.sslip.io`.
fn within(host: &str) -> impl Iterator<Item = Ipv4Addr> {
    let numbers: Vec<Option<u8>> = host.split(['.', '-']).map(|piece| piece.parse().ok()).collect();
    let dotted: Vec<Ipv4Addr> = numbers
        .windows(4)
        .filter_map(|window| match window {
            [Some(a), Some(b), Some(c), Some(d)] => Some(Ipv4Addr::new(*a, *b, *c, *d)),
            _ => None,
        })
        .collect();
    let hexadecimal = host
        .split(['.', '-'])
        .filter(|piece| piece.len() == 8)
        .map(|piece| u32::from_str_radix(piece, 16));
    let hexadecimal: Vec<Ipv4Addr> =
        hexadecimal.filter_map(Result::ok).map(Ipv4Addr::from).collect();
    dotted.into_iter().chain(hexadecimal)
}
