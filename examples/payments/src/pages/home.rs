use askama::Template;
use axum::extract::State;
use axum::response::Html;
use tenancy_axum::CurrentContext;
use tenancy_core::{Error, ErrorKind, Problem, TenantContext};

use crate::app::{App, Neighbour};

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    tenant: Option<Reached<'a>>,
    base_domain: &'a str,
    neighbours: &'a [Neighbour],
}

/// The tenant of the page, and how it was named.
struct Reached<'a> {
    name: &'a str,
    slug: &'a str,
    plan: &'a str,
    via: &'static str,
}

/// Shows the tenant the page was reached as; needs no credential, and shows no data of it.
pub(super) async fn home(
    State(app): State<App>,
    context: Option<CurrentContext>,
) -> Result<Html<String>, Problem> {
    let tenant = context.as_deref().map(Reached::of);
    // Who is at a tenant's page has no business with the others.
    let neighbours = if tenant.is_some() { &[] } else { app.neighbours() };
    render(&Home { tenant, base_domain: app.base_domain(), neighbours }).map(Html)
}

impl<'a> Reached<'a> {
    fn of(context: &'a TenantContext) -> Self {
        let tenant = context.tenant();
        Self {
            name: tenant.name(),
            slug: tenant.slug().as_str(),
            plan: tenant.plan().name(),
            via: context.resolved_via().as_str(),
        }
    }
}

pub(super) fn render(template: &impl Template) -> Result<String, Problem> {
    template.render().map_err(|source| {
        Error::new(ErrorKind::Internal, "render a page").with_source(source).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped() {
        let name = "<script>alert('1')</script> & \"Co\"";
        let tenant = Some(Reached { name, slug: "harbor", plan: "starter", via: "subdomain" });
        let page = render(&Home { tenant, base_domain: "localhost", neighbours: &[] }).unwrap();
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(page.contains("&#60;script&#62;"), "{page}");
    }
}
