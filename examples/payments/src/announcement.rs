use std::fmt;
use std::net::SocketAddr;

use kit::OperatorKey;

use crate::demo::{Demo, PASSWORD};
use crate::mode::Mode;

/// What is told to whoever starts the program.
pub(crate) struct Announcement {
    address: SocketAddr,
    base_domain: String,
    demo: &'static [Demo],
    operator_key: Option<OperatorKey>,
}

impl Announcement {
    pub(crate) fn new(address: SocketAddr, base_domain: &str, demo: &'static [Demo]) -> Self {
        Self { address, base_domain: base_domain.to_owned(), demo, operator_key: None }
    }

    /// Adds the key of whoever runs the machine.
    pub(crate) fn operated_with(self, operator_key: Option<OperatorKey>) -> Self {
        Self { operator_key, ..self }
    }

    /// Returns the demo tenants, none where they were not made.
    pub(crate) fn demo(&self) -> &'static [Demo] {
        self.demo
    }

    /// Returns the address of a tenant's page.
    pub(crate) fn page_of(&self, slug: &str) -> String {
        match self.address.port() {
            80 => format!("http://{slug}.{}/", self.base_domain),
            port => format!("http://{slug}.{}:{port}/", self.base_domain),
        }
    }

    fn write_demo(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nDemo tenants, with keys that anybody can know:\n")?;
        for tenant in self.demo {
            let Demo { slug, name, plan, status, .. } = tenant;
            writeln!(f, "  {name}  ({plan}, {status})")?;
            writeln!(f, "    page  {}", self.page_of(slug))?;
            writeln!(f, "    key   {}", tenant.api_key(Mode::Live))?;
            writeln!(f, "    test  {}", tenant.api_key(Mode::Test))?;
        }
        writeln!(
            f,
            "\nSign in there as owner, admin, finance-approver, operator, analyst or developer"
        )?;
        writeln!(f, "@NAME.example, such as owner@riverside.example; the password is: {PASSWORD}")?;
        let (riverside, nordhafen) = (&self.demo[0], &self.demo[1]);
        let (url, own, other) = (
            format!("http://{}/v1/payments", self.address),
            riverside.api_key(Mode::Live),
            nordhafen.api_key(Mode::Live),
        );
        let slug = nordhafen.slug;
        writeln!(f, "\nTo paste into a terminal:\n")?;
        writeln!(
            f,
            "# make a payment for {}; the same again gives the same answer",
            riverside.name
        )?;
        writeln!(
            f,
            "curl -sS -i {url} -H 'authorization: Bearer {own}' -H 'idempotency-key: first-try' \
             -H 'content-type: application/json' -d '{{\"amount\":1250,\"currency\":\"USD\"}}'"
        )?;
        writeln!(f, "# list payments of {}", nordhafen.name)?;
        writeln!(f, "curl -sS -i '{url}?limit=3' -H 'authorization: Bearer {other}'")?;
        writeln!(f, "# one tenant's key for another tenant: refused")?;
        writeln!(f, "curl -sS -i {url} -H 'authorization: Bearer {own}' -H 'x-tenant-id: {slug}'")
    }
}

impl fmt::Display for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address;
        writeln!(f, "payments listens at http://{address}/ (API: http://{address}/docs)")?;
        if let Some(key) = &self.operator_key {
            writeln!(f, "operator-key {}", key.reveal())?;
        }
        if self.demo.is_empty() {
            return Ok(());
        }
        self.write_demo(f)?;
        writeln!(f, "\nCtrl-C stops it.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::TENANTS;

    #[test]
    fn three_lines_can_be_pasted() {
        let address = "127.0.0.1:8080".parse().unwrap();
        let text = Announcement::new(address, "localhost", &TENANTS).to_string();
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with("curl ")).collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(text.contains("http://riverside.localhost:8080/"));
    }

    #[test]
    fn without_demo_there_is_an_address() {
        let address = "[::1]:80".parse().unwrap();
        let announcement = Announcement::new(address, "pay.example", &[]);
        assert!(announcement.to_string().contains("http://[::1]:80/"));
        assert_eq!(announcement.page_of("harbor"), "http://harbor.pay.example/");
    }
}
