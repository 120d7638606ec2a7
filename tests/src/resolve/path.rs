//! Tenants named by the path, and paths that two readers could read differently.

use proptest::prelude::*;
use tenancy_core::resolve::PathResolver;
use tenancy_core::{ErrorKind, Trust};

use super::world::{World, get, resolve};

#[tokio::test]
async fn the_segment_behind_the_prefix_names_the_tenant() {
    let world = World::new();
    for member in [&world.north, &world.south] {
        for name in [member.slug.to_owned(), member.id.to_string()] {
            for path in [format!("/t/{name}"), format!("/t/{name}/"), format!("/t/{name}/a/b?c=d")]
            {
                let found = world.resolve(get().uri(&path)).await.unwrap().unwrap();
                assert_eq!((found.tenant().id(), found.trust()), (member.id, Trust::Address));
            }
        }
    }
    for path in ["/", "/t", "/tt/north", "/x/t/north", "/T/north", "/a.b/c..d/file.txt", "/a/"] {
        assert!(world.resolve(get().uri(path)).await.unwrap().is_none(), "{path}");
    }
}

/// A router or a proxy may clean a path up before it reads it.
#[tokio::test]
async fn what_could_be_read_differently_names_nobody() {
    let world = World::new();
    let paths = [
        "/t/",
        "/t//north",
        "//t/north",
        "/./t/north",
        "/x/../t/north",
        "/%2e/t/north",
        "/x/%2E%2e/t/north",
        "/t/north/../south",
        "/t/north/%2e%2E/south",
        "/t/north%2fx",
        "/t/%6eorth",
        "/t/north%00",
        "/t/..",
        "/t/north/..%2fsouth",
        "/t/north/..%5csouth",
    ];
    for path in paths {
        let refused = world.resolve(get().uri(path)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TenantUnknown, "{path}");
    }
}

#[test]
fn a_prefix_is_whole_segments() {
    for bad in ["", "t", "/t", "t/", "//", "/t//", "/{t}/", "/t%2f/", "/ t/"] {
        assert!(PathResolver::under(bad).is_err(), "{bad}");
    }
    assert!(PathResolver::under("/").is_ok() && PathResolver::under("/a/b/").is_ok());
}

proptest! {
    #[test]
    fn no_path_panics_or_names_another(path in "/[tnorhsu/.%25eEfF\\\\A-Z]{0,40}") {
        let world = World::new();
        let chain = world.empty_chain().with(PathResolver::under("/t/").unwrap());
        let Ok(uri) = path.parse::<http::Uri>() else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        if let Ok(Some(found)) = runtime.block_on(resolve(&chain, get().uri(uri))) {
            let prefix = format!("/t/{}", found.tenant().slug());
            let rest = path.strip_prefix(&prefix);
            prop_assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])));
        }
    }
}
