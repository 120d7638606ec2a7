//! Hosts: names that look alike, addresses, and what a proxy or a typist makes of a name.

use http::header::{HOST, HeaderValue};
use http::request::Builder;
use http::{Request, Version};
use tenancy_core::resolve::SubdomainResolver;
use tenancy_core::{ErrorKind, ResolvedVia, Trust};

use super::world::{World, get, get_from, resolve};

#[tokio::test]
async fn these_are_norths() {
    let world = World::new();
    let hosts = [
        "north.base.com",
        "NORTH.Base.COM",
        "north.base.com.",
        "north.base.com:8080",
        "north.base.com:",
        "north.base.com.:443",
        "www.north.base.com",
        "api.north.base.com",
        "south.north.base.com",
        "a.b.c.north.base.com",
    ];
    for host in hosts {
        let found = world.resolve(get_from(host)).await.unwrap();
        let found = found.unwrap_or_else(|| panic!("{host} names nobody"));
        assert_eq!(found.tenant().id(), world.north.id, "{host}");
        assert_eq!((found.via(), found.trust()), (ResolvedVia::Subdomain, Trust::Address));
    }
}

#[tokio::test]
async fn these_name_nobody() {
    let world = World::new();
    let hosts = [
        "base.com",
        "BASE.com.:443",
        "www.base.com",
        "north.www.base.com",
        "evilbase.com",
        "northbase.com",
        "north.evilbase.com",
        "north.base.com.evil.org",
        "north.base.co",
        "com",
        "north",
        "localhost:3000",
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.0.0.1.",
        "[::1]",
        "[::1]:8080",
        "[2001:db8::1]:443",
    ];
    let chain = world.chain_without_domains();
    for host in hosts {
        assert!(resolve(&chain, get_from(host)).await.unwrap().is_none(), "{host}");
    }
    assert!(world.resolve(get()).await.unwrap().is_none());
}

#[tokio::test]
async fn these_name_somebody_who_does_not_exist() {
    let world = World::new();
    let longest = format!("{}.base.com", "n".repeat(63));
    let hosts = [
        "nobody.base.com",
        "gone.base.com",
        "no_rth.base.com",
        "-north.base.com",
        "xn--nrth-5qa.base.com",
        "xn--nrth-5qa.api.base.com",
        &longest,
    ];
    for host in hosts {
        let refused = world.resolve(get_from(host)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TenantUnknown, "{host}");
    }
}

#[tokio::test]
async fn these_are_malformed() {
    let world = World::new();
    let label = format!("{}.base.com", "n".repeat(64));
    let name = format!("{}base.com", "north.".repeat(50));
    let hosts: [&[u8]; 19] = [
        b"",
        b".",
        b"..",
        b".base.com",
        b"north..base.com",
        b"north.base.com..",
        b"north.base.com:http",
        b"north.base.com:123456",
        b"north.base.com:80:80",
        b"north@base.com",
        b"evil.org@north.base.com",
        b"north.base.com/",
        b"north .base.com",
        b"north.base.com, south.base.com",
        b"[::1",
        b"[north.base.com]",
        b"n\xc3\xb6rth.base.com",
        label.as_bytes(),
        name.as_bytes(),
    ];
    for host in hosts {
        let request = get().header(HOST, HeaderValue::from_bytes(host).unwrap());
        let refused = world.resolve(request).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{}", host.escape_ascii());
        assert_eq!(refused.subject(), Some("host"));
    }
}

#[tokio::test]
async fn two_hosts_are_refused_even_when_both_agree() {
    let world = World::new();
    for second in ["north.base.com", "south.base.com", "evilbase.com"] {
        let refused = world.resolve(get_from("north.base.com").header(HOST, second)).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid, "{second}");
    }
}

#[tokio::test]
async fn a_target_that_names_another_host_is_refused() {
    let world = World::new();
    let found = world.resolve(target("http://north.base.com/x")).await.unwrap().unwrap();
    assert_eq!(found.tenant().id(), world.north.id);

    let same = target("http://NORTH.base.com:80/x").header(HOST, "north.base.com");
    assert_eq!(world.resolve(same).await.unwrap().unwrap().tenant().id(), world.north.id);

    for other in ["south.base.com", "base.com", "127.0.0.1", "evilbase.com"] {
        let differing = target("http://north.base.com/x").header(HOST, other);
        assert_eq!(world.resolve(differing).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
}

#[tokio::test]
async fn http2_names_the_host_in_its_target_alone() {
    let world = World::new();
    let request = target("https://south.base.com/").version(Version::HTTP_2);
    assert_eq!(world.resolve(request).await.unwrap().unwrap().tenant().id(), world.south.id);
}

#[tokio::test]
async fn forwarding_headers_are_not_read() {
    let world = World::new();
    let request = get_from("north.base.com")
        .header("x-forwarded-host", "south.base.com")
        .header("forwarded", "host=south.base.com")
        .header("x-host", "south.base.com");
    assert_eq!(world.resolve(request).await.unwrap().unwrap().tenant().id(), world.north.id);
}

#[test]
fn an_address_has_no_subdomains() {
    for base in ["127.0.0.1", "127.0.0.1:80", "[::1]", "", "north..com", "http://base.com"] {
        let refused = SubdomainResolver::under(base).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{base}");
    }
    assert!(SubdomainResolver::under("Base.com.").is_ok());
}

fn target(uri: &str) -> Builder {
    Request::get(uri)
}
