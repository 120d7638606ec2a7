use std::net::{IpAddr, Ipv6Addr};

/// Returns the subject that a client's address is counted under.
///
/// An IPv6 client has a /64 for itself, so that is what counts. Those whose address nobody knows
/// count together.
pub(crate) fn address_subject(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let network = u128::from(address) & (u128::MAX << 64);
            format!("{}/64", Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::address_subject;

    #[test]
    fn an_ipv6_client_counts_by_its_network() {
        let subject = |text: &str| address_subject(Some(text.parse().expect("an address")));
        assert_eq!(subject("2001:db8:1:2:3::4"), subject("2001:db8:1:2:ffff::1"));
        assert_ne!(subject("2001:db8:1:2::4"), subject("2001:db8:1:3::4"));
        assert_ne!(subject("192.0.2.1"), subject("192.0.2.2"));
        assert_eq!(subject("192.0.2.1"), subject("::ffff:192.0.2.1"));
        assert_ne!(subject("192.0.2.1"), address_subject(None));
    }
}
